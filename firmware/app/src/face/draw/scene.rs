//! A head as parts, from the rearmost to the foremost. A part that is as it was and where it was is not drawn again.

use tiny_skia::Transform;

use super::brush::Brush;
use super::pass::Pass;
use super::shape::{Laid, Shape};
use super::{depth, eyes, hair, head, mouth, placed, tilted};
use crate::face::rig::{BrowRig, EyeRig, HeadRig, MouthRig, RigPose};
use crate::face::{Area, Areas, Canvas, Rotation};

/// What is drawn of a rig, apart from how the head is turned. Equal parts look alike.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Back,
    Skin { jaw_drop: f32, cheek_puff: f32 },
    Cheeks { lift: f32, puff: f32 },
    Nose,
    Mouth { rig: MouthRig, jaw_drop: f32 },
    Eye(EyeRig),
    Fringe,
    Brow(BrowRig),
    Band,
    Pods,
}

impl Part {
    fn all(rig: &RigPose) -> [Part; 12] {
        let RigPose { jaw_drop, cheek_lift, cheek_puff, eyes: [left, right], brows, .. } = *rig;
        [
            Part::Back,
            Part::Skin { jaw_drop, cheek_puff },
            Part::Cheeks { lift: cheek_lift, puff: cheek_puff },
            Part::Nose,
            Part::Mouth { rig: rig.mouth, jaw_drop },
            Part::Eye(left),
            Part::Eye(right),
            Part::Fringe,
            Part::Brow(brows[0]),
            Part::Brow(brows[1]),
            Part::Band,
            Part::Pods,
        ]
    }

    fn depth(&self) -> f32 {
        match self {
            Part::Back | Part::Band => depth::BAND,
            Part::Skin { .. } => depth::SKULL,
            Part::Cheeks { .. } | Part::Eye(_) => depth::EYES,
            Part::Nose => depth::NOSE,
            Part::Mouth { .. } => depth::MOUTH,
            Part::Fringe => depth::FRINGE,
            Part::Brow(_) => depth::BROWS,
            Part::Pods => depth::PODS,
        }
    }

    fn draw(&self, brush: &mut Brush) {
        match self {
            Part::Back => hair::back(brush),
            Part::Skin { jaw_drop, cheek_puff } => head::skin(brush, *jaw_drop, *cheek_puff),
            Part::Cheeks { lift, puff } => head::cheeks(brush, *lift, *puff),
            Part::Nose => head::nose(brush),
            Part::Mouth { rig, jaw_drop } => mouth::mouth(brush, rig, *jaw_drop),
            Part::Eye(rig) => eyes::eye(brush, rig),
            Part::Fringe => hair::fringe(brush),
            Part::Brow(rig) => eyes::brow(brush, rig),
            Part::Band => hair::band(brush),
            Part::Pods => head::pods(brush),
        }
    }
}

/// A part at its place.
struct Placed {
    part: Part,
    place: Transform,
    shapes: Vec<Shape>,
    laid: Vec<Laid>,
}

/// A head in a picture.
pub struct Scene {
    size: Area,
    /// From what the viewer sees to the panel's pixels.
    turned: Transform,
    upright: Transform,
    parts: Vec<Placed>,
    pass: Pass,
}

impl Scene {
    /// An empty one, for a panel of `width` x `height` pixels that hangs turned.
    pub fn new(width: u32, height: u32, rotation: Rotation) -> Scene {
        let (viewed_width, viewed_height) = rotation.viewed(width, height);
        Scene {
            size: Area::whole(width, height),
            turned: rotation.transform(width, height),
            upright: placed(viewed_width, viewed_height),
            parts: Vec::new(),
            pass: Pass::default(),
        }
    }

    /// Pixels per face unit.
    pub fn scale(&self) -> f32 {
        self.upright.sx
    }

    /// Paints what stands still.
    pub fn paint_still(&mut self, canvas: &mut Canvas, shapes: &[Shape]) {
        let place = self.upright.post_concat(self.turned);
        self.pass.begin(self.size);
        shapes.iter().rev().for_each(|shape| self.pass.add(&shape.laid(place, self.size)));
        self.pass.paint(canvas);
    }

    /// Takes a pose; says what of the picture it changes.
    pub fn set(&mut self, rig: &RigPose) -> Areas {
        let mut changed = Areas::default();
        for (index, part) in Part::all(rig).into_iter().enumerate() {
            let place = self.place(&rig.head, part.depth());
            match self.parts.get_mut(index) {
                Some(placed) => placed.set(part, place, self.size, self.upright.sx, &mut changed),
                None => {
                    let shapes = Brush::shapes(self.upright.sx, |brush| part.draw(brush));
                    let mut placed = Placed { part, place, shapes, laid: Vec::new() };
                    placed.lay(self.size);
                    changed.add(placed.area());
                    self.parts.push(placed);
                }
            }
        }
        changed
    }

    /// Nothing was drawn yet.
    pub fn forget(&mut self) {
        self.parts.clear();
    }

    /// Paints what lies in `area`, over the backdrop.
    pub fn paint(&mut self, canvas: &mut Canvas, backdrop: &Canvas, area: &Area) {
        self.pass.begin(*area);
        let laid = self.parts.iter().rev().flat_map(|placed| placed.laid.iter().rev());
        laid.for_each(|shape| self.pass.add(shape));
        self.pass.restore(canvas, backdrop);
        self.pass.paint(canvas);
    }

    fn place(&self, head: &HeadRig, depth: f32) -> Transform {
        let shift = Transform::from_translate(depth * head.turn, depth * head.nod);
        tilted(self.upright, head).post_concat(self.turned).pre_concat(shift)
    }
}

impl Placed {
    /// Takes the part as it is now, and adds to `changed` what that changes.
    fn set(&mut self, part: Part, place: Transform, size: Area, scale: f32, changed: &mut Areas) {
        if self.part == part && self.place == place {
            return;
        }
        let (before, mut is_told) = (self.area(), false);
        if self.part != part {
            let shapes = std::mem::replace(&mut self.shapes, Brush::shapes(scale, |brush| part.draw(brush)));
            is_told = self.place == place && shapes.len() == self.shapes.len();
            if is_told {
                let pairs = shapes.iter().zip(&self.shapes);
                pairs.for_each(|(before, now)| before.differences(now, place, size, changed));
            }
        }
        (self.part, self.place) = (part, place);
        self.lay(size);
        if !is_told {
            changed.add(before);
            changed.add(self.area());
        }
    }

    fn lay(&mut self, size: Area) {
        self.laid = self.shapes.iter().map(|shape| shape.laid(self.place, size)).collect();
    }

    /// Which pixels it may touch.
    fn area(&self) -> Area {
        let areas = self.laid.iter().map(|laid| laid.area).filter(|area| !area.is_empty());
        areas.reduce(|a, b| a.with(&b)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use keyface_core::{Channel, FacePose, Moment, Prosody};
    use tiny_skia::Pixmap;

    use super::super::{backdrop, reference};
    use super::*;
    use crate::face::{Life, nine_shapes};

    const SIZE: (u32, u32) = (1_280, 800);

    fn poses() -> Vec<FacePose> {
        let mut blink = FacePose::REST;
        [Channel::EyeBlinkLeft, Channel::CheekPuff, Channel::TongueOut]
            .iter()
            .for_each(|channel| blink.set(*channel, 0.7));
        let mut poses = vec![FacePose::REST, nine_shapes()[1].pose, nine_shapes()[6].pose, blink];
        poses
            .iter_mut()
            .zip(1..)
            .for_each(|(pose, i)| Life::new(3).apply(Moment::from_ms(777 * i), &Prosody::REST, pose));
        poses
    }

    /// The picture, and the same shapes drawn by tiny-skia.
    fn both(pose: &FacePose) -> (Canvas, Pixmap) {
        let (width, height) = SIZE;
        let mut scene = Scene::new(width, height, Rotation::Deg0);
        let still = backdrop(width, height);
        let mut canvas = Canvas::new(width, height).unwrap();
        scene.paint_still(&mut canvas, &still);
        let behind = canvas.clone();
        scene.set(&RigPose::of(pose)).iter().for_each(|area| scene.paint(&mut canvas, &behind, area));
        let mut pixmap = Pixmap::new(width, height).unwrap();
        still.iter().for_each(|shape| reference::draw(&mut pixmap, shape, scene.upright));
        let shapes = scene.parts.iter().flat_map(|placed| placed.shapes.iter().map(|shape| (shape, placed.place)));
        shapes.for_each(|(shape, place)| reference::draw(&mut pixmap, shape, place));
        (canvas, pixmap)
    }

    #[test]
    fn a_picture_is_as_tiny_skia_draws_it() {
        let width = SIZE.0 as usize;
        for pose in poses() {
            let (canvas, pixmap) = both(&pose);
            let ours: Vec<u8> = canvas.rgb().flatten().collect();
            let theirs: Vec<u8> = pixmap.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
            let apart: Vec<u8> = ours.iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).collect();
            let seen = apart.iter().filter(|apart| **apart > 2).count();
            assert!(seen <= apart.len() / 100, "{seen} of {} values differ by more than 2", apart.len());
            // Where they are farther apart there is an edge, which each of the two cuts into shares in its own way.
            for (i, apart) in apart.iter().enumerate().filter(|(_, apart)| **apart > 16) {
                let near = (0..9).map(|near| (i + 3 * (near / 3 * width + near % 3)).checked_sub(3 * (width + 1)));
                let step = near.filter_map(|near| Some(theirs.get(near?)?.abs_diff(theirs[i]))).max();
                assert!(step >= Some(16), "{apart} at column {}, row {}", i / 3 % width, i / 3 / width);
            }
        }
    }

    #[test]
    fn what_is_painted_anew_is_as_painted_whole() {
        let (width, height) = (320, 200);
        let mut scene = Scene::new(width, height, Rotation::Deg90);
        let behind = Canvas::new(width, height).unwrap();
        let mut canvas = behind.clone();
        for pose in poses().iter().chain([&FacePose::REST, &nine_shapes()[4].pose, &nine_shapes()[5].pose]) {
            let rig = RigPose::of(pose);
            let changed = scene.set(&rig);
            changed.iter().for_each(|area| scene.paint(&mut canvas, &behind, area));
            scene.forget();
            scene.set(&rig);
            let mut whole = behind.clone();
            scene.paint(&mut whole, &behind, &Area::whole(width, height));
            assert!(canvas.rgb().eq(whole.rgb()), "{pose:?}");
        }
    }

    #[test]
    fn a_jaw_that_falls_leaves_the_forehead_alone() {
        let (width, height) = SIZE;
        let mut scene = Scene::new(width, height, Rotation::Deg0);
        let mut pose = FacePose::REST;
        scene.set(&RigPose::of(&pose));
        assert!(scene.set(&RigPose::of(&pose)).is_empty());
        pose.set(Channel::JawOpen, 0.4);
        let changed = scene.set(&RigPose::of(&pose));
        assert!(changed.iter().all(|area| area.top > 300), "{changed:?}");
        let pixels: u32 = changed.iter().map(|area| area.width() * area.height()).sum();
        assert!(pixels < 250_000, "{pixels} of a head of half a million");
    }
}
