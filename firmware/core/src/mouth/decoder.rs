//! Heads of one step in, the mouth that the face shows out: a forward filter over seven classes, and lips that close.

use super::config::DecoderConfig;
use super::phone::{MOUTHS, Mouth, PHONES, Phone, Viseme};
use crate::Heads;

/// What the face must show at one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MouthState {
    /// The class that a viewer should see.
    pub mouth: Mouth,
    /// The likeliest viseme of that class.
    pub viseme: Viseme,
    /// Lips must touch.
    pub closed: bool,
    /// Somebody speaks.
    pub speaking: bool,
}

/// Decides what the mouth shows, causally.
///
/// A hidden Markov model's forward filter (Rabiner 1989) over [`Mouth`] with one stay probability; a new class must lead
/// before the mouth switches. Closures have a score of their own, with hysteresis and a shortest length.
#[derive(Clone, Debug)]
pub struct MouthDecoder {
    config: DecoderConfig,
    min_closed_steps: u32,
    belief: [f32; MOUTHS],
    phones: [f32; PHONES],
    score: f32,
    closed_steps: u32,
    state: MouthState,
}

/// No observation is quite impossible.
const LEAST: f32 = 1e-4;

const REST: MouthState = MouthState { mouth: Mouth::Silent, viseme: Viseme::Sil, closed: false, speaking: false };

impl MouthDecoder {
    /// A decoder at rest for steps of `step_ms`.
    pub fn new(config: DecoderConfig, step_ms: f32) -> Self {
        let mut belief = [LEAST; MOUTHS];
        belief[Mouth::Silent as usize] = 1.0;
        let min_closed_steps = libm::ceilf(config.closure_min_ms / step_ms) as u32;
        let mut phones = [0.0; PHONES];
        phones[Phone::SIL as usize] = 1.0;
        MouthDecoder { config, min_closed_steps, belief, phones, score: 0.0, closed_steps: 0, state: REST }
    }

    /// One step.
    pub fn push(&mut self, heads: &Heads) -> MouthState {
        self.phones.iter_mut().zip(heads.phones).for_each(|(to, p)| *to += self.config.newest_share * (p - *to));
        self.listen(heads);
        self.close(heads);
        self.state.speaking =
            heads.voice > if self.state.speaking { self.config.voice_off } else { self.config.voice_on };
        self.state.mouth = self.choose();
        self.state.viseme = self.likeliest_viseme();
        self.state
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        let step_ms = self.config.closure_min_ms / self.min_closed_steps.max(1) as f32;
        *self = MouthDecoder { min_closed_steps: self.min_closed_steps, ..MouthDecoder::new(self.config, step_ms) };
    }

    fn listen(&mut self, heads: &Heads) {
        let mut seen = [LEAST; MOUTHS];
        heads.phones.iter().zip(Phone::ALL).for_each(|(p, phone)| seen[phone.mouth() as usize] += p);
        let bite = &mut seen[Mouth::LipTeeth as usize];
        *bite += self.config.lip_teeth_head_share * (heads.lip_teeth - *bite);
        let (stay, all) = (self.config.stay, self.belief.iter().sum::<f32>());
        let change = (1.0 - stay) / (MOUTHS - 1) as f32;
        for ((belief, seen), bias) in self.belief.iter_mut().zip(seen).zip(self.config.bias) {
            *belief = (stay * *belief + change * (all - *belief)) * seen * libm::expf(bias);
        }
        let sum: f32 = self.belief.iter().sum();
        self.belief.iter_mut().for_each(|b| *b = (*b / sum).max(1e-9));
    }

    fn close(&mut self, heads: &Heads) {
        let labials: f32 = [Phone::P, Phone::B, Phone::M].iter().map(|p| heads.phones[*p as usize]).sum();
        let share = self.config.closure_head_share;
        let now = share * heads.closure + (1.0 - share) * labials;
        self.score += self.config.newest_share * (now - self.score);
        let keep = self.closed_steps > 0
            && (self.score > self.config.closure_off || self.closed_steps < self.min_closed_steps);
        self.state.closed = keep || self.score > self.config.closure_on;
        self.closed_steps = if self.state.closed { self.closed_steps + 1 } else { 0 };
    }

    fn choose(&self) -> Mouth {
        if self.state.closed {
            return Mouth::Closed;
        }
        let open = || Mouth::ALL.into_iter().filter(|m| *m != Mouth::Closed);
        let belief = |m: &Mouth| self.belief[*m as usize];
        let best = open().max_by(|a, b| belief(a).total_cmp(&belief(b))).unwrap_or(Mouth::Silent);
        let now = self.state.mouth;
        let leads = libm::logf(belief(&best) / belief(&now)) >= self.config.lead;
        if now == Mouth::Closed || leads { best } else { now }
    }

    fn likeliest_viseme(&self) -> Viseme {
        let mut share = [0.0f32; Viseme::ALL.len()];
        let of_class = self.phones.iter().zip(Phone::ALL).filter(|(_, phone)| phone.mouth() == self.state.mouth);
        of_class.for_each(|(p, phone)| share[phone.viseme() as usize] += p);
        let best = (0..share.len()).max_by(|a, b| share[*a].total_cmp(&share[*b]));
        Viseme::ALL[best.unwrap_or(0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heads::{CLOSURE, HEADS, VOICE};

    fn heads(phone: Phone) -> Heads {
        let mut raw = [0.0; HEADS];
        raw[phone as usize] = 8.0;
        raw[CLOSURE] = if phone == Phone::B { 6.0 } else { -6.0 };
        raw[VOICE] = if phone == Phone::SIL { -6.0 } else { 6.0 };
        Heads::from_raw(&raw)
    }

    fn shown(phones: &[Phone]) -> Vec<MouthState> {
        let mut decoder = MouthDecoder::new(DecoderConfig::default(), 20.0);
        phones.iter().map(|p| decoder.push(&heads(*p))).collect()
    }

    #[test]
    fn silence_stays_silent() {
        assert!(shown(&[Phone::SIL; 20]).iter().all(|s| *s == REST));
    }

    #[test]
    fn a_sure_bilabial_closes_for_its_shortest_time() {
        let mut phones = [Phone::AA; 12];
        phones[4] = Phone::B;
        let closed = shown(&phones).iter().filter(|s| s.closed).count();
        assert!((3..=5).contains(&closed), "{closed}");
    }

    #[test]
    fn the_viseme_belongs_to_the_class() {
        let last = *shown(&[Phone::S; 8]).last().unwrap();
        assert_eq!((last.mouth, last.viseme, last.speaking), (Mouth::Narrow, Viseme::SS, true));
    }

    #[test]
    fn reset_equals_fresh() {
        let mut decoder = MouthDecoder::new(DecoderConfig::default(), 20.0);
        (0..9).for_each(|_| _ = decoder.push(&heads(Phone::B)));
        decoder.reset();
        let mut fresh = MouthDecoder::new(DecoderConfig::default(), 20.0);
        for phone in [Phone::AA, Phone::B, Phone::SIL] {
            assert_eq!(decoder.push(&heads(phone)), fresh.push(&heads(phone)));
        }
    }
}
