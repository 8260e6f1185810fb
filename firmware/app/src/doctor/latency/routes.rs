//! The two ways through a face, each run as it runs live while a clip is played and heard: a microphone's voice to
//! pictures and servos, and a voice that is played to the same.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::track::Track;
use crate::AppError;
use crate::app::{self, App};
use crate::board::Board;
use crate::body::Body;
use crate::ears::{Ear, FileEar, Heard, Mic, Pace, Sound, Speaker, Wanted};
use crate::face::{Life, Look};
use crate::report::Latency;
use crate::screen::Screen;
use crate::servo::ServoThread;
use crate::stream::hall::Hall;
use crate::stream::out::Outputs;
use crate::stream::playout::{Playout, VoiceHop};
use crate::stream::turns::Event;
use crate::talk::{self, Talk};
use keyface_core::{AudioTime, HOP_SAMPLES, Line, Model, SAMPLE_RATE_HZ, Samples, Span};

/// The life that is lived meanwhile.
const SEED: u64 = 1;
/// How often a microphone is asked that has not begun.
const NAP: Duration = Duration::from_millis(2);
/// Silence before the clip, sound that the loudspeaker has ahead, and how long the clip may take to be heard.
const LEAD_IN: u64 = SAMPLE_RATE_HZ as u64 / 2;
const AHEAD: u64 = SAMPLE_RATE_HZ as u64 / 10;
const TO_BE_HEARD: u64 = SAMPLE_RATE_HZ as u64 * 7 / 10;
/// How long a sound system may take until it gives its first sample, and a device to play the clip.
const PATIENCE: Duration = Duration::from_secs(3);
const LONGEST: Span = Span::from_ms(10_000);
/// Pictures where a board has no screen.
const SIZE_PX: (u32, u32) = (640, 480);

/// What a way is made of.
pub struct Plan<'a> {
    /// What this machine has.
    pub board: &'a Board,
    /// Which microphone hears.
    pub microphone: Wanted,
    /// Which loudspeaker plays; `None` for the default.
    pub loudspeaker: Option<String>,
    /// What is played.
    pub clip: Sound,
}

/// What was measured on a way, by the devices' own words, and what proves their words.
pub struct Run {
    /// What was played, and when by the loudspeaker's word.
    pub said: Track,
    /// What was heard, and when by the microphone's word.
    pub heard: Track,
    /// Pictures.
    pub pixel: Option<Latency>,
    /// Commands.
    pub servo: Option<Latency>,
    /// What pictures were shown on.
    pub screen: String,
    /// Why no servo was told anything, where a board has some.
    pub no_servos: Option<String>,
    /// How much earlier than a screen the servos are told.
    pub lead: Span,
}

/// A microphone's voice.
pub fn microphone(plan: &Plan, model: Model) -> Result<Run, AppError> {
    let Stand { body, screen, no_servos, lead } = Stand::of(plan.board)?;
    let tracks = Rc::new(RefCell::new(Tracks::of(&plan.clip)));
    let ear = LoopEar {
        ears: Ears { mic: Mic::open(plan.microphone.clone())?, count: 0, base: Instant::now() },
        speaker: Speaker::open(plan.loudspeaker.clone())?,
        start: None,
        fed: 0,
        is_over: false,
        tracks: Rc::clone(&tracks),
    };
    let line = Line::new(model);
    let limit = Some(plan.clip.duration() + LONGEST);
    let parts = app::Parts { ear: Box::new(ear), line, body, said: None, recorder: None, pace: Pace::RealTime, limit };
    let (report, _) = App::new(parts)?.run(&AtomicBool::new(false), |_| ())?;
    let Tracks { said, heard } = tracks.take();
    let servo = report.servos.and_then(|servos| servos.latency);
    Ok(Run { said, heard, pixel: report.latency, servo, screen, no_servos, lead })
}

/// A voice that is played.
pub fn play(plan: &Plan, model: Model) -> Result<Run, AppError> {
    let Stand { body, screen, no_servos, lead } = Stand::of(plan.board)?;
    let started = Instant::now();
    let mut ears = Ears { mic: Mic::open(plan.microphone.clone())?, count: 0, base: started };
    let Tracks { mut said, mut heard } = Tracks::of(&plan.clip);
    while ears.count == 0 && started.elapsed() < PATIENCE {
        ears.read(&mut Vec::new(), &mut heard)?;
        std::thread::sleep(NAP);
    }
    let playout = Playout::new(Line::new(model)).waiting_for(lead);
    let (hall, hears) = Hall::new(playout.look_ahead(), playout.lead());
    let none = |came| AppError::unexpected("latency", "a seat before the face", came);
    let mut seat = hall.sit(false).map_err(none)?;
    let ear: Box<dyn Ear> = Box::new(FileEar::new(plan.clip.clone(), Pace::Fast));
    let speaker = Some(Speaker::open(plan.loudspeaker.clone())?);
    let limit = Some(plan.clip.duration() + LONGEST);
    let parts = talk::Parts { ear: Some(ear), playout, body, speaker, hall, said: hears, started, limit };
    let mut outcome = Ok(Heard::Nothing);
    let summary = Talk::new(parts)?.run(&AtomicBool::new(false), |_| {
        if outcome.is_ok() {
            outcome = ears.read(&mut Vec::new(), &mut heard);
        }
        while let Some(told) = seat.told() {
            if let Event::Frame(place, _) = &told.0 {
                said.mark(place.at.as_s() * f64::from(SAMPLE_RATE_HZ), place.show.as_s());
            }
        }
    })?;
    outcome?;
    let servo = summary.servos.and_then(|servos| servos.latency);
    Ok(Run { said, heard, pixel: summary.latency, servo, screen, no_servos, lead })
}

/// What a face is shown on here.
struct Stand {
    body: Body,
    screen: String,
    no_servos: Option<String>,
    lead: Span,
}

impl Stand {
    fn of(board: &Board) -> Result<Stand, AppError> {
        let open = || Screen::open("Keyface", &board.display).ok().filter(|screen| screen.counters().lost == 0);
        let seen = board.display.is_live().then(open).flatten();
        let (width, height) = board.display.width_px.zip(board.display.height_px).unwrap_or(SIZE_PX);
        let (screen, name) = match seen {
            Some(screen) => (screen, "on the screen".to_owned()),
            None => (Screen::in_memory(width, height)?, format!("in memory, {width}x{height}, as no screen is here")),
        };
        let started = board.servos.as_ref().map(|servos| ServoThread::start(servos, true));
        let (servos, no_servos) = match started.transpose() {
            Ok(servos) => (servos, None),
            Err(error) => (None, Some(error.to_string())),
        };
        let look = Look::new(board.gains.into(), Some(Life::new(SEED)));
        let body = Body { look, screen: Some(screen), servos, outputs: Outputs::default() };
        let lead = body.lead();
        Ok(Stand { body, screen: name, no_servos, lead })
    }
}

/// What was played and heard.
#[derive(Default)]
struct Tracks {
    said: Track,
    heard: Track,
}

impl Tracks {
    fn of(clip: &Sound) -> Tracks {
        Tracks { said: Track::new(clip.samples.clone()), heard: Track::default() }
    }
}

/// A microphone that is written down.
struct Ears {
    mic: Mic,
    count: u64,
    base: Instant,
}

impl Ears {
    fn read(&mut self, out: &mut Vec<f32>, heard: &mut Track) -> Result<Heard, AppError> {
        let before = out.len();
        let outcome = self.mic.read(out)?;
        heard.samples.extend(&out[before..]);
        self.count += (out.len() - before) as u64;
        if let Some(captured) = self.mic.captured(Samples(self.count).time()) {
            heard.mark(self.count as f64, captured.saturating_duration_since(self.base).as_secs_f64());
        }
        Ok(outcome)
    }
}

/// A microphone that hears what it has played; the sound is over when the clip is.
struct LoopEar {
    ears: Ears,
    speaker: Speaker,
    /// Place of the clip's first sample at the loudspeaker.
    start: Option<u64>,
    fed: u64,
    is_over: bool,
    tracks: Rc<RefCell<Tracks>>,
}

impl LoopEar {
    /// Gives the loudspeaker what it needs next, once both devices run.
    fn play(&mut self, said: &mut Track) {
        let (now, taken) = (Instant::now(), self.speaker.taken());
        let heard = self.speaker.heard(now);
        if taken == 0 || self.ears.count == 0 {
            return;
        }
        let start = *self.start.get_or_insert(taken + LEAD_IN);
        self.fed = self.fed.max(start);
        let end = start + said.samples.len() as u64;
        while self.fed < end.min(taken + AHEAD) {
            let mut hop = VoiceHop { at: self.fed, samples: [0.0; HOP_SAMPLES] };
            let rest = &said.samples[(self.fed - start) as usize..];
            hop.samples.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            self.speaker.say(hop);
            self.fed += HOP_SAMPLES as u64;
        }
        if heard >= start {
            let at_s = now.saturating_duration_since(self.ears.base).as_secs_f64();
            said.mark((heard - start) as f64, at_s);
        }
        self.is_over = heard > end + TO_BE_HEARD;
    }
}

impl Ear for LoopEar {
    fn read(&mut self, out: &mut Vec<f32>) -> Result<Heard, AppError> {
        let tracks = Rc::clone(&self.tracks);
        let Tracks { said, heard } = &mut *tracks.borrow_mut();
        self.play(said);
        if self.is_over || self.ears.count == 0 && self.ears.base.elapsed() > PATIENCE {
            return Ok(Heard::End);
        }
        self.ears.read(out, heard)
    }

    fn captured(&self, at: AudioTime) -> Option<Instant> {
        self.ears.mic.captured(at)
    }

    fn latency(&self) -> Samples {
        self.ears.mic.latency()
    }

    fn name(&self) -> String {
        self.ears.mic.name()
    }
}
