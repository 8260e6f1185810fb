//! The turn that goes in: when enough of it is there to flow, and how long it waits after it has run dry.

use keyface_core::{HOP_SAMPLES, Span};

use crate::stream::axis::{samples, span};

/// Sound that is waited for before a turn begins: senders that keep real time send unevenly.
const JITTER: Span = Span::from_ms(60);
/// A turn that runs dry waits longer each time, up to this.
const JITTER_MOST: Span = Span::from_ms(480);

/// The turn that goes in now.
pub(super) struct Feeding {
    /// Its number.
    pub turn: u32,
    /// Whether any of its sound went in.
    pub has_begun: bool,
    is_flowing: bool,
    /// When the first sound came that waits to flow.
    waits: Option<u64>,
    patience: Span,
}

impl Feeding {
    pub fn new(turn: u32) -> Feeding {
        Feeding { turn, has_begun: false, is_flowing: false, waits: None, patience: JITTER }
    }

    /// Whether a hop may go in of so many samples that wait, when more may come.
    pub fn is_ready(&mut self, queued: usize, heard: u64) -> bool {
        if self.is_flowing || queued < HOP_SAMPLES {
            return queued >= HOP_SAMPLES;
        }
        let since = *self.waits.get_or_insert(heard);
        queued as u64 >= samples(self.patience) || span(since, heard) >= self.patience
    }

    /// Its sound goes in; whether that is its first.
    pub fn flow(&mut self) -> bool {
        (self.is_flowing, self.waits) = (true, None);
        !std::mem::replace(&mut self.has_begun, true)
    }

    /// Its sound is not there; whether it was flowing.
    pub fn run_dry(&mut self) -> bool {
        let was_flowing = std::mem::take(&mut self.is_flowing);
        if was_flowing {
            self.patience = Span(2 * self.patience.0).min(JITTER_MOST);
        }
        was_flowing
    }
}
