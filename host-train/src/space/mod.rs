//! Motion spaces: what a frame of motion is told in, how often, and what it moves of a face. The metrics know no other; a
//! network is told how many values a frame has.

pub mod rig14;

/// A part of a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// The lips.
    Lips,
    /// Forehead, brows and cheeks, or what a corpus counts as such.
    UpperFace,
    /// All vertices.
    All,
}

/// A space of motion. The rig's, [`rig14`], is [`Surface`](crate::evaluate::surface::Surface): 14 channels on a linear basis
/// of vertices; that of a captured corpus is [`Mesh`](crate::papers::Mesh): the vertices themselves. A
/// [`PcaSpace`](crate::papers::space::PcaSpace) is none: it is coordinates within a mesh's, has no clock, no unit and no lips
/// of its own, and what is made in it is measured on the mesh.
pub trait MotionSpace {
    /// One frame of motion.
    type Frame: ?Sized;

    /// Its name.
    fn name(&self) -> &str;

    /// Values of a frame.
    fn width(&self) -> usize;

    /// Frames a second.
    fn rate_hz(&self) -> f64;

    /// Metres of its unit of length.
    fn unit_m(&self) -> f64;

    /// The face at rest.
    fn rest(&self) -> &Self::Frame;

    /// Squared distance from one frame to another of each vertex of a region, in the unit squared.
    fn squares(&self, region: Region, from: &Self::Frame, to: &Self::Frame) -> impl Iterator<Item = f64>;

    /// The largest of them over the lips.
    fn worst_lip(&self, from: &Self::Frame, to: &Self::Frame) -> f64 {
        self.squares(Region::Lips, from, to).fold(0.0, f64::max)
    }

    /// Distance across each pair of the lips in metres; below 0 they overlap, where the space allows it.
    fn gaps_m(&self, frame: &Self::Frame) -> impl Iterator<Item = f64>;

    /// How far the lips are open in metres; `None` in a space without pairs.
    fn opening_m(&self, frame: &Self::Frame) -> Option<f64>;
}
