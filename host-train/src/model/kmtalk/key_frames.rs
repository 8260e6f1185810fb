//! Key frames of a batch of clips, as the tensors that the network needs: which rows, which slots hold a key, and when.

use burn::tensor::{Device, Int, Tensor, TensorData};

/// Unit of times between keys, in steps: about a phone.
pub(super) const UNIT_STEPS: f32 = 5.0;
/// Longest time that is told, in units.
pub(super) const LONGEST: f32 = 5.0;

/// Strictly increasing key frames of every clip of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyFrames {
    clips: Vec<Vec<usize>>,
    time: usize,
}

impl KeyFrames {
    /// Of clips of `time` steps each.
    pub fn new(clips: Vec<Vec<usize>>, time: usize) -> Self {
        debug_assert!(clips.iter().flatten().all(|frame| *frame < time));
        KeyFrames { clips, time }
    }

    /// The key frames of each clip.
    pub fn clips(&self) -> &[Vec<usize>] {
        &self.clips
    }

    /// Steps of a clip.
    pub fn time(&self) -> usize {
        self.time
    }

    /// Slots for the keys of a clip: as many as the longest list has, and at least one.
    pub fn slots(&self) -> usize {
        self.clips.iter().map(Vec::len).max().unwrap_or(0).max(1)
    }

    /// `[batch, slots, 1]`: 1 where a slot holds a key.
    pub fn mask(&self, device: &Device) -> Tensor<3> {
        let values = self.padded().map(|(_, key)| f32::from(u8::from(key.is_some()))).collect();
        floats(values, [self.clips.len(), self.slots(), 1], device)
    }

    /// `[batch, time, 1]`: 1 in key frames.
    pub fn presence(&self, device: &Device) -> Tensor<3> {
        let mut values = vec![0.0; self.clips.len() * self.time];
        for (clip, keys) in self.clips.iter().enumerate() {
            keys.iter().for_each(|key| values[clip * self.time + key] = 1.0);
        }
        floats(values, [self.clips.len(), self.time, 1], device)
    }

    /// `[batch, slots, 2]`: time since the key before and until the key after.
    pub fn timing(&self, device: &Device) -> Tensor<3> {
        let time = |steps: Option<usize>| steps.map_or(LONGEST, |s| (s as f32 / UNIT_STEPS).min(LONGEST));
        let (slots, mut values) = (self.slots(), vec![]);
        for keys in &self.clips {
            let before = |k: usize| k.checked_sub(1).map(|b| keys[k] - keys[b]);
            let after = |k: usize| keys.get(k + 1).map(|next| next - keys[k]);
            values.extend((0..keys.len()).flat_map(|k| [time(before(k)), time(after(k))]));
            values.resize(values.len() + 2 * (slots - keys.len()), 0.0);
        }
        floats(values, [self.clips.len(), slots, 2], device)
    }

    /// Takes the key frames out of `[batch, time, channels]`: `[batch, slots, channels]`; row 0 in empty slots.
    pub fn gather(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, time, channels] = x.dims();
        let rows = self.padded().map(|(clip, key)| (clip * self.time + key.unwrap_or(0)) as i32).collect();
        let rows = indices(rows, &x.device());
        x.reshape([batch * time, channels]).select(0, rows).reshape([batch, self.slots(), channels])
    }

    /// The frames up to `reach` steps from each key, row numbers of `[batch * time, ..]` in order
    /// `[batch * slots * (2 * reach + 1)]`, and whether each is inside the clip `[batch * slots, 2 * reach + 1, 1]`.
    pub fn windows(&self, reach: usize, device: &Device) -> (Tensor<1, Int>, Tensor<3>) {
        let span = 2 * reach + 1;
        let (mut rows, mut inside) = (vec![], vec![]);
        for (clip, key) in self.padded() {
            for k in 0..span {
                let frame = (key.unwrap_or(0) + k).checked_sub(reach).filter(|frame| *frame < self.time);
                rows.push((clip * self.time + frame.unwrap_or(0)) as i32);
                inside.push(f32::from(u8::from(frame.is_some())));
            }
        }
        let inside = floats(inside, [self.clips.len() * self.slots(), span, 1], device);
        (indices(rows, device), inside)
    }

    /// Clip and key of every slot.
    fn padded(&self) -> impl Iterator<Item = (usize, Option<usize>)> {
        let slots = self.slots();
        let of_clip = move |(n, keys): (usize, &'_ Vec<usize>)| {
            let keys: Vec<_> = (0..slots).map(|slot| (n, keys.get(slot).copied())).collect();
            keys
        };
        self.clips.iter().enumerate().flat_map(of_clip)
    }
}

pub(super) fn floats<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

pub(super) fn indices(values: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> KeyFrames {
        KeyFrames::new(vec![vec![1, 3, 13], vec![4]], 20)
    }

    fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        x.try_into_vec_as().unwrap()
    }

    #[test]
    fn slots_without_a_key_are_masked() {
        assert_eq!(values(two().mask(&Device::flex())), [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn times_between_keys_are_told_in_phones() {
        // 1 -> 3 is 2 steps of 20 ms = 0.4 of 100 ms; 3 -> 13 is 2.0; beyond the ends 5.
        let expected = [5.0, 0.4, 0.4, 2.0, 2.0, 5.0, 5.0, 5.0, 0.0, 0.0, 0.0, 0.0];
        assert_eq!(values(two().timing(&Device::flex())), expected);
    }

    #[test]
    fn key_frames_are_gathered_clip_by_clip() {
        let x = Tensor::<1, Int>::arange(0..40, &Device::flex()).float().reshape([2, 20, 1]);
        assert_eq!(values(two().gather(x)), [1.0, 3.0, 13.0, 24.0, 20.0, 20.0]);
    }

    #[test]
    fn windows_end_at_the_clip() {
        let (rows, inside) = KeyFrames::new(vec![vec![0], vec![19]], 20).windows(1, &Device::flex());
        assert_eq!(rows.try_into_vec_as::<i32>().unwrap(), [0, 0, 1, 38, 39, 20]);
        assert_eq!(values(inside), [0.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
    }
}
