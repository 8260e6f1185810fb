//! Frames in blocks: what a motion space is made from without holding a corpus in memory.

use crate::corpus::Result;
use crate::papers::corpus::Captured;

/// Frames that are in memory at a time: 18 MB of BIWI's.
pub const BLOCK_FRAMES: usize = 64;

/// Frames of one width, which can be read as often as wanted.
pub trait FrameSource {
    /// Values of a frame.
    fn width(&self) -> usize;

    /// Calls `each` with every block of up to [`BLOCK_FRAMES`] frames, always in the same order.
    ///
    /// # Errors
    /// When a frame cannot be read; or what `each` returns.
    fn blocks(&self, each: &mut dyn FnMut(Vec<f32>) -> Result<()>) -> Result<()>;
}

/// The frames of clips as moves from their speakers' templates.
pub struct ClipMoves<'a>(Vec<&'a Captured>);

impl<'a> ClipMoves<'a> {
    /// Of these clips, all of one mesh.
    pub fn new(clips: impl Iterator<Item = &'a Captured>) -> Self {
        ClipMoves(clips.collect())
    }
}

impl FrameSource for ClipMoves<'_> {
    fn width(&self) -> usize {
        self.0.first().map_or(0, |clip| clip.frames.width())
    }

    fn blocks(&self, each: &mut dyn FnMut(Vec<f32>) -> Result<()>) -> Result<()> {
        let (mut block, mut row) = (Vec::new(), Vec::new());
        for clip in &self.0 {
            for frame in 0..clip.frames.len() {
                clip.frames.read(frame, &mut row)?;
                block.extend(row.iter().zip(clip.template.iter()).map(|(at, rest)| at - rest));
                if block.len() == BLOCK_FRAMES * self.width() {
                    each(std::mem::take(&mut block))?;
                }
            }
        }
        if block.is_empty() { Ok(()) } else { each(block) }
    }
}
