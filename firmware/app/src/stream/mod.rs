//! Voices in and faces out, over the network and to a loudspeaker: turns, the protocol, and who speaks it.
//!
//! [`fast`] tells frames as soon as sound comes, [`playout`] shows and plays it in real time; both make the same
//! [`turns::Event`]s. A [`session`] is one client's conversation, and `serve` is its socket.

pub(crate) mod axis;
#[cfg(unix)]
pub mod control;
pub mod fast;
pub mod figures;
pub mod hall;
mod limit;
pub mod message;
pub mod out;
pub mod pcm;
pub mod playout;
#[cfg(feature = "serve")]
pub mod serve;
pub mod session;
pub mod shapes;
pub mod tell;
pub mod turns;

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use keyface_core::{Line, Model};

    use crate::ears::read_sound;

    const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/playback");

    /// The model that speaks.
    pub fn model() -> Model {
        crate::model::load(MODEL).unwrap()
    }

    /// A line that has heard nothing.
    pub fn line() -> Line {
        Line::new(model())
    }

    /// A sentence, at 16 kHz.
    pub fn clip() -> Vec<f32> {
        read_sound(&Path::new(MODEL).join("demo.wav")).unwrap().samples
    }
}
