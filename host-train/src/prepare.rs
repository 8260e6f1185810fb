//! temp
use crate::clip::Split;
use keyface_core::*;
pub struct Prepared {
    pub split: Split,
    pub mel_power: Vec<MelPowers>,
    pub phones: Vec<Phone>,
    pub motion: Vec<Motion>,
    pub keys_s: Vec<f64>,
}
impl Prepared {
    pub fn read(_: &std::path::Path) -> anyhow::Result<Self> {
        anyhow::bail!("x")
    }
}
