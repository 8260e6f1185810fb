//! The names that a pickle may use.

/// What stands in the pickle instead of what is taken.
pub type Refusal = String;

/// A constructor of numpy's, or Python's way to write bytes as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Reconstruct,
    NdArray,
    Dtype,
    Scalar,
    FromBuffer,
    Encode,
}

impl Known {
    /// By module and name; the error names what is refused.
    pub fn find(module: &str, name: &str) -> Result<Known, Refusal> {
        match (module, name) {
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Ok(Known::Reconstruct),
            ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Ok(Known::Scalar),
            ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Ok(Known::FromBuffer),
            ("numpy", "ndarray") => Ok(Known::NdArray),
            ("numpy", "dtype") => Ok(Known::Dtype),
            ("_codecs", "encode") => Ok(Known::Encode),
            _ => Err(format!("the global {module}.{name}, which is refused")),
        }
    }
}
