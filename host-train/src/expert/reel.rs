//! Films of the face that `keyface animate` draws: a folder of pictures for each clip in, grey mouths in steps of the
//! reader out.
//!
//! Pictures are square or not, of any size, 25 a second from the clip's start. That of a step is the one at its end, as
//! a [`Camera`](super::camera::Camera) has it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use tiny_skia::Pixmap;

use super::camera::films_of;
use super::films::Film;
use super::material::{EXPERT_HOPS, whole_steps};
use crate::data::Utterance;
use crate::render::luma;

/// What the face is drawn in, in units of its own: so much to both sides of its middle, above and below it is in sight.
const FACE_HALF_WIDTH: f32 = 63.0;
const FACE_TOP: f32 = 75.0;
const FACE_HEIGHT: f32 = 147.0;
/// Share of what is left in a tall picture that is above the face.
const SPARE_ABOVE: f32 = 0.4;
/// The crop that lip readers see: as wide as one and a half mouths at rest, with the lips a little above its middle.
const CROP: f32 = 54.0;
const CROP_TOP: f32 = 7.5;
/// Points of a pixel, along each axis, at which the picture is looked up.
const SAMPLES: usize = 4;
/// How much a film for training may differ from the picture: pixels to any side, and light.
const SHIFT_PX: i32 = 2;
const LIGHT: f32 = 0.15;

/// A clip and the pictures of it.
#[derive(Clone, Debug)]
pub struct Reel {
    /// The clip's.
    pub id: String,
    /// Who speaks.
    pub speaker: String,
    /// Its labels, in whole steps.
    pub clip: Utterance,
    /// Grey pictures, one for each step.
    pub pictures: Vec<u8>,
    /// Pixels of a side.
    pub side: usize,
}

/// The films that a folder has pictures of, as `keyface animate --out-dir FOLDER --as frames --fps 25` writes them.
///
/// # Errors
/// A damaged picture, or a film with too many or too few of them.
pub fn reels(folder: &Path, films: Vec<Film>, side: usize) -> Result<Vec<Reel>> {
    let read = |film: Film| {
        let of_film = folder.join(film.id());
        of_film.is_dir().then(|| Reel::read(&of_film, film, side))
    };
    let reels: Vec<Reel> = films.into_iter().filter_map(read).collect::<Result<_>>()?;
    ensure!(!reels.is_empty(), "{}: expected a folder of pictures for each clip, found none", folder.display());
    Ok(reels)
}

impl Reel {
    /// Reads the pictures of a film, in the order of their names.
    ///
    /// # Errors
    /// A damaged picture, or too many or too few of them.
    pub fn read(folder: &Path, film: Film, side: usize) -> Result<Reel> {
        let place = || folder.display().to_string();
        let entries = std::fs::read_dir(folder).with_context(place)?;
        let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "png"));
        paths.sort();
        let clip = whole_steps(&film.clip);
        let steps = clip.len() / EXPERT_HOPS;
        let (least, most) = (steps, steps + steps / 10 + 10);
        let came = paths.len();
        ensure!(
            (least..=most).contains(&came),
            "{}: expected {least} to {most} pictures, 25 for each second, found {came}",
            place()
        );
        // The picture at the end of the last step may not be there any more.
        let at_end = |step: usize| &paths[(step + 1).min(came - 1)];
        let pictures = (0..steps).map(|step| mouth(at_end(step), side)).collect::<Result<Vec<_>>>()?.concat();
        Ok(Reel { id: film.id().to_owned(), speaker: film.speaker, clip, pictures, side })
    }

    /// Steps of a reader.
    pub fn steps(&self) -> usize {
        self.clip.len() / EXPERT_HOPS
    }

    /// The first picture, held.
    pub fn still(&self) -> Reel {
        let pictures = self.pictures[..self.side * self.side].repeat(self.steps());
        Reel { pictures, ..self.clone() }
    }

    /// So many steps from anywhere, mirrored, moved and lit by chance; behind the end the last picture stays.
    pub fn crop(&self, steps: usize, rng: &mut ChaCha8Rng) -> (Utterance, Vec<u8>) {
        let start = rng.random_range(0..=self.steps().saturating_sub(steps));
        let (is_mirrored, light) = (rng.random_bool(0.5), 1.0 + rng.random_range(-LIGHT..=LIGHT));
        let [right, down] = [0; 2].map(|_| rng.random_range(-SHIFT_PX..=SHIFT_PX));
        let last = self.side as i32 - 1;
        let from = |x: i32| (if is_mirrored { last - x } else { x } + right).clamp(0, last);
        let place = |y: i32, x: i32| ((y + down).clamp(0, last) * (last + 1) + from(x)) as usize;
        let places: Vec<usize> =
            (0..=last).flat_map(|y| (0..=last).map(move |x| (y, x))).map(|(y, x)| place(y, x)).collect();
        let picture = |step: usize| &self.pictures[step.min(self.steps() - 1) * places.len()..];
        let pixel = |picture: &[u8], at: usize| (light * f32::from(picture[at])) as u8;
        let shown = (start..start + steps).flat_map(|step| places.iter().map(move |at| pixel(picture(step), *at)));
        (self.clip.crop(start * EXPERT_HOPS, steps * EXPERT_HOPS), shown.collect())
    }
}

/// Films of equal length as readers take them, `[batch, step, side, side]`.
pub fn stacked_pictures(films: &[Vec<u8>], side: usize, device: &Device) -> Tensor<4> {
    let pixels: Vec<f32> = films.iter().flatten().map(|pixel| f32::from(*pixel) / 255.0).collect();
    let count = pixels.len() / (side * side);
    films_of(Tensor::from_data(TensorData::new(pixels, [count, side, side]), device), films.len())
}

/// The grey mouth of a picture of the whole face.
fn mouth(path: &Path, side: usize) -> Result<Vec<u8>> {
    let picture = Pixmap::load_png(path).with_context(|| format!("{}: expected a PNG", path.display()))?;
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let scale = (width / (2.0 * FACE_HALF_WIDTH)).min(height / FACE_HEIGHT);
    let left = 0.5 * width - 0.5 * CROP * scale;
    let top = SPARE_ABOVE * (height - scale * FACE_HEIGHT) + (FACE_TOP + CROP_TOP) * scale;
    let step = CROP * scale / (side * SAMPLES) as f32;
    let grey = |x: usize, y: usize| {
        let [x, y] = [left + (x as f32 + 0.5) * step, top + (y as f32 + 0.5) * step];
        picture.pixel(x as u32, y as u32).map_or(0.0, |p| luma([p.red(), p.green(), p.blue()].map(f64::from)))
    };
    let pixel = |(y, x): (usize, usize)| {
        let all = (0..SAMPLES * SAMPLES).map(|n| grey(x * SAMPLES + n % SAMPLES, y * SAMPLES + n / SAMPLES));
        (all.sum::<f64>() / (SAMPLES * SAMPLES) as f64).round() as u8
    };
    Ok((0..side).flat_map(|y| (0..side).map(move |x| (y, x))).map(pixel).collect())
}

#[cfg(test)]
pub mod testing {
    use super::*;

    /// Square pictures of so many pixels whose mouth is as bright as told, on black.
    pub fn write(folder: &Path, side: u32, lights: impl Iterator<Item = u8>) {
        std::fs::create_dir_all(folder).unwrap();
        for (number, light) in (1..).zip(lights) {
            let mut picture = Pixmap::new(side, side).unwrap();
            let (from, to) = ((0.6 * side as f32) as u32, (0.9 * side as f32) as u32);
            for at in (from..to).flat_map(|y| (from - side / 4..to - side / 4).map(move |x| y * side + x)) {
                picture.pixels_mut()[at as usize] =
                    tiny_skia::PremultipliedColorU8::from_rgba(light, light, light, 255).unwrap();
            }
            picture.save_png(folder.join(format!("a-{number:05}.png"))).unwrap();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng;

    const SIDE: usize = 12;

    fn film(hops: usize) -> Film {
        let source = Some(("c".to_owned(), "a".to_owned()));
        Film { speaker: "s".into(), clip: Utterance { source, ..Utterance::silence(hops) } }
    }

    fn middle(pictures: &[u8], step: usize) -> u8 {
        pictures[step * SIDE * SIDE + SIDE / 2 * SIDE + SIDE / 2]
    }

    #[test]
    fn a_step_shows_the_picture_at_its_end() {
        let dir = tempfile::tempdir().unwrap();
        testing::write(&dir.path().join("a"), 60, (0..12).map(|n| 10 * n));
        let reels = reels(dir.path(), vec![film(43)], SIDE).unwrap();
        assert_eq!((reels.len(), reels[0].steps()), (1, 10));
        let shown: Vec<u8> = (0..10).map(|step| middle(&reels[0].pictures, step)).collect();
        assert_eq!(shown, [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
        assert_eq!(middle(&reels[0].still().pictures, 9), 10);
    }

    #[test]
    fn pictures_of_another_rate_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        testing::write(&dir.path().join("a"), 60, (0..120).map(|_| 9));
        let error = reels(dir.path(), vec![film(200)], SIDE).unwrap_err().to_string();
        assert!(error.contains("expected 50 to 65 pictures, 25 for each second, found 120"), "{error}");
        let error = reels(&dir.path().join("a"), vec![film(200)], SIDE).unwrap_err().to_string();
        assert!(error.contains("a folder of pictures for each clip"), "{error}");
    }

    #[test]
    fn a_crop_has_the_labels_of_its_pictures_and_holds_the_last() {
        let dir = tempfile::tempdir().unwrap();
        testing::write(&dir.path().join("a"), 60, (0..12).map(|n| 20 * n));
        let mut film = film(40);
        (0..40).for_each(|hop| film.clip.motion[hop].0[0] = (hop / EXPERT_HOPS) as f32);
        let reel = Reel::read(&dir.path().join("a"), film, SIDE).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..20 {
            let (clip, pictures) = reel.crop(4, &mut rng);
            let light = |step| f32::from(middle(&pictures, step)) / (20.0 * (clip.motion[4 * step].0[0] + 1.0));
            assert!((0..4).all(|step| (0.8..1.2).contains(&light(step))), "{}", light(3));
        }
        let (clip, pictures) = reel.crop(14, &mut rng);
        assert_eq!((clip.len(), middle(&pictures, 13)), (56, middle(&pictures, 9)));
    }
}
