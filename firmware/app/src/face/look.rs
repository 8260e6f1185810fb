//! What is said in, the face of a moment out: gains, mood, state and gaze, and life on top. All that moves head and
//! brows meets here.

use keyface_core::{Angles, Channel, FacePose, Gains, Moment, Motion, Prosody, Span, Spoken, retarget};

use super::Life;
use crate::stream::message::{Ask, Gaze, Mood, MoodName, State};

/// A look changes over this time: faces do not switch.
const CHANGE: Span = Span::from_ms(250);
/// The head takes this share of a gaze, the eyes the rest.
const HEAD_SHARE: f32 = 0.35;

/// How a face looks while it speaks.
#[derive(Clone, Debug)]
pub struct Look {
    gains: Gains,
    life: Option<Life>,
    from: Manner,
    to: Manner,
    /// When the look began to change; set at the first face after it was told to.
    since: Option<Moment>,
    mood: Mood,
    state: Option<State>,
    gaze: Gaze,
}

/// Weights that are added to what is spoken, and where the face looks.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Manner {
    weights: [f32; WEIGHTS.len()],
    yaw_rad: f32,
    pitch_rad: f32,
    /// Whether the eyes stay where they are told, rather than wander.
    holds: f32,
    /// How strongly head and brows follow the voice.
    spirit: f32,
}

/// The channels that moods and states move, on both sides.
const WEIGHTS: [&[Channel]; 8] = {
    use Channel::*;
    [
        &[MouthSmileLeft, MouthSmileRight],
        &[MouthFrownLeft, MouthFrownRight],
        &[BrowInnerUp],
        &[BrowOuterUpLeft, BrowOuterUpRight],
        &[BrowDownLeft, BrowDownRight],
        &[EyeWideLeft, EyeWideRight],
        &[EyeSquintLeft, EyeSquintRight],
        &[CheekSquintLeft, CheekSquintRight],
    ]
};

const PLAIN: Manner = Manner { weights: [0.0; WEIGHTS.len()], yaw_rad: 0.0, pitch_rad: 0.0, holds: 0.0, spirit: 1.0 };

impl Look {
    /// A face that only speaks, with `life` or without.
    pub fn new(gains: Gains, life: Option<Life>) -> Look {
        let mood = Mood { name: MoodName::Neutral, strength: 1.0 };
        Look { gains, life, from: PLAIN, to: PLAIN, since: None, mood, state: None, gaze: Gaze::default() }
    }

    /// Whether the face moves although nothing is spoken.
    pub fn is_alive(&self) -> bool {
        self.life.is_some()
    }

    /// Takes a mood, a state or a gaze; false when the message says none of these.
    pub fn take(&mut self, ask: &Ask, now: Moment) -> bool {
        match ask {
            Ask::Mood(mood) => self.mood = *mood,
            Ask::State { name } => self.state = Some(*name),
            Ask::Gaze(gaze) => self.gaze = *gaze,
            _ => return false,
        }
        self.from = self.manner(now);
        self.to = goal(self.mood, self.state, self.gaze);
        self.since = Some(now);
        true
    }

    /// The face that shows a motion at `now`, whoever looks at its mouth only.
    pub fn mouth(&self, motion: &Motion, now: Moment) -> FacePose {
        self.face(&Spoken { motion: *motion, prosody: Prosody::REST }, now)
    }

    /// The face that shows what is said at `now`.
    pub fn face(&self, spoken: &Spoken, now: Moment) -> FacePose {
        let mut pose = retarget(&spoken.motion, self.gains);
        let manner = self.manner(now);
        if let Some(life) = &self.life {
            let still = pose;
            life.apply(now, &spoken.prosody.scaled(manner.spirit), &mut pose);
            pose.eyes = [0, 1].map(|eye| mixed(pose.eyes[eye], still.eyes[eye], manner.holds));
        }
        manner.add_to(&mut pose);
        pose
    }

    fn manner(&self, now: Moment) -> Manner {
        let Some(since) = self.since else { return self.to };
        let t = ((now - since).0 as f32 / CHANGE.0 as f32).clamp(0.0, 1.0);
        self.from.toward(&self.to, t * t * (3.0 - 2.0 * t))
    }
}

impl Manner {
    fn toward(&self, other: &Manner, share: f32) -> Manner {
        let mix = |a: f32, b: f32| a + share * (b - a);
        let mut out = *self;
        out.weights.iter_mut().zip(other.weights).for_each(|(w, to)| *w = mix(*w, to));
        out.yaw_rad = mix(self.yaw_rad, other.yaw_rad);
        out.pitch_rad = mix(self.pitch_rad, other.pitch_rad);
        out.holds = mix(self.holds, other.holds);
        out.spirit = mix(self.spirit, other.spirit);
        out
    }

    fn add_to(&self, pose: &mut FacePose) {
        for (channels, weight) in WEIGHTS.iter().zip(self.weights) {
            channels.iter().for_each(|channel| pose.set(*channel, pose[*channel] + weight));
        }
        pose.head.yaw_rad += HEAD_SHARE * self.yaw_rad;
        pose.head.pitch_rad += HEAD_SHARE * self.pitch_rad;
        for eye in &mut pose.eyes {
            eye.yaw_rad += (1.0 - HEAD_SHARE) * self.yaw_rad;
            eye.pitch_rad += (1.0 - HEAD_SHARE) * self.pitch_rad;
        }
    }
}

fn mixed(a: Angles, b: Angles, share: f32) -> Angles {
    let mix = |a: f32, b: f32| a + share * (b - a);
    Angles {
        yaw_rad: mix(a.yaw_rad, b.yaw_rad),
        pitch_rad: mix(a.pitch_rad, b.pitch_rad),
        roll_rad: mix(a.roll_rad, b.roll_rad),
    }
}

/// Smile, frown, inner brows, outer brows, brows down, eyes wide, eyes narrow, cheeks.
fn goal(mood: Mood, state: Option<State>, gaze: Gaze) -> Manner {
    let of_mood = match mood.name {
        MoodName::Neutral => [0.0; 8],
        MoodName::Happy => [0.45, 0.0, 0.05, 0.10, 0.0, 0.0, 0.10, 0.35],
        MoodName::Sad => [0.0, 0.45, 0.55, 0.0, 0.0, 0.0, 0.15, 0.0],
        MoodName::Angry => [0.0, 0.25, 0.0, 0.0, 0.65, 0.10, 0.35, 0.0],
        MoodName::Surprised => [0.0, 0.0, 0.60, 0.65, 0.0, 0.55, 0.0, 0.0],
    };
    // A state's own look: where it looks unless it is told, and whether the eyes stay there.
    let (of_state, yaw_deg, pitch_deg, holds) = match state {
        None | Some(State::Speaking) => ([0.0; 8], 0.0, 0.0, 0.0),
        Some(State::Listening) => ([0.05, 0.0, 0.15, 0.10, 0.0, 0.10, 0.0, 0.0], 0.0, 7.0, 0.8),
        Some(State::Thinking) => ([0.0, 0.0, 0.10, 0.05, 0.15, 0.0, 0.15, 0.0], 14.0, 12.0, 0.7),
        Some(State::Interrupted) => ([0.0, 0.0, 0.25, 0.30, 0.0, 0.25, 0.0, 0.0], 0.0, 0.0, 1.0),
        Some(State::Error) => ([0.0, 0.15, 0.35, 0.0, 0.20, 0.0, 0.0, 0.0], 0.0, -8.0, 0.8),
    };
    let mut manner = PLAIN;
    for (weight, (mood_weight, state_weight)) in manner.weights.iter_mut().zip(of_mood.iter().zip(of_state)) {
        *weight = mood.strength * mood_weight + state_weight;
    }
    let is_told = gaze.yaw_deg.or(gaze.pitch_deg).is_some();
    let (yaw_deg, pitch_deg) =
        if is_told { (gaze.yaw_deg.unwrap_or(0.0), gaze.pitch_deg.unwrap_or(0.0)) } else { (yaw_deg, pitch_deg) };
    manner.yaw_rad = yaw_deg.to_radians();
    manner.pitch_rad = pitch_deg.to_radians();
    manner.holds = if is_told { 1.0 } else { holds };
    manner.spirit = 1.0 + mood.strength * (spirit(mood.name) - 1.0);
    manner
}

/// How strongly head and brows follow the voice in a mood: sad speech moves a head less than plain speech, and happy and
/// angry speech more (Busso et al. 2007).
fn spirit(mood: MoodName) -> f32 {
    match mood {
        MoodName::Neutral => 1.0,
        MoodName::Happy => 1.3,
        MoodName::Sad => 0.6,
        MoodName::Angry => 1.4,
        MoodName::Surprised => 1.2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(asks: &[&str], life: Option<Life>) -> FacePose {
        let mut look = Look::new(Gains::default(), life);
        asks.iter().for_each(|ask| assert!(look.take(&Ask::parse(ask).unwrap(), Moment(0))));
        look.face(&Spoken::REST, Moment::from_ms(1_000))
    }

    #[test]
    fn each_mood_and_each_state_looks_different() {
        let moods = ["neutral", "happy", "sad", "angry", "surprised"];
        let states = ["listening", "thinking", "speaking", "interrupted", "error"];
        let faces: Vec<FacePose> = moods
            .iter()
            .map(|name| after(&[&format!(r#"{{"type":"mood","name":"{name}"}}"#)], None))
            .chain(states.iter().map(|name| after(&[&format!(r#"{{"type":"state","name":"{name}"}}"#)], None)))
            .collect();
        let same = |a: usize, b: usize| faces[a] == faces[b];
        // Speaking is the plain face, as neutral is.
        let pairs = (0..10).flat_map(|a| (0..a).map(move |b| (a, b))).filter(|(a, b)| same(*a, *b));
        assert_eq!(pairs.collect::<Vec<_>>(), [(7, 0)]);
    }

    #[test]
    fn who_listens_looks_up() {
        let pose = after(&[r#"{"type":"state","name":"listening"}"#], None);
        assert!(pose.head.pitch_rad > 0.04 && pose.eyes.iter().all(|eye| eye.pitch_rad > 0.07), "{pose:?}");
    }

    #[test]
    fn a_sad_voice_moves_the_head_less_than_an_angry_one() {
        let said = Prosody { accent: 1.0, ..Prosody::REST };
        let nod = |mood: &str| {
            let mut life = Life::new(3);
            life.breathing = false;
            let mut look = Look::new(Gains::default(), Some(life));
            look.take(&Ask::parse(&format!(r#"{{"type":"mood","name":"{mood}"}}"#)).unwrap(), Moment(0));
            -look.face(&Spoken { motion: Motion::REST, prosody: said }, Moment::from_ms(1_000)).head.pitch_rad
        };
        assert!(0.0 < nod("sad") && nod("sad") < nod("neutral") && nod("neutral") < nod("angry"));
    }

    #[test]
    fn a_gaze_turns_eyes_and_head_together_and_life_does_not_move_it() {
        let gaze = [r#"{"type":"gaze","yaw_deg":20,"pitch_deg":-10}"#];
        for life in [None, Some(Life::new(3))] {
            let pose = after(&gaze, life);
            assert!((pose.eyes[0].yaw_rad - 0.65 * 20f32.to_radians()).abs() < 1e-5, "{pose:?}");
            assert!((pose.eyes[1].pitch_rad + 0.65 * 10f32.to_radians()).abs() < 1e-5, "{pose:?}");
        }
        assert!((after(&gaze, None).head.yaw_rad - 0.35 * 20f32.to_radians()).abs() < 1e-5);
    }

    #[test]
    fn a_look_does_not_jump() {
        let mut look = Look::new(Gains::default(), None);
        let smile = |look: &Look, ms: i64| look.face(&Spoken::REST, Moment::from_ms(ms))[Channel::MouthSmileLeft];
        look.take(&Ask::parse(r#"{"type":"mood","name":"happy"}"#).unwrap(), Moment(0));
        let mut last = 0.0;
        for ms in (0..600).step_by(16) {
            if ms == 96 {
                look.take(&Ask::parse(r#"{"type":"mood","name":"sad"}"#).unwrap(), Moment::from_ms(ms));
            }
            assert!((smile(&look, ms) - last).abs() < 0.07, "{ms} ms");
            last = smile(&look, ms);
        }
        assert_eq!(last, 0.0);
    }

    #[test]
    fn other_messages_are_not_a_looks() {
        assert!(!Look::new(Gains::default(), None).take(&Ask::End {}, Moment(0)));
    }
}
