//! A sound in, blocks of 16 kHz mono out: channels mixed, rates changed, whatever rate the next part has.

use keyface_core::{CoreError, RATES_HZ, Resampler, Samples};
use symphonia::core::io::MediaSource;

use crate::mix::{Channels, Mixer};
use crate::piece::Block;
use crate::reader::{Hints, Notes, Reader};

/// A sound as the line hears it.
pub struct Hearing {
    name: String,
    reader: Reader,
    channels: Channels,
    block: Block,
    mono: Vec<f32>,
    part: Option<Part>,
    is_over: bool,
}

/// Sound of one rate and so many channels.
struct Part {
    mixer: Mixer,
    channels: usize,
    resampler: Resampler,
}

/// A whole sound at 16 kHz.
#[derive(Clone, Debug, PartialEq)]
pub struct Audio {
    /// One channel; full scale is -1..=1.
    pub samples: Vec<f32>,
    /// What resampling would cost a live line.
    pub latency: Samples,
    /// What is missing, when the file ends early or is damaged; everything readable is in `samples`.
    pub truncated: Option<String>,
    /// What the user should know, of which `truncated` is a part.
    pub warning: Option<String>,
}

/// Reads a whole file. Errors call it `name`.
///
/// # Errors
/// [`CoreError::Unexpected`] when nothing can be heard, as of [`Reader::open`].
pub fn decode_audio(source: impl MediaSource + 'static, name: &str) -> Result<Audio, CoreError> {
    let mut hearing = Hearing::open(Box::new(source), name, Hints::default(), Channels::Mix)?;
    let mut samples = Vec::new();
    while hearing.read(&mut samples)? {}
    let faults = &hearing.reader.notes().faults;
    let truncated = (!faults.is_empty()).then(|| faults.join("; "));
    Ok(Audio { samples, latency: hearing.latency(), truncated, warning: hearing.warning() })
}

impl Hearing {
    /// Reads the head of a sound. Errors call it `name`.
    ///
    /// # Errors
    /// As of [`Reader::open`].
    pub fn open(
        source: Box<dyn MediaSource>,
        name: &str,
        hints: Hints,
        channels: Channels,
    ) -> Result<Hearing, CoreError> {
        let reader = Reader::open(source, name, hints)?;
        let (block, mono) = (Block::default(), Vec::new());
        Ok(Hearing { name: name.to_owned(), reader, channels, block, mono, part: None, is_over: false })
    }

    /// Appends what comes next; false at the end.
    ///
    /// # Errors
    /// [`CoreError::Unexpected`] when nothing can be heard, a rate is out of range or a channel is not there.
    pub fn read(&mut self, out: &mut Vec<f32>) -> Result<bool, CoreError> {
        if self.is_over {
            return Ok(false);
        }
        if !self.reader.read(&mut self.block)? {
            self.is_over = true;
            self.end_part(out);
            return Ok(true);
        }
        let Block { channels, rate_hz, .. } = self.block;
        let is_same = |part: &Part| part.channels == channels && part.resampler.rate_hz() == rate_hz;
        if !self.part.as_ref().is_some_and(is_same) {
            self.change_part(out)?;
        }
        if let Some(Part { mixer, resampler, .. }) = &mut self.part {
            self.mono.clear();
            self.mono.extend(self.block.samples.chunks_exact(channels).map(|frame| mixer.mix(frame)));
            resampler.push(&self.mono, out);
        }
        Ok(true)
    }

    /// What resampling costs a live line now.
    pub fn latency(&self) -> Samples {
        self.part.as_ref().map_or(Samples(0), |part| part.resampler.latency())
    }

    /// The reader below.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The channel that is heard instead of a mix in which the channels cancel each other out.
    pub fn instead(&self) -> Option<usize> {
        self.part.as_ref().and_then(|part| part.mixer.instead())
    }

    /// What the user should know once it has ended.
    pub fn warning(&self) -> Option<String> {
        let faults = Notes::sentence(self.reader.notes());
        let cancelled = self.instead().map(cancelled);
        let all: Vec<String> = [faults, cancelled].into_iter().flatten().collect();
        (!all.is_empty()).then(|| format!("{}: {}", self.name, all.join("; ")))
    }

    /// Goes over to sound of another rate or with other channels; at the same rate without a seam.
    fn change_part(&mut self, out: &mut Vec<f32>) -> Result<(), CoreError> {
        let Block { channels, rate_hz, .. } = self.block;
        let mixer = Mixer::new(&self.channels, channels, rate_hz).map_err(|sentence| {
            let (expected, came) = sentence.split_once(", came ").unwrap_or((&sentence, "another"));
            CoreError::unexpected(&self.name, expected.trim_start_matches("expected "), came)
        })?;
        let resampler = match self.part.take() {
            Some(part) if part.resampler.rate_hz() == rate_hz => part.resampler,
            mut before => {
                if let Some(part) = &mut before {
                    part.resampler.flush(out);
                }
                self.resampler(rate_hz)?
            }
        };
        self.part = Some(Part { mixer, channels, resampler });
        Ok(())
    }

    fn resampler(&self, rate_hz: u32) -> Result<Resampler, CoreError> {
        let expected = || format!("a sample rate of {} to {} Hz", RATES_HZ.start(), RATES_HZ.end());
        Resampler::new(rate_hz).map_err(|_| CoreError::unexpected(&self.name, expected(), format!("{rate_hz} Hz")))
    }

    fn end_part(&mut self, out: &mut Vec<f32>) {
        if let Some(part) = &mut self.part {
            part.resampler.flush(out);
        }
    }
}

/// A mix that says nothing.
pub fn cancelled(instead: usize) -> String {
    format!("its channels cancel each other out, so channel {instead} is heard alone (--channel says which)")
}
