//! A head as parts, from the rearmost to the foremost. A part that is as it was and where it was is not drawn again.

use tiny_skia::Transform;

use super::brush::Brush;
use super::cover::Cover;
use super::paint::Paint;
use super::pass::{Laid, paint};
use super::scan::Scan;
use super::shape::Shape;
use super::{depth, eyes, hair, head, mouth, placed, tilted};
use crate::face::rig::{BrowRig, EyeRig, HeadRig, MouthRig, RigPose};
use crate::face::{Area, Canvas, Mask, Rotation};

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

/// What may differ from what is to be shown, because nobody sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unseen {
    /// A part stays where it was until it is so many pixels from its place.
    pub px: f32,
    /// When it does not stay, it goes so many pixels ahead of its place, unless it would move at each picture all the same.
    pub ahead_px: f32,
    /// A colour stays as it was until it differs by so many levels of 255.
    pub levels: f32,
    /// When it does not stay, it goes so many levels ahead.
    pub ahead_levels: f32,
}

impl Unseen {
    /// All is shown as it is.
    pub const NOTHING: Unseen = Unseen { px: 0.0, ahead_px: 0.0, levels: 0.0, ahead_levels: 0.0 };
    /// While pictures follow each other. What moves fast moves at each picture all the same; what moves more slowly goes by
    /// steps from a third of a pixel ahead to half a pixel behind, less than the softness of an edge, and a colour from less
    /// than a level ahead to less than a level behind.
    pub const WHILE_MOVING: Unseen = Unseen { px: 0.5, ahead_px: 0.3, levels: 0.75, ahead_levels: 0.6 };
}

/// A part at its place.
struct Placed {
    part: Part,
    /// Where it is drawn, and where it was to be in the last picture.
    place: Transform,
    wanted: Transform,
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
    easel: Easel,
}

/// What shapes are laid with.
#[derive(Default)]
struct Easel {
    scan: Scan,
    /// What a shape covered before: its memory is used again.
    spare: Cover,
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
            easel: Easel::default(),
        }
    }

    /// Pixels per face unit.
    pub fn scale(&self) -> f32 {
        self.upright.sx
    }

    /// Paints what stands still.
    pub fn paint_still(&self, canvas: &mut Canvas, shapes: &[Shape]) {
        let place = self.upright.post_concat(self.turned);
        let (mut scan, mut mask) = (Scan::default(), Mask::none(canvas.width(), canvas.height()));
        let laid: Vec<Laid> = shapes
            .iter()
            .rev()
            .map(|shape| {
                let mut laid = Laid { cover: Cover::default(), paint: Paint::of(&shape.fill, place), place };
                shape.scan(place, self.size, &mut scan, &mut laid.cover);
                laid.cover.add_to(&mut mask);
                laid
            })
            .collect();
        let behind = canvas.clone();
        paint(canvas, &behind, &mask, &laid.iter().collect::<Vec<_>>());
    }

    /// Takes a pose; adds to `changed` what of the picture it changes.
    pub fn set(&mut self, rig: &RigPose, unseen: Unseen, changed: &mut Mask) {
        for (index, part) in Part::all(rig).into_iter().enumerate() {
            let place = self.place(&rig.head, part.depth());
            if index == self.parts.len() {
                self.parts.push(Placed { part, place, wanted: place, shapes: Vec::new(), laid: Vec::new() });
            }
            let placed = &mut self.parts[index];
            let before = std::mem::replace(&mut placed.wanted, place);
            if placed.shapes.is_empty() || placed.part != part {
                placed.shapes = Brush::shapes(self.upright.sx, |brush| part.draw(brush));
                (placed.part, placed.place) = (part, place);
            } else if placed.moved(placed.place, place) >= unseen.px && placed.place != place {
                placed.place = placed.ahead(before, unseen);
            } else if unseen != Unseen::NOTHING || placed.is_exact() {
                continue;
            }
            placed.lay(self.size, unseen, &mut self.easel, changed);
        }
    }

    /// Whether nothing was drawn yet.
    pub fn is_blank(&self) -> bool {
        self.parts.is_empty()
    }

    /// Nothing was drawn yet.
    pub fn forget(&mut self) {
        self.parts.clear();
    }

    /// Paints what is marked, over the backdrop.
    pub fn paint(&self, canvas: &mut Canvas, backdrop: &Canvas, mask: &Mask) {
        let laid: Vec<&Laid> = self.parts.iter().rev().flat_map(|placed| placed.laid.iter().rev()).collect();
        paint(canvas, backdrop, mask, &laid);
    }

    fn place(&self, head: &HeadRig, depth: f32) -> Transform {
        let shift = Transform::from_translate(depth * head.turn, depth * head.nod);
        tilted(self.upright, head).post_concat(self.turned).pre_concat(shift)
    }
}

impl Placed {
    /// How far one place puts it from another, in pixels.
    fn moved(&self, a: Transform, b: Transform) -> f32 {
        self.shapes.iter().map(|shape| shape.moved(a, b)).fold(0.0, f32::max)
    }

    /// The place where it is wanted, or beyond it on the way that it has come since the picture before.
    fn ahead(&self, before: Transform, unseen: Unseen) -> Transform {
        let moved = self.moved(before, self.wanted);
        if moved == 0.0 || moved > unseen.px + unseen.ahead_px {
            return self.wanted;
        }
        beyond(before, self.wanted, unseen.ahead_px / moved)
    }

    /// Whether no colour is held.
    fn is_exact(&self) -> bool {
        let paints = self.shapes.iter().map(|shape| Paint::of(&shape.fill, self.place));
        self.laid.iter().map(|laid| laid.paint).eq(paints)
    }

    /// Lays the shapes where they are now, and adds to `changed` what that changes.
    fn lay(&mut self, size: Area, unseen: Unseen, easel: &mut Easel, changed: &mut Mask) {
        let gone = self.shapes.len().min(self.laid.len());
        self.laid.drain(gone..).for_each(|laid| laid.cover.add_to(changed));
        self.laid.resize_with(self.shapes.len(), Laid::default);
        for (shape, laid) in self.shapes.iter().zip(&mut self.laid) {
            let is_new = !tint(shape, laid, self.place, size, unseen);
            let has_edge = !shape.fill.fades_out();
            if !is_new && !has_edge {
                continue;
            }
            let Easel { scan, spare } = easel;
            shape.scan(if has_edge { self.place } else { laid.place }, size, scan, spare);
            laid.cover.differences(spare, changed);
            std::mem::swap(&mut laid.cover, spare);
            if is_new {
                laid.cover.add_to(changed);
            }
        }
    }
}

/// Gives a shape at `place` its paint; whether it still has that which it had.
fn tint(shape: &Shape, laid: &mut Laid, place: Transform, size: Area, unseen: Unseen) -> bool {
    let (paint, area) = (Paint::of(&shape.fill, place), shape.area(place, size));
    let apart = |a: &Option<Paint>| a.zip(paint).map_or(f32::INFINITY, |(a, paint)| a.levels_apart(&paint, area));
    let held = apart(&laid.paint);
    if laid.paint == paint || held < unseen.levels {
        return true;
    }
    let ahead = beyond(laid.place, place, unseen.ahead_levels / held);
    let paint_ahead = Paint::of(&shape.fill, ahead);
    (laid.paint, laid.place) = if apart(&paint_ahead) < unseen.levels { (paint_ahead, ahead) } else { (paint, place) };
    false
}

/// What lies beyond `now` on the way from `before`, by a share of that way.
fn beyond(before: Transform, now: Transform, share: f32) -> Transform {
    let on = |before: f32, now: f32| now + share * (now - before);
    Transform {
        sx: on(before.sx, now.sx),
        kx: on(before.kx, now.kx),
        ky: on(before.ky, now.ky),
        sy: on(before.sy, now.sy),
        tx: on(before.tx, now.tx),
        ty: on(before.ty, now.ty),
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
        let mut changed = Mask::none(width, height);
        scene.set(&RigPose::of(pose), Unseen::NOTHING, &mut changed);
        scene.paint(&mut canvas, &behind, &changed);
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
        let behind = Canvas::new(width, height).unwrap();
        for unseen in [Unseen::NOTHING, Unseen::WHILE_MOVING] {
            let mut scene = Scene::new(width, height, Rotation::Deg90);
            let (mut canvas, mut changed) = (behind.clone(), Mask::none(width, height));
            for pose in poses().iter().chain([&FacePose::REST, &nine_shapes()[4].pose, &nine_shapes()[5].pose]) {
                changed.clear();
                scene.set(&RigPose::of(pose), unseen, &mut changed);
                scene.paint(&mut canvas, &behind, &changed);
                let mut whole = behind.clone();
                scene.paint(&mut whole, &behind, &Mask::whole(width, height));
                assert!(canvas.rgb().eq(whole.rgb()), "{pose:?}");
            }
        }
    }

    #[test]
    fn a_jaw_that_falls_leaves_the_forehead_alone() {
        let (width, height) = SIZE;
        let mut scene = Scene::new(width, height, Rotation::Deg0);
        let mut pose = FacePose::REST;
        scene.set(&RigPose::of(&pose), Unseen::NOTHING, &mut Mask::none(width, height));
        let mut changed = Mask::none(width, height);
        scene.set(&RigPose::of(&pose), Unseen::NOTHING, &mut changed);
        assert!(changed.is_empty());
        pose.set(Channel::JawOpen, 0.4);
        scene.set(&RigPose::of(&pose), Unseen::NOTHING, &mut changed);
        assert!(changed.bands().all(|rows| rows.start > 300), "{:?}", changed.bands().collect::<Vec<_>>());
        assert!(changed.count() < 100_000, "{} of a head of half a million", changed.count());
    }

    /// The rig of a head that follows a loud voice.
    fn loud(ms: i64) -> RigPose {
        let mut pose = nine_shapes()[ms as usize / 100 % 9].pose;
        let said = Prosody { loudness: 1.0, phrase: 1.0, way_s: 0.8e-3 * ms as f64, ..Prosody::REST };
        Life::new(3).apply(Moment::from_ms(ms), &said, &mut pose);
        RigPose::of(&pose)
    }

    #[test]
    fn a_colour_that_is_held_is_two_levels_of_255_off_at_most() {
        let (width, height) = (640, 400);
        let (behind, whole) = (Canvas::new(width, height).unwrap(), Mask::whole(width, height));
        let mut scene = Scene::new(width, height, Rotation::Deg0);
        for ms in (0..4_000).step_by(16) {
            scene.set(&loud(ms), Unseen::WHILE_MOVING, &mut Mask::none(width, height));
            if ms % 160 != 0 {
                continue;
            }
            let (mut held, mut fresh) = (behind.clone(), behind.clone());
            scene.paint(&mut held, &behind, &whole);
            let mut anew = Scene::new(width, height, Rotation::Deg0);
            for Placed { part, place, shapes, .. } in &scene.parts {
                let mut placed =
                    Placed { part: *part, place: *place, wanted: *place, shapes: shapes.clone(), laid: Vec::new() };
                placed.lay(scene.size, Unseen::NOTHING, &mut anew.easel, &mut Mask::none(width, height));
                anew.parts.push(placed);
            }
            anew.paint(&mut fresh, &behind, &whole);
            let apart = held.rgb().flatten().zip(fresh.rgb().flatten()).map(|(a, b)| a.abs_diff(b)).max();
            assert!(apart <= Some(2), "{apart:?} at {ms} ms");
        }
    }

    #[test]
    fn a_colour_that_goes_ahead_is_made_anew_less_often() {
        let (width, height) = SIZE;
        let made_anew = |unseen: Unseen| {
            let (mut scene, mut places, mut anew) = (Scene::new(width, height, Rotation::Deg0), Vec::new(), 0);
            for picture in 0..200 {
                let mut pose = FacePose::REST;
                pose.head.roll_rad = 2e-4 * picture as f32;
                scene.set(&RigPose::of(&pose), unseen, &mut Mask::none(width, height));
                let laid = scene.parts.iter().flat_map(|placed| &placed.laid);
                let now: Vec<Transform> = laid.map(|laid| laid.place).collect();
                anew += places.iter().zip(&now).filter(|(last, now)| last != now).count();
                places = now;
            }
            anew
        };
        let [behind, ahead] = [0.0, 0.6].map(|ahead_levels| made_anew(Unseen { ahead_levels, ..Unseen::WHILE_MOVING }));
        assert!(4 * ahead < 3 * behind, "{ahead} times instead of {behind}");
    }

    #[test]
    fn what_moves_slowly_goes_by_steps_of_more_than_half_a_pixel() {
        let (width, height) = SIZE;
        let (mut scene, mut steps, mut places) = (Scene::new(width, height, Rotation::Deg0), [0; 12], Vec::new());
        for picture in 0..200 {
            let mut pose = FacePose::REST;
            pose.head.roll_rad = 2e-4 * picture as f32;
            scene.set(&RigPose::of(&pose), Unseen::WHILE_MOVING, &mut Mask::none(width, height));
            let now: Vec<Transform> = scene.parts.iter().map(|placed| placed.place).collect();
            steps.iter_mut().zip(&places).zip(&now).for_each(|((steps, last), now)| *steps += u32::from(last != now));
            places = now;
        }
        let start = Scene::new(width, height, Rotation::Deg0);
        for (placed, steps) in scene.parts.iter().zip(steps) {
            let way = placed.moved(start.place(&RigPose::of(&FacePose::REST).head, placed.part.depth()), placed.wanted);
            assert!((0.7..1.0).contains(&(way / steps as f32)), "{:?}: {way} pixels by {steps} steps", placed.part);
        }
    }

    #[test]
    fn a_moving_part_is_half_a_pixel_from_its_place_at_most() {
        let (width, height) = SIZE;
        let mut scene = Scene::new(width, height, Rotation::Deg0);
        for ms in (0..2_000).step_by(16) {
            let rig = loud(ms);
            scene.set(&rig, Unseen::WHILE_MOVING, &mut Mask::none(width, height));
            for placed in &scene.parts {
                let place = scene.place(&rig.head, placed.part.depth());
                let most = placed.shapes.iter().map(|shape| shape.moved(placed.place, place)).fold(0.0, f32::max);
                assert!(most < 0.5, "{:?} is {most} pixels off", placed.part);
            }
        }
    }
}
