//! Does a bundle's model work on this machine? Its own clip goes through the line, and the answer must be the golden one.

use std::time::Instant;

use keyface_core::{CoreError, Line, Samples, Span};
use serde::Serialize;

use super::{Bundle, CLIP, GOLDEN, Golden, within};
use crate::AppError;
use crate::animate::{STEP_SAMPLES, tail_samples};
use crate::board::check_look_ahead;
use crate::ears::{Sound, sound_in};
use crate::stats::Sorted;

/// A clip of this length says enough, and a slow board has time for it.
const LONGEST_CLIP: Span = Span::from_ms(60_000);
const SHORTEST_CLIP: Span = Span::from_ms(200);
/// Span of a step: it must be over when the next one is due.
const STEP_MS: f64 = 20.0;

/// What this machine asks of a model.
#[derive(Clone, Debug, Default)]
pub struct Requirements {
    /// The look-ahead that the board wants, and the board's name; any, when left out.
    pub look_ahead_ms: Option<(u32, String)>,
    /// A step may take longer than the 20 ms that it lasts: for emulators, which are slow.
    pub is_untimed: bool,
}

/// What a self-test has found.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Tested {
    /// Poses that were compared.
    pub poses: usize,
    /// The largest difference of a weight from the golden answer.
    pub worst: f32,
    /// Half of the steps, each for 20 ms of sound, take no longer: other programs that run meanwhile count little.
    pub step_ms: f64,
}

/// The test of one bundle.
pub struct SelfTest<'a> {
    bundle: &'a Bundle,
    requirements: &'a Requirements,
}

impl<'a> SelfTest<'a> {
    /// Of this bundle, for these requirements.
    pub fn new(bundle: &'a Bundle, requirements: &'a Requirements) -> SelfTest<'a> {
        SelfTest { bundle, requirements }
    }

    /// Runs it; `progress` is told the sound that has been heard, and all of it.
    ///
    /// # Errors
    /// When the model looks further ahead than the board wants or less, cannot be loaded, answers something else than
    /// the golden answer, or is too slow for this machine.
    pub fn run(&self, progress: impl FnMut(Span, Span)) -> Result<Tested, AppError> {
        let Bundle { place, .. } = self.bundle;
        self.check_look_ahead()?;
        let golden = Golden::from_bytes(&within(place, GOLDEN), self.bundle.file(GOLDEN))?;
        let sound = clip(&within(place, CLIP), self.bundle.file(CLIP))?;
        let mut line = Line::new(self.bundle.model()?);
        let (answer, times_ms) = answer(&mut line, &sound, progress).map_err(self.bundle.refusal())?;
        let worst = golden.compare(&place.display().to_string(), &answer)?;
        let step_ms = Sorted::new(times_ms).at(0.5);
        if step_ms > STEP_MS && !self.requirements.is_untimed {
            let (expected, came) = (format!("a step within its {STEP_MS} ms"), format!("{step_ms:.1} ms"));
            return Err(AppError::unexpected(place.display().to_string(), expected, came));
        }
        Ok(Tested { poses: golden.0.len(), worst, step_ms })
    }

    /// # Errors
    /// When the board wants another look-ahead.
    pub fn check_look_ahead(&self) -> Result<(), AppError> {
        let wanted = self.requirements.look_ahead_ms.as_ref().map(|(ms, board)| (*ms, board.as_str()));
        let place = self.bundle.place.display().to_string();
        check_look_ahead(place, self.bundle.manifest.look_ahead_ms, wanted)
    }
}

/// The sound of a clip file `place`.
pub(super) fn clip(place: &str, bytes: &[u8]) -> Result<Sound, AppError> {
    let sound = sound_in(bytes.to_vec(), place)?;
    let came = sound.duration();
    if !(SHORTEST_CLIP..=LONGEST_CLIP).contains(&came) {
        let expected = format!("a clip of {:.1} to {:.1} s", SHORTEST_CLIP.as_s(), LONGEST_CLIP.as_s());
        return Err(AppError::unexpected(place, expected, format!("{:.3} s", came.as_s())));
    }
    Ok(sound)
}

/// What a fresh line says to a sound, and how long each block of a step's length took.
pub(super) fn answer(
    line: &mut Line,
    sound: &Sound,
    mut progress: impl FnMut(Span, Span),
) -> Result<(Golden, Vec<f64>), CoreError> {
    let (all, mut heard) = (sound.duration(), Span(0));
    let silence = vec![0.0; tail_samples(line)];
    let (mut motions, mut times_ms) = (Vec::new(), Vec::new());
    for block in sound.samples.chunks(STEP_SAMPLES).chain(silence.chunks(STEP_SAMPLES)) {
        let started = Instant::now();
        for step in line.push(block) {
            motions.push(step?.motion);
        }
        times_ms.push(started.elapsed().as_secs_f64() * 1_000.0);
        heard = heard + Samples(block.len() as u64).span();
        progress(heard.min(all), all);
    }
    Ok((Golden(motions), times_ms))
}
