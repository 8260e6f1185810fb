//! The whole line from samples to poses: re-chunk, log-mel, KeyMotionNet, mouth, CompletionNet, contacts, completion.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::completion::Completion;
use crate::contact::with_contacts;
use crate::flow::KeyTracker;
use crate::heads::{Evidence, HEADS};
use crate::net::check_finite;
use crate::script::Script;
use crate::{
    AudioTime, CoreError, DecoderConfig, Delivery, FEATURES, HOP_SAMPLES, Heads, Hops, KeyMotion, LogMel,
    MOTION_CHANNELS, Motion, Mouth, MouthDecoder, Net, STEP_HOPS, Span, Spoken, Stage, Viseme,
};

/// Span of a step, and its samples.
pub(crate) const STEP: Span = Hops(STEP_HOPS as u64).span();
const STEP_SAMPLES: usize = STEP_HOPS * HOP_SAMPLES;

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

/// What a line must know of the networks that it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineSpec {
    /// How far a step lies behind the sound that it needs.
    pub look_ahead: Span,
    /// Width of the first network's second output, which is the second network's second input.
    pub trunk_width: usize,
    /// Numbers of what decides on mouths, closures and keys.
    pub decoder: DecoderConfig,
}

#[cfg(feature = "std")]
impl From<&crate::ModelCard> for LineSpec {
    fn from(card: &crate::ModelCard) -> LineSpec {
        let look_ahead = Span::from_ms(i64::from(card.look_ahead_ms));
        LineSpec { look_ahead, trunk_width: card.trunk_width, decoder: card.decode }
    }
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
            let (now, later) = self.left.split_at((STEP_SAMPLES - line.filled).min(self.left.len()));
            line.samples[line.filled..][..now.len()].copy_from_slice(now);
            (line.filled, self.left) = (line.filled + now.len(), later);
            if line.filled == STEP_SAMPLES {
                line.filled = 0;
                return Some(line.step().inspect_err(|_| line.rest()));
            }
        }
        None
    }
}

/// A running line. Everything that it says is a pure function of the samples so far, whatever the block size.
pub struct Line {
    key_motion: Box<dyn Net + Send>,
    completion_net: Box<dyn Net + Send>,
    look_ahead: Span,
    /// The next step's sound, and how much of it has come.
    samples: [f32; STEP_SAMPLES],
    filled: usize,
    mel: LogMel,
    hops: Hops,
    keys: KeyTracker,
    mouth: MouthDecoder,
    trunk: Vec<f32>,
    completion: Completion,
    delivery: Delivery,
    script: Option<Script>,
    heads: Heads,
    /// What others hear of the moment that the next step describes: their sum, and how many they are.
    others: (Evidence, f32),
}

impl Line {
    /// A line over a model that has heard nothing.
    #[cfg(feature = "tract")]
    pub fn new(model: crate::Model) -> Line {
        Line::over((&model.card).into(), model.key_motion, model.completion)
    }

    /// A line over networks of one's own, the first and the second of [`Net`]'s table.
    pub fn over(spec: LineSpec, key_motion: impl Net + Send + 'static, completion: impl Net + Send + 'static) -> Line {
        let LineSpec { look_ahead, trunk_width, decoder } = spec;
        Line {
            key_motion: Box::new(key_motion),
            completion_net: Box::new(completion),
            look_ahead,
            samples: [0.0; STEP_SAMPLES],
            filled: 0,
            mel: LogMel::new(),
            hops: Hops(0),
            keys: KeyTracker::new(decoder.key_threshold, Span((decoder.key_refractory_ms * 1000.0) as i64)),
            mouth: MouthDecoder::new(decoder, STEP.as_ms()),
            trunk: vec![0.0; trunk_width],
            completion: Completion::new(),
            delivery: Delivery::new(look_ahead),
            script: None,
            heads: nothing_heard(),
            others: (Evidence::NONE, 0.0),
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

    /// What is believed of the newest step: the network's answers, corrected by other hearings and by the script. No phone
    /// has a probability before the first.
    pub fn heads(&self) -> &Heads {
        &self.heads
    }

    /// How far a step lies behind the audio that it needs.
    pub fn look_ahead(&self) -> Span {
        self.look_ahead
    }

    /// Forgets everything that was heard, and the script.
    pub fn reset(&mut self) {
        self.reset_networks();
        self.filled = 0;
        self.mel.reset();
        self.hops = Hops(0);
        self.keys.reset();
        self.mouth.reset();
        self.completion.reset();
        self.delivery.reset();
        self.script = None;
        self.heads = nothing_heard();
        self.others = (Evidence::NONE, 0.0);
    }

    /// The moment that the next so many samples, at most a step of them, let it describe, if they do.
    #[cfg(feature = "tract")]
    pub(crate) fn describes_with(&self, samples: usize) -> Option<AudioTime> {
        (self.filled + samples >= STEP_SAMPLES).then(|| self.hops.time() + STEP - self.look_ahead)
    }

    /// What another line hears of that moment: the mean of all is believed.
    #[cfg(feature = "tract")]
    pub(crate) fn tell(&mut self, heard: Evidence) {
        self.others.0.add(heard);
        self.others.1 += 1.0;
    }

    fn step(&mut self) -> Result<Step, CoreError> {
        let mut features = [[0.0; FEATURES]; STEP_HOPS];
        for (hop, features) in self.samples.as_chunks().0.iter().zip(&mut features) {
            self.delivery.hear(hop);
            *features = self.mel.push(hop).map_or(*features, |frame| frame.0);
        }
        self.hops.0 += STEP_HOPS as u64;
        let heard = self.hops.time();
        let at = heard - self.look_ahead;
        let mut raw = [0.0; HEADS];
        self.key_motion.run(&[features.as_flattened()], &mut [&mut raw, &mut self.trunk])?;
        check_finite("key_motion", "heads", &raw)?;
        let mut heads = Heads::from_raw(&raw);
        let (mut all, count) = core::mem::replace(&mut self.others, (Evidence::NONE, 0.0));
        if count > 0.0 {
            all.add((&heads).into());
            heads = heads.believing(all.scaled(1.0 / (1.0 + count)));
        }
        if let Some(script) = &self.script {
            script.correct(at, STEP, &mut heads);
        }
        self.heads = heads;
        self.delivery.step(at, heads.voice);
        let state = self.mouth.push(&heads);
        let (flow, key) = self.keys.push(at, STEP, &heads);
        let (mut motion, mut fusion) = ([0.0; MOTION_CHANNELS], [0.0]);
        self.completion_net.run(&[&flow, &self.trunk], &mut [&mut motion, &mut fusion])?;
        check_finite("completion", "motion", &motion).and(check_finite("completion", "g", &fusion))?;
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
        self.reset_networks();
        self.keys.reset();
        self.mouth.reset();
        let at = self.hops.time() - self.look_ahead;
        self.completion.push(at, &Motion::REST);
        self.delivery.step(at, 0.0);
    }

    fn reset_networks(&mut self) {
        self.key_motion.reset();
        self.completion_net.reset();
    }
}

fn nothing_heard() -> Heads {
    Heads::from_raw(&[0.0; HEADS]).believing(Evidence::NONE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heads::{BOUNDARY, CLOSURE, VOICE};
    use crate::{MotionChannel, Phone};

    const LOOK_AHEAD: Span = Span::from_ms(40);
    const TRUNK: usize = 3;

    /// Hears a vowel, and a B where the level is high; counts its steps and tells the number beside it.
    struct Ears {
        steps: u32,
        breaks_at: u32,
    }

    impl Net for Ears {
        fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<(), CoreError> {
            let ([features], [heads, trunk]) = (inputs, outputs) else { panic!("one frame in, two out") };
            assert_eq!((features.len(), heads.len(), trunk.len()), (STEP_HOPS * FEATURES, HEADS, TRUNK));
            self.steps += 1;
            trunk.fill(self.steps as f32);
            let is_loud = features[FEATURES - 1] > 0.0;
            let phone = if is_loud { Phone::B } else { Phone::AA };
            heads.fill(0.0);
            heads[phone as usize] = 20.0;
            (heads[BOUNDARY], heads[VOICE]) = (20.0, 20.0);
            heads[CLOSURE] = if is_loud { 20.0 } else { -20.0 };
            if self.steps == self.breaks_at {
                heads[0] = f32::NAN;
            }
            Ok(())
        }

        fn reset(&mut self) {
            self.steps = 0;
        }
    }

    /// Opens the jaw, and says how many steps the first network has run.
    struct Jaw;

    impl Net for Jaw {
        fn run(&mut self, inputs: &[&[f32]], outputs: &mut [&mut [f32]]) -> Result<(), CoreError> {
            let ([flow, trunk], [motion, fusion]) = (inputs, outputs) else { panic!("two frames in, two out") };
            assert_eq!((flow.len(), motion.len(), fusion.len()), (crate::flow::FLOW, MOTION_CHANNELS, 1));
            motion.fill(0.0);
            motion[MotionChannel::JawOpen as usize] = 0.8;
            fusion[0] = trunk[0] / 1_000.0;
            Ok(())
        }

        fn reset(&mut self) {}
    }

    fn line(breaks_at: u32) -> Line {
        let spec = LineSpec { look_ahead: LOOK_AHEAD, trunk_width: TRUNK, decoder: DecoderConfig::default() };
        Line::over(spec, Ears { steps: 0, breaks_at }, Jaw)
    }

    /// A second of silence, and then one of a buzz.
    fn sound() -> Vec<f32> {
        let loud = (0..16_000).map(|n| if n % 32 < 16 { 0.3 } else { -0.3 });
        core::iter::repeat_n(0.0, 16_000).chain(loud).collect()
    }

    #[test]
    fn two_networks_made_by_hand_open_the_jaw_for_a_vowel_and_close_the_lips_for_a_b() {
        let mut line = line(0);
        let steps: Vec<Step> = line.push(&sound()).map(|step| step.unwrap()).collect();
        assert_eq!(steps.len(), 100);
        let (vowel, closed) = (steps[40], steps[90]);
        assert_eq!((vowel.mouth, closed.mouth), (Phone::AA.mouth(), Mouth::Closed));
        assert!(vowel.motion[MotionChannel::JawOpen] > 0.7 && closed.motion[MotionChannel::JawOpen] < 0.2);
        assert!(closed.motion[MotionChannel::MouthClose] > 0.1);
        assert!(
            steps.iter().enumerate().all(|(n, step)| step.fusion == (n + 1) as f32 / 1_000.0),
            "trunks are passed on"
        );
        assert!(steps.iter().all(|step| step.heard - step.at == LOOK_AHEAD));
        assert!(steps.iter().filter_map(|step| step.key).count() > 40, "a key every second step");
    }

    #[test]
    fn what_the_line_says_does_not_depend_on_the_blocks() {
        let (sound, mut whole, mut parts) = (sound(), line(0), line(0));
        let at_once: Vec<Step> = whole.push(&sound).map(Result::unwrap).collect();
        let in_parts: Vec<Step> =
            sound.chunks(77).flat_map(|block| parts.push(block).collect::<Vec<_>>()).map(Result::unwrap).collect();
        assert_eq!(at_once, in_parts);
        whole.reset();
        assert_eq!(whole.push(&sound).map(Result::unwrap).collect::<Vec<_>>(), at_once, "reset equals fresh");
    }

    #[test]
    fn a_network_that_says_not_a_number_is_reset_and_the_face_goes_to_rest() {
        let mut line = line(30);
        let steps: Vec<_> = line.push(&sound()[..16_000]).collect();
        let error = steps[29].as_ref().unwrap_err().to_string();
        assert_eq!(error, "key_motion: expected finite numbers in `heads`, came NaN");
        let next = steps[30].as_ref().unwrap();
        assert_eq!(next.fusion, 1.0 / 1_000.0, "it begins anew");
        assert!(next.motion[MotionChannel::JawOpen] < steps[28].as_ref().unwrap().motion[MotionChannel::JawOpen]);
    }
}
