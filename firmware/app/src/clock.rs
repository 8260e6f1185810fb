//! Which moment of the audio to show now: steps arrive in bursts, a display wants one steady clock.

use keyface_core::{AudioTime, Moment, Span};

/// Bursts of steps that are looked back on: 1.3 s where each step comes by itself.
const BURSTS_KEPT: usize = 64;
/// What comes within so short a time has waited for one thing: half a step.
const BURST: Span = Span::from_ms(10);
/// Waits among them that are passed over: one hiccup of the machine shall not make the face late for seconds.
const HICCUPS: usize = 4;
/// The delay follows the sound by at most this share of the time that passes: nobody sees lips 10 % slow or fast.
const SLEW: f64 = 0.1;
/// Beyond this the sound has stopped and gone on: follow at once.
const JUMP: Span = Span::from_ms(250);

/// Shows the audio so late that the next step is there when motion towards it is due.
/// It follows the drift between the sound card's clock and this machine's, and it never goes back.
///
/// # Latency
/// The longest usual wait for a step: a callback's length and a step.
#[derive(Debug)]
pub struct PlayClock {
    newest: Option<AudioTime>,
    /// The longest wait of each burst.
    waits: [Span; BURSTS_KEPT],
    bursts: usize,
    /// When the last one began.
    burst: Moment,
    delay_us: f64,
    shown: Option<(Moment, AudioTime)>,
}

impl Default for PlayClock {
    fn default() -> Self {
        let waits = [Span(0); BURSTS_KEPT];
        PlayClock { newest: None, waits, bursts: 0, burst: Moment(0), delay_us: 0.0, shown: None }
    }
}

impl PlayClock {
    /// A step that describes audio time `at` is there, at machine time `now`.
    pub fn arrived(&mut self, at: AudioTime, now: Moment) {
        // Up to now the step before had to do: motion between the two is known only from here on.
        let wait = now - Moment::as_if_played(self.newest.unwrap_or(at));
        if self.newest.is_none() {
            self.delay_us = wait.0 as f64;
        }
        // The first of a burst has waited longest, and a standstill of the machine is one hiccup however long it was.
        if self.newest.is_none() || now - self.burst >= BURST {
            self.waits[self.bursts % BURSTS_KEPT] = wait;
            self.bursts += 1;
            self.burst = now;
        }
        self.newest = Some(at);
    }

    /// The audio time to show at machine time `now`; `None` before the first step.
    pub fn show(&mut self, now: Moment) -> Option<AudioTime> {
        let newest = self.newest?;
        let (last_now, last_shown) = self.shown.unwrap_or((now, AudioTime(i64::MIN)));
        self.follow(now - last_now);
        let due = now.heard_if_played() - Span(self.delay_us.round() as i64);
        let shown = due.min(newest).max(last_shown);
        self.shown = Some((now, shown));
        Some(shown)
    }

    /// The audio time for what needs its time to get there, a servo: up to `lead` before what [`PlayClock::show`] shows,
    /// as far as there are steps; `None` before the first.
    pub fn ahead(&mut self, now: Moment, lead: Span) -> Option<AudioTime> {
        let shown = self.show(now)?;
        Some(self.newest?.min(shown + lead))
    }

    fn follow(&mut self, passed: Span) {
        let apart = self.usual_wait().0 as f64 - self.delay_us;
        let most = SLEW * passed.0.max(0) as f64;
        self.delay_us += if apart.abs() > JUMP.0 as f64 { apart } else { apart.clamp(-most, most) };
    }

    fn usual_wait(&self) -> Span {
        let kept = self.bursts.min(BURSTS_KEPT);
        let mut waits = self.waits;
        let waits = &mut waits[..kept];
        waits.sort_unstable();
        waits[kept - 1 - HICCUPS.min(kept / 8)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `seconds` of steps each 20 ms that arrive in bursts of `burst_ms`, on a sound card that is `ppm` fast.
    /// Gives (machine time, shown time) at 60 frames a second.
    fn play(seconds: i64, burst_ms: i64, ppm: i64) -> Vec<(i64, i64)> {
        let (mut clock, mut out, mut at) = (PlayClock::default(), Vec::new(), 0);
        for now in 0..seconds * 1_000 {
            let heard_us = now * 1_000 + now * ppm / 1_000;
            while now % burst_ms == 0 && at + 20_000 <= heard_us {
                at += 20_000;
                clock.arrived(AudioTime(at), Moment(now * 1_000));
            }
            if now % 17 == 0
                && let Some(shown) = clock.show(Moment(now * 1_000))
            {
                out.push((now * 1_000, shown.0));
            }
        }
        out
    }

    #[test]
    fn bursts_become_even_motion() {
        let shown = play(10, 40, 0);
        let steady = &shown[200..];
        for pair in steady.windows(2) {
            let moved = pair[1].1 - pair[0].1;
            assert!((16_000..=18_000).contains(&moved), "{moved} us in 17 ms");
        }
    }

    #[test]
    fn the_delay_is_one_burst_and_no_more() {
        let shown = play(20, 40, 0);
        let (now, at) = shown[shown.len() - 1];
        assert!((20_000..=60_000).contains(&(now - at)), "{} us", now - at);
    }

    #[test]
    fn a_sound_card_that_runs_fast_or_slow_is_followed() {
        for ppm in [-200, 200] {
            let shown = play(600, 20, ppm);
            let (now, at) = shown[shown.len() - 1];
            let heard = now + now / 1_000_000 * ppm;
            assert!((0..60_000).contains(&(heard - at)), "{ppm} ppm: {} us behind", heard - at);
        }
    }

    #[test]
    fn in_a_day_a_recording_clock_that_is_off_drifts_less_than_ten_milliseconds_from_the_face() {
        const PICTURE_US: i64 = 16_667;
        for ppm in [-100, 100] {
            let (mut clock, mut at) = (PlayClock::default(), 0);
            let mut behind = (i64::MAX, i64::MIN);
            for picture in 0..24 * 3_600 * 60 {
                let now = picture * PICTURE_US;
                let heard = now + now / 1_000_000 * ppm;
                while at + 20_000 <= heard {
                    at += 20_000;
                    clock.arrived(AudioTime(at), Moment(at - at / 1_000_000 * ppm));
                }
                let shown = clock.show(Moment(now)).map_or(0, |shown| shown.0);
                // The first minute is for finding the delay.
                if picture > 3_600 {
                    behind = (behind.0.min(heard - shown), behind.1.max(heard - shown));
                }
            }
            assert!(behind.1 - behind.0 < 10_000, "{ppm} ppm: {behind:?} us behind what is heard");
        }
    }

    #[test]
    fn time_never_goes_back_even_when_the_sound_stalls() {
        let mut clock = PlayClock::default();
        clock.arrived(AudioTime::from_ms(20), Moment::from_ms(30));
        let before = clock.show(Moment::from_ms(40)).unwrap();
        clock.arrived(AudioTime::from_ms(40), Moment::from_ms(5_000));
        assert!(clock.show(Moment::from_ms(5_010)).unwrap() >= before);
    }

    #[test]
    fn one_hiccup_does_not_make_the_face_late() {
        let mut clock = PlayClock::default();
        for step in 1..=100 {
            let hiccup_ms = if step == 90 { 150 } else { 0 };
            clock.arrived(AudioTime::from_ms(step * 20), Moment::from_ms(step * 20 + hiccup_ms));
            clock.show(Moment::from_ms(step * 20 + hiccup_ms));
        }
        let now = Moment::from_ms(2_020);
        let late = now - Moment::as_if_played(clock.show(now).unwrap());
        assert!(late <= Span::from_ms(40), "{late:?}");
    }

    #[test]
    fn what_goes_ahead_is_never_beyond_the_newest_step_and_never_goes_back() {
        let (mut clock, mut last) = (PlayClock::default(), AudioTime(0));
        let lead = Span::from_ms(20);
        for ms in 0..2_000 {
            let now = Moment::from_ms(ms);
            // Bursts of five steps, as some sound systems give them.
            if ms % 100 == 0 {
                (0..5).for_each(|step| clock.arrived(AudioTime::from_ms(ms + 20 * step), now));
            }
            let (shown, ahead) = (clock.show(now).unwrap(), clock.ahead(now, lead).unwrap());
            assert!(ahead >= shown.max(last) && ahead <= shown + lead && Some(ahead) <= clock.newest);
            last = ahead;
        }
    }

    #[test]
    fn a_machine_that_stood_still_is_in_step_again_at_once() {
        let (mut clock, mut at) = (PlayClock::default(), 0);
        for now in (0..6_000).map(Moment::from_ms) {
            let stands = (2_000_000..2_400_000).contains(&now.0);
            while !stands && at + 20_000 <= now.0 {
                at += 20_000;
                clock.arrived(AudioTime(at), now);
            }
            if now.0 % 16_000 == 0 && !stands {
                let late_ms = clock.show(now).map_or(0, |shown| (now.heard_if_played() - shown).0 / 1_000);
                assert!(late_ms <= 60, "{late_ms} ms late at {now:?}");
            }
        }
    }

    #[test]
    fn nothing_is_shown_before_the_first_step() {
        assert_eq!(PlayClock::default().show(Moment(0)), None);
        assert_eq!(PlayClock::default().ahead(Moment(0), Span(0)), None);
    }
}
