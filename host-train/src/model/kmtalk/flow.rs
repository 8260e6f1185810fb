//! Key motions in, the motion flow out: at every step the keys on both sides, a curve between them, and the times.

use burn::tensor::{Device, Tensor};

use super::key_frames::{KeyFrames, LONGEST, UNIT_STEPS, floats, indices};

/// Values of the motion flow at one step: key before, key after, the curve between them, time since, time until, and
/// whether this is a key frame.
pub const fn flow_channels(channels: usize) -> usize {
    3 * channels + 3
}

/// Beyond the first and the last key the triangle falls to 0 within this many steps.
const EDGE_STEPS: f32 = 5.0;

/// # Shapes
/// Key motions `[batch, slots, channels]` -> `[batch, time, flow_channels(channels)]`. Outside the keys the nearest holds.
pub fn motion_flow(keys: Tensor<3>, frames: &KeyFrames) -> Tensor<3> {
    let ([batch, slots, channels], device, time) = (keys.dims(), keys.device(), frames.time());
    let gaps = gaps(frames);
    let rows = keys.reshape([batch * slots, channels]);
    let take = |slot: fn(&Gap) -> usize| {
        let at = gaps.iter().enumerate().map(|(n, gap)| (n / time * slots + slot(gap)) as i32).collect();
        rows.clone().select(0, indices(at, &device)).reshape([batch, time, channels])
    };
    let (before, after) = (take(|gap| gap.before), take(|gap| gap.after));
    let ease = floats(gaps.iter().map(Gap::ease).collect(), [batch, time, 1], &device);
    let times = floats(gaps.iter().flat_map(Gap::times).collect(), [batch, time, 3], &device);
    let curve = before.clone() + (after.clone() - before.clone()) * ease;
    Tensor::cat(vec![before, after, curve, times], 2)
}

/// `[batch, time, 1]`: 1 at a key, falling linearly to 0 midway to the next one.
pub fn triangular(frames: &KeyFrames, device: &Device) -> Tensor<3> {
    let values = gaps(frames).iter().map(Gap::triangle).collect();
    floats(values, [frames.clips().len(), frames.time(), 1], device)
}

/// Where a step lies between two keys.
#[derive(Clone, Copy)]
struct Gap {
    /// Slot of the key before; of the one after where there is none.
    before: usize,
    /// Slot of the key after; of the one before where there is none.
    after: usize,
    /// Steps since the key before.
    since: Option<f32>,
    /// Steps until the key after.
    until: Option<f32>,
}

fn gaps(frames: &KeyFrames) -> Vec<Gap> {
    frames.clips().iter().flat_map(|keys| (0..frames.time()).map(move |step| Gap::at(step, keys))).collect()
}

impl Gap {
    fn at(step: usize, keys: &[usize]) -> Gap {
        let after = keys.partition_point(|key| *key <= step);
        let before = after.checked_sub(1);
        Gap {
            before: before.unwrap_or(0),
            after: if after < keys.len() { after } else { before.unwrap_or(0) },
            since: before.map(|k| (step - keys[k]) as f32),
            until: keys.get(after).map(|key| (key - step) as f32),
        }
    }

    /// How far the curve has gone: the cubic Hermite step `3 s^2 - 2 s^3`, at rest in every key.
    fn ease(&self) -> f32 {
        let s = self.share().unwrap_or(0.0);
        s * s * (3.0 - 2.0 * s)
    }

    fn share(&self) -> Option<f32> {
        Some(self.since? / (self.since? + self.until?))
    }

    fn times(&self) -> [f32; 3] {
        let time = |steps: Option<f32>| steps.map_or(LONGEST, |s| (s / UNIT_STEPS).min(LONGEST));
        [time(self.since), time(self.until), f32::from(u8::from(self.since == Some(0.0)))]
    }

    fn triangle(&self) -> f32 {
        match (self.share(), self.since.or(self.until)) {
            (Some(share), _) => (2.0 * share - 1.0).abs(),
            (None, Some(away)) => (1.0 - away / EDGE_STEPS).max(0.0),
            (None, None) => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNELS: usize = 3;
    const FLOW_CHANNELS: usize = flow_channels(CHANNELS);

    fn values(x: Tensor<3>) -> Vec<f32> {
        x.try_into_vec_as().unwrap()
    }

    fn near(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-6), "{found:?} {expected:?}");
    }

    #[test]
    fn the_triangle_is_one_at_keys_and_zero_midway() {
        let frames = KeyFrames::new(vec![vec![2, 6], vec![]], 9);
        let found = values(triangular(&frames, &Device::flex()));
        near(&found[..9], &[0.6, 0.8, 1.0, 0.5, 0.0, 0.5, 1.0, 0.8, 0.6]);
        near(&found[9..], &[0.0; 9]);
    }

    #[test]
    fn the_curve_goes_through_the_keys_and_holds_outside() {
        let device = Device::flex();
        let frames = KeyFrames::new(vec![vec![1, 5]], 7);
        let keys = Tensor::cat([0.2, 1.0].map(|at| Tensor::full([1, 1, CHANNELS], at, &device)).into(), 1);
        let flow = motion_flow(keys, &frames);
        let curve = values(flow.clone().narrow(2, 2 * CHANNELS, 1));
        // Shares 0, 1/4, 1/2, 3/4 ease to 0, 10/64, 1/2, 54/64 of the way from 0.2 to 1.
        near(&curve, &[0.2, 0.2, 0.325, 0.6, 0.875, 1.0, 1.0]);
        let since = values(flow.clone().narrow(2, FLOW_CHANNELS - 3, 1));
        near(&since, &[5.0, 0.0, 0.2, 0.4, 0.6, 0.0, 0.2]);
        let is_key = values(flow.narrow(2, FLOW_CHANNELS - 1, 1));
        near(&is_key, &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    }
}
