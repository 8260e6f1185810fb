//! What must hold of a card's `decode`.

use crate::DecoderConfig;
use crate::check::Check;

impl DecoderConfig {
    pub(super) fn checks(&self) -> Vec<Check> {
        let (unit, at_most) = (0.0..=1.0, |value: f32, limit: f32| (0.0..=limit).contains(&value));
        let check = |fact, holds, key, value: f32| Check::new(fact, holds, key, value);
        let share = self.closure_head_share;
        vec![
            check("a probability below 1", at_most(self.stay, 1.0) && self.stay < 1.0, "decode.stay", self.stay),
            Check::new(
                "biases that are numbers",
                self.bias.iter().all(|bias| bias.is_finite()),
                "decode.bias",
                format!("{:?}", self.bias),
            ),
            check("log-odds of 0..=100", at_most(self.lead, 100.0), "decode.lead", self.lead),
            check("a share of 0..=1", unit.contains(&share), "decode.closure_head_share", share),
            check(
                "a share of 0..=1",
                unit.contains(&self.lip_teeth_head_share),
                "decode.lip_teeth_head_share",
                self.lip_teeth_head_share,
            ),
            check(
                "a share of 0.1..=1",
                (0.1..=1.0).contains(&self.newest_share),
                "decode.newest_share",
                self.newest_share,
            ),
            check("a score of 0..=1", unit.contains(&self.closure_on), "decode.closure_on", self.closure_on),
            check(
                "a score of 0..=closure_on",
                at_most(self.closure_off, self.closure_on),
                "decode.closure_off",
                self.closure_off,
            ),
            check("0..=200 ms", at_most(self.closure_min_ms, 200.0), "decode.closure_min_ms", self.closure_min_ms),
            check("a probability", unit.contains(&self.key_threshold), "decode.key_threshold", self.key_threshold),
            check(
                "0..=500 ms",
                at_most(self.key_refractory_ms, 500.0),
                "decode.key_refractory_ms",
                self.key_refractory_ms,
            ),
            check("a probability", unit.contains(&self.voice_on), "decode.voice_on", self.voice_on),
            check(
                "a probability of 0..=voice_on",
                at_most(self.voice_off, self.voice_on),
                "decode.voice_off",
                self.voice_off,
            ),
        ]
    }
}
