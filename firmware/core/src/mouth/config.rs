//! The decoder's numbers.

use super::phone::MOUTHS;

/// Numbers of the decoder that turns heads into mouths, closures and keys.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "std", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct DecoderConfig {
    /// Probability that the mouth stays in its class from one step to the next, 0..1.
    pub stay: f32,
    /// Added to the log-probability of each mouth class, in the order of [`crate::Mouth::ALL`]: corrects the prior.
    pub bias: [f32; MOUTHS],
    /// Log-odds by which a new class must lead before the mouth switches, >= 0.
    pub lead: f32,
    /// Share of the closure head in the closure score; the rest is the posterior of p, b and m. 0..=1.
    pub closure_head_share: f32,
    /// Share of the lip-on-teeth head in the evidence for f and v; the rest is their posterior. 0..=1.
    pub lip_teeth_head_share: f32,
    /// Share of the newest step in the smoothed posteriors and closure score, 0.1..=1; 1 does not smooth.
    pub newest_share: f32,
    /// Score above which lips close, 0..=1.
    pub closure_on: f32,
    /// Score below which closed lips open, 0..=`closure_on`.
    pub closure_off: f32,
    /// Shortest closure, 0..=200.
    pub closure_min_ms: f32,
    /// Boundary probability above which a step holds a key, 0..=1.
    pub key_threshold: f32,
    /// Shortest time between two keys, 0..=500.
    pub key_refractory_ms: f32,
    /// Voice probability above which somebody speaks, 0..=1.
    pub voice_on: f32,
    /// Voice probability below which nobody speaks any more, 0..=`voice_on`.
    pub voice_off: f32,
}

impl Default for DecoderConfig {
    /// Where a search starts: the numbers of a model of the same shape, found on other data.
    fn default() -> Self {
        DecoderConfig {
            stay: 0.8,
            bias: [0.0; MOUTHS],
            lead: 0.0,
            closure_head_share: 0.28,
            lip_teeth_head_share: 0.0,
            newest_share: 0.6,
            closure_on: 0.36,
            closure_off: 0.07,
            closure_min_ms: 60.0,
            key_threshold: 0.5,
            key_refractory_ms: 40.0,
            voice_on: 0.5,
            voice_off: 0.3,
        }
    }
}
