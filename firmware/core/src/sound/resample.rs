//! Mono samples at any rate in, 16 kHz out: the same samples whatever the size of the blocks.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Async, FixedAsync, Resampler as _, SincInterpolationParameters, WindowFunction};

use crate::time::SAMPLE_RATE_HZ;
use crate::{CoreError, Samples};

/// Rates that a microphone or a file may have.
pub const RATES_HZ: core::ops::RangeInclusive<u32> = 8_000..=192_000;

/// Length of the filter, counted at the lower of the two rates: flat to 7.5 kHz of 8, and 3 ms of delay.
const TAPS: u32 = 96;
/// The filter rounds its length up to this.
const TAPS_GRAIN: usize = 8;
/// Input samples that the interpolation keeps back beside the filter's own delay.
const KEPT_BACK: usize = 2;
/// The filter runs this often a second (every 2.5 ms), so the input waits no longer than that.
const CHUNKS_HZ: u32 = 400;

/// Brings mono audio to [`SAMPLE_RATE_HZ`]. Output sample `n` is the sound at time `n / 16000` s of the input:
/// the filter's delay is taken off. At 16 kHz samples pass through untouched.
///
/// # Latency
/// [`Resampler::latency`]: the filter's delay and one internal chunk, about 6 ms; 0 at 16 kHz.
pub struct Resampler {
    rate_hz: u32,
    filter: Option<Filter>,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// For input at `rate_hz`.
    ///
    /// # Errors
    /// [`CoreError::Unexpected`] when the rate is outside [`RATES_HZ`].
    pub fn new(rate_hz: u32) -> Result<Resampler, CoreError> {
        if !RATES_HZ.contains(&rate_hz) {
            return Err(CoreError::unexpected("sample rate", "8000 to 192000 Hz", format!("{rate_hz} Hz")));
        }
        let filter = (rate_hz != SAMPLE_RATE_HZ).then(|| Filter::new(rate_hz)).transpose()?;
        Ok(Resampler { rate_hz, filter, taken: 0, given: 0 })
    }

    /// Takes a block of any size and appends what is ready to `out`. What is not finite is taken as 0.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        let before = out.len();
        match &mut self.filter {
            None => out.extend(samples.iter().copied().map(finite)),
            Some(filter) => filter.push(samples, out),
        }
        self.taken += samples.len() as u64;
        self.given += (out.len() - before) as u64;
    }

    /// Ends the input: appends what is still inside, so that output and input last equally long. Then [`reset`]s.
    ///
    /// [`reset`]: Resampler::reset
    pub fn flush(&mut self, out: &mut Vec<f32>) {
        let whole = (self.taken * u64::from(SAMPLE_RATE_HZ)).div_ceil(u64::from(self.rate_hz));
        let wanted = out.len() + whole.saturating_sub(self.given) as usize;
        if let Some(filter) = &mut self.filter {
            while out.len() < wanted {
                filter.push_silence(out);
            }
        }
        out.truncate(wanted);
        self.reset();
    }

    /// How much sound after a moment must have gone in before that moment comes out.
    pub fn latency(&self) -> Samples {
        Samples(self.filter.as_ref().map_or(0, Filter::latency_samples))
    }

    /// Sample rate of the input.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Forgets everything that was pushed.
    pub fn reset(&mut self) {
        if let Some(filter) = &mut self.filter {
            filter.reset();
        }
        (self.taken, self.given) = (0, 0);
    }
}

fn finite(sample: f32) -> f32 {
    if sample.is_finite() { sample } else { 0.0 }
}

/// The sinc filter, always fed by chunks of one size: its rounding then does not depend on the caller's blocks.
struct Filter {
    sinc: Async<f32>,
    chunk: Vec<f32>,
    filled: usize,
    made: Vec<f32>,
    delay: usize,
    skip: usize,
    ratio: f64,
}

impl Filter {
    fn new(rate_hz: u32) -> Result<Filter, CoreError> {
        let ratio = f64::from(SAMPLE_RATE_HZ) / f64::from(rate_hz);
        let taps = ((f64::from(TAPS) / ratio.min(1.0)).ceil() as usize).next_multiple_of(TAPS_GRAIN);
        let chunk_len = (rate_hz / CHUNKS_HZ) as usize;
        let filter = SincInterpolationParameters::new(taps, WindowFunction::Hann2);
        let sinc = Async::new_sinc(ratio, 1.0, &filter, chunk_len, 1, FixedAsync::Input).map_err(|e| {
            CoreError::unexpected("resampler", "a rate that the filter takes", format!("{rate_hz} Hz: {e}"))
        })?;
        let made = vec![0.0; sinc.output_frames_max()];
        let delay = (taps as f64 / 2.0 * ratio - 1.0).round() as usize;
        Ok(Filter { sinc, chunk: vec![0.0; chunk_len], filled: 0, made, delay, skip: delay, ratio })
    }

    fn push(&mut self, mut samples: &[f32], out: &mut Vec<f32>) {
        while !samples.is_empty() {
            let take = samples.len().min(self.chunk.len() - self.filled);
            let (now, later) = samples.split_at(take);
            self.chunk[self.filled..self.filled + take].iter_mut().zip(now).for_each(|(to, from)| *to = finite(*from));
            self.filled += take;
            samples = later;
            if self.filled == self.chunk.len() {
                self.run(out);
            }
        }
    }

    fn push_silence(&mut self, out: &mut Vec<f32>) {
        self.chunk[self.filled..].fill(0.0);
        self.run(out);
    }

    fn run(&mut self, out: &mut Vec<f32>) {
        const FITS: &str = "both buffers have the sizes that the filter gave";
        let (frames_in, frames_out) = (self.chunk.len(), self.made.len());
        let input = InterleavedSlice::new(&self.chunk, 1, frames_in).expect(FITS);
        let mut output = InterleavedSlice::new_mut(&mut self.made, 1, frames_out).expect(FITS);
        let (_, made) = self.sinc.process_into_buffer(&input, &mut output, None).expect(FITS);
        let skip = self.skip.min(made);
        self.skip -= skip;
        out.extend_from_slice(&self.made[skip..made]);
        self.filled = 0;
    }

    fn latency_samples(&self) -> u64 {
        self.delay as u64 + ((self.chunk.len() + KEPT_BACK) as f64 * self.ratio).ceil() as u64 + 1
    }

    fn reset(&mut self) {
        self.sinc.reset();
        self.filled = 0;
        self.skip = self.delay;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate_hz: u32, tone_hz: f32, seconds: f32) -> Vec<f32> {
        let step = core::f32::consts::TAU * tone_hz / rate_hz as f32;
        (0..(seconds * rate_hz as f32) as usize).map(|n| (step * n as f32).sin()).collect()
    }

    fn resampled(rate_hz: u32, samples: &[f32], block: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(rate_hz).unwrap();
        let mut out = Vec::new();
        samples.chunks(block).for_each(|b| resampler.push(b, &mut out));
        resampler.flush(&mut out);
        out
    }

    /// Largest difference from the same tone made at 16 kHz, edges left out.
    fn tone_error(rate_hz: u32, tone_hz: f32) -> f32 {
        let out = resampled(rate_hz, &tone(rate_hz, tone_hz, 0.5), 777);
        let ideal = tone(SAMPLE_RATE_HZ, tone_hz, 0.5);
        out.iter().zip(&ideal).skip(400).take(7000).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn any_block_size_gives_the_same_bits() {
        let samples = tone(44_100, 440.0, 0.3);
        let whole = resampled(44_100, &samples, samples.len());
        for block in [1, 37, 160, 1024] {
            assert_eq!(resampled(44_100, &samples, block), whole, "blocks of {block}");
        }
    }

    #[test]
    fn sixteen_kilohertz_pass_untouched() {
        let samples = tone(16_000, 440.0, 0.1);
        assert_eq!(resampled(16_000, &samples, 37), samples);
        assert_eq!(Resampler::new(16_000).unwrap().latency(), Samples(0));
    }

    #[test]
    fn a_tone_keeps_its_height_and_its_time_at_every_rate() {
        for rate_hz in [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000] {
            let error = tone_error(rate_hz, 300.0);
            assert!(error < 0.07, "{rate_hz} Hz: {error}");
        }
    }

    #[test]
    fn what_is_above_eight_kilohertz_is_gone() {
        let out = resampled(48_000, &tone(48_000, 9_000.0, 0.3), 480);
        let peak = out[400..4_000].iter().fold(0.0f32, |m, s| m.max(s.abs()));
        assert!(peak < 0.003, "{peak}");
    }

    #[test]
    fn speech_up_to_seven_kilohertz_is_kept() {
        let out = resampled(48_000, &tone(48_000, 7_000.0, 0.3), 480);
        let peak = out[400..4_000].iter().fold(0.0f32, |m, s| m.max(s.abs()));
        assert!(peak > 0.9, "{peak}");
    }

    #[test]
    fn output_lasts_as_long_as_input() {
        for (rate_hz, frames) in [(48_000, 48_001), (44_100, 12_345), (8_000, 999), (191_999, 77_777)] {
            let out = resampled(rate_hz, &vec![0.1; frames], 500);
            assert_eq!(out.len() as u64, (frames as u64 * 16_000).div_ceil(u64::from(rate_hz)), "{rate_hz} Hz");
        }
    }

    #[test]
    fn stated_latency_is_never_exceeded() {
        for rate_hz in [8_000, 44_100, 48_000, 192_000] {
            let mut resampler = Resampler::new(rate_hz).unwrap();
            let mut out = Vec::new();
            for pushed in 1..=rate_hz as usize / 4 {
                resampler.push(&[0.0], &mut out);
                let due = pushed as u64 * 16_000 / u64::from(rate_hz);
                assert!(out.len() as u64 + resampler.latency().0 >= due, "{rate_hz} Hz after {pushed}");
            }
        }
    }

    #[test]
    fn reset_equals_fresh() {
        let samples = tone(48_000, 440.0, 0.1);
        let mut resampler = Resampler::new(48_000).unwrap();
        resampler.push(&samples[..1_000], &mut Vec::new());
        resampler.reset();
        let mut out = Vec::new();
        resampler.push(&samples, &mut out);
        resampler.flush(&mut out);
        assert_eq!(out, resampled(48_000, &samples, 480));
    }

    #[test]
    fn what_is_not_finite_becomes_silence() {
        let out = resampled(48_000, &[f32::NAN, f32::INFINITY, 0.0, 0.0].repeat(1_000), 480);
        assert!(out.iter().all(|s| *s == 0.0));
    }

    #[test]
    fn a_rate_out_of_range_is_refused() {
        let error = Resampler::new(4_000).err().unwrap().to_string();
        assert_eq!(error, "sample rate: expected 8000 to 192000 Hz, came 4000 Hz");
    }
}
