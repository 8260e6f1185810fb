//! Which moment of the audio to show now: steps arrive in bursts, a display wants one steady clock.

use keyface_core::Micros;

/// Steps are looked back on for one to two such spans.
const SPAN: Micros = Micros::from_ms(1_000);
/// The delay follows the sound's lateness by at most this share of the time that passes: nobody sees 5 %.
const SLEW: f64 = 0.05;
/// Beyond this the sound has stopped and gone on: follow at once.
const JUMP: Micros = Micros::from_ms(250);

/// Shows the audio so late that the next step is always there when motion towards it is due.
/// It follows the drift between the sound card's clock and this machine's, and it never goes back.
///
/// # Latency
/// The longest wait for a step within the last 1 to 2 s: a callback's length and a step.
#[derive(Debug, Default)]
pub struct PlayClock {
    newest: Option<Micros>,
    latest: Micros,
    latest_before: Micros,
    span_start: Micros,
    delay_us: f64,
    shown: Option<(Micros, Micros)>,
}

impl PlayClock {
    /// A step that describes audio time `at` is there, at machine time `now`.
    pub fn arrived(&mut self, at: Micros, now: Micros) {
        // Up to now the step before had to do: motion between the two is known only from here on.
        let late = now - self.newest.unwrap_or(at);
        if self.newest.is_none() {
            (self.latest, self.latest_before, self.span_start) = (late, late, now);
            self.delay_us = late.0 as f64;
        }
        if now - self.span_start > SPAN {
            (self.latest_before, self.latest, self.span_start) = (self.latest, late, now);
        }
        self.latest = self.latest.max(late);
        self.newest = Some(at);
    }

    /// The audio time to show at machine time `now`; `None` before the first step.
    pub fn show(&mut self, now: Micros) -> Option<Micros> {
        let newest = self.newest?;
        let (last_now, last_shown) = self.shown.unwrap_or((now, Micros(i64::MIN)));
        self.follow(now - last_now);
        let due = Micros(now.0 - self.delay_us.round() as i64);
        let shown = due.min(newest).max(last_shown);
        self.shown = Some((now, shown));
        Some(shown)
    }

    fn follow(&mut self, passed: Micros) {
        let wanted = self.latest.max(self.latest_before).0 as f64;
        let apart = wanted - self.delay_us;
        let most = SLEW * passed.0 as f64;
        self.delay_us += if apart.abs() > JUMP.0 as f64 { apart } else { apart.clamp(-most, most) };
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
                clock.arrived(Micros(at), Micros(now * 1_000));
            }
            if now % 17 == 0
                && let Some(shown) = clock.show(Micros(now * 1_000))
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
    fn time_never_goes_back_even_when_the_sound_stalls() {
        let mut clock = PlayClock::default();
        clock.arrived(Micros::from_ms(20), Micros::from_ms(30));
        let before = clock.show(Micros::from_ms(40)).unwrap();
        clock.arrived(Micros::from_ms(40), Micros::from_ms(5_000));
        assert!(clock.show(Micros::from_ms(5_010)).unwrap() >= before);
    }

    #[test]
    fn nothing_is_shown_before_the_first_step() {
        assert_eq!(PlayClock::default().show(Micros(0)), None);
    }
}
