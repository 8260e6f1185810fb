//! What a viewer cannot see does not move: brows at rest drift by some hundredths of a pixel from picture to picture.

use super::{BrowRig, RigPose};
use crate::face::curve::Point;

/// Nobody sees an edge that is off by less, in pixels: it is how finely tiny-skia samples edges.
const UNSEEN_PX: f32 = 0.25;

/// Keeps brows where they were shown until they have moved by more than [`UNSEEN_PX`].
#[derive(Debug)]
pub struct Steady {
    unseen: f32,
    shown: Option<[BrowRig; 2]>,
}

impl Steady {
    /// For a picture of `scale` pixels per face unit.
    pub fn new(scale: f32) -> Steady {
        Steady { unseen: UNSEEN_PX / scale, shown: None }
    }

    /// What is shown of a pose.
    pub fn settle(&mut self, mut rig: RigPose) -> RigPose {
        for (brow, shown) in rig.brows.iter_mut().zip(self.shown.iter().flatten()) {
            if brow_moved(brow, shown) < self.unseen {
                *brow = *shown;
            }
        }
        self.shown = Some(rig.brows);
        rig
    }
}

fn brow_moved(a: &BrowRig, b: &BrowRig) -> f32 {
    let far = |a: Point, b: Point| (a.x - b.x).hypot(a.y - b.y);
    far(a.inner, b.inner).max(far(a.arch, b.arch)).max(far(a.outer, b.outer))
}

#[cfg(test)]
mod tests {
    use keyface_core::{Channel, FacePose, Moment, Prosody};

    use super::*;
    use crate::face::Life;

    #[test]
    fn resting_brows_are_shown_where_they_are_to_a_quarter_of_a_pixel_and_seldom_anew() {
        let scale = 5.44;
        let (mut steady, mut anew, mut last) = (Steady::new(scale), 0, None);
        for picture in 0..600 {
            let mut pose = FacePose::REST;
            Life::new(1).apply(Moment(picture * 16_667), &Prosody::REST, &mut pose);
            let rig = RigPose::of(&pose);
            let shown = steady.settle(rig);
            assert!(scale * brow_moved(&shown.brows[0], &rig.brows[0]) < UNSEEN_PX);
            assert_eq!((shown.mouth, shown.eyes, shown.head), (rig.mouth, rig.eyes, rig.head));
            anew += u32::from(last.replace(shown.brows) != Some(shown.brows));
        }
        assert!((10..100).contains(&anew), "{anew} of 600 pictures move the brows");
    }

    #[test]
    fn what_moves_is_shown_at_once() {
        let mut steady = Steady::new(5.44);
        steady.settle(RigPose::of(&FacePose::REST));
        let mut pose = FacePose::REST;
        pose.set(Channel::BrowInnerUp, 0.2);
        assert_eq!(steady.settle(RigPose::of(&pose)), RigPose::of(&pose));
    }
}
