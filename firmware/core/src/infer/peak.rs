//! How many multiplications a second this machine reaches on one thread, through the kernels that the networks use.

use std::time::Instant;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::einsum::EinSum;

use crate::CoreError;

/// Side of the square matrices: their product stays in the caches and is long enough to reach full speed.
const SIDE: usize = 256;
/// Products that are timed; the quickest counts.
const TRIES: usize = 200;

/// What a product multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// 32-bit float.
    Float,
    /// 8-bit integers, summed in 32 bits.
    Int8,
}

/// Multiplications with an addition per second: the quickest of many products of two square matrices in tract.
///
/// # Errors
/// [`CoreError::Refused`] when tract has no such product.
pub fn peak_macs_per_s(arithmetic: Arithmetic) -> Result<f64, CoreError> {
    quickest_s(arithmetic)
        .map(|seconds| SIDE.pow(3) as f64 / seconds)
        .map_err(|e| CoreError::Refused { net: "matrix product".to_owned(), reason: format!("{e:#}") })
}

fn quickest_s(arithmetic: Arithmetic) -> TractResult<f64> {
    let (kind, sum) = match arithmetic {
        Arithmetic::Float => (f32::datum_type(), f32::datum_type()),
        Arithmetic::Int8 => (i8::datum_type(), i32::datum_type()),
    };
    let ones = || Tensor::from_shape(&[SIDE, SIDE], &[1.0_f32; SIDE * SIDE])?.cast_to_dt(kind).map(|t| t.into_owned());
    let mut model = TypedModel::default();
    let right = model.add_source("right", kind.fact([SIDE, SIDE]))?;
    let left = model.add_const("left", ones()?)?;
    let product = model.wire_node("product", EinSum::new("mk,kn->mn".parse()?, sum), &[left, right])?;
    model.select_output_outlets(&product)?;
    let mut state = model.into_optimized()?.into_runnable()?.spawn()?;
    let right = ones()?.into_tvalue();
    let mut quickest = f64::INFINITY;
    for _ in 0..TRIES {
        let start = Instant::now();
        std::hint::black_box(state.run(tvec!(right.clone()))?);
        quickest = quickest.min(start.elapsed().as_secs_f64());
    }
    Ok(quickest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_multiplies_in_float_and_in_8_bits() {
        for arithmetic in [Arithmetic::Float, Arithmetic::Int8] {
            let peak = peak_macs_per_s(arithmetic).unwrap();
            // Less than one a clock of 100 MHz, or more than 10 000 a clock of 10 GHz, is a mistake.
            assert!(peak > 1e8 && peak < 1e14, "{arithmetic:?}: {peak}");
        }
    }
}
