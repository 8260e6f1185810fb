//! A face at one size: poses in, pictures out. What stands still is drawn once, what has changed alone again.

use keyface_core::FacePose;

use super::draw::{Scene, Shape, Unseen, backdrop, body};
use super::rig::{RigPose, Steady};
use super::{Canvas, FaceError, Mask, Rotation};

/// A drawn character at one size.
pub struct Face {
    backdrop: Canvas,
    picture: Canvas,
    scene: Scene,
    steady: Steady,
    /// What the next drawing changes.
    changes: Mask,
}

impl Face {
    /// A face for a picture of `width` x `height` pixels, landscape or portrait.
    ///
    /// # Errors
    /// [`FaceError::Size`] outside [`MIN_SIDE`](super::MIN_SIDE) to [`MAX_SIDE`](super::MAX_SIDE).
    pub fn new(width: u32, height: u32) -> Result<Face, FaceError> {
        Face::turned(width, height, Rotation::Deg0)
    }

    /// A face for a panel of `width` x `height` pixels that is turned: its viewer sees it upright.
    ///
    /// # Errors
    /// As [`Face::new`].
    pub fn turned(width: u32, height: u32, rotation: Rotation) -> Result<Face, FaceError> {
        let (viewed_width, viewed_height) = rotation.viewed(width, height);
        Face::over(Canvas::new(width, height)?, rotation, &backdrop(viewed_width, viewed_height))
    }

    /// A face on nothing, for a picture that is laid over another.
    ///
    /// # Errors
    /// As [`Face::new`].
    pub fn cut_out(width: u32, height: u32) -> Result<Face, FaceError> {
        Face::over(Canvas::clear(width, height)?, Rotation::Deg0, &body(width, height))
    }

    fn over(mut backdrop: Canvas, rotation: Rotation, still: &[Shape]) -> Result<Face, FaceError> {
        let scene = Scene::new(backdrop.width(), backdrop.height(), rotation);
        scene.paint_still(&mut backdrop, still);
        let (steady, changes) = (Steady::new(scene.scale()), Mask::none(backdrop.width(), backdrop.height()));
        Ok(Face { picture: backdrop.clone(), backdrop, scene, steady, changes })
    }

    /// Draws a pose; the picture stays until the next call.
    pub fn draw(&mut self, pose: &FacePose) -> &Canvas {
        self.draw_scene(&RigPose::of(pose), Unseen::NOTHING)
    }

    /// Draws a pose for who sees one picture after another: what differs by less than can be seen stays as it was. A
    /// moving part is less than half a pixel from its place, and no colour off by more than 2 levels of 255; a face at
    /// rest is exact.
    pub fn draw_living(&mut self, pose: &FacePose) -> &Canvas {
        let rig = self.steady.settle(RigPose::of(pose));
        // A screen keeps the last picture of a face that has come to rest.
        self.draw_scene(&rig, if *pose == FacePose::REST { Unseen::NOTHING } else { Unseen::WHILE_MOVING })
    }

    /// The next picture is drawn as if it was the first: whole.
    pub fn forget(&mut self) {
        self.scene.forget();
    }

    fn draw_scene(&mut self, rig: &RigPose, unseen: Unseen) -> &Canvas {
        self.changes.clear();
        if self.scene.is_blank() {
            self.changes.add_all(&Mask::whole(self.picture.width(), self.picture.height()));
        }
        self.scene.set(rig, unseen, &mut self.changes);
        self.scene.paint(&mut self.picture, &self.backdrop, &self.changes);
        self.picture.changed(&mut self.changes);
        &self.picture
    }
}

#[cfg(test)]
mod tests {
    use embedded_graphics::geometry::Point;
    use embedded_graphics::mock_display::MockDisplay;
    use embedded_graphics::pixelcolor::{Rgb565, Rgb888};
    use keyface_core::{Channel, Moment, Prosody};

    use super::*;
    use crate::face::{Life, MIN_SIDE, nine_shapes};

    /// Side of the pictures that shapes are compared in: a small screen.
    const SIDE: u32 = 160;

    fn pixels(pose: &FacePose) -> Vec<[u8; 3]> {
        Face::new(SIDE, SIDE).unwrap().draw(pose).rgb().collect()
    }

    /// How many pixels between nose and chin differ clearly.
    fn clearly_different(a: &[[u8; 3]], b: &[[u8; 3]]) -> usize {
        let mouth = |i: usize| (52..108).contains(&(i % 160)) && (100..138).contains(&(i / 160));
        let far = |a: &[u8; 3], b: &[u8; 3]| a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > 48);
        a.iter().zip(b).enumerate().filter(|(i, (a, b))| mouth(*i) && far(a, b)).count()
    }

    #[test]
    fn a_face_that_comes_to_rest_or_is_drawn_after_it_has_moved_is_exact() {
        let (mut living, life) = (Face::new(SIDE, SIDE).unwrap(), Life::new(2));
        for rounds in 1..6 {
            for picture in 0..20 {
                let mut pose = nine_shapes()[picture % 9].pose;
                life.apply(Moment::from_ms(400 * rounds + 17 * picture as i64), &Prosody::REST, &mut pose);
                living.draw_living(&pose);
            }
            let mut moved = nine_shapes()[rounds as usize].pose;
            life.apply(Moment::from_ms(400 * rounds + 390), &Prosody::REST, &mut moved);
            living.draw_living(&moved);
            assert_eq!(living.draw(&moved).rgb().collect::<Vec<_>>(), pixels(&moved));
            assert_eq!(living.draw_living(&FacePose::REST).rgb().collect::<Vec<_>>(), pixels(&FacePose::REST));
        }
    }

    /// A face that lives: it speaks loudly for three seconds, then it rests.
    fn alive(ms: i64) -> FacePose {
        let speaks = ms < 3_000;
        let mut pose = if speaks { nine_shapes()[ms as usize / 100 % 9].pose } else { FacePose::REST };
        let loud = Prosody { loudness: 1.0, phrase: 1.0, way_s: 0.8e-3 * ms as f64, ..Prosody::REST };
        Life::new(3).apply(Moment::from_ms(ms), if speaks { &loud } else { &Prosody::REST }, &mut pose);
        pose
    }

    /// Whether a value is two pixels or less from an edge: a step of 8 levels or more. Within a shape neighbours are alike.
    fn is_at_edge(values: &[u8], width: usize, i: usize) -> bool {
        let near = (0..25).filter_map(|near| (i + 3 * (near / 5 * width + near % 5)).checked_sub(6 * (width + 1)));
        near.filter_map(|near| values.get(near)).any(|near| near.abs_diff(values[i]) >= 8)
    }

    #[test]
    fn a_living_face_differs_by_more_than_two_levels_seldom_and_by_more_than_16_at_edges_alone() {
        let (width, height) = (1_280, 800);
        let [mut living, mut exact] = [(); 2].map(|()| Face::new(width, height).unwrap());
        let (mut seen, mut values, mut most_apart) = (0, 0, 0);
        for ms in (0..6_000).step_by(15) {
            let pose = alive(ms);
            living.draw_living(&pose);
            if ms % 150 != 0 {
                continue;
            }
            let shown: Vec<u8> = living.picture.rgb().flatten().collect();
            let meant: Vec<u8> = exact.draw(&pose).rgb().flatten().collect();
            let apart = |i: usize| shown[i].abs_diff(meant[i]);
            let differing: Vec<usize> = (0..shown.len()).filter(|i| apart(*i) > 2).collect();
            (seen, values) = (seen + differing.len(), values + shown.len());
            let away = differing.into_iter().filter(|i| !is_at_edge(&meant, width as usize, *i));
            most_apart = away.map(apart).fold(most_apart, u8::max);
        }
        assert!(seen <= values / 100, "{seen} of {values} values differ by more than two levels");
        assert!(most_apart <= 16, "{most_apart} levels away from edges");
    }

    #[test]
    fn every_two_mouth_shapes_differ_at_a_glance() {
        let shapes = nine_shapes().map(|shape| (shape.name, pixels(&shape.pose)));
        for (i, (name, a)) in shapes.iter().enumerate() {
            for (other, b) in &shapes[..i] {
                let different = clearly_different(a, b);
                // The closed mouth of m b p covers about 150 pixels here.
                assert!(different >= 100, "{name} and {other} differ in {different} pixels only");
            }
        }
    }

    #[test]
    fn any_size_and_any_orientation_can_be_drawn() {
        let sizes = [(16, 16), (17, 300), (300, 17), (128, 64), (160, 128), (240, 320), (480, 320), (720, 1280)];
        for (width, height) in sizes {
            let mut face = Face::new(width, height).unwrap();
            let canvas = face.draw(&nine_shapes()[6].pose);
            assert_eq!((canvas.width(), canvas.height()), (width, height));
        }
    }

    #[test]
    fn a_turned_face_is_the_same_face_turned() {
        let (width, height) = (120u32, 80u32);
        let upright: Vec<[u8; 3]> = Face::new(width, height).unwrap().draw(&nine_shapes()[6].pose).rgb().collect();
        let seen = |x: u32, y: u32| upright[(y * width + x) as usize];
        let seen_at = |rotation: Rotation, x: u32, y: u32| match rotation {
            Rotation::Deg90 => (width - 1 - y, x),
            Rotation::Deg180 => (width - 1 - x, height - 1 - y),
            _ => (y, height - 1 - x),
        };
        for rotation in [Rotation::Deg90, Rotation::Deg180, Rotation::Deg270] {
            let (panel_width, panel_height) = rotation.viewed(width, height);
            let mut face = Face::turned(panel_width, panel_height, rotation).unwrap();
            let turned: Vec<[u8; 3]> = face.draw(&nine_shapes()[6].pose).rgb().collect();
            let far = |(i, rgb): &(usize, &[u8; 3])| {
                let (x, y) = seen_at(rotation, *i as u32 % panel_width, *i as u32 / panel_width);
                rgb.iter().zip(seen(x, y)).any(|(a, b)| a.abs_diff(b) > 24)
            };
            let different = turned.iter().enumerate().filter(far).count();
            // Only edges, which are sampled four times as finely along one axis as along the other.
            assert!(different < 120, "{rotation:?}: {different} of 9600 pixels differ");
        }
    }

    #[test]
    fn a_size_of_nothing_is_refused() {
        let error = Face::new(0, 240).err().unwrap();
        assert_eq!(error.to_string(), "a face needs a size from 16x16 to 8192x8192 pixels, not 0x240");
        assert!(Face::new(MIN_SIDE - 1, MIN_SIDE).is_err());
    }

    #[test]
    fn a_picture_does_not_depend_on_the_one_before() {
        let mut face = Face::new(SIDE, SIDE).unwrap();
        let first: Vec<[u8; 3]> = face.draw(&FacePose::REST).rgb().collect();
        face.draw(&nine_shapes()[6].pose);
        assert!(face.draw(&FacePose::REST).rgb().eq(first));
    }

    #[test]
    fn who_forgot_what_was_drawn_draws_all_anew() {
        let mut face = Face::new(SIDE, SIDE).unwrap();
        let mut turned = FacePose::REST;
        turned.head.yaw_rad = 0.5;
        face.draw(&turned);
        face.forget();
        let picture = face.draw(&FacePose::REST);
        assert!(picture.rgb().eq(pixels(&FacePose::REST)));
        assert_eq!(picture.changes().1, &Mask::whole(SIDE, SIDE));
    }

    #[test]
    fn a_565_screen_shows_the_same_picture() {
        let mut face = Face::new(64, 64).unwrap();
        let canvas = face.draw(&FacePose::REST);
        let mut screen = MockDisplay::<Rgb565>::new();
        canvas.show_on(&mut screen).unwrap();
        for (i, [r, g, b]) in (0i32..).zip(canvas.rgb()) {
            let expected = Rgb565::from(Rgb888::new(r, g, b));
            assert_eq!(screen.get_pixel(Point::new(i % 64, i / 64)), Some(expected));
        }
    }

    #[test]
    fn closed_eyes_show_no_iris() {
        let greens = |pose: &FacePose| {
            // The left half of the picture between hair and cheek holds no other green than the iris.
            let inside = |i: usize| (45..75).contains(&(i % 160)) && (60..100).contains(&(i / 160));
            let green = |[r, g, _]: &[u8; 3]| *g > r.saturating_add(30);
            pixels(pose).iter().enumerate().filter(|(i, rgb)| inside(*i) && green(rgb)).count()
        };
        let mut blink = FacePose::REST;
        blink.set(Channel::EyeBlinkRight, 1.0);
        assert!(greens(&FacePose::REST) > 80, "{}", greens(&FacePose::REST));
        assert_eq!(greens(&blink), 0);
    }

    #[test]
    fn life_is_seen_and_is_the_same_for_the_same_seed_alone() {
        let drawn = |seed: u64| {
            let mut pose = FacePose::REST;
            Life::new(seed).apply(Moment::from_ms(4_321), &Prosody::REST, &mut pose);
            pixels(&pose)
        };
        assert_eq!(drawn(5), drawn(5));
        assert_ne!(drawn(5), drawn(6));
        assert_ne!(drawn(5), pixels(&FacePose::REST));
    }
}
