//! A product of two square matrices through the kernels that the networks use, to find out what a machine can do at most.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::einsum::EinSum;

use crate::CoreError;

/// Side of the matrices: their product stays in the caches and is long enough to reach full speed.
const SIDE: usize = 256;

/// What a product multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// 32-bit float.
    Float,
    /// 8-bit integers, summed in 32 bits.
    Int8,
}

/// Two matrices of ones, to be multiplied on one thread.
pub struct Product {
    right: TValue,
    session: TypedSimpleState,
}

impl Product {
    /// Multiplications with an addition in a [`Product::run`].
    pub const MACS: u64 = (SIDE * SIDE * SIDE) as u64;

    /// Of ones in this arithmetic.
    ///
    /// # Errors
    /// [`CoreError::Refused`] when tract has no such product.
    pub fn new(arithmetic: Arithmetic) -> Result<Product, CoreError> {
        build(arithmetic).map_err(refused)
    }

    /// Multiplies them once.
    ///
    /// # Errors
    /// [`CoreError::Refused`] when tract fails.
    pub fn run(&mut self) -> Result<(), CoreError> {
        std::hint::black_box(self.session.run(tvec!(self.right.clone())).map_err(refused)?);
        Ok(())
    }
}

fn build(arithmetic: Arithmetic) -> TractResult<Product> {
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
    Ok(Product { right: ones()?.into_tvalue(), session: model.into_optimized()?.into_runnable()?.spawn()? })
}

fn refused(error: TractError) -> CoreError {
    CoreError::Refused { net: "matrix product".to_owned(), reason: format!("{error:#}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_multiplies_in_float_and_in_8_bits() {
        for arithmetic in [Arithmetic::Float, Arithmetic::Int8] {
            let mut product = Product::new(arithmetic).unwrap();
            let sums = product.session.run(tvec!(product.right.clone())).unwrap().remove(0);
            let sums = sums.cast_to::<f32>().unwrap();
            let sums = sums.try_as_plain_ram().unwrap().as_slice::<f32>().unwrap();
            assert!(sums.len() == SIDE * SIDE && sums.iter().all(|sum| *sum == SIDE as f32), "{arithmetic:?}");
            product.run().unwrap();
        }
    }
}
