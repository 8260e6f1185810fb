//! When a picture is due, and when it will be seen: by a screen's own flips, or 60 times a second where there are none.
//!
//! A flip comes when the screen wants it; whoever made pictures by another clock would show some twice and skip others,
//! again and again. So a picture is made for a flip: shortly before it, and as of the same span before each.

use keyface_core::{Moment, Span};

/// Pictures a second where no screen says otherwise.
pub const DISPLAY_FPS: u32 = 60;
/// A picture that is begun so shortly before a flip does not get there in time.
const HURRY: Span = Span::from_ms(2);

/// How a screen changes its pictures, in the job's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// When the newest picture was first seen.
    pub last: Moment,
    /// From one refresh of the screen to the next.
    pub period: Span,
    /// How long before a flip its picture is begun.
    pub lead: Span,
    /// Whether it waits for a picture: none is on its way.
    pub is_free: bool,
}

/// A picture that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The moment that it is made at, to the beat, however late the machine is.
    pub at: Moment,
    /// When it will be seen.
    pub seen: Moment,
}

/// Pictures, one after another.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pictures {
    /// When the next one is due without a beat.
    next: Moment,
    /// The flip that the newest one was made for.
    made_for: Option<Moment>,
}

impl Pictures {
    /// The picture that is due now, if one is. Those that were missed are not made up for.
    pub fn due(&mut self, now: Moment, beat: Option<Beat>) -> Option<Picture> {
        let at = self.next(now, beat)?;
        if now < at {
            return None;
        }
        let picture = match beat {
            Some(beat) => Picture { at, seen: at + beat.lead },
            None => {
                let next = next_tick(self.next, now, DISPLAY_FPS);
                let at = next - between(DISPLAY_FPS);
                Picture { at, seen: at }
            }
        };
        self.made_for = beat.map(|_| picture.seen);
        self.next = picture.at + between(DISPLAY_FPS);
        Some(picture)
    }

    /// When the next picture is due; `None` while the screen has not yet taken the one before.
    pub fn next(&self, now: Moment, beat: Option<Beat>) -> Option<Moment> {
        match beat {
            None => Some(self.next),
            Some(beat) => beat.is_free.then(|| beat.after(now, self.made_for) - beat.lead),
        }
    }

    /// The next picture shall be made at once, where no screen says when.
    pub fn hasten(&mut self, now: Moment) {
        self.next = self.next.min(now);
    }
}

impl Beat {
    /// The next flip that a picture can be made for; each gets one.
    fn after(&self, now: Moment, made_for: Option<Moment>) -> Moment {
        let period = self.period.0.max(1);
        let in_time = (now + HURRY - self.last).0.div_euclid(period) + 1;
        let not_again = made_for.map_or(1, |made| ((made - self.last).0 + period / 2).div_euclid(period) + 1);
        self.last + Span(in_time.max(not_again).max(1) * period)
    }
}

/// The next picture's time; pictures that were missed are not made up for.
pub(crate) fn next_tick(last: Moment, now: Moment, fps: u32) -> Moment {
    let missed = (now - last).0 / between(fps).0;
    last + Span((missed + 1) * between(fps).0)
}

fn between(fps: u32) -> Span {
    Span(1_000_000 / i64::from(fps))
}

#[cfg(test)]
mod tests;
