//! Sound in, events of its turns out at once: the line as fast as the sound comes, for who keeps the time himself.

use std::collections::VecDeque;

use keyface_core::{AudioTime, Line, Moment, SAMPLE_RATE_HZ, Samples, Span, Spoken};

use super::turns::{Event, Place, SETTLE, TO_REST, share_of_rest};
use crate::animate::{STEP_SAMPLES, tail_samples};

/// Frames that can be taken back by a flush: a minute and more.
const KEPT: usize = 4_096;

/// The turns of one session.
pub struct Fast {
    line: Line,
    fps: u32,
    turn: u32,
    /// On the clock of whoever asks, when the turn's first sample could be shown; `None` before it has come.
    origin: Option<Moment>,
    heard: Samples,
    next_frame: i64,
    shown: VecDeque<Spoken>,
    is_muted: bool,
}

impl Fast {
    /// A session whose line has heard nothing, with `fps` frames a second.
    pub fn new(line: Line, fps: u32) -> Fast {
        let (turn, heard, shown) = (0, Samples(0), VecDeque::with_capacity(KEPT));
        Fast { line, fps, turn, origin: None, heard, next_frame: 0, shown, is_muted: false }
    }

    /// The turn that the next sound belongs to.
    pub fn turn(&self) -> u32 {
        self.turn
    }

    /// What the line looks ahead.
    pub fn look_ahead(&self) -> Span {
        self.line.look_ahead()
    }

    /// From now on sound is heard as silence, or no longer.
    pub fn mute(&mut self, is_muted: bool) {
        self.is_muted = is_muted;
    }

    /// Hears samples at 16 kHz.
    pub fn sound(&mut self, samples: &[f32], now: Moment, events: &mut Vec<Event>) {
        self.hear(samples, now, None, events);
        self.heard.0 += samples.len() as u64;
    }

    /// A mark behind the sound so far.
    pub fn mark(&mut self, name: String, now: Moment, events: &mut Vec<Event>) {
        events.push(Event::Mark(self.place(self.heard.time(), now), name));
    }

    /// The turn's sound is complete: its last frames, and those in which the face settles.
    pub fn end(&mut self, now: Moment, events: &mut Vec<Event>) {
        let end = self.heard.time();
        if self.origin.is_some() {
            let settle = (SETTLE.0 * i64::from(SAMPLE_RATE_HZ) / 1_000_000) as usize;
            let silence = vec![0.0; tail_samples(&self.line) + settle];
            self.hear(&silence, now, Some(end), events);
        }
        events.push(Event::Ended(self.place(end, now)));
        self.begin();
    }

    /// Throws the turn away from `at` on, or from the newest frame on; the way from there to rest is told.
    pub fn flush(&mut self, at: Option<AudioTime>, now: Moment, events: &mut Vec<Event>) {
        let told = self.frame_at(self.next_frame);
        let from = at.map_or(told, |at| at.clamp(AudioTime(0), told));
        if self.origin.is_some() {
            events.push(Event::Splice(self.place(from, now)));
            self.go_to_rest(from, now, events);
        }
        events.push(Event::Flushed(self.place(from, now)));
        self.begin();
    }

    fn begin(&mut self) {
        self.line.reset();
        self.shown.clear();
        (self.origin, self.heard, self.next_frame) = (None, Samples(0), 0);
        self.turn += 1;
    }

    /// Steps before `end` are told; frames go on behind it while the face settles.
    fn hear(&mut self, samples: &[f32], now: Moment, end: Option<AudioTime>, events: &mut Vec<Event>) {
        let origin = *self.origin.get_or_insert(now);
        let silence = [0.0; STEP_SAMPLES];
        for piece in samples.chunks(STEP_SAMPLES) {
            let piece = if self.is_muted { &silence[..piece.len()] } else { piece };
            // A piece is never longer than a step: at most one comes of it.
            let step = match self.line.push(piece).last() {
                Some(Ok(step)) => step,
                Some(Err(error)) => {
                    log::warn!("{error}; the face goes to rest");
                    continue;
                }
                None => continue,
            };
            if step.at >= AudioTime(0) && end.is_none_or(|end| step.at < end) {
                events.push(Event::Step(
                    Place { turn: self.turn, at: step.at, show: origin + step.at.since_start() },
                    step,
                ));
            }
            self.frames(step.at, end.map(|end| end + SETTLE), now, events);
        }
    }

    fn frames(&mut self, known: AudioTime, last: Option<AudioTime>, now: Moment, events: &mut Vec<Event>) {
        loop {
            let at = self.frame_at(self.next_frame);
            if at > known || last.is_some_and(|last| at >= last) {
                return;
            }
            let spoken = self.line.spoken_at(at);
            events.push(Event::Frame(self.place(at, now), spoken));
            if self.shown.len() == KEPT {
                self.shown.pop_front();
            }
            self.shown.push_back(spoken);
            self.next_frame += 1;
        }
    }

    fn go_to_rest(&mut self, from: AudioTime, now: Moment, events: &mut Vec<Event>) {
        let first = (from.0 * i64::from(self.fps) + 999_999) / 1_000_000;
        let back = usize::try_from(self.next_frame - first).unwrap_or(0).max(1);
        let last = self.shown.len().checked_sub(back).and_then(|at| self.shown.get(at));
        let last = last.or(self.shown.front()).copied().unwrap_or(Spoken::REST);
        for frame in first.. {
            let at = self.frame_at(frame);
            let way = last.toward(&Spoken::REST, share_of_rest(at - from));
            events.push(Event::Frame(self.place(at, now), way));
            if at - from >= TO_REST {
                return;
            }
        }
    }

    fn frame_at(&self, frame: i64) -> AudioTime {
        AudioTime(frame * 1_000_000 / i64::from(self.fps))
    }

    fn place(&self, at: AudioTime, now: Moment) -> Place {
        Place { turn: self.turn, at, show: self.origin.unwrap_or(now) + at.since_start() }
    }
}

#[cfg(test)]
mod tests {
    use keyface_core::Motion;

    use super::*;
    use crate::stream::tests::{clip, line};

    fn said(events: &[Event]) -> Vec<(Place, Motion)> {
        events
            .iter()
            .filter_map(|event| if let Event::Frame(p, s) = event { Some((*p, s.motion)) } else { None })
            .collect()
    }

    #[test]
    fn a_turn_is_the_same_whatever_the_blocks_and_the_turns_before() {
        let clip = &clip()[..32_000];
        let once = |fast: &mut Fast, block: usize| {
            let mut events = Vec::new();
            clip.chunks(block).for_each(|piece| fast.sound(piece, Moment(0), &mut events));
            fast.end(Moment(0), &mut events);
            said(&events).into_iter().map(|(place, motion)| (place.at, motion)).collect::<Vec<_>>()
        };
        let mut fast = Fast::new(line(), 60);
        let first = once(&mut fast, 32_000);
        assert_eq!(first.len(), 60 * 24 / 10, "two seconds, and 0.4 s to settle");
        assert_eq!(once(&mut fast, 777), first);
        assert_eq!(fast.turn(), 2);
        assert_eq!(first.last().unwrap().1, Motion::REST);
    }

    #[test]
    fn a_flush_takes_back_what_was_told_ahead_and_leads_to_rest() {
        let (mut fast, mut events) = (Fast::new(line(), 60), Vec::new());
        fast.sound(&clip()[..48_000], Moment(0), &mut events);
        let told = said(&events);
        let at = AudioTime::from_ms(1_005);
        events.clear();
        fast.flush(Some(at), Moment::from_ms(5), &mut events);
        assert!(matches!(events[0], Event::Splice(Place { turn: 0, at: from, .. }) if from == at));
        assert!(matches!(events.last(), Some(Event::Flushed(Place { turn: 0, at: from, .. })) if *from == at));
        let way = said(&events);
        let before = told.iter().find(|(place, _)| place.at >= at).unwrap();
        assert_eq!(way[0].0.at, before.0.at, "on the same grid of frames");
        let near = |a: &Motion, b: &Motion| a.0.iter().zip(b.0).all(|(a, b)| (a - b).abs() < 0.05);
        assert!(near(&way[0].1, &before.1), "without a jump");
        assert_eq!(way.last().unwrap().1, Motion::REST);
        assert!(way.last().unwrap().0.at - at <= Span::from_ms(120));
    }

    #[test]
    fn each_turn_ends_once_even_when_it_was_empty() {
        let (mut fast, mut events) = (Fast::new(line(), 60), Vec::new());
        fast.end(Moment(0), &mut events);
        fast.flush(None, Moment(0), &mut events);
        let place = |turn| Place { turn, at: AudioTime(0), show: Moment(0) };
        assert_eq!(events, [Event::Ended(place(0)), Event::Flushed(place(1))]);
    }

    #[test]
    fn a_muted_voice_does_not_move_the_lips() {
        let (mut fast, mut events) = (Fast::new(line(), 60), Vec::new());
        fast.mute(true);
        fast.sound(&clip()[..32_000], Moment(0), &mut events);
        assert!(said(&events).iter().all(|(_, motion)| *motion == Motion::REST));
    }
}
