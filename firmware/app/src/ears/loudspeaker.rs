//! A clip out of the loudspeaker, as late as its lips, so that both reach the viewer together.
//! It lives beside the microphone: both are cpal's.

use std::time::Duration;

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, OutputCallbackInfo, Stream, StreamConfig};
use keyface_core::{SAMPLE_RATE_HZ, Span};

use super::samples_in;
use crate::AppError;
use crate::hush::Hush;

/// How long the sound system may take to start a device.
const START_TIMEOUT: Duration = Duration::from_secs(2);

/// A clip that is being played; it falls silent when dropped.
pub struct Loudspeaker {
    _stream: Stream,
}

impl Loudspeaker {
    /// Plays 16 kHz mono samples on the default device; the first one sounds `delay` from now.
    /// The sound system is trusted to convert the rate, as ALSA's `default`, PulseAudio and PipeWire do.
    ///
    /// # Errors
    /// When there is no such device, or it does not start.
    pub fn play(samples: Vec<f32>, delay: Span) -> Result<Self, AppError> {
        let failed = |reason: cpal::Error| AppError::Loudspeaker { reason: reason.to_string() };
        let _hush = Hush::new();
        let none = || AppError::Loudspeaker { reason: "no device that plays".to_owned() };
        let device = cpal::default_host().default_output_device().ok_or_else(none)?;
        let config = StreamConfig { channels: 1, sample_rate: SAMPLE_RATE_HZ, buffer_size: BufferSize::Default };
        let mut playing = Playing { samples, delay, silence: None, written: 0 };
        let on_sound = move |out: &mut [f32], info: &OutputCallbackInfo| {
            let times = info.timestamp();
            playing.fill(out, times.playback.saturating_duration_since(times.callback));
        };
        // A loudspeaker that is lost leaves a silent face, which is all that can be done about it.
        let stream = device.build_output_stream(config, on_sound, |_| (), Some(START_TIMEOUT)).map_err(failed)?;
        stream.play().map_err(failed)?;
        Ok(Loudspeaker { _stream: stream })
    }
}

/// What runs in the audio thread.
struct Playing {
    samples: Vec<f32>,
    delay: Span,
    /// Samples of silence before the clip, known at the first callback.
    silence: Option<usize>,
    written: usize,
}

impl Playing {
    /// `ahead` is the time until what is written now will be heard.
    fn fill(&mut self, out: &mut [f32], ahead: Duration) {
        let delay = Duration::from_micros(self.delay.0.max(0) as u64);
        let silence = *self.silence.get_or_insert_with(|| samples_in(delay.saturating_sub(ahead)));
        for slot in out {
            let sample = self.written.checked_sub(silence).and_then(|at| self.samples.get(at));
            *slot = sample.copied().unwrap_or(0.0);
            self.written += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(block: usize, ahead_ms: u64) -> Vec<f32> {
        let samples = (1..=320).map(|n| n as f32 / 320.0).collect();
        let mut playing = Playing { samples, delay: Span::from_ms(30), silence: None, written: 0 };
        let mut out = vec![9.0; 1600];
        out.chunks_mut(block).for_each(|block| playing.fill(block, Duration::from_millis(ahead_ms)));
        out
    }

    #[test]
    fn the_clip_comes_after_its_delay_and_then_silence() {
        let out = heard(100, 10);
        assert!(out[..320].iter().all(|s| *s == 0.0), "20 ms that the device does not wait by itself");
        assert_eq!((out[320], out[639], out[640]), (1.0 / 320.0, 1.0, 0.0));
    }

    #[test]
    fn blocks_do_not_matter() {
        assert_eq!(heard(7, 10), heard(1600, 10));
    }

    #[test]
    fn a_slow_device_plays_at_once() {
        assert_eq!(heard(100, 80)[0], 1.0 / 320.0);
    }
}
