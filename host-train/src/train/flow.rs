//! The motion flow for CompletionNet: from the labels (true keys) or from the heads (predicted keys), through the
//! device's own functions.

use burn::tensor::{Device, Tensor, TensorData};
use keyface_core::flow::{FLOW, Flow, KeyQueue, KeyTracker};
use keyface_core::heads::HEADS;
use keyface_core::{AudioTime, Heads, KeyMotion, MOTION_CHANNELS, Span};

use super::experiment::{STEP_MS, Told};
use crate::data::Labels;

/// Which keys the completion sees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum KeySource {
    /// From the labels.
    True,
    /// From the network, confirmed as on the device.
    Predicted {
        /// Probability above which a key is confirmed.
        threshold: f32,
        /// Shortest time between two keys.
        refractory: Span,
    },
}

/// Probability above which a key is confirmed while the completion learns; the device reads it from the card.
/// Of 0.27, 0.33, 0.38 and 0.5 the one that finds most keys within 40 ms (F1).
pub const KEY_THRESHOLD: f32 = 0.38;
/// Shortest time between two keys.
pub const KEY_REFRACTORY: Span = Span::from_ms(30);

/// Keys as the device will see them.
pub const PREDICTED: KeySource = KeySource::Predicted { threshold: KEY_THRESHOLD, refractory: KEY_REFRACTORY };

const STEP: Span = Span::from_ms(STEP_MS as i64);

/// Makes the motion flow of batches.
#[derive(Clone, Debug)]
pub struct FlowMaker {
    /// Where the tensors lie.
    pub device: Device,
    /// Which keys it tells of.
    pub told: Told,
}

impl FlowMaker {
    /// # Shapes
    /// Raw heads `[batch, time, HEADS]` and as many labels -> `[batch, time, FLOW]`; one source per crop.
    pub fn features(&self, heads: Tensor<3>, labels: &[Vec<Labels>], sources: &[KeySource]) -> Tensor<3> {
        let [batch, time, _] = heads.dims();
        let raw = heads.try_into_vec_as::<f32>().unwrap_or_default();
        let rows = raw.as_chunks::<HEADS>().0.chunks(time.max(1));
        let mut flow: Vec<Flow> = Vec::with_capacity(batch * time);
        for ((rows, labels), source) in rows.zip(labels).zip(sources) {
            match *source {
                KeySource::True => flow.extend(true_flow(labels)),
                KeySource::Predicted { threshold, refractory } => {
                    flow.extend(predicted_flow(rows, threshold, refractory));
                }
            }
        }
        let known = match self.told {
            Told::Nothing => 0,
            Told::Past => FLOW - MOTION_CHANNELS - 1,
            Told::All => FLOW,
        };
        flow.iter_mut().for_each(|row| row[known..].fill(0.0));
        Tensor::from_data(TensorData::new(flow.as_flattened().to_vec(), [batch, time, FLOW]), &self.device)
    }
}

fn step_end(step: usize) -> AudioTime {
    AudioTime((step as i64 + 1) * STEP.0)
}

fn true_flow(labels: &[Labels]) -> impl Iterator<Item = Flow> {
    let mut keys = KeyQueue::new();
    labels.iter().enumerate().map(move |(step, label)| {
        let now = step_end(step);
        if let Some(offset) = label.key {
            let at = now + Span((STEP.0 as f32 * (offset - 0.5)) as i64);
            keys.push(KeyMotion { at, pose: label.pose, confidence: 1.0 });
        }
        keys.flow(now, &label.next_pose, label.next_time_ms)
    })
}

fn predicted_flow(rows: &[[f32; HEADS]], threshold: f32, refractory: Span) -> impl Iterator<Item = Flow> {
    let mut tracker = KeyTracker::new(threshold, refractory);
    rows.iter().enumerate().map(move |(step, raw)| tracker.push(step_end(step), STEP, &Heads::from_raw(raw)).0)
}
