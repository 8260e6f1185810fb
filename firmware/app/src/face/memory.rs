//! A screen that nobody sees: pictures are brought into memory as on a graphics card. For measuring.

use keyface_core::Moment;

use super::surface::zoom_of;
use super::{Canvas, Depth, FaceError, Layout, Pixels, Ready, Surface, Turns};

/// Two buffers that take turns.
pub struct Memory {
    layout: Layout,
    buffers: [Vec<u8>; 2],
    turns: Turns,
}

impl Memory {
    /// A screen of `width` x `height` pixels.
    pub fn new(width: u32, height: u32) -> Memory {
        let depth = Depth::Xrgb8888;
        let layout = Layout { width, height, stride: width as usize * depth.bytes(), depth };
        let buffers = [vec![0; layout.bytes()], vec![0; layout.bytes()]];
        Memory { layout, buffers, turns: Turns::default() }
    }
}

impl Surface for Memory {
    fn size_px(&self) -> (u32, u32) {
        (self.layout.width, self.layout.height)
    }

    fn zooms(&self) -> bool {
        true
    }

    fn tend(&mut self, _now: Moment) -> Result<Ready, FaceError> {
        Ok(Ready::Now)
    }

    fn show(&mut self, picture: &Canvas, _now: Moment) -> Result<(), FaceError> {
        let zoom = zoom_of(self.size_px(), picture)?;
        if let Some((next, lacking)) = self.turns.next(picture) {
            Pixels::new(&mut self.buffers[next], self.layout, zoom).show(picture, lacking);
        }
        Ok(())
    }
}
