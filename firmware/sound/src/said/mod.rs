//! What is said in a sound: TextGrids and the names that people give to phones in, phones and their times out.
//!
//! `TextGrid -> Labels -> Aligned`

mod aligned;
mod error;
mod labels;
mod textgrid;

pub use aligned::{Aligned, Piece, spread};
pub use error::{Error, Result};
pub use labels::{Labels, Order, Said, phones_of_label};
pub use textgrid::{Interval, TEXTGRID_ENDINGS, TextGrid, Tier};
