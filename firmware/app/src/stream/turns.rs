//! Turns: what is said between two interruptions or ends. Each has a number, one more than the one before, and ends
//! with exactly one [`Event::Flushed`] or [`Event::Ended`].

use keyface_core::{AudioTime, Moment, Span, Spoken, Step};

/// The way to rest after an interruption: lips are closed well within 150 ms, and no servo is torn.
pub const TO_REST: Span = Span::from_ms(100);
/// How long a face may take to settle behind the last sound.
pub const SETTLE: Span = Span::from_ms(400);

/// Where something belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The turn, from 0.
    pub turn: u32,
    /// Since the turn's first sample.
    pub at: AudioTime,
    /// When it is to be shown, on the clock of whoever asked.
    pub show: Moment,
}

/// What happens in a turn.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// What the face shows at a place.
    Frame(Place, Spoken),
    /// A step of the line, with what it says.
    Step(Place, Step),
    /// A mark's own place.
    Mark(Place, String),
    /// From here on, what was told of this turn is no longer so; what follows is.
    Splice(Place),
    /// The turn was interrupted here.
    Flushed(Place),
    /// The turn's sound ended here.
    Ended(Place),
}

/// How far a way of [`TO_REST`] has come, 0 to 1, without a jerk at either end.
pub fn share_of_rest(since: Span) -> f32 {
    let t = (since.0 as f32 / TO_REST.0 as f32).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
