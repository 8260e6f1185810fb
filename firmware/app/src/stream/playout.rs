//! Sound in, shown and played in real time out: one axis of samples that the loudspeaker, the line and the display share.
//!
//! Sound goes into the line and to the loudspeaker at the same place of the axis, as far ahead of what is heard as the
//! line looks ahead: at every moment the motion of what is heard is known. Where no sound is there in time, silence
//! goes in: the face comes to rest, and speaks on when sound comes again. The clock of the axis is the loudspeaker's.

mod feeding;

use std::collections::VecDeque;

use keyface_core::{AudioTime, HOP_SAMPLES, Line, Moment, SAMPLE_RATE_HZ, Samples, Span, Spoken, Step};

use crate::animate::STEP_SAMPLES;
use crate::servo::SERVO_LEAD;

use self::feeding::Feeding;
use super::axis::{at, samples, span};
use super::turns::{Event, Place, SETTLE, TO_REST, share_of_rest};

/// Sound that may wait; whoever sends more is held back.
pub const QUEUE_MOST: usize = 60 * SAMPLE_RATE_HZ as usize;
/// Beyond the look-ahead: a step, and a turn of the loop.
const MARGIN: Span = Span::from_ms(30);
/// What the loudspeaker is given beyond what it has taken.
const VOICE_AHEAD: Span = Span::from_ms(20);

/// What waits to go in, in its order.
enum Piece {
    Sound(VecDeque<f32>),
    Mark(String),
    End,
}

/// Ten milliseconds for a loudspeaker, and where they belong on the axis.
#[derive(Clone, Copy, Debug)]
pub struct VoiceHop {
    /// Place of the first sample.
    pub at: u64,
    /// The samples.
    pub samples: [f32; HOP_SAMPLES],
}

/// The turns of one voice in real time.
pub struct Playout {
    line: Line,
    lead: u64,
    queue: VecDeque<Piece>,
    queued: usize,
    /// The axis up to here has gone into the line.
    fed: u64,
    /// Place of the line's own time 0.
    base: u64,
    /// The last sound ends here; `None` before the first and when all is at rest.
    sound_end: Option<u64>,
    /// Turns that went in and are not over yet: place of the first sample.
    feeding: Feeding,
    /// What is to be told when its place is shown.
    due: VecDeque<(u64, Due)>,
    /// The turn of what is shown, and the place of its first sample; `None` before the first.
    shown: Option<(u32, u64)>,
    steps: VecDeque<(u64, Step)>,
    rest: Option<Rest>,
    is_muted: bool,
    faults: u64,
    underruns: u64,
}

enum Due {
    Begin(u32),
    Mark(String),
    Ended(u32),
}

/// A way to rest.
#[derive(Clone, Copy)]
struct Rest {
    from: Spoken,
    at: u64,
}

impl Playout {
    /// A voice that has said nothing.
    pub fn new(line: Line) -> Playout {
        Playout {
            lead: samples(line.look_ahead() + MARGIN),
            line,
            queue: VecDeque::new(),
            queued: 0,
            fed: 0,
            base: 0,
            sound_end: None,
            feeding: Feeding::new(0),
            due: VecDeque::new(),
            shown: None,
            steps: VecDeque::new(),
            rest: None,
            is_muted: false,
            faults: 0,
            underruns: 0,
        }
    }

    /// The same for a face that is told so much earlier than a screen, beyond what all servos want: the sound waits for a
    /// slow jaw.
    pub fn waiting_for(mut self, lead: Span) -> Playout {
        self.lead += samples(lead - SERVO_LEAD);
        self
    }

    /// How much later than it comes, at least, a sound is heard.
    pub fn lead(&self) -> Span {
        Samples(self.lead).span()
    }

    /// What the line looks ahead.
    pub fn look_ahead(&self) -> Span {
        self.line.look_ahead()
    }

    /// Samples that still find room.
    pub fn room(&self) -> usize {
        QUEUE_MOST.saturating_sub(self.queued)
    }

    /// Times that a network failed and began anew.
    pub fn faults(&self) -> u64 {
        self.faults
    }

    /// Times that a turn's sound did not come in time.
    pub fn underruns(&self) -> u64 {
        self.underruns
    }

    /// Whether there is nothing more to say, and the face is at rest.
    pub fn is_at_rest(&self) -> bool {
        self.sound_end.is_none() && self.queue.is_empty() && self.rest.is_none()
    }

    /// Takes samples at 16 kHz.
    pub fn sound(&mut self, sound: &[f32]) {
        if sound.is_empty() {
            return;
        }
        self.queued += sound.len();
        match self.queue.back_mut() {
            Some(Piece::Sound(waiting)) => waiting.extend(sound),
            _ => self.queue.push_back(Piece::Sound(sound.iter().copied().collect())),
        }
    }

    /// A mark behind the sound so far.
    pub fn mark(&mut self, name: String) {
        self.queue.push_back(Piece::Mark(name));
    }

    /// The turn's sound is complete.
    pub fn end(&mut self) {
        self.queue.push_back(Piece::End);
    }

    /// From now on sound is silence, or no longer.
    pub fn mute(&mut self, is_muted: bool) {
        self.is_muted = is_muted;
    }

    /// Throws away all that is not shown yet and begins the next turn; the face goes to rest from what it shows at
    /// `shown`. A loudspeaker has to be silent from the answer on, up to where it was given sound.
    pub fn flush(&mut self, shown: u64, now: Moment, events: &mut Vec<Event>) -> u64 {
        self.tell(shown, now, events);
        let from = self.spoken(shown);
        let is_moving = self.sound_end.is_some();
        for turn in self.not_over() {
            let place = Place { turn, at: at(self.start_of(turn).unwrap_or(shown).min(shown), shown), show: now };
            if place.at > AudioTime(0) {
                events.push(Event::Splice(place));
            }
            events.push(Event::Flushed(place));
            self.feeding = Feeding::new(turn + 1);
        }
        self.queue.clear();
        self.due.clear();
        self.steps.clear();
        self.queued = 0;
        self.line.reset();
        self.base = self.fed;
        self.rest = is_moving.then_some(Rest { from, at: shown });
        self.sound_end = None;
        self.fed
    }

    /// Feeds the axis: `heard` is what a listener hears now, `taken` what a loudspeaker has already taken.
    pub fn advance(&mut self, heard: u64, taken: u64, mut voice: impl FnMut(VoiceHop)) {
        let goal = (heard + self.lead).max(taken + samples(VOICE_AHEAD));
        if !self.is_awake(heard) {
            if !self.has_hop(heard) {
                return;
            }
            // Nothing went in while nothing was said: the axis goes on where it is now.
            self.line.reset();
            self.fed = self.fed.max(goal);
            self.base = self.fed;
            self.sound_end = Some(self.fed);
        }
        while self.fed < goal {
            let mut hop = [0.0; HOP_SAMPLES];
            self.take_hop(heard, &mut hop);
            if self.is_muted {
                hop = [0.0; HOP_SAMPLES];
            }
            voice(VoiceHop { at: self.fed, samples: hop });
            self.hear(&hop);
            self.fed += HOP_SAMPLES as u64;
        }
    }

    /// The place at which something is due by itself: sound for a step, or what is to be told, each step of the face
    /// only if it `is_watched`; `None` while there is nothing to say.
    pub fn next(&self, heard: u64, is_watched: bool) -> Option<u64> {
        // A turn that waits for enough sound waits for a while.
        let waits = (!self.queue.is_empty()).then_some(heard + HOP_SAMPLES as u64);
        let step = self.sound_end.map(|_| (self.last_hop() + 1).saturating_sub(self.lead)).or(waits);
        let shown = self.steps.front().filter(|_| is_watched).map(|step| step.0);
        let told = [self.due.front().map(|due| due.0), shown];
        told.into_iter().chain([step]).flatten().min().map(|place| place.max(heard))
    }

    /// The hop that the line's next step ends with: with those before it alone there is nothing to do.
    fn last_hop(&self) -> u64 {
        self.fed + (STEP_SAMPLES - HOP_SAMPLES) as u64 - (self.fed - self.base) % STEP_SAMPLES as u64
    }

    /// What is said at a place.
    pub fn spoken(&self, heard: u64) -> Spoken {
        let spoken = if self.sound_end.is_none() || heard < self.base {
            Spoken::REST
        } else {
            self.line.spoken_at(at(self.base, heard))
        };
        match self.rest {
            Some(Rest { from, at }) => from.toward(&spoken, share_of_rest(span(at, heard))),
            None => spoken,
        }
    }

    /// Where something shown now belongs: to the last turn that has begun, and before the first to its start.
    pub fn place(&self, heard: u64, now: Moment) -> Place {
        let (turn, start) = self.shown.unwrap_or((0, heard));
        Place { turn, at: at(start, heard), show: now }
    }

    /// Tells what has come to its place.
    pub fn tell(&mut self, heard: u64, now: Moment, events: &mut Vec<Event>) {
        loop {
            let due = self.due.front().map(|(at, _)| *at).filter(|at| *at <= heard);
            let step = self.steps.front().map(|(at, _)| *at).filter(|at| *at <= heard);
            match (due, step) {
                (Some(at), step) if step.is_none_or(|step| at <= step) => self.tell_due(now, events),
                (_, Some(at)) => {
                    let step = self.steps.pop_front().map(|(_, step)| step);
                    let place = self.place(at, now);
                    events.extend(step.filter(|_| place.at.0 >= 0).map(|step| Event::Step(place, step)));
                }
                _ => break,
            }
        }
        if self.rest.is_some_and(|rest| span(rest.at, heard) >= TO_REST) {
            self.rest = None;
        }
    }

    fn tell_due(&mut self, now: Moment, events: &mut Vec<Event>) {
        let Some((at, due)) = self.due.pop_front() else { return };
        if let Due::Begin(turn) = due {
            self.shown = Some((turn, at));
            return;
        }
        let place = self.place(at, now);
        match due {
            Due::Mark(name) => events.push(Event::Mark(place, name)),
            Due::Ended(turn) if self.shown.is_some_and(|(shown, _)| shown == turn) => events.push(Event::Ended(place)),
            // A turn without a sound has no place of its own.
            Due::Ended(turn) => events.push(Event::Ended(Place { turn, at: AudioTime(0), show: now })),
            Due::Begin(_) => {}
        }
    }

    /// Turns that were neither ended nor flushed, to a listener.
    fn not_over(&self) -> std::ops::RangeInclusive<u32> {
        let to_end = self.due.iter().filter_map(|(_, due)| if let Due::Ended(turn) = due { Some(*turn) } else { None });
        let first = to_end.min().unwrap_or(self.feeding.turn);
        let waiting = self.queue.iter().filter(|piece| matches!(piece, Piece::End)).count() as u32;
        first..=self.feeding.turn + waiting
    }

    fn start_of(&self, turn: u32) -> Option<u64> {
        let begins = self.due.iter().find(|(_, due)| matches!(due, Due::Begin(begun) if *begun == turn));
        let shown = self.shown.filter(|(shown, _)| *shown == turn).map(|(_, start)| start);
        begins.map(|(at, _)| *at).or(shown)
    }

    /// Whether the line still has something to show at `heard`.
    fn is_awake(&mut self, heard: u64) -> bool {
        let settled = |end: u64| end + self.lead + samples(SETTLE);
        let is_over = self.queue.is_empty() && self.sound_end.is_some_and(|end| heard > settled(end));
        if is_over && !self.feeding.has_begun {
            self.sound_end = None;
        }
        self.sound_end.is_some()
    }

    /// Whether the next hop is sound. A turn that waits for sound goes on when there is enough, or no more will come.
    fn has_hop(&mut self, heard: u64) -> bool {
        let is_last = self.queue.iter().any(|piece| matches!(piece, Piece::End));
        let is_bare = self.queued == 0 && !self.queue.is_empty();
        if is_last || is_bare {
            return true;
        }
        self.feeding.is_ready(self.queued, heard)
    }

    /// The next hop: sound as far as there is any, and what stands between.
    fn take_hop(&mut self, heard: u64, hop: &mut [f32; HOP_SAMPLES]) {
        if !self.has_hop(heard) {
            self.underruns += u64::from(self.feeding.run_dry());
            return;
        }
        let mut filled = 0;
        while filled < HOP_SAMPLES {
            match self.queue.pop_front() {
                None => return,
                Some(Piece::Mark(name)) => self.due.push_back((self.fed + filled as u64, Due::Mark(name))),
                Some(Piece::Sound(mut sound)) => {
                    self.begin();
                    let count = sound.len().min(HOP_SAMPLES - filled);
                    hop[filled..filled + count].iter_mut().zip(sound.drain(..count)).for_each(|(to, from)| *to = from);
                    filled += count;
                    self.queued -= count;
                    self.sound_end = Some(self.fed + filled as u64);
                    if !sound.is_empty() {
                        self.queue.push_front(Piece::Sound(sound));
                    }
                }
                Some(Piece::End) => {
                    self.due.push_back((self.fed + filled as u64, Due::Ended(self.feeding.turn)));
                    self.feeding = Feeding::new(self.feeding.turn + 1);
                    // The rest of the hop stays silent: the next turn begins at a hop of its own.
                    self.sound_end = Some(self.sound_end.unwrap_or(self.fed));
                    return;
                }
            }
        }
    }

    fn begin(&mut self) {
        if self.feeding.flow() {
            self.due.push_back((self.fed, Due::Begin(self.feeding.turn)));
        }
    }

    fn hear(&mut self, hop: &[f32; HOP_SAMPLES]) {
        let (base, steps) = (self.base, &mut self.steps);
        for step in self.line.push(hop) {
            let Ok(step) = step.inspect_err(|error| log::warn!("{error}; the face goes to rest")) else {
                self.faults += 1;
                continue;
            };
            let at = base as i64 + step.at.0 * i64::from(SAMPLE_RATE_HZ) / 1_000_000;
            steps.extend(u64::try_from(at).ok().map(|at| (at, step)));
        }
    }
}

#[cfg(test)]
mod tests {
    use keyface_core::Motion;

    use super::*;
    use crate::chance::Chance;
    use crate::stream::tests::{clip, line};

    /// A listener in front of a loudspeaker that takes 10 ms ahead of what is heard; one tick is a millisecond.
    struct Room {
        playout: Playout,
        now: u64,
        voice: Vec<VoiceHop>,
        events: Vec<Event>,
        shown: Vec<(u64, Motion)>,
    }

    impl Room {
        fn new() -> Room {
            Room { playout: Playout::new(line()), now: 0, voice: vec![], events: vec![], shown: vec![] }
        }

        fn heard(&self) -> u64 {
            self.now * 16
        }

        fn micros(&self) -> Moment {
            Moment::from_ms(self.now as i64)
        }

        fn wait(&mut self, ms: u64) {
            for _ in 0..ms {
                self.now += 1;
                let (heard, now) = (self.heard(), self.micros());
                self.playout.advance(heard, heard + 160, |hop| self.voice.push(hop));
                self.playout.tell(heard, now, &mut self.events);
                self.shown.push((heard, self.playout.spoken(heard).motion));
            }
        }

        fn flush(&mut self) -> u64 {
            let (heard, now) = (self.heard(), self.micros());
            self.playout.flush(heard, now, &mut self.events)
        }

        fn ends(&self) -> Vec<(u32, bool)> {
            let end = |event: &Event| match event {
                Event::Ended(place) => Some((place.turn, true)),
                Event::Flushed(place) => Some((place.turn, false)),
                _ => None,
            };
            self.events.iter().filter_map(end).collect()
        }

        /// Where the loudspeaker was first given a sample that is not silence.
        fn first_sound(&self) -> Option<u64> {
            let loud = |hop: &VoiceHop| hop.samples.iter().position(|s| s.abs() > 1e-3).map(|at| hop.at + at as u64);
            self.voice.iter().find_map(loud)
        }
    }

    fn jaw(motion: &Motion) -> f32 {
        motion[keyface_core::MotionChannel::JawOpen]
    }

    #[test]
    fn what_is_shown_with_a_sound_is_what_the_line_says_of_it() {
        let clip = clip();
        let mut room = Room::new();
        room.wait(50);
        room.playout.sound(&clip);
        room.playout.end();
        room.wait(clip.len() as u64 / 16 + 1_500);
        let mut line = line();
        let steps: Vec<Step> = line.push(&clip).collect::<Result<_, _>>().unwrap();
        // The clip's own first sample lies where the first hop of the turn was given to the loudspeaker.
        let start = room.voice[0].at;
        let loud = clip.iter().position(|s| s.abs() > 1e-3).unwrap() as u64;
        assert_eq!(room.first_sound(), Some(start + loud));
        assert_eq!(start, 51 * 16 + room.playout.lead, "as late as the look-ahead asks, and no later");
        for step in steps.iter().filter(|step| step.at.0 >= 0) {
            let at = start + step.at.0 as u64 * 16 / 1_000;
            let shown = room.shown.iter().find(|(heard, _)| *heard >= at).unwrap();
            assert!((jaw(&shown.1) - jaw(&step.motion)).abs() < 0.02, "{:?}", step.at);
        }
        assert_eq!(room.ends(), [(0, true)]);
        assert!(room.playout.is_at_rest());
    }

    #[test]
    fn a_flush_silences_closes_and_ends_the_turn() {
        let mut room = Room::new();
        room.playout.sound(&clip());
        room.wait(1_000);
        while jaw(&room.shown.last().unwrap().1) < 0.1 {
            room.wait(1);
        }
        let before = room.shown.last().unwrap().1;
        let silent_to = room.flush();
        assert!(room.voice.last().unwrap().at < silent_to);
        room.wait(16);
        let after = room.shown.last().unwrap().1;
        assert!(jaw(&after) < jaw(&before), "within a picture the lips are on their way");
        room.wait(100);
        assert_eq!(room.shown.last().unwrap().1, Motion::REST);
        assert_eq!(room.ends(), [(0, false)]);
        assert_eq!(room.playout.queued, 0);
    }

    #[test]
    fn sound_behind_a_flush_belongs_to_the_next_turn_and_is_heard() {
        let clip = clip();
        let mut room = Room::new();
        room.playout.sound(&clip);
        room.wait(700);
        let silent_to = room.flush();
        room.playout.sound(&clip[..32_000]);
        room.playout.end();
        room.wait(4_000);
        assert_eq!(room.ends(), [(0, false), (1, true)]);
        let next: Vec<&VoiceHop> = room.voice.iter().filter(|hop| hop.at >= silent_to).collect();
        let played: Vec<f32> = next.iter().flat_map(|hop| hop.samples).take(32_000).collect();
        let skip = next[0].samples.iter().zip(&clip).filter(|(a, b)| a == b).count();
        assert!(skip == HOP_SAMPLES && played == clip[..32_000], "the second turn is played whole, from its start");
    }

    #[test]
    fn sound_that_does_not_come_in_time_is_rest_and_goes_on_when_it_comes() {
        let clip = clip();
        let mut room = Room::new();
        room.playout.sound(&clip[..16_000]);
        room.wait(3_000);
        assert_eq!(room.playout.underruns(), 1);
        assert_eq!(room.shown.last().unwrap().1, Motion::REST);
        assert_eq!(room.ends(), []);
        room.playout.sound(&clip[16_000..32_000]);
        room.playout.end();
        room.wait(3_000);
        assert_eq!(room.ends(), [(0, true)]);
        assert!(room.shown[3_300..4_000].iter().any(|(_, motion)| jaw(motion) > 0.05));
    }

    #[test]
    fn several_turns_that_wait_are_all_flushed_in_their_order() {
        let mut room = Room::new();
        for _ in 0..3 {
            room.playout.sound(&clip()[..16_000]);
            room.playout.end();
        }
        room.wait(500);
        room.flush();
        assert_eq!(room.ends(), [(0, false), (1, false), (2, false), (3, false)]);
        room.playout.sound(&clip()[..8_000]);
        room.playout.end();
        room.wait(2_000);
        assert_eq!(room.ends().last(), Some(&(4, true)));
    }

    #[test]
    fn a_mark_is_told_when_its_sound_is_heard() {
        let mut room = Room::new();
        room.playout.sound(&clip()[..8_000]);
        room.playout.mark("half".into());
        room.playout.sound(&clip()[8_000..16_000]);
        room.wait(2_000);
        let start = room.voice[0].at;
        let mark =
            room.events.iter().find_map(|e| if let Event::Mark(place, name) = e { Some((place, name)) } else { None });
        let (place, name) = mark.unwrap();
        assert_eq!((place.at, name.as_str()), (AudioTime::from_ms(500), "half"));
        let late = place.show.0 - (start as i64 + 8_000) * 1_000 / 16;
        assert!((0..=1_000).contains(&late), "{late} us");
    }

    #[test]
    fn a_thousand_interruptions_lose_no_turn_and_nothing_grows() {
        let clip = clip();
        let (mut room, mut chance) = (Room::new(), Chance(7));
        for turn in 0..1_000u32 {
            let (length, wait) = (chance.bits() as usize % 8_000, chance.bits() % 400);
            room.playout.sound(&clip[8_000..8_000 + length]);
            if chance.bits().is_multiple_of(5) {
                room.playout.end();
                room.wait(wait);
                room.flush();
                continue;
            }
            room.wait(wait);
            room.flush();
            assert!(room.playout.queue.is_empty() && room.playout.due.is_empty() && room.playout.steps.is_empty());
            assert!(room.playout.queue.capacity() < 64 && room.playout.due.capacity() < 64, "turn {turn}");
            room.voice.clear();
            room.shown.clear();
        }
        room.wait(200);
        let turns: Vec<u32> = room.ends().iter().map(|(turn, _)| *turn).collect();
        assert_eq!(turns, (0..turns.len() as u32).collect::<Vec<_>>(), "each turn ends once, in its order");
        assert!(turns.len() >= 1_000);
        assert_eq!(room.playout.spoken(room.heard()), Spoken::REST);
    }
}
