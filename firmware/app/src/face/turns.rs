//! Buffers of a screen that take turns: which comes next, and what it lacks of a picture that goes on changing.

use super::{Canvas, Mask};

/// What a buffer lacks.
#[derive(Debug, Default)]
pub struct Stale {
    /// The drawing that was noted last.
    drawing: Option<u64>,
    lacking: Mask,
    /// What was brought to it last.
    taken: Mask,
}

impl Stale {
    /// Takes note of a picture's newest drawing. All of it is lacking unless the drawing before was noted too.
    pub fn note(&mut self, picture: &Canvas) {
        let (drawing, changes) = picture.changes();
        if self.drawing.replace(drawing).is_some_and(|last| last + 1 == drawing) {
            self.lacking.add_all(changes);
        } else {
            self.lacking = Mask::whole(picture.width(), picture.height());
            self.taken = Mask::none(picture.width(), picture.height());
        }
    }

    /// What is brought to the buffer now.
    pub fn take(&mut self) -> &Mask {
        self.taken.clear();
        std::mem::swap(&mut self.lacking, &mut self.taken);
        &self.taken
    }
}

/// Two buffers, of which one is seen.
#[derive(Debug, Default)]
pub struct Turns {
    front: usize,
    stale: [Stale; 2],
}

impl Turns {
    /// The buffer that shows a picture's newest drawing next, and what it lacks; `None` where the one that is seen shows
    /// it already.
    pub fn next(&mut self, picture: &Canvas) -> Option<(usize, &Mask)> {
        self.stale.iter_mut().for_each(|stale| stale.note(picture));
        if self.stale[self.front].lacking.is_empty() {
            return None;
        }
        self.front = 1 - self.front;
        Some((self.front, self.stale[self.front].take()))
    }
}

#[cfg(test)]
mod tests {
    use keyface_core::{Channel, FacePose};

    use super::*;
    use crate::face::{Depth, Face, Layout, Pixels, nine_shapes};

    #[test]
    fn both_buffers_show_every_picture_whole_when_it_is_their_turn() {
        let layout = Layout { width: 64, height: 48, stride: 256, depth: Depth::Xrgb8888 };
        let (mut face, mut turns) = (Face::new(64, 48).unwrap(), Turns::default());
        let mut buffers = [vec![0; layout.bytes()], vec![0; layout.bytes()]];
        let mut blink = FacePose::REST;
        blink.set(Channel::EyeBlinkLeft, 0.7);
        let poses = nine_shapes().into_iter().map(|shape| shape.pose).chain([FacePose::REST, blink, FacePose::REST]);
        for (turn, pose) in poses.enumerate() {
            let picture = face.draw(&pose);
            let (next, lacking) = turns.next(picture).unwrap();
            assert_eq!(next, 1 - turn % 2);
            Pixels::new(&mut buffers[next], layout, 1).show(picture, lacking);
            let mut whole = vec![0; layout.bytes()];
            Pixels::new(&mut whole, layout, 1).show(picture, &Mask::whole(64, 48));
            assert!(buffers[next] == whole, "picture {turn}");
        }
    }

    #[test]
    fn a_picture_that_did_not_change_takes_no_turn() {
        let (mut face, mut turns) = (Face::new(64, 48).unwrap(), Turns::default());
        assert!(turns.next(face.draw(&FacePose::REST)).is_some());
        assert!(turns.next(face.draw(&FacePose::REST)).is_none());
        assert!(turns.next(face.draw(&nine_shapes()[6].pose)).is_some());
    }

    #[test]
    fn who_missed_a_drawing_lacks_everything() {
        let (mut face, mut stale) = (Face::new(64, 48).unwrap(), Stale::default());
        stale.note(face.draw(&FacePose::REST));
        assert_eq!(stale.take(), &Mask::whole(64, 48));
        stale.note(face.draw(&nine_shapes()[6].pose));
        assert_ne!(stale.take(), &Mask::whole(64, 48));
        face.draw(&FacePose::REST);
        stale.note(face.draw(&nine_shapes()[6].pose));
        assert_eq!(stale.take(), &Mask::whole(64, 48));
    }
}
