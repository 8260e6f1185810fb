//! The resampler keeps the contract of a stage for blocks of any size.

use keyface_core::Resampler;
use keyface_tests::counting::{Counting, allocations};
use keyface_tests::signal::golden;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const RATES_HZ: [u32; 5] = [8_000, 16_000, 22_050, 44_100, 48_000];

#[test]
fn any_block_size_gives_the_same_samples() {
    for rate_hz in RATES_HZ {
        let sound = golden(rate_hz as usize / 2);
        let whole = resampled(&mut resampler(rate_hz), &sound, sound.len());
        for block in [1, 37, 160, 1024] {
            assert_eq!(resampled(&mut resampler(rate_hz), &sound, block), whole, "{rate_hz} Hz in blocks of {block}");
        }
    }
}

#[test]
fn reset_equals_fresh() {
    for rate_hz in RATES_HZ {
        let sound = golden(rate_hz as usize / 2);
        let fresh = resampled(&mut resampler(rate_hz), &sound, 480);
        let mut used = resampler(rate_hz);
        used.push(&sound[..1001], &mut Vec::new());
        used.reset();
        assert_eq!(resampled(&mut used, &sound, 480), fresh, "{rate_hz} Hz");
    }
}

#[test]
fn broken_samples_stay_in_the_future() {
    for rate_hz in RATES_HZ {
        let mut sound = golden(rate_hz as usize / 2);
        let half = sound.len() / 2;
        let mut clean = Vec::new();
        resampler(rate_hz).push(&sound[..half], &mut clean);
        sound[half..half + 3].copy_from_slice(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY]);
        let poisoned = resampled(&mut resampler(rate_hz), &sound, 480);
        assert_eq!(poisoned[..clean.len()], clean, "{rate_hz} Hz");
        assert!(poisoned.iter().all(|sample| sample.is_finite()), "{rate_hz} Hz");
    }
}

#[test]
fn a_click_comes_out_when_it_went_in_and_no_later_than_the_latency_says() {
    for rate_hz in RATES_HZ {
        let click = rate_hz as usize / 4;
        let (mut resampler, mut out) = (resampler(rate_hz), Vec::new());
        resampler.push(&vec![0.0; click], &mut out);
        resampler.push(&[1.0], &mut out);
        let due = 16_000 / 4;
        let wait = (resampler.latency().0 * u64::from(rate_hz)).div_ceil(16_000);
        resampler.push(&vec![0.0; wait as usize], &mut out);
        let loudest = (0..out.len()).max_by(|a, b| out[*a].abs().total_cmp(&out[*b].abs()));
        assert!(loudest.is_some_and(|at| at.abs_diff(due) <= 1), "{rate_hz} Hz: expected {due}, came {loudest:?}");
    }
}

#[test]
fn push_allocates_nothing_where_the_output_has_room() {
    for rate_hz in RATES_HZ {
        let sound = golden(rate_hz as usize / 2);
        let (mut resampler, mut out) = (resampler(rate_hz), Vec::with_capacity(20_000));
        let count = allocations(|| sound.chunks(480).for_each(|block| resampler.push(block, &mut out)));
        assert_eq!(count, 0, "{rate_hz} Hz");
    }
}

fn resampler(rate_hz: u32) -> Resampler {
    Resampler::new(rate_hz).expect("the rate is in range")
}

fn resampled(resampler: &mut Resampler, sound: &[f32], block: usize) -> Vec<f32> {
    let mut out = Vec::new();
    sound.chunks(block).for_each(|block| resampler.push(block, &mut out));
    resampler.flush(&mut out);
    out
}
