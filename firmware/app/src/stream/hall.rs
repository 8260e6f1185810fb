//! This machine's own face, as sessions see it: one of them gives it its voice, others watch.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use keyface_core::{FacePose, Span};

use super::message::{Ask, Flush};
use super::turns::Event;
use crate::wait::{Bell, Rope};

/// Pieces of sound that wait between a session and the face.
const SAID_WAITING: usize = 16;
/// Events that wait for a session: four seconds of frames.
const TOLD_WAITING: usize = 256;

/// What a session says to the face.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// Samples at 16 kHz.
    Sound(Vec<f32>),
    /// A message.
    Ask(Ask),
}

/// What a session is told of the face: what happened, and how it looked.
pub type Seen = Arc<(Event, FacePose)>;

/// The way to the face.
#[derive(Clone)]
pub struct Hall {
    shared: Arc<Shared>,
}

struct Shared {
    said: SyncSender<Said>,
    /// Rings when something was said.
    rope: Rope,
    seats: Mutex<Vec<SyncSender<Seen>>>,
    is_taken: AtomicBool,
    has_room: AtomicBool,
    /// The turn that comes after those that are over.
    turn: AtomicU32,
    look_ahead: Span,
    delay: Span,
}

impl Hall {
    /// A face that looks ahead and shows what comes `delay` later; what is said to it comes out of the receiver.
    pub fn new(look_ahead: Span, delay: Span) -> (Hall, Receiver<Said>) {
        let (said, hears) = sync_channel(SAID_WAITING);
        let (is_taken, has_room, turn) = (AtomicBool::new(false), AtomicBool::new(true), AtomicU32::new(0));
        let seats = Mutex::default();
        let rope = Rope::default();
        (Hall { shared: Arc::new(Shared { said, rope, seats, is_taken, has_room, turn, look_ahead, delay }) }, hears)
    }

    /// Ties a bell to it: it rings when something was said.
    pub fn tie(&self, bell: &Bell) {
        self.shared.rope.tie(bell);
    }

    /// A seat: the one that speaks, or one that watches.
    ///
    /// # Errors
    /// When somebody else speaks.
    pub fn sit(&self, speaks: bool) -> Result<Seat, String> {
        if speaks && self.shared.is_taken.swap(true, Relaxed) {
            return Err("expected a face that nobody else speaks through (`watch` looks on), came a taken one".into());
        }
        let (sender, told) = sync_channel(TOLD_WAITING);
        self.seats().push(sender);
        Ok(Seat { shared: Arc::clone(&self.shared), told, speaks, waiting: VecDeque::new() })
    }

    /// The face has a voice of its own: nobody may speak through it.
    pub fn reserve(&self) {
        self.shared.is_taken.store(true, Relaxed);
    }

    /// Tells every seat what happened, and how the face `looks` then. A seat that does not listen misses frames, and is
    /// given up when it misses more.
    pub fn tell(&self, event: Event, looks: impl FnOnce(&Event) -> FacePose) {
        if let Event::Flushed(place) | Event::Ended(place) = &event {
            self.shared.turn.store(place.turn + 1, Relaxed);
        }
        let mut seats = self.seats();
        if seats.is_empty() {
            return;
        }
        let may_miss = matches!(event, Event::Frame(..) | Event::Step(..));
        let pose = looks(&event);
        let told = Arc::new((event, pose));
        seats.retain(|seat| match seat.try_send(Arc::clone(&told)) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => may_miss,
            Err(TrySendError::Disconnected(_)) => false,
        });
    }

    /// Whether there is a seat that is told.
    pub fn is_watched(&self) -> bool {
        !self.seats().is_empty()
    }

    /// Says whether more sound may come.
    pub fn set_room(&self, has_room: bool) {
        self.shared.has_room.store(has_room, Relaxed);
    }

    fn seats(&self) -> std::sync::MutexGuard<'_, Vec<SyncSender<Seen>>> {
        self.shared.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One session's place before the face.
pub struct Seat {
    shared: Arc<Shared>,
    told: Receiver<Seen>,
    speaks: bool,
    waiting: VecDeque<Said>,
}

impl Seat {
    /// What the face's line looks ahead.
    pub fn look_ahead(&self) -> Span {
        self.shared.look_ahead
    }

    /// How much later than it comes, at least, a sound is shown.
    pub fn delay(&self) -> Span {
        self.shared.delay
    }

    /// The turn that the next sound belongs to.
    pub fn turn(&self) -> u32 {
        self.shared.turn.load(Relaxed)
    }

    /// Sends sound.
    pub fn sound(&mut self, samples: &[f32]) {
        if !samples.is_empty() {
            self.send(Said::Sound(samples.to_vec()));
        }
    }

    /// Sends a message; an interruption overtakes the sound that still waits here.
    pub fn ask(&mut self, ask: Ask) {
        if matches!(ask, Ask::Flush(_)) {
            self.waiting.retain(|said| !matches!(said, Said::Sound(_)));
        }
        self.send(Said::Ask(ask));
    }

    /// Whether more sound may come.
    pub fn has_room(&mut self) -> bool {
        self.pump();
        self.waiting.is_empty() && self.shared.has_room.load(Relaxed)
    }

    /// The next that happened.
    pub fn told(&mut self) -> Option<Seen> {
        self.pump();
        self.told.try_recv().ok()
    }

    fn send(&mut self, said: Said) {
        self.waiting.push_back(said);
        self.pump();
    }

    fn pump(&mut self) {
        while let Some(said) = self.waiting.pop_front() {
            let sent = self.shared.said.try_send(said);
            self.shared.rope.pull();
            if let Err(TrySendError::Full(said)) = sent {
                return self.waiting.push_front(said);
            }
        }
    }
}

/// Who leaves the face falls silent.
impl Drop for Seat {
    fn drop(&mut self) {
        if self.speaks {
            // A face that is gone needs no silence; one that is busy takes it within a turn of its loop.
            _ = self.shared.said.send(Said::Ask(Ask::Flush(Flush::default())));
            self.shared.rope.pull();
            self.shared.is_taken.store(false, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use keyface_core::{AudioTime, Moment};

    use super::*;
    use crate::stream::turns::Place;

    fn hall() -> (Hall, Receiver<Said>) {
        Hall::new(Span::from_ms(120), Span::from_ms(150))
    }

    #[test]
    fn one_speaks_and_others_watch() {
        let (hall, hears) = hall();
        let speaker = hall.sit(true).unwrap();
        assert!(hall.sit(true).is_err());
        let mut watcher = hall.sit(false).unwrap();
        let place = Place { turn: 4, at: AudioTime(0), show: Moment(0) };
        hall.tell(Event::Ended(place), |_| FacePose::REST);
        assert_eq!(watcher.told().unwrap().0, Event::Ended(place));
        assert_eq!(watcher.turn(), 5);
        drop(speaker);
        assert_eq!(hears.recv(), Ok(Said::Ask(Ask::Flush(Flush::default()))));
        assert!(hall.sit(true).is_ok());
    }

    #[test]
    fn an_interruption_overtakes_sound_that_found_no_room() {
        let (hall, hears) = hall();
        let mut seat = hall.sit(true).unwrap();
        (0..SAID_WAITING + 9).for_each(|_| seat.sound(&[0.1; 4]));
        assert!(!seat.has_room());
        seat.ask(Ask::Flush(Flush::default()));
        let sounds = std::iter::from_fn(|| hears.try_recv().ok()).take_while(|said| matches!(said, Said::Sound(_)));
        assert_eq!(sounds.count(), SAID_WAITING);
        assert!(seat.has_room());
        assert_eq!(hears.try_recv(), Ok(Said::Ask(Ask::Flush(Flush::default()))));
    }

    #[test]
    fn who_does_not_listen_is_given_up_and_costs_nothing() {
        let (hall, _hears) = hall();
        let deaf = hall.sit(false).unwrap();
        let place = Place { turn: 0, at: AudioTime(0), show: Moment(0) };
        (0..1_000).for_each(|_| hall.tell(Event::Frame(place, Default::default()), |_| FacePose::REST));
        assert_eq!(hall.seats().len(), 1);
        hall.tell(Event::Ended(place), |_| FacePose::REST);
        assert_eq!(hall.seats().len(), 0);
        drop(deaf);
    }
}
