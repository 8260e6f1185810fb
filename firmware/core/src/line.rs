//! The device's line from samples to poses: re-chunk, log-mel, KeyMotionNet, mouth, CompletionNet, contacts, completion.

use crate::completion::Completion;
use crate::contact::with_contacts;
use crate::flow::KeyTracker;
use crate::heads::HEADS;
use crate::mouth::MouthDecoder;
use crate::script::Script;
use crate::{
    AudioTime, CoreError, Delivery, FEATURES, HOP_SAMPLES, Heads, Hops, KeyMotion, LogMel, MOTION_CHANNELS, Model,
    ModelCard, Motion, Mouth, PHONES, STEP_HOPS, Span, Spoken, Stage, Viseme,
};

/// Span of a step.
const STEP: Span = Hops(STEP_HOPS as u64).span();

/// What one step (20 ms of audio) says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Audio time that is described; negative at the very start.
    pub at: AudioTime,
    /// Audio time that had to be heard for it: `at` plus the look-ahead.
    pub heard: AudioTime,
    /// The motion then, contacts kept, speed capped.
    pub motion: Motion,
    /// What a viewer should see.
    pub mouth: Mouth,
    /// The same as an Oculus viseme.
    pub viseme: Viseme,
    /// Probability that somebody speaks.
    pub voice: f32,
    /// How far the completion trusts the key motions rather than the audio (KMTalk's G), 0..=1.
    pub fusion: f32,
    /// A key motion that was confirmed in this step.
    pub key: Option<KeyMotion>,
}

/// The steps that some samples complete; [`Line::push`] makes them.
#[must_use = "samples are heard only as their steps are asked for"]
pub struct Steps<'a> {
    line: &'a mut Line,
    left: &'a [f32],
}

impl Iterator for Steps<'_> {
    type Item = Result<Step, CoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.left.is_empty() {
            let line = &mut *self.line;
            let (now, later) = self.left.split_at((HOP_SAMPLES - line.filled).min(self.left.len()));
            line.hop[line.filled..][..now.len()].copy_from_slice(now);
            (line.filled, self.left) = (line.filled + now.len(), later);
            if line.filled == HOP_SAMPLES {
                line.filled = 0;
                if let Some(step) = line.hear_hop().transpose() {
                    return Some(step);
                }
            }
        }
        None
    }
}

/// A running line. Everything that it says is a pure function of the samples so far, whatever the block size.
pub struct Line {
    model: Model,
    look_ahead: Span,
    hop: [f32; HOP_SAMPLES],
    filled: usize,
    mel: LogMel,
    features: [f32; STEP_HOPS * FEATURES],
    hops: Hops,
    keys: KeyTracker,
    mouth: MouthDecoder,
    trunk: Vec<f32>,
    completion: Completion,
    delivery: Delivery,
    script: Option<Script>,
    phones: [f32; PHONES],
}

impl Line {
    /// A line that has heard nothing.
    pub fn new(model: Model) -> Line {
        let card = &model.card;
        let decode = card.decode;
        let look_ahead = Span::from_ms(i64::from(card.look_ahead_ms));
        Line {
            look_ahead,
            hop: [0.0; HOP_SAMPLES],
            filled: 0,
            mel: LogMel::new(),
            features: [0.0; STEP_HOPS * FEATURES],
            hops: Hops(0),
            keys: KeyTracker::new(decode.key_threshold, Span((decode.key_refractory_ms * 1000.0) as i64)),
            mouth: MouthDecoder::new(decode, STEP.as_ms()),
            trunk: vec![0.0; card.trunk_width],
            completion: Completion::new(),
            delivery: Delivery::new(look_ahead),
            script: None,
            phones: [0.0; PHONES],
            model,
        }
    }

    /// Hears 16 kHz mono samples in -1..=1, any number of them, as the steps that they complete are asked for.
    ///
    /// A step that is an error says that a network failed: it has been reset, and the face is let go to rest. The samples
    /// behind it are heard when the next step is asked for.
    pub fn push<'a>(&'a mut self, samples: &'a [f32]) -> Steps<'a> {
        Steps { line: self, left: samples }
    }

    /// Believes a script of what will be heard over its own ears; its time 0 is the first sample.
    pub fn follow(&mut self, script: Script) {
        self.script = Some(script);
    }

    /// The motion at an audio time, at most [`Line::look_ahead`] and a step behind what was heard.
    pub fn motion_at(&self, time: AudioTime) -> Motion {
        self.completion.pose_at(time)
    }

    /// The same, and how it is said.
    pub fn spoken_at(&self, time: AudioTime) -> Spoken {
        Spoken { motion: self.motion_at(time), prosody: self.delivery.at(time) }
    }

    /// Probability of each phone at the newest step, in [`Phone::ALL`](crate::Phone::ALL)'s order; zeros before the first.
    pub fn phones(&self) -> &[f32; PHONES] {
        &self.phones
    }

    /// How far a step lies behind the audio that it needs.
    pub fn look_ahead(&self) -> Span {
        self.look_ahead
    }

    /// The model's card.
    pub fn card(&self) -> &ModelCard {
        &self.model.card
    }

    /// Forgets everything that was heard, and the script.
    pub fn reset(&mut self) {
        self.model.reset();
        self.filled = 0;
        self.mel.reset();
        self.hops = Hops(0);
        self.keys.reset();
        self.mouth.reset();
        self.completion.reset();
        self.delivery.reset();
        self.script = None;
        self.phones = [0.0; PHONES];
    }

    fn hear_hop(&mut self) -> Result<Option<Step>, CoreError> {
        self.delivery.hear(&self.hop);
        let Some(frame) = self.mel.push(&self.hop) else { return Ok(None) };
        let slot = (self.hops.0 as usize % STEP_HOPS) * FEATURES;
        self.features[slot..slot + FEATURES].copy_from_slice(&frame.0);
        self.hops.0 += 1;
        if !(self.hops.0 as usize).is_multiple_of(STEP_HOPS) {
            return Ok(None);
        }
        let step = self.step();
        if step.is_err() {
            self.rest();
        }
        step.map(Some)
    }

    fn step(&mut self) -> Result<Step, CoreError> {
        let heard = self.hops.time();
        let at = heard - self.look_ahead;
        let mut raw = [0.0; HEADS];
        self.model.key_motion.run(&[&self.features], &mut [&mut raw, &mut self.trunk])?;
        let mut heads = Heads::from_raw(&raw);
        if let Some(script) = &self.script {
            script.correct(at, STEP, &mut heads);
        }
        self.phones = heads.phones;
        self.delivery.step(at, heads.voice);
        let state = self.mouth.push(&heads);
        let (flow, key) = self.keys.push(at, STEP, &heads);
        let (mut motion, mut fusion) = ([0.0; MOTION_CHANNELS], [0.0]);
        self.model.completion.run(&[&flow, &self.trunk], &mut [&mut motion, &mut fusion])?;
        let target = with_contacts(Motion(motion).bounded(), &state);
        Ok(Step {
            at,
            heard,
            motion: self.completion.push(at, &target),
            mouth: state.mouth,
            viseme: state.viseme,
            voice: heads.voice,
            fusion: fusion[0],
            key,
        })
    }

    /// After a failure: both networks and everything that depends on them begin anew, the motion moves to rest.
    fn rest(&mut self) {
        self.model.reset();
        self.keys.reset();
        self.mouth.reset();
        let at = self.hops.time() - self.look_ahead;
        self.completion.push(at, &Motion::REST);
        self.delivery.step(at, 0.0);
    }
}
