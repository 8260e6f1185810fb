//! What a service counts, as `/healthz` tells it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use keyface_core::SAMPLE_RATE_HZ;
use serde_json::{Value, json};

/// A number that grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds to it.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Relaxed);
    }

    /// Takes one of `most` places, for as long as the guest is kept; `None` when all are taken.
    pub fn enter(self: &Arc<Count>, most: u64) -> Option<Guest> {
        let entered = self.0.fetch_update(Relaxed, Relaxed, |count| (count < most).then_some(count + 1));
        entered.ok().map(|_| Guest(Arc::clone(self)))
    }

    /// How much it is.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Somebody who has a place.
#[derive(Debug)]
pub struct Guest(Arc<Count>);

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

/// Counters of all sessions together.
#[derive(Debug, Default)]
pub struct Figures {
    /// Connections that are open now.
    pub connections: Arc<Count>,
    /// Sessions that are open now.
    pub clients: Arc<Count>,
    /// Sessions since the start.
    pub sessions: Count,
    /// Connections that were refused.
    pub refused: Count,
    /// Messages that were refused.
    pub errors: Count,
    /// Clients that were dropped because they did not read.
    pub dropped: Count,
    /// Samples heard, at 16 kHz.
    pub samples: Count,
    /// Messages sent.
    pub packets: Count,
    /// Turns that are over.
    pub turns: Count,
}

impl Figures {
    /// All of them, as one JSON object.
    pub fn told(&self, model: &str, since: Duration) -> Value {
        json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "model": model,
            "up_s": since.as_secs(),
            "clients": self.clients.get(),
            "sessions": self.sessions.get(),
            "refused": self.refused.get(),
            "errors": self.errors.get(),
            "dropped": self.dropped.get(),
            "sound_s": self.samples.get() / u64::from(SAMPLE_RATE_HZ),
            "messages": self.packets.get(),
            "turns": self.turns.get(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_enter_than_there_are_places() {
        let count = Arc::new(Count::default());
        let mut guests: Vec<Guest> = (0..5).filter_map(|_| count.enter(3)).collect();
        assert_eq!((guests.len(), count.get()), (3, 3));
        guests.pop();
        assert!(count.enter(3).is_some());
    }
}
