//! The mel powers are those of an outside program; `tests/goldens/README.md` says which.

use keyface_core::{MEL_BANDS, MelPower, Stage};
use keyface_tests::signal::golden_hops;
use serde_json::Value;

/// Share of a band's power by which it may differ.
const RELATIVE: f64 = 1e-3;
/// Share of the frame's loudest band that any band may differ by: what single precision leaks.
const FLOOR: f64 = 1e-6;

#[test]
fn mel_powers_equal_the_outside_reference() {
    let golden: Value = serde_json::from_str(include_str!("../goldens/mel.json")).unwrap();
    let frames = golden["powers"].as_array().unwrap();
    let mut bank = MelPower::new();
    for (hop, frame) in golden_hops(frames.len()).iter().zip(frames) {
        let expected: Vec<f64> = frame.as_array().unwrap().iter().map(|power| power.as_f64().unwrap()).collect();
        assert_eq!(expected.len(), MEL_BANDS);
        let loudest = expected.iter().copied().fold(0.0, f64::max);
        for (band, (came, expected)) in bank.push(hop).unwrap().iter().zip(expected).enumerate() {
            let off = (f64::from(*came) - expected).abs();
            assert!(off <= RELATIVE * expected + FLOOR * loudest, "band {band}: expected {expected}, came {came}");
        }
    }
}
