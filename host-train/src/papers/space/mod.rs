//! Within a mesh's space: vertices as a few coefficients, and losses of vertices by the coefficients alone. And out of it:
//! from any mesh to the rig's channels.

mod eigen;
mod pca;
mod rig_fit;
mod sketch;
mod source;
mod vertex_loss;

pub use pca::PcaSpace;
pub use rig_fit::RigFit;
pub use source::{BLOCK_FRAMES, ClipMoves, FrameSource};
pub use vertex_loss::VertexLoss;
