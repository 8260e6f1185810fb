//! A sound that may be heard more than once: lines that hear it quicker and slower beside the one that hears it as it is,
//! or with another model, and the mean of what they hear (test-time augmentation, speeds as training varies
//! them, Ko et al. 2015; an ensemble). Who speaks more slowly, or higher, than most whom a network has learnt from is
//! nearer to them at another speed.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::heads::Evidence;
use crate::line::STEP;
use crate::{AudioTime, CoreError, HOP_SAMPLES, Line, Model, Resampler, SAMPLE_RATE_HZ, Span, Step};

/// Speeds at which a sound is heard beside its own.
pub const SPEEDS: [f32; 5] = [0.95, 1.05, 1.10, 1.15, 1.20];

/// Lines that hear the same sound; what comes out of them is the first one's, which hears it at its own speed.
pub struct Hearings {
    line: Line,
    others: Vec<Other>,
    /// Sound that the line has yet to hear: the others are ahead of it.
    waiting: VecDeque<f32>,
    delay: usize,
}

/// A line that hears the sound at another speed.
struct Other {
    speed: f32,
    resampler: Resampler,
    line: Line,
    /// What it has heard, at the sound's own times.
    heard: VecDeque<(AudioTime, Evidence)>,
}

impl Hearings {
    /// Lines over a model, one that hears a sound as it is, and one for each of `speeds`.
    ///
    /// # Errors
    /// A speed that cannot be heard: below a half, or above 12.
    pub fn new(model: &Model, speeds: &[f32]) -> Result<Hearings, CoreError> {
        let alone = Hearings { line: Line::new(model.clone()), others: Vec::new(), waiting: VecDeque::new(), delay: 0 };
        alone.beside(model, speeds)
    }

    /// Who hears a file: a model at its own speed and at [`SPEEDS`], and another one as often, if there is one.
    ///
    /// # Errors
    /// As [`Hearings::beside`].
    pub fn of_file(model: &Model, other: Option<&Model>) -> Result<Hearings, CoreError> {
        let own = Hearings::new(model, &SPEEDS)?;
        let Some(other) = other else { return Ok(own) };
        own.beside(other, &[1.0])?.beside(other, &SPEEDS)
    }

    /// Lets a model, another one too, hear the sound beside them at these speeds.
    ///
    /// # Errors
    /// A speed that cannot be heard: below a half, or above 12.
    pub fn beside(mut self, model: &Model, speeds: &[f32]) -> Result<Hearings, CoreError> {
        for speed in speeds {
            let other = Other::new(model, *speed)?;
            let behind = samples(other.behind()) - samples(self.line.look_ahead());
            self.delay = self.delay.max((behind.max(0) as usize).next_multiple_of(HOP_SAMPLES));
            self.others.push(other);
        }
        Ok(self)
    }

    /// Hears at most a hop of 10 ms at 16 kHz, which completes one step at most.
    ///
    /// # Errors
    /// When a network fails; it has been reset.
    pub fn push(&mut self, hop: &[f32]) -> Result<Option<Step>, CoreError> {
        for other in &mut self.others {
            other.hear(hop)?;
        }
        self.waiting.extend(hop);
        let ready = self.waiting.len().saturating_sub(self.delay);
        let hop: Vec<f32> = self.waiting.drain(..ready).collect();
        if let Some(at) = self.line.describes_with(hop.len()) {
            for heard in self.others.iter_mut().filter_map(|other| other.at(at)) {
                self.line.tell(heard);
            }
        }
        self.line.push(&hop).last().transpose()
    }

    /// The line that hears the sound as it is.
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// The same, to be told a script of the sound, or to hear it alone.
    pub fn line_mut(&mut self) -> &mut Line {
        &mut self.line
    }

    /// How many lines hear the sound.
    pub fn count(&self) -> usize {
        1 + self.others.len()
    }

    /// Samples that are kept from the line, whole hops, until the others have caught up.
    pub fn delay(&self) -> usize {
        self.delay
    }

    /// Forgets everything that was heard, and the script.
    pub fn reset(&mut self) {
        self.waiting.clear();
        self.line.reset();
        for other in &mut self.others {
            other.resampler.reset();
            other.line.reset();
            other.heard.clear();
        }
    }
}

impl Other {
    fn new(model: &Model, speed: f32) -> Result<Other, CoreError> {
        // What is quicker has the same samples at a higher rate.
        let resampler = Resampler::new((speed * SAMPLE_RATE_HZ as f32).round() as u32)?;
        Ok(Other { speed, resampler, line: Line::new(model.clone()), heard: VecDeque::new() })
    }

    /// How far the newest that it says lies behind the newest of the sound, at most.
    fn behind(&self) -> Span {
        let quick = self.line.look_ahead().0 + STEP.0;
        Span((self.speed * quick as f32) as i64 + self.resampler.latency().span().0)
    }

    fn hear(&mut self, hop: &[f32]) -> Result<(), CoreError> {
        let mut quicker = Vec::new();
        self.resampler.push(hop, &mut quicker);
        for sample in quicker.chunks(HOP_SAMPLES) {
            if let Some(step) = self.line.push(sample).last().transpose()? {
                let at = AudioTime((step.at.0 as f64 * f64::from(self.speed)) as i64);
                self.heard.push_back((at, self.line.heads().into()));
            }
        }
        Ok(())
    }

    /// What it hears of a moment, of which nothing earlier will be asked; `None` before it has heard anything.
    fn at(&mut self, at: AudioTime) -> Option<Evidence> {
        while self.heard.get(1).is_some_and(|(next, _)| *next <= at) {
            self.heard.pop_front();
        }
        let (from, heard) = self.heard.front()?;
        let Some((to, next)) = self.heard.get(1).filter(|_| *from < at) else { return Some(*heard) };
        let share = (at - *from).0 as f32 / (*to - *from).0 as f32;
        let mut between = heard.scaled(1.0 - share);
        between.add(next.scaled(share));
        Some(between)
    }
}

fn samples(span: Span) -> i64 {
    span.0 * i64::from(SAMPLE_RATE_HZ) / 1_000_000
}
