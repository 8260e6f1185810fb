//! What a run of a network costs at least: counted on the graph, before the machine comes in.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::Cost;
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::konst::Const;

/// What one run of a network takes, whatever runs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetCost {
    /// Multiplications with an addition, of all matrix products.
    pub macs: u64,
    /// Size of all constants as they lie in memory: each is read once a run.
    pub weight_bytes: u64,
}

impl NetCost {
    /// Counts over a graph whose constants are folded and whose products are not yet lowered to kernels.
    pub(super) fn of(model: &TypedModel) -> TractResult<NetCost> {
        let mut cost = NetCost::default();
        for node in model.nodes() {
            if let Some(constant) = node.op_as::<Const>() {
                let tensor = constant.val();
                cost.weight_bytes += (tensor.len() * tensor.datum_type().size_of()) as u64;
            } else if node.op_is::<EinSum>() {
                let parts = node.op.cost(&model.node_input_facts(node.id)?)?;
                for (_, count) in parts.iter().filter(|(kind, _)| matches!(kind, Cost::FMA(_))) {
                    cost.macs += count.to_i64()? as u64;
                }
            }
        }
        Ok(cost)
    }
}
