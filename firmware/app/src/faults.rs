//! Faults that a whole live job meets: what the face and its servos do, and how long it takes.

use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use keyface_core::{AudioTime, Gains, Samples};

use crate::AppError;
use crate::app::{App, Parts, Turn};
use crate::body::Body;
use crate::ears::{Ear, FileEar, Heard, Pace, Sound};
use crate::face::Look;
use crate::report::Report;
use crate::servo::fake::FakeChip;
use crate::servo::{ServoThread, speech};
use crate::stream::out::Outputs;
use crate::stream::tests::{clip, line};

const REST_US: f64 = 1_500.0;

/// An ear that hears a sentence and is lost for good after a while.
struct Breaks {
    ear: FileEar,
    at: Instant,
}

impl Ear for Breaks {
    fn read(&mut self, out: &mut Vec<f32>) -> Result<Heard, AppError> {
        if Instant::now() >= self.at {
            return Err(AppError::unexpected("ear", "sound", "none any more"));
        }
        self.ear.read(out)
    }

    fn captured(&self, at: AudioTime) -> Option<Instant> {
        self.ear.captured(at)
    }

    fn latency(&self) -> Samples {
        self.ear.latency()
    }

    fn name(&self) -> String {
        "breaks".into()
    }
}

fn sentence(samples: usize) -> FileEar {
    let sound = Sound { name: "test".into(), samples: clip()[..samples].to_vec(), latency: Samples(0), warning: None };
    FileEar::new(sound, Pace::RealTime)
}

fn job(ear: Box<dyn Ear>, servos: Option<ServoThread>) -> App {
    let look = Look::new(Gains::default(), None);
    let body = Body { look, screen: None, servos, outputs: Outputs::default() };
    App::new(Parts { ear, line: line(), body, said: None, recorder: None, pace: Pace::RealTime, limit: None }).unwrap()
}

/// A second of speech, with what the machine does in each turn of the loop.
fn run(watch: impl FnMut(&Turn)) -> Report {
    job(Box::new(sentence(16_000)), None).run(&AtomicBool::new(false), watch).unwrap().0
}

#[test]
fn a_job_that_fails_within_speech_closes_the_jaw_and_lets_it_go() {
    let chip = FakeChip::new();
    let servos = ServoThread::start_on(&speech::servos(), true, chip.opener()).unwrap();
    let breaks = Breaks { ear: sentence(32_000), at: Instant::now() + Duration::from_millis(900) };
    let mut widest = REST_US;
    let watch = |_: &Turn| widest = widest.max(chip.pulse_us(0).unwrap_or(REST_US));
    let error = job(Box::new(breaks), Some(servos)).run(&AtomicBool::new(false), watch).err().unwrap();
    assert_eq!(error.to_string(), "ear: expected sound, came none any more");
    assert!(widest > REST_US + 30.0, "it spoke: {widest} us");
    assert_eq!(chip.pulse_us(0), None);
}

#[test]
fn a_machine_that_is_overloaded_hears_everything_and_shows_fewer_pictures() {
    let report = run(|_| thread::sleep(Duration::from_millis(60)));
    assert!(report.audio_s > 0.99 && report.steps >= 50, "{report}");
    assert!(report.pictures < 40, "pictures that were missed are not made up for: {}", report.pictures);
    assert!(report.latency.unwrap().p95_ms < 400.0, "it does not fall behind: {report}");
}

#[test]
fn a_machine_that_stands_still_for_a_while_goes_on_where_the_sound_is() {
    let (mut stood, begun) = (false, Instant::now());
    let report = run(|turn| {
        if turn.steps > 20 && !std::mem::replace(&mut stood, true) {
            thread::sleep(Duration::from_millis(400));
        }
    });
    assert!(stood && report.audio_s > 0.99 && report.steps >= 50 && report.line_faults == 0, "{report}");
    let most = (begun.elapsed().as_secs_f32() - 0.35) * 60.0;
    assert!((report.pictures as f32) < most, "pictures that were missed are not made up for: {}", report.pictures);
}
