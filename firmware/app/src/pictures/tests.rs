use keyface_core::AudioTime;

use super::*;
use crate::clock::PlayClock;
use crate::face::{Beats, Flips};

/// A screen that flips `hz` times a second, by its own clock, which this machine does not know exactly.
struct Screen {
    period_us: f64,
    phase_us: f64,
    beats: Beats,
    /// The flip that the newest picture waits for, and the picture.
    coming: Option<(Moment, Picture)>,
    seen: Vec<Seen>,
}

/// What a flip brought.
struct Seen {
    flip: Moment,
    /// When it was to be seen.
    promised: Moment,
    /// The sound's moment whose motion it shows.
    motion: AudioTime,
}

/// What the machine does beside pictures.
#[derive(Clone, Copy)]
struct Machine {
    /// A picture takes so long to be drawn.
    drawing_us: i64,
    /// It is late by up to so much, each time that it wakes up.
    late_us: i64,
}

const CALM: Machine = Machine { drawing_us: 100, late_us: 200 };
const BUSY: Machine = Machine { drawing_us: 3_000, late_us: 2_500 };
const LEAD: Span = Span::from_ms(8);
const RATES_HZ: [f64; 4] = [50.0, 59.94, 60.0, 90.0];

impl Screen {
    fn new(hz: f64) -> Screen {
        // The mode says a period of whole microseconds; the crystal is 40 ppm off.
        let told = Span((1e6 / hz).round() as i64);
        let (period_us, phase_us) = (1e6 / hz * 1.000_04, 7_654.0);
        Screen { period_us, phase_us, beats: Beats::new(told), coming: None, seen: Vec::new() }
    }

    fn beat(&self) -> Option<Beat> {
        let Flips { last, period, is_pending } = self.beats.flips(self.coming.is_some())?;
        Some(Beat { last, period, lead: LEAD.min(period), is_free: !is_pending })
    }

    /// The first flip after `now`.
    fn flip_after(&self, now: Moment) -> Moment {
        let count = ((now.0 as f64 - self.phase_us) / self.period_us).floor() + 1.0;
        Moment((self.phase_us + count * self.period_us).round() as i64)
    }

    /// Takes the flip that has come by `now`.
    fn tend(&mut self, now: Moment, motion: impl FnOnce() -> AudioTime) {
        if let Some((flip, picture)) = self.coming.take_if(|(flip, _)| *flip <= now) {
            self.beats.flipped(std::time::Duration::from_micros(flip.0 as u64), now);
            self.seen.push(Seen { flip, promised: picture.seen, motion: motion() });
        }
    }
}

/// Shows a sound whose steps arrive each 20 ms, for `seconds`; `pace` says when pictures are due.
fn play(
    hz: f64,
    seconds: i64,
    machine: Machine,
    mut pace: impl FnMut(Moment, Option<Beat>) -> (Option<Picture>, Moment),
) -> Vec<Seen> {
    let (mut screen, mut clock, mut now, mut at, mut chance) =
        (Screen::new(hz), PlayClock::default(), Moment(0), 0, 1u64);
    let mut motions = std::collections::VecDeque::new();
    while now < Moment(seconds * 1_000_000) {
        while at + 20_000 <= now.0 {
            at += 20_000;
            clock.arrived(AudioTime(at), now);
        }
        screen.tend(now, || motions.pop_front().unwrap());
        let (picture, next) = pace(now, screen.beat());
        if let Some(picture) = picture.filter(|_| screen.coming.is_none()) {
            motions.push_back(clock.show(picture.at).unwrap_or(AudioTime(0)));
            now.0 += machine.drawing_us;
            screen.coming = Some((screen.flip_after(now), picture));
        }
        // Sleeps until the next step, picture or flip, and wakes up a little late.
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let late = (chance >> 33) as i64 % (machine.late_us + 1);
        let flip = screen.coming.map_or(Moment(i64::MAX), |(flip, _)| flip);
        now = Moment(next.min(flip).min(Moment(at + 20_000)).max(now).0 + late.max(1));
    }
    screen.seen
}

/// As the job does.
fn by_flips(hz: f64, seconds: i64, machine: Machine) -> Vec<Seen> {
    let mut pictures = Pictures::default();
    play(hz, seconds, machine, |now, beat| {
        let due = pictures.due(now, beat);
        (due, pictures.next(now, beat).unwrap_or(Moment(i64::MAX)))
    })
}

/// How long after its sound's own time each flip shows it, least and most; and refreshes without a picture of their own.
fn judged(hz: f64, seen: &[Seen]) -> ((i64, i64), usize) {
    let behind = seen.iter().map(|seen| (seen.flip.heard_if_played() - seen.motion).0);
    let range = behind.fold((i64::MAX, i64::MIN), |(least, most), now| (least.min(now), most.max(now)));
    let doubled = seen.windows(2).filter(|pair| (pair[1].flip - pair[0].flip).0 as f64 * hz > 1.5e6).count();
    (range, doubled)
}

#[test]
#[allow(clippy::print_stdout, reason = "the figures that docs/device.md tells")]
fn every_flip_of_a_screen_shows_its_own_moment_whatever_its_rate() {
    // The sound's own clock follows the waits for its steps, which a busy machine makes uneven.
    for (machine, most_apart_us) in [(CALM, 400), (BUSY, 2_500)] {
        for hz in RATES_HZ {
            let seen = by_flips(hz, 12, machine);
            // The first seconds are for finding the delay of the sound.
            let steady = &seen[(2.0 * hz) as usize..];
            let ((least, most), doubled) = judged(hz, steady);
            let off = steady.iter().map(|seen| (seen.flip - seen.promised).0.abs()).max().unwrap();
            println!(
                "{hz} Hz: {least} to {most} us behind the sound, {off} us off the flip, {doubled} without a picture"
            );
            assert_eq!(doubled, 0, "{hz} Hz");
            assert!((steady.len() as f64 - 10.0 * hz).abs() <= 2.0, "{hz} Hz: {} pictures", steady.len());
            assert!(off < 50, "{hz} Hz: made for {off} us beside the flip that showed it");
            assert!(most - least < most_apart_us, "{hz} Hz: {least} to {most} us behind the sound");
        }
    }
}

#[test]
fn sixty_pictures_a_second_beat_against_a_screen_that_does_not_flip_sixty_times() {
    for hz in [50.0, 59.94, 90.0] {
        let mut next = Moment(0);
        let seen = play(hz, 12, BUSY, |now, _| {
            let due = (now >= next).then_some(Picture { at: now, seen: now });
            if due.is_some() {
                next = next_tick(next, now, DISPLAY_FPS);
            }
            (due, next)
        });
        let ((least, most), _) = judged(hz, &seen[(2.0 * hz) as usize..]);
        assert!(most - least > 8_000, "{hz} Hz: {least} to {most} us behind the sound");
    }
}

#[test]
fn a_machine_that_misses_a_flip_takes_the_next_and_is_on_the_beat_again() {
    for hz in RATES_HZ {
        let (mut pictures, mut count, mut stands_to) = (Pictures::default(), 0, Moment(0));
        let seen = play(hz, 6, BUSY, |now, beat| {
            if now < stands_to {
                return (None, stands_to);
            }
            let due = pictures.due(now, beat);
            let next = pictures.next(now, beat).unwrap_or(Moment(i64::MAX));
            count += i64::from(due.is_some());
            // Behind each hundredth picture the machine stands still until it is too late for the next flip.
            if due.is_some() && count % 100 == 0 {
                stands_to = next + LEAD;
            }
            (due, next)
        });
        let ((least, most), doubled) = judged(hz, &seen[(2.0 * hz) as usize..]);
        let most_doubled = (4.0 * hz / 100.0) as usize + 1;
        assert!((1..=most_doubled).contains(&doubled), "{hz} Hz: {doubled} refreshes without a picture");
        assert!(most - least < 2_500, "{hz} Hz: {least} to {most} us behind the sound");
    }
}

#[test]
fn a_picture_that_is_late_for_its_flip_holds_up_no_other() {
    let beat = Beat { last: Moment(100_000), period: Span(20_000), lead: LEAD, is_free: true };
    let mut pictures = Pictures::default();
    assert_eq!(pictures.due(Moment(111_000), Some(beat)), None);
    let first = Picture { at: Moment(112_000), seen: Moment(120_000) };
    assert_eq!(pictures.due(Moment(112_300), Some(beat)), Some(first));
    // It is still on its way when the next would be due.
    let busy = Beat { is_free: false, ..beat };
    assert_eq!((pictures.due(Moment(133_000), Some(busy)), pictures.next(Moment(133_000), Some(busy))), (None, None));
    let late = Beat { last: Moment(140_000), ..beat };
    assert_eq!(pictures.next(Moment(140_100), Some(late)), Some(Moment(152_000)));
    // What is begun too late for a flip is made for the one after it.
    assert_eq!(pictures.due(Moment(159_000), Some(late)), None);
    assert_eq!(pictures.next(Moment(159_000), Some(late)), Some(Moment(172_000)));
}

#[test]
fn without_a_beat_pictures_keep_their_rate_and_skip_what_was_missed() {
    assert_eq!(next_tick(Moment(0), Moment(10), 60), Moment(16_666));
    assert_eq!(next_tick(Moment(16_666), Moment(100_000), 60), Moment(99_996 + 16_666));
    let mut pictures = Pictures::default();
    let at = |us| Some(Picture { at: Moment(us), seen: Moment(us) });
    assert_eq!(pictures.due(Moment(40), None), at(0));
    assert_eq!(pictures.due(Moment(16_000), None), None);
    assert_eq!(pictures.due(Moment(17_000), None), at(16_666));
    assert_eq!(pictures.due(Moment(101_000), None), at(99_996));
    pictures.hasten(Moment(103_000));
    assert_eq!(pictures.due(Moment(103_000), None), at(103_000));
}
