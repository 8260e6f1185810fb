//! An array in memory, as its file or pickle holds it.

use super::Dtype;

/// Numbers of a shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    shape: Vec<usize>,
    dtype: Dtype,
    is_fortran: bool,
    data: Vec<u8>,
}

impl Array {
    /// From bytes; `is_fortran` where the first axis runs fastest. The error says what does not go together.
    ///
    /// # Errors
    /// When the bytes are not as many as the shape wants.
    pub fn new(shape: Vec<usize>, dtype: Dtype, is_fortran: bool, data: Vec<u8>) -> Result<Array, String> {
        let count = count(&shape).and_then(|n| n.checked_mul(dtype.width()));
        match count {
            Some(bytes) if bytes == data.len() => Ok(Array { shape, dtype, is_fortran, data }),
            _ => Err(format!("{} bytes for the shape {shape:?} of {} bytes each", data.len(), dtype.width())),
        }
    }

    /// Length of each axis; empty for a single number.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.data.len() / self.dtype.width()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// All elements, the last axis fastest.
    pub fn values(&self) -> impl Iterator<Item = f64> {
        (0..self.len()).map(|n| self.dtype.value(&self.data[self.at(n) * self.dtype.width()..][..self.dtype.width()]))
    }

    /// The same as 32-bit floats.
    pub fn floats(&self) -> Vec<f32> {
        self.values().map(|v| v as f32).collect()
    }

    /// All elements as indices; `None` where one is no whole number of 0 or more.
    pub fn indices(&self) -> Option<Vec<usize>> {
        self.values().map(|v| (v >= 0.0 && v.fract() == 0.0 && v < 2f64.powi(53)).then_some(v as usize)).collect()
    }

    /// Where the n-th element in C order lies in memory.
    fn at(&self, n: usize) -> usize {
        if !self.is_fortran {
            return n;
        }
        let (mut rest, mut stride, mut at) = (n, self.len(), 0);
        for length in self.shape.iter().rev() {
            stride /= length;
            at += rest % length * stride;
            rest /= length;
        }
        at
    }
}

/// Elements of a shape; `None` beyond the address space.
pub fn count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |count, length| count.checked_mul(*length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fortran_order_is_put_into_c_order() {
        let u1 = Dtype::parse("|u1").unwrap();
        // [[[0, 1], [2, 3], [4, 5]], [[6, 7], [8, 9], [10, 11]]], the first axis fastest.
        let array = Array::new(vec![2, 3, 2], u1, true, vec![0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]).unwrap();
        assert_eq!(array.indices().unwrap(), (0..12).collect::<Vec<_>>());
    }

    #[test]
    fn a_shape_that_does_not_fit_is_refused() {
        let u1 = Dtype::parse("|u1").unwrap();
        assert!(Array::new(vec![2, 2], u1, false, vec![0; 3]).is_err());
        assert!(Array::new(vec![usize::MAX, usize::MAX], u1, false, vec![]).is_err());
        assert_eq!(Array::new(vec![], u1, false, vec![7]).unwrap().indices().unwrap(), [7]);
    }
}
