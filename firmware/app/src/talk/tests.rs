//! A face that is given its voice, on a clock that nobody waits for.

use std::cell::Cell;
use std::os::fd::BorrowedFd;
use std::rc::Rc;

use keyface_core::{Gains, MotionChannel};

use super::*;
use crate::animate::STEP_SAMPLES;
use crate::ears::{FileEar, Pace, Sound};
use crate::face::Look;
use crate::stream::hall::{Seat, Seen};
use crate::stream::message::Flush;
use crate::stream::out::Outputs;
use crate::stream::tests::{clip, line};

/// Somebody says something at a moment, and that ends the sleep.
struct Clock {
    now: Rc<Cell<Moment>>,
    sleeps: Rc<Cell<usize>>,
    says: Option<(Moment, Seat, Ask)>,
}

impl Time for Clock {
    fn now(&self) -> Moment {
        self.now.get()
    }

    fn wait(&mut self, until: Moment, _news: Option<BorrowedFd<'_>>) {
        self.sleeps.set(self.sleeps.get() + 1);
        let wakes = self.says.as_ref().map_or(until, |(at, ..)| until.min(*at)).max(self.now.get() + Span(1));
        self.now.set(wakes);
        if let Some((_, mut seat, ask)) = self.says.take_if(|(at, ..)| *at <= wakes) {
            seat.ask(ask);
            std::mem::forget(seat);
        }
    }
}

/// What a job did, when it was over, how often it slept, and what a watcher was told.
struct Outcome {
    summary: Summary,
    over: Moment,
    sleeps: usize,
    told: Vec<Seen>,
}

fn run(sound: Option<Vec<f32>>, asks: Option<(Moment, Ask)>) -> Outcome {
    let playout = Playout::new(line());
    let (hall, said) = Hall::new(playout.look_ahead(), playout.lead());
    let (seat, mut watcher) = (hall.sit(true).unwrap(), hall.sit(false).unwrap());
    // Whoever leaves would interrupt the face.
    let (at, ask) = asks.unwrap_or((Moment(i64::MAX), Ask::End {}));
    live(sound, playout, hall, said, Some((at, seat, ask)), || watcher.told())
}

/// Nobody is told.
fn alone(sound: Option<Vec<f32>>) -> Outcome {
    let playout = Playout::new(line());
    let (hall, said) = Hall::new(playout.look_ahead(), playout.lead());
    live(sound, playout, hall, said, None, || None)
}

fn live(
    sound: Option<Vec<f32>>,
    playout: Playout,
    hall: Hall,
    said: Receiver<Said>,
    says: Option<(Moment, Seat, Ask)>,
    mut hear: impl FnMut() -> Option<Seen>,
) -> Outcome {
    let ear = sound.map(|samples| {
        let sound = Sound { name: "test".into(), samples, latency: Samples(0), warning: None };
        Box::new(FileEar::new(sound, Pace::Fast)) as Box<dyn Ear>
    });
    let look = Look::new(Gains::default(), None);
    let body = Body { look, screen: None, servos: None, outputs: Outputs::default() };
    let started = Instant::now();
    let limit = Some(Span::from_ms(20_000));
    let parts = Parts { ear, playout, body, speaker: None, hall, said, started, limit };
    let (now, sleeps) = (Rc::new(Cell::new(Moment::START)), Rc::new(Cell::new(0)));
    let clock = Clock { now: Rc::clone(&now), sleeps: Rc::clone(&sleeps), says };
    let mut told = Vec::new();
    let listen = |_: &Turn| told.extend(std::iter::from_fn(&mut hear));
    let talk = Talk::on(Box::new(clock), Bell::new().unwrap(), parts);
    let summary = talk.run(&AtomicBool::new(false), listen).unwrap();
    told.extend(std::iter::from_fn(hear));
    Outcome { summary, over: now.get(), sleeps: sleeps.get(), told }
}

/// When the mouth was open, and how far.
fn jaws(told: &[Seen]) -> impl Iterator<Item = (Moment, f32)> {
    told.iter().filter_map(|told| match &told.0 {
        Event::Frame(place, spoken) => Some((place.show, spoken.motion[MotionChannel::JawOpen])),
        _ => None,
    })
}

#[test]
fn a_file_is_spoken_in_real_time_to_its_end() {
    let Outcome { summary, over, told, .. } = run(Some(clip()[..24_000].to_vec()), None);
    assert!((1_500_000..2_500_000).contains(&over.0), "{over:?}");
    assert_eq!((summary.ended, summary.flushed, summary.underruns), (1, 0, 0));
    assert!(jaws(&told).any(|(_, jaw)| jaw > 0.1), "it spoke");
    assert!(jaws(&told).last().unwrap().1 < 0.02, "it rests");
}

#[test]
fn an_interruption_is_shown_at_once_and_ends_a_file() {
    let asked = Moment(1_503_217);
    let Outcome { summary, told, .. } = run(Some(clip()), Some((asked, Ask::Flush(Flush::default()))));
    // The turn that is spoken, and the one behind the file's end.
    assert_eq!((summary.ended, summary.flushed), (0, 2));
    let flushed = told.iter().filter_map(|told| match told.0 {
        Event::Flushed(place) => Some((place.turn, place.show)),
        _ => None,
    });
    assert_eq!(flushed.collect::<Vec<_>>(), [(0, asked), (1, asked)], "within the same turn of the loop");
    let next = jaws(&told).find(|(show, _)| *show >= asked).unwrap().0;
    assert_eq!(next, asked, "the way to rest begins with a picture of its own");
    let open = jaws(&told).filter(|(_, jaw)| *jaw > 0.02).last().unwrap().0;
    assert!(open > Moment::from_ms(1_000) && open - asked < Span::from_ms(150), "{open:?}: closed within 150 ms");
}

#[test]
fn a_face_sleeps_until_a_picture_or_the_sound_of_a_step_is_due() {
    let Outcome { summary, over, sleeps, .. } = alone(None);
    assert_eq!(over, Moment::from_ms(20_000));
    assert!((1_190..=1_210).contains(&summary.pictures), "{}", summary.pictures);
    assert!(sleeps as u64 <= summary.pictures + 20, "{sleeps}");
    let sound = clip();
    // The file is read at once, block by block.
    let reads = sound.len() / STEP_SAMPLES;
    let Outcome { over, sleeps, .. } = alone(Some(sound));
    let a_second = (sleeps - reads) as f64 / over.as_s();
    assert!((90.0..120.0).contains(&a_second), "{a_second} times a second: 60 pictures and 50 steps");
}
