//! Every stage of the line keeps the contract of a stage.

use keyface_core::{HOP_SAMPLES, Hops, LevelFollower, LogMel, MEL_BANDS, MelPower, MelPowers, ProsodyFollower, Stage};
use keyface_tests::contract::Contract;
use keyface_tests::counting::Counting;
use keyface_tests::signal::{Hop, golden_hops};
use keyface_tests::stage_contract;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const HOPS: usize = 100;
const BROKEN: [f32; 3] = [f32::NAN, f32::NEG_INFINITY, f32::MAX];

stage_contract!(mel_power, of_hops(MelPower::new));
stage_contract!(log_mel, of_hops(LogMel::new));
stage_contract!(prosody_follower, of_hops(ProsodyFollower::new));
stage_contract!(level_follower, of_powers(LevelFollower::new));

fn of_hops<S: Stage<Input = Hop>, M: Fn() -> S>(make: M) -> Contract<S, M> {
    let mut impulse = [0.0; HOP_SAMPLES];
    impulse[HOP_SAMPLES / 2] = 1.0;
    Contract {
        make,
        inputs: golden_hops(HOPS),
        quiet: [0.0; HOP_SAMPLES],
        impulse,
        poison: BROKEN.map(|value| [value; HOP_SAMPLES]),
        step: Hops(1).samples(),
    }
}

fn of_powers<S: Stage<Input = MelPowers>, M: Fn() -> S>(make: M) -> Contract<S, M> {
    let mut bank = MelPower::new();
    Contract {
        make,
        inputs: golden_hops(HOPS).iter().filter_map(|hop| bank.push(hop)).collect(),
        quiet: [0.0; MEL_BANDS],
        impulse: [1.0; MEL_BANDS],
        poison: BROKEN.map(|value| [value; MEL_BANDS]),
        step: Hops(1).samples(),
    }
}
