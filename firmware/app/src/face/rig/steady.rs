//! What a viewer cannot see does not move: a head at rest sways by some hundredths of a pixel from picture to picture.

use super::{BrowRig, HeadRig, RigPose};
use crate::face::curve::Point;

/// Nobody sees an edge that is off by less, in pixels: it is how finely tiny-skia samples edges.
const UNSEEN_PX: f32 = 0.25;
/// How near to the viewer the nose and the hair above the forehead are, and how far from the neck, in face units.
const NOSE: (f32, f32) = (36.0, 55.0);
const CROWN: (f32, f32) = (14.0, 135.0);

/// Keeps head and brows where they were shown until they have moved by more than [`UNSEEN_PX`].
#[derive(Debug)]
pub struct Steady {
    unseen: f32,
    shown: Option<RigPose>,
}

impl Steady {
    /// For a picture of `scale` pixels per face unit.
    pub fn new(scale: f32) -> Steady {
        Steady { unseen: UNSEEN_PX / scale, shown: None }
    }

    /// What is shown of a pose.
    pub fn settle(&mut self, mut rig: RigPose) -> RigPose {
        if let Some(shown) = &self.shown {
            if head_moved(&rig.head, &shown.head) < self.unseen {
                rig.head = shown.head;
            }
            for (brow, shown) in rig.brows.iter_mut().zip(shown.brows) {
                if brow_moved(brow, &shown) < self.unseen {
                    *brow = shown;
                }
            }
        }
        self.shown = Some(rig);
        rig
    }
}

/// How far the parts of a head that move most have moved, in face units.
fn head_moved(a: &HeadRig, b: &HeadRig) -> f32 {
    let (shift, tilt) = ((a.turn - b.turn).hypot(a.nod - b.nod), (a.tilt_rad - b.tilt_rad).abs());
    [NOSE, CROWN].iter().map(|(depth, above)| depth * shift + above * tilt).fold(0.0, f32::max)
}

fn brow_moved(a: &BrowRig, b: &BrowRig) -> f32 {
    let far = |a: Point, b: Point| (a.x - b.x).hypot(a.y - b.y);
    far(a.inner, b.inner).max(far(a.arch, b.arch)).max(far(a.outer, b.outer))
}

#[cfg(test)]
mod tests {
    use keyface_core::{FacePose, Moment, Prosody};

    use super::*;
    use crate::face::Life;

    #[test]
    fn a_resting_head_is_shown_where_it_is_to_a_quarter_of_a_pixel_and_seldom_anew() {
        let scale = 5.44;
        let (mut steady, mut anew, mut last) = (Steady::new(scale), 0, None);
        for picture in 0..600 {
            let mut pose = FacePose::REST;
            Life::new(1).apply(Moment(picture * 16_667), &Prosody::REST, &mut pose);
            let rig = RigPose::of(&pose);
            let shown = steady.settle(rig);
            assert!(scale * head_moved(&shown.head, &rig.head) < UNSEEN_PX);
            assert!(scale * brow_moved(&shown.brows[0], &rig.brows[0]) < UNSEEN_PX);
            assert_eq!((shown.mouth, shown.eyes), (rig.mouth, rig.eyes));
            anew += u32::from(last.replace(shown.head) != Some(shown.head));
        }
        assert!((60..300).contains(&anew), "{anew} of 600 pictures move the head");
    }

    #[test]
    fn what_moves_is_shown_at_once() {
        let mut steady = Steady::new(5.44);
        steady.settle(RigPose::of(&FacePose::REST));
        let mut pose = FacePose::REST;
        pose.head.yaw_rad = 0.1;
        assert_eq!(steady.settle(RigPose::of(&pose)), RigPose::of(&pose));
    }
}
