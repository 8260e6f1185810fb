//! Phone sequences for tests: sentences with natural durations, and random ones.

use keyface_core::Phone;
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::clip::Segment;

/// Silence before and after every utterance.
pub const PAUSE_S: f64 = 0.8;

/// Everyday sentences, spelled by hand; `1` marks stress, `|` a pause within.
const SENTENCES: [&str; 8] = [
    "DH AH B OY1 W AO1 K T T AH DH AH M AA1 R K AH T | AE N D B AO1 T F AY1 V P EH1 R Z",
    "M AY M AH1 DH ER P UH1 T S DH AH B R EH1 D AA N DH AH T EY1 B AH L",
    "SH IY W UH1 D R AE1 DH ER S T EY AH T HH OW1 M | AE N D R IY1 D AH B UH1 K",
    "W IY F AW1 N D AH S M AO1 L Y EH1 L OW D AO1 G IH N DH AH G AA1 R D AH N",
    "HH AW M EH1 N IY CH EH1 R Z D UW1 Y UW N IY1 D F AO R DH AH P AA1 R T IY",
    "DH AH T R EY1 N L IY1 V Z AE T S EH1 V AH N | S OW W IY M AH S T HH ER1 IY",
    "Y UW K AE N S IY1 DH AH W AO1 T ER F R AH M V EH1 R IY F AA1 R AH W EY1",
    "IH F IH T R EY1 N Z T AH D EY1 | DH AH P L AH1 M Z W IH L B IY CH IY1 P",
];

/// All sentences at a rate (1 is conversational, 2 is twice as fast), with pauses around them.
pub fn sentences(rate: f64) -> Vec<Segment> {
    let mut phones = Phones::new(rate);
    for sentence in SENTENCES {
        phones.pause(PAUSE_S);
        for name in sentence.split_whitespace() {
            match name {
                "|" => phones.pause(0.25),
                _ => phones.say(Phone::from_name(name).expect("a phone"), name.ends_with('1')),
            }
        }
    }
    phones.pause(PAUSE_S);
    phones.segments
}

/// Utterances of any phones in any order.
pub fn random(seed: u64, rate: f64) -> Vec<Segment> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut phones = Phones::new(rate);
    for _ in 0..6 {
        phones.pause(PAUSE_S);
        for _ in 0..12 {
            let phone = *Phone::ALL[1..].choose(&mut rng).expect("39 phones");
            phones.say(phone, rng.random_bool(0.4));
        }
    }
    phones.pause(PAUSE_S);
    phones.segments
}

/// These phones, 80 ms each at rate 1, with pauses around them.
pub fn word(names: &str, rate: f64) -> Vec<Segment> {
    let mut phones = Phones::new(rate);
    phones.pause(PAUSE_S);
    for name in names.split_whitespace() {
        phones.last(Phone::from_name(name).expect("a phone"), 0.080 / rate);
    }
    phones.pause(PAUSE_S);
    phones.segments
}

struct Phones {
    rate: f64,
    segments: Vec<Segment>,
}

impl Phones {
    fn new(rate: f64) -> Phones {
        Phones { rate, segments: Vec::new() }
    }

    fn pause(&mut self, duration_s: f64) {
        self.last(Phone::SIL, duration_s);
    }

    fn say(&mut self, phone: Phone, stressed: bool) {
        let stretch = if stressed { 1.5 } else { 1.0 };
        self.last(phone, stretch * usual_s(phone) / self.rate);
    }

    fn last(&mut self, phone: Phone, duration_s: f64) {
        let start_s = self.segments.last().map_or(0.0, |s| s.end_s);
        self.segments.push(Segment { start_s, end_s: start_s + duration_s, phone });
    }
}

/// Durations of conversational English, rounded (Crystal and House 1988).
fn usual_s(phone: Phone) -> f64 {
    use Phone::*;
    match phone {
        AY | AW | OY | OW | EY | AA | AO | AE => 0.110,
        IY | UW | ER | EH => 0.085,
        AH | IH | UH => 0.060,
        S | SH | CH => 0.100,
        P | T | K | F | TH => 0.080,
        DH | HH | Y | W | L | R => 0.050,
        _ => 0.065,
    }
}
