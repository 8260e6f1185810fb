//! How a head is looked at: which part of it, how large, from where, under which light.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::body::V3;
use super::head::Head;

/// What of a head a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crop {
    /// The mouth, as lip readers see it.
    Mouth,
    /// The face.
    Face,
}

impl Crop {
    /// Width of the picture in widths of the mouth, and where the middle of the mouth is: shares from its left and top.
    fn frame(self) -> (f64, [f64; 2]) {
        match self {
            Crop::Mouth => (1.5, [0.5, 0.42]),
            Crop::Face => (4.6, [0.5, 0.74]),
        }
    }
}

/// A lamp far away.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Light {
    /// The direction to it, of length 1.
    pub toward: V3,
    /// How bright it makes what faces it.
    pub strength: f64,
}

/// A camera without perspective, its lamps, and the colour of who is before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Width and height of the picture in pixels.
    pub size: usize,
    /// The lamps.
    pub lights: [Light; 3],
    /// Light from everywhere.
    pub ambient: f64,
    /// How bright skin is, beside the head's own.
    pub skin: f64,
    /// What the camera makes of all light.
    pub gain: f64,
    /// What is seen beside the head.
    pub background: f64,
    /// Metres to pixels: turned, stretched and scaled.
    axes: [V3; 3],
    /// The point that the camera looks at, and its pixel counted from the lower left.
    target: V3,
    pixel: V3,
}

/// Lamps of the plain view: left and right above, and in front.
const PLAIN: [Light; 3] = [
    Light { toward: [-0.5, 0.5, std::f64::consts::FRAC_1_SQRT_2], strength: 0.42 },
    Light { toward: [0.5, 0.5, std::f64::consts::FRAC_1_SQRT_2], strength: 0.30 },
    Light { toward: [0.0, 0.0, 1.0], strength: 0.30 },
];
const PLAIN_AMBIENT: f64 = 0.22;
const BACKGROUND: f64 = 0.05;

/// What seeds choose from.
const YAW_RAD: f64 = 0.35;
const PITCH_RAD: f64 = 0.17;
const ROLL_RAD: f64 = 0.10;
const ZOOM: f64 = 0.12;
const STRETCH: f64 = 0.10;
/// Detectors of mouths miss by so much of the picture.
const SHIFT: f64 = 0.04;

impl View {
    /// From in front, under three lamps.
    pub fn plain(head: &Head, crop: Crop, size: usize) -> View {
        let (widths, [across, down]) = crop.frame();
        let scale = size as f64 / (widths * head.mouth.width_m);
        // A pixel's centre has whole numbers: the first is half a pixel from the border.
        let pixel = [across * size as f64 - 0.5, (1.0 - down) * size as f64 - 0.5, 0.0];
        View {
            size,
            lights: PLAIN,
            ambient: PLAIN_AMBIENT,
            skin: 1.0,
            gain: 1.0,
            background: BACKGROUND,
            axes: [[scale, 0.0, 0.0], [0.0, scale, 0.0], [0.0, 0.0, scale]],
            target: head.mouth.middle,
            pixel,
        }
    }

    /// As chance will have it: turned, nearer or farther, a little beside, another build and skin, other lamps and camera.
    pub fn seeded(head: &Head, crop: Crop, size: usize, seed: u64) -> View {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let mut view = View::plain(head, crop, size);
        let mut around = |most: f64| rng.random_range(-most..=most);
        let turned = turned(around(YAW_RAD), around(PITCH_RAD), around(ROLL_RAD));
        let zoom = 1.0 + around(ZOOM);
        let build = [0; 3].map(|_| 1.0 + around(STRETCH));
        view.axes = turned.map(|row| std::array::from_fn(|k| row[k] * build[k] * zoom * view.axes[0][0]));
        (0..2).for_each(|axis| view.pixel[axis] += size as f64 * around(SHIFT));
        view.lights = [0; 3].map(|_| lamp(rng));
        view.ambient = rng.random_range(0.12..0.40);
        view.skin = rng.random_range(0.40..1.10);
        view.gain = rng.random_range(0.75..1.20);
        view.background = rng.random_range(0.0..0.9);
        view
    }

    /// The same view of another point, in the picture's middle, at so many pixels of a metre.
    pub fn look_at(&mut self, target: V3, px_per_m: f64) {
        let zoom = px_per_m / self.px_per_m();
        self.axes = self.axes.map(|row| row.map(|x| zoom * x));
        let middle = 0.5 * (self.size as f64 - 1.0);
        (self.target, self.pixel) = (target, [middle, middle, 0.0]);
    }

    /// Where a point is in the picture: pixels to the right, up, and to the viewer.
    pub fn place(&self, at: &V3) -> V3 {
        let by: V3 = std::array::from_fn(|k| at[k] - self.target[k]);
        std::array::from_fn(|k| self.pixel[k] + dot(self.axes[k], by))
    }

    /// A slope by a place in the picture as the slope by the point.
    pub fn back(&self, slope: &V3) -> V3 {
        std::array::from_fn(|k| (0..3).map(|row| self.axes[row][k] * slope[row]).sum())
    }

    /// Pixels of a metre, for what a picture can resolve.
    pub fn px_per_m(&self) -> f64 {
        dot(self.axes[0], self.axes[0]).sqrt()
    }

    /// How bright light makes what faces a direction.
    pub fn light(&self, toward: V3) -> f64 {
        self.ambient + self.lights.iter().map(|lamp| lamp.strength * dot(toward, lamp.toward).max(0.0)).sum::<f64>()
    }

    /// The slope of [`View::light`] by the direction.
    pub fn light_slope(&self, toward: V3) -> V3 {
        let lit = self.lights.iter().filter(|lamp| dot(toward, lamp.toward) > 0.0);
        lit.fold([0.0; 3], |sum, lamp| std::array::from_fn(|k| sum[k] + lamp.strength * lamp.toward[k]))
    }
}

/// A lamp before the face, mostly from above.
fn lamp(rng: &mut ChaCha8Rng) -> Light {
    let way = [rng.random_range(-0.9..0.9), rng.random_range(-0.3..0.9), 1.0];
    let length = dot(way, way).sqrt();
    Light { toward: way.map(|x| x / length), strength: rng.random_range(0.1..0.5) }
}

/// The axes of the picture in the head's, which has turned to its own left, up, and to the side.
fn turned(yaw: f64, pitch: f64, roll: f64) -> [V3; 3] {
    let ((ys, yc), (ps, pc), (rs, rc)) = (yaw.sin_cos(), pitch.sin_cos(), roll.sin_cos());
    let turn_yaw = [[yc, 0.0, ys], [0.0, 1.0, 0.0], [-ys, 0.0, yc]];
    let turn_pitch = [[1.0, 0.0, 0.0], [0.0, pc, ps], [0.0, -ps, pc]];
    let turn_roll = [[rc, -rs, 0.0], [rs, rc, 0.0], [0.0, 0.0, 1.0]];
    product(turn_roll, product(turn_pitch, turn_yaw))
}

fn product(a: [V3; 3], b: [V3; 3]) -> [V3; 3] {
    a.map(|row| std::array::from_fn(|k| (0..3).map(|n| row[n] * b[n][k]).sum()))
}

/// The product of two ways.
pub fn dot(a: V3, b: V3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_mouth_is_where_the_crop_says() {
        let head = Head::own();
        let at = View::plain(&head, Crop::Mouth, 88).place(&head.mouth.middle);
        assert!((at[0] - 43.5).abs() < 1e-9 && (at[1] - (0.58 * 88.0 - 0.5)).abs() < 1e-9, "{at:?}");
    }

    #[test]
    fn a_mouth_takes_two_thirds_of_its_crop() {
        let head = Head::own();
        let view = View::plain(&head, Crop::Mouth, 88);
        assert!((view.px_per_m() * head.mouth.width_m - 88.0 / 1.5).abs() < 1e-9);
    }

    #[test]
    fn a_seed_is_one_view_and_another_seed_another() {
        let head = Head::own();
        let view = |seed| View::seeded(&head, Crop::Mouth, 48, seed);
        assert_eq!(view(7), view(7));
        assert_ne!(view(7), view(8));
    }

    #[test]
    fn slopes_go_back_the_way_that_points_came() {
        let head = Head::own();
        let view = View::seeded(&head, Crop::Mouth, 48, 3);
        // The picture's place is linear: what a slope says of a step is what the step does.
        let (slope, step) = ([0.3, -0.7, 0.2], [0.001, 0.002, -0.003]);
        let [from, to] = [head.mouth.middle, std::array::from_fn(|k| head.mouth.middle[k] + step[k])];
        let (from, to) = (view.place(&from), view.place(&to));
        let moved: V3 = std::array::from_fn(|k| to[k] - from[k]);
        assert!((dot(slope, moved) - dot(view.back(&slope), step)).abs() < 1e-9);
    }
}
