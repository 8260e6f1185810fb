//! Poses in, a face on a screen out. A screen that is lost does not stop the job: it is opened again when it is back.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use crate::AppError;
use crate::board::{Display, DisplayKind, PixelFormat};
use crate::face::{Face, FaceError, Flips, Memory, Ready, Rotation, Surface};
use crate::pictures::Beat;
use crate::stats::Spread;
use keyface_core::{FacePose, Moment, Span};
use serde::Serialize;

mod open;

pub use open::Roots;

/// Pause before a lost screen is opened again; it doubles, but a screen that is plugged in again shows within seconds.
const BACK_OFF: Span = Span::from_ms(500);
const BACK_OFF_LONGEST: Span = Span::from_ms(4_000);
/// The most that drawing may take of a tick of 16.7 ms: hearing must not wait.
const DRAWING: Span = Span::from_ms(8);
/// How long before a flip its picture is begun: twice what a whole face takes, and what else a turn of the job may take;
/// then a little more for each picture that is too late for its flip.
const SLACK: Span = Span::from_ms(2);
const LEAD_SHORTEST: Span = Span::from_ms(4);
const LEAD_FIRST: Span = Span::from_ms(10);
const LEAD_LONGEST: Span = Span::from_ms(16);
const LEAD_STEP: Span = Span::from_ms(1);
/// Faces are not drawn smaller than this for a large screen.
const SHARP_PX: u32 = 640;
/// Drawings that are timed; the quickest counts.
const TRIALS: usize = 3;

/// Opens a surface, now and each time that it was lost.
pub(crate) type Open = Box<dyn FnMut() -> Result<Box<dyn Surface>, FaceError>>;

/// What a screen did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ScreenCounters {
    /// Pictures that were shown.
    pub shown: u64,
    /// Pictures that were left out because the screen was not ready for them.
    pub skipped: u64,
    /// Times that the screen was lost, or was not there at the start.
    pub lost: u64,
    /// Times that it was opened again.
    pub reopened: u64,
}

/// A face on a screen.
pub struct Screen {
    open: Open,
    /// What the board says; what the surface knows of its panel, when it says nothing.
    rotation: Option<Rotation>,
    state: State,
    /// A pose that is due and waits for the screen to be ready, and when its sound was in the air.
    waiting: Option<(FacePose, Option<Instant>)>,
    /// When the picture that the screen has taken was to be seen.
    promised: Option<Moment>,
    counters: ScreenCounters,
    ages: Spread,
}

/// Where the face is.
enum State {
    On { face: Box<Face>, surface: Box<dyn Surface>, lead: Span },
    Lost { retry_at: Option<Moment>, pause: Span },
    Closed,
}

impl Screen {
    /// Opens the screen that a board describes. Where a window cannot be opened, that is an error; other screens may
    /// be plugged in later: the job goes on without them, and they are tried again.
    ///
    /// # Errors
    /// [`AppError::Screen`] when there is no desktop for a window, or the board describes a screen that cannot be.
    pub fn open(title: &str, display: &Display) -> Result<Screen, AppError> {
        let open = open::opener(title, display, Roots::default());
        Screen::with(open, display.rotation_deg.map(Rotation::from_deg), display.kind != DisplayKind::Window)
    }

    /// A window of `width_px` x `height_px`.
    ///
    /// # Errors
    /// [`AppError::Screen`] when there is no desktop.
    pub fn window(title: &str, width_px: u32, height_px: u32) -> Result<Screen, AppError> {
        Screen::open(title, &window_of(width_px, height_px))
    }

    /// A picture of `width_px` x `height_px` that nobody sees: for measuring where there is no screen.
    ///
    /// # Errors
    /// [`AppError::Screen`] for a size that cannot be.
    pub fn in_memory(width_px: u32, height_px: u32) -> Result<Screen, AppError> {
        Screen::with(Box::new(move || Ok(Box::new(Memory::new(width_px, height_px)))), None, false)
    }

    pub(crate) fn with(mut open: Open, rotation: Option<Rotation>, waits: bool) -> Result<Screen, AppError> {
        let failed = |e: FaceError| AppError::Screen { reason: e.to_string() };
        let mut counters = ScreenCounters::default();
        let state = match open().and_then(|surface| started(surface, rotation)) {
            Ok(state) => state,
            Err(e) if waits && e.may_pass() => lost(&e, &mut counters),
            Err(e) => return Err(failed(e)),
        };
        Ok(Screen { open, rotation, state, waiting: None, promised: None, counters, ages: Spread::default() })
    }

    /// Shows a pose as soon as the screen is ready, unless a newer one comes before; false when the user has closed it.
    /// `heard` is when its sound was in the air, `seen` when it is to be seen.
    pub fn show(&mut self, pose: &FacePose, heard: Option<Instant>, seen: Moment, now: Moment) -> bool {
        if self.waiting.replace((*pose, heard)).is_some() {
            self.counters.skipped += 1;
        }
        self.promised = self.beat().map(|_| seen);
        self.tend(now)
    }

    /// How it changes pictures; `None` where pictures are due by the clock.
    pub fn beat(&self) -> Option<Beat> {
        let State::On { surface, lead, .. } = &self.state else { return None };
        let flips = surface.flips()?;
        let lead = (*lead).min(flips.period);
        Some(Beat { last: flips.last, period: flips.period, lead, is_free: !flips.is_pending })
    }

    /// What can be read when it has news.
    pub fn news(&self) -> Option<BorrowedFd<'_>> {
        if let State::On { surface, .. } = &self.state { surface.news() } else { None }
    }

    /// How soon it wants to be tended again, although nothing can be read and no picture is due.
    pub fn tend_in(&self) -> Option<Duration> {
        if let State::On { surface, .. } = &self.state { surface.tend_in() } else { None }
    }

    /// Goes on with what is under way, and opens a lost screen again; false when the user has closed it.
    pub fn tend(&mut self, now: Moment) -> bool {
        if let Err(e) = self.try_tend(now) {
            self.state = lost(&e, &mut self.counters);
            (self.waiting, self.promised) = (None, None);
        }
        !matches!(self.state, State::Closed)
    }

    /// What it did so far.
    pub fn counters(&self) -> ScreenCounters {
        self.counters
    }

    /// From a sound in the air to its picture in the screen's hands.
    pub fn ages(&self) -> &Spread {
        &self.ages
    }

    fn try_tend(&mut self, now: Moment) -> Result<(), FaceError> {
        match &mut self.state {
            State::Closed => {}
            State::Lost { .. } => self.retry(now),
            State::On { face, surface, lead } => match surface.tend(now)? {
                Ready::Later => {}
                Ready::Closed => self.state = State::Closed,
                Ready::Now => {
                    if self.waiting.is_none()
                        && let Some((promised, flips)) = self.promised.take().zip(surface.flips())
                    {
                        let late = late(promised, flips);
                        self.counters.skipped += late;
                        if late > 0 {
                            *lead = (*lead + LEAD_STEP).min(LEAD_LONGEST);
                        }
                    }
                    if let Some((pose, heard)) = self.waiting.take() {
                        surface.show(face.draw_living(&pose), now)?;
                        self.counters.shown += 1;
                        heard.iter().for_each(|heard| self.ages.add(heard.elapsed().as_secs_f32() * 1_000.0));
                    }
                }
            },
        }
        Ok(())
    }

    /// Opens a lost screen when it is time.
    fn retry(&mut self, now: Moment) {
        let State::Lost { retry_at, pause } = &mut self.state else { return };
        // What was due while it was lost is not made up for.
        self.waiting = None;
        if now < *retry_at.get_or_insert(now + *pause) {
            return;
        }
        *pause = Span(2 * pause.0).min(BACK_OFF_LONGEST);
        *retry_at = Some(now + *pause);
        match (self.open)().and_then(|surface| started(surface, self.rotation)) {
            Ok(state) => {
                self.state = state;
                self.counters.reopened += 1;
                log::warn!("screen: it is back");
            }
            Err(e) => log::debug!("screen: still lost: {e}"),
        }
    }
}

/// Flips that a picture came later than it was to be seen: there was none for them.
fn late(promised: Moment, flips: Flips) -> u64 {
    let period = flips.period.0.max(1);
    u64::try_from(((flips.last - promised).0 + period / 2).div_euclid(period)).unwrap_or(0)
}

fn window_of(width_px: u32, height_px: u32) -> Display {
    Display {
        kind: DisplayKind::Window,
        device: "auto".into(),
        connector: "auto".into(),
        width_px: Some(width_px),
        height_px: Some(height_px),
        rotation_deg: None,
        format: PixelFormat::Auto,
        panel: None,
    }
}

fn lost(error: &FaceError, counters: &mut ScreenCounters) -> State {
    log::warn!("screen: {error}; the job goes on, and the screen is tried again");
    counters.lost += 1;
    State::Lost { retry_at: None, pause: BACK_OFF }
}

/// A face as finely drawn as this machine can in time.
fn started(surface: Box<dyn Surface>, rotation: Option<Rotation>) -> Result<State, FaceError> {
    let rotation = rotation.unwrap_or_else(|| surface.rotation());
    let (width, height) = surface.size_px();
    let coarsest = if surface.zooms() { (width.max(height) / SHARP_PX).max(1) } else { 1 };
    let mut zoom = 1;
    loop {
        let mut face = Face::turned(width.div_ceil(zoom), height.div_ceil(zoom), rotation)?;
        let drawing = drawing(&mut face);
        if zoom == coarsest || drawing <= DRAWING {
            let lead = (drawing + drawing + SLACK).clamp(LEAD_SHORTEST, LEAD_FIRST);
            return Ok(State::On { face: Box::new(face), surface, lead });
        }
        zoom += 1;
    }
}

fn drawing(face: &mut Face) -> Span {
    let time = |_| {
        face.forget();
        let start = Instant::now();
        face.draw(&FacePose::REST);
        start.elapsed()
    };
    (0..TRIALS).map(time).min().map_or(Span(0), crate::wait::span)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;
    use std::rc::Rc;

    use super::*;
    use crate::face::Canvas;

    /// What happens to a screen: each call takes the next.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Answer {
        Opens,
        DoesNotOpen,
        Ready,
        Busy,
        Gone,
        Closed,
    }

    type Answers = Rc<RefCell<VecDeque<Answer>>>;

    struct Fake(Answers);

    fn gone() -> FaceError {
        FaceError::Screen { place: "fake".into(), expected: "a screen".into(), came: "none".into() }
    }

    impl Surface for Fake {
        fn size_px(&self) -> (u32, u32) {
            (16, 16)
        }

        fn tend(&mut self, _now: Moment) -> Result<Ready, FaceError> {
            match self.0.borrow_mut().pop_front() {
                Some(Answer::Busy) => Ok(Ready::Later),
                Some(Answer::Closed) => Ok(Ready::Closed),
                Some(Answer::Gone) => Err(gone()),
                Some(Answer::Ready) | None => Ok(Ready::Now),
                Some(other) => panic!("{other:?} is for a screen that is not open"),
            }
        }

        fn show(&mut self, _picture: &Canvas, _now: Moment) -> Result<(), FaceError> {
            Ok(())
        }
    }

    fn screen(answers: &[Answer], waits: bool) -> Result<Screen, AppError> {
        let answers: Answers = Rc::new(RefCell::new(answers.iter().copied().collect()));
        let open = Box::new(move || match answers.borrow_mut().pop_front() {
            Some(Answer::Opens) | None => Ok(Box::new(Fake(Rc::clone(&answers))) as Box<dyn Surface>),
            Some(Answer::DoesNotOpen) => Err(gone()),
            Some(other) => panic!("{other:?} is for an open screen"),
        });
        Screen::with(open, None, waits)
    }

    /// Sixty pictures a second for a while, from `from_ms` on.
    fn play(screen: &mut Screen, from_ms: i64, to_ms: i64) {
        (from_ms..to_ms)
            .step_by(16)
            .for_each(|ms| assert!(screen.show(&FacePose::REST, None, Moment::from_ms(ms), Moment::from_ms(ms))));
    }

    #[test]
    fn a_screen_that_is_lost_is_opened_again_and_counted() {
        use Answer::*;
        let mut screen = screen(&[Opens, Ready, Gone, DoesNotOpen, DoesNotOpen, Opens], true).unwrap();
        play(&mut screen, 0, 10_000);
        let ScreenCounters { shown, lost, reopened, skipped } = screen.counters();
        assert_eq!((lost, reopened, skipped), (1, 1, 0));
        // Tried 0.5, 1.5 and 3.5 s after it was lost.
        assert!((400..420).contains(&shown), "{shown}");
    }

    #[test]
    fn a_screen_that_is_missing_at_the_start_is_waited_for() {
        use Answer::*;
        let mut screen = screen(&[DoesNotOpen, DoesNotOpen, Opens], true).unwrap();
        play(&mut screen, 0, 3_000);
        assert_eq!((screen.counters().lost, screen.counters().reopened), (1, 1));
        assert!(screen.counters().shown > 60);
    }

    #[test]
    fn a_window_that_does_not_open_is_an_error() {
        let error = screen(&[Answer::DoesNotOpen], false).err().unwrap();
        assert_eq!(error.to_string(), "screen: fake: expected a screen, came none");
    }

    #[test]
    fn a_screen_that_stays_away_is_tried_every_few_seconds() {
        let tries = Rc::new(RefCell::new(0));
        let counter = Rc::clone(&tries);
        let open = Box::new(move || {
            *counter.borrow_mut() += 1;
            Err(gone())
        });
        let mut screen = Screen::with(open, None, true).unwrap();
        play(&mut screen, 0, 60_000);
        assert!((14..=20).contains(&*tries.borrow()), "{}", tries.borrow());
        assert_eq!(screen.counters(), ScreenCounters { lost: 1, ..ScreenCounters::default() });
    }

    #[test]
    fn a_busy_screen_shows_the_newest_pose_and_counts_the_others() {
        use Answer::*;
        let mut screen = screen(&[Opens, Busy, Busy, Busy, Ready], true).unwrap();
        let mut shown = Vec::new();
        for ms in [0, 16, 32] {
            screen.show(&FacePose::REST, None, Moment::from_ms(ms), Moment::from_ms(ms));
            shown.push(screen.counters().shown);
        }
        screen.tend(Moment::from_ms(34));
        assert_eq!(shown, [0, 0, 0]);
        assert_eq!(screen.counters(), ScreenCounters { shown: 1, skipped: 2, ..ScreenCounters::default() });
    }

    #[test]
    fn a_picture_is_as_old_as_when_a_busy_screen_takes_it() {
        use Answer::*;
        let mut screen = screen(&[Opens, Busy, Ready], true).unwrap();
        let heard = Instant::now().checked_sub(std::time::Duration::from_millis(70)).unwrap();
        screen.show(&FacePose::REST, Some(heard), Moment(0), Moment(0));
        assert_eq!(screen.ages().count(), 0);
        std::thread::sleep(std::time::Duration::from_millis(10));
        screen.tend(Moment::from_ms(10));
        assert!(screen.ages().count() == 1 && screen.ages().max_ms() >= 80.0, "{}", screen.ages().max_ms());
    }

    /// A panel of 64x32 pixels that is built in with its left side up.
    struct Turned;

    impl Surface for Turned {
        fn size_px(&self) -> (u32, u32) {
            (64, 32)
        }

        fn rotation(&self) -> Rotation {
            Rotation::Deg90
        }

        fn tend(&mut self, _now: Moment) -> Result<Ready, FaceError> {
            Ok(Ready::Now)
        }

        fn show(&mut self, picture: &Canvas, _now: Moment) -> Result<(), FaceError> {
            let mut turned = Face::turned(64, 32, Rotation::Deg90)?;
            assert!(turned.draw(&FacePose::REST).rgb().eq(picture.rgb()), "the face lies on its side");
            Ok(())
        }
    }

    #[test]
    fn a_turned_panel_that_the_kernel_knows_shows_an_upright_face() {
        let mut screen = Screen::with(Box::new(|| Ok(Box::new(Turned) as Box<dyn Surface>)), None, true).unwrap();
        assert!(screen.show(&FacePose::REST, None, Moment(0), Moment(0)));
        assert_eq!(screen.counters().shown, 1);
    }

    #[test]
    fn a_window_that_the_user_closes_stays_closed() {
        use Answer::*;
        let mut screen = screen(&[Opens, Ready, Closed], false).unwrap();
        assert!(screen.show(&FacePose::REST, None, Moment(0), Moment(0)));
        assert!(!screen.show(&FacePose::REST, None, Moment(1), Moment(1)) && !screen.tend(Moment(2)));
    }

    /// A screen whose newest flip is set by hand.
    struct Beating(Rc<std::cell::Cell<Moment>>);

    impl Surface for Beating {
        fn size_px(&self) -> (u32, u32) {
            (16, 16)
        }

        fn tend(&mut self, _now: Moment) -> Result<Ready, FaceError> {
            Ok(Ready::Now)
        }

        fn show(&mut self, _picture: &Canvas, _now: Moment) -> Result<(), FaceError> {
            Ok(())
        }

        fn flips(&self) -> Option<Flips> {
            Some(Flips { last: self.0.get(), period: Span::from_ms(20), is_pending: false })
        }
    }

    #[test]
    fn pictures_that_come_too_late_for_their_flips_are_begun_earlier_and_those_in_time_are_not() {
        let last = Rc::new(std::cell::Cell::new(Moment::START));
        let surface = Rc::clone(&last);
        let open = Box::new(move || Ok(Box::new(Beating(Rc::clone(&surface))) as Box<dyn Surface>));
        let mut screen = Screen::with(open, None, false).unwrap();
        let mut lead_after = |late: Span| {
            let seen = last.get() + Span::from_ms(20);
            screen.show(&FacePose::REST, None, seen, last.get());
            last.set(seen + late);
            screen.tend(last.get());
            screen.beat().unwrap().lead
        };
        let first = lead_after(Span(0));
        assert_eq!(lead_after(Span(0)), first);
        assert_eq!(lead_after(Span::from_ms(20)), first + LEAD_STEP);
        assert_eq!(lead_after(Span(0)), first + LEAD_STEP);
        assert_eq!((0..20).map(|_| lead_after(Span::from_ms(20))).last(), Some(LEAD_LONGEST));
        assert_eq!(screen.counters().skipped, 21);
    }
}
