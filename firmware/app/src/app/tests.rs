//! The whole job on a clock that nobody waits for: an ear, a screen and time itself are this test.

use std::cell::RefCell;
use std::os::fd::BorrowedFd;
use std::rc::Rc;

use keyface_core::{AudioTime, FacePose, Gains};

use super::*;
use crate::face::{Beats, Canvas, Face, FaceError, Flips, Look, Ready, Surface};
use crate::screen::{Screen, ScreenCounters};
use crate::stream::out::Outputs;
use crate::stream::tests::{clip, line};

const SIZE: (u32, u32) = (64, 48);
const SECOND: usize = SAMPLE_RATE_HZ as usize;

/// What is so outside of the job.
#[derive(Default)]
struct World {
    now: Moment,
    /// Times that the job slept.
    sleeps: usize,
    /// From one flip of the screen to the next; `None` for a screen without a beat.
    period: Option<Span>,
    /// When the picture that is on its way is seen.
    flip: Option<Moment>,
    /// The picture of this number comes a flip too late.
    late: Option<usize>,
    /// The screen is gone, and is back.
    gone: Option<(Moment, Moment)>,
    /// The user closes the screen.
    closes: Option<Moment>,
    /// When a picture was taken, and whether it shows a face at rest.
    shown: Vec<(Moment, bool)>,
}

type Shared = Rc<RefCell<World>>;

struct Clock(Shared);

impl Time for Clock {
    fn now(&self) -> Moment {
        self.0.borrow().now
    }

    fn wait(&mut self, until: Moment, _news: Option<BorrowedFd<'_>>) {
        let mut world = self.0.borrow_mut();
        world.sleeps += 1;
        let flip = world.flip.unwrap_or(Moment(i64::MAX));
        world.now = until.min(flip).max(world.now + Span(1));
    }
}

/// Gives a sound as time passes.
struct FakeEar {
    world: Shared,
    sound: Vec<f32>,
    given: usize,
    breaks: Option<Moment>,
}

impl Ear for FakeEar {
    fn read(&mut self, out: &mut Vec<f32>) -> Result<Heard, AppError> {
        let now = self.world.borrow().now;
        if self.breaks.is_some_and(|at| now >= at) {
            return Err(AppError::unexpected("ear", "sound", "none any more"));
        }
        let due = (now.0 * 16 / 1_000) as usize;
        if self.given == self.sound.len() {
            return Ok(Heard::End);
        }
        let until = due.min(self.sound.len());
        out.extend_from_slice(&self.sound[self.given..until]);
        let heard = if until == self.given { Heard::Nothing } else { Heard::Sound };
        self.given = until;
        Ok(heard)
    }

    fn due_in(&self) -> Option<Duration> {
        let next = (self.given / STEP_SAMPLES + 1) * STEP_SAMPLES;
        let due_us = (next.min(self.sound.len()) * 1_000).div_ceil(16) as i64;
        Some(Duration::from_micros((due_us - self.world.borrow().now.0).max(0) as u64))
    }

    fn captured(&self, _at: AudioTime) -> Option<Instant> {
        None
    }

    fn latency(&self) -> Samples {
        Samples(0)
    }

    fn name(&self) -> String {
        "fake".into()
    }
}

struct FakeScreen {
    world: Shared,
    beats: Option<Beats>,
    rest: Canvas,
}

fn gone() -> FaceError {
    FaceError::Screen { place: "fake".into(), expected: "a screen".into(), came: "none".into() }
}

impl FakeScreen {
    fn open(world: &Shared) -> Result<Box<dyn Surface>, FaceError> {
        let now = world.borrow().now;
        if world.borrow().gone.is_some_and(|(from, to)| (from..to).contains(&now)) {
            return Err(gone());
        }
        let rest = Face::new(SIZE.0, SIZE.1)?.draw(&FacePose::REST).clone();
        let beats = world.borrow().period.map(Beats::new);
        Ok(Box::new(FakeScreen { world: Rc::clone(world), beats, rest }))
    }
}

impl Surface for FakeScreen {
    fn size_px(&self) -> (u32, u32) {
        SIZE
    }

    fn flips(&self) -> Option<Flips> {
        self.beats.as_ref()?.flips(self.world.borrow().flip.is_some())
    }

    fn tend(&mut self, now: Moment) -> Result<Ready, FaceError> {
        let mut world = self.world.borrow_mut();
        if world.gone.is_some_and(|(from, to)| (from..to).contains(&now)) {
            world.flip = None;
            return Err(gone());
        }
        if world.closes.is_some_and(|at| now >= at) {
            return Ok(Ready::Closed);
        }
        if let (Some(flip), Some(beats)) = (world.flip.take_if(|flip| *flip <= now), &mut self.beats) {
            beats.flipped(Duration::from_micros(flip.0 as u64), now);
        }
        Ok(if world.flip.is_some() { Ready::Later } else { Ready::Now })
    }

    fn show(&mut self, picture: &Canvas, now: Moment) -> Result<(), FaceError> {
        let mut world = self.world.borrow_mut();
        let is_rest = picture.rgb().eq(self.rest.rgb());
        world.shown.push((now, is_rest));
        let is_late = world.late == Some(world.shown.len());
        world.flip = world.period.map(|period| Moment((now.0 / period.0 + 1 + i64::from(is_late)) * period.0));
        Ok(())
    }
}

fn world(period: Option<Span>) -> Shared {
    Rc::new(RefCell::new(World { period, ..World::default() }))
}

fn job(world: &Shared, sound: Vec<f32>) -> App {
    let inside = Rc::clone(world);
    let screen = Screen::with(Box::new(move || FakeScreen::open(&inside)), None, true).unwrap();
    let ear = Box::new(FakeEar { world: Rc::clone(world), sound, given: 0, breaks: None });
    let look = Look::new(Gains::default(), None);
    let body = Body { look, screen: Some(screen), servos: None, outputs: Outputs::default() };
    let parts = Parts { ear, line: line(), body, said: None, recorder: None, pace: Pace::RealTime, limit: None };
    App::on(Box::new(Clock(Rc::clone(world))), Bell::new().unwrap(), parts)
}

fn run(job: App) -> Report {
    job.run(&AtomicBool::new(false), |_| ()).unwrap().0
}

/// Speech: the face is not at rest within it.
fn speech(samples: usize) -> Vec<f32> {
    clip()[16_000..16_000 + samples].to_vec()
}

#[test]
fn a_job_ends_behind_its_sound_with_a_face_at_rest() {
    let world = world(None);
    let report = run(job(&world, speech(SECOND)));
    let world = world.borrow();
    assert_eq!(report.audio_s, 1.0);
    assert!((1_400_000..2_100_000).contains(&world.now.0), "{:?}", world.now);
    assert!(world.shown.iter().any(|(_, is_rest)| !is_rest), "it spoke");
    assert!(world.shown.last().unwrap().1, "it rests");
    assert!(report.pictures >= 80 && report.screen.unwrap().skipped == 0, "{report}");
}

#[test]
fn a_job_hears_up_to_its_limit_and_no_sample_more() {
    let world = world(None);
    let mut job = job(&world, speech(SECOND));
    job.parts.limit = Some(Span::from_ms(500));
    let report = run(job);
    assert_eq!((report.audio_s, report.steps), (0.5, 25));
    assert!(world.borrow().shown.last().unwrap().1, "it rests");
}

#[test]
fn a_job_that_is_stopped_within_speech_comes_to_rest_in_a_third_of_a_second() {
    for period in [None, Some(Span(20_000))] {
        let (world, stop) = (world(period), AtomicBool::new(false));
        let mut stopped = Moment(0);
        let clock = Rc::clone(&world);
        let watch = |turn: &Turn| {
            if turn.steps >= 30 && !stop.swap(true, Relaxed) {
                stopped = clock.borrow().now;
            }
        };
        let (report, _) = job(&world, speech(SECOND)).run(&stop, watch).unwrap();
        let world = world.borrow();
        assert!(report.audio_s < 0.7, "{report}");
        let way: Vec<_> = world.shown.iter().filter(|(at, _)| *at > stopped).collect();
        assert!(way.last().unwrap().1 && !way[0].1, "from what it said to rest");
        assert!((14..=20).contains(&way.len()), "{} pictures", way.len());
        assert!((world.now - stopped).0 < 360_000, "{:?}", world.now - stopped);
    }
}

#[test]
fn a_job_whose_screen_is_closed_ends() {
    let world = world(None);
    world.borrow_mut().closes = Some(Moment::from_ms(300));
    let report = run(job(&world, speech(SECOND)));
    assert!(report.audio_s < 0.35, "{report}");
}

#[test]
fn a_job_whose_ear_is_lost_for_good_says_so_with_a_face_at_rest() {
    let world = world(None);
    let mut job = job(&world, speech(SECOND));
    let breaks = Some(Moment::from_ms(600));
    job.parts.ear = Box::new(FakeEar { world: Rc::clone(&world), sound: speech(SECOND), given: 0, breaks });
    let error = job.run(&AtomicBool::new(false), |_| ()).err().unwrap();
    assert_eq!(error.to_string(), "ear: expected sound, came none any more");
    assert!(world.borrow().shown.last().unwrap().1, "it rests");
}

#[test]
fn a_screen_that_is_lost_does_not_stop_the_sound_and_shows_the_face_when_it_is_back() {
    for period in [None, Some(Span(20_000))] {
        let world = world(period);
        world.borrow_mut().gone = Some((Moment::from_ms(300), Moment::from_ms(700)));
        let report = run(job(&world, speech(SECOND)));
        let screen = report.screen.unwrap();
        assert_eq!((report.audio_s, screen.lost, screen.reopened), (1.0, 1, 1), "{report}");
        let world = world.borrow();
        assert!(!world.shown.iter().any(|(at, _)| (300_000..700_000).contains(&at.0)));
        assert!(world.shown.iter().any(|(at, is_rest)| at.0 > 700_000 && !is_rest), "it speaks on");
    }
}

#[test]
fn each_flip_has_a_picture_and_a_late_one_costs_one() {
    for (period_us, late) in [(20_000, None), (16_683, None), (11_111, Some(30)), (20_000, Some(30))] {
        let world = world(Some(Span(period_us)));
        world.borrow_mut().late = late;
        let report = run(job(&world, vec![0.0; SECOND]));
        let ScreenCounters { shown, skipped, .. } = report.screen.unwrap();
        assert_eq!(skipped, u64::from(late.is_some()), "{period_us} us: {report}");
        // The first few pictures come before the screen has told its beat.
        let flips = (world.borrow().now.0 / period_us) as u64;
        assert!((shown + skipped).abs_diff(flips) <= 3, "{period_us} us: {shown} shown, {skipped} late, {flips} flips");
    }
}

#[test]
fn a_job_sleeps_until_something_is_due() {
    let world = world(None);
    run(job(&world, vec![0.0; SECOND]));
    let world = world.borrow();
    let a_second = world.sleeps as f64 / world.now.as_s();
    assert!((60.0..130.0).contains(&a_second), "{a_second} times a second: 60 pictures and 50 steps");
}
