//! What a live job did: counted while it runs, told at its end.

use std::time::Duration;

use keyface_core::{CoreError, Samples, Span, Step};
use serde::Serialize;

use crate::AppError;
use crate::ears::{Ear, EarCounters};
use crate::screen::ScreenCounters;
use crate::servo::{ServoCounters, ServoReport};
use crate::stats::Spread;

/// Counts while a job runs.
#[derive(Debug, Default)]
pub(crate) struct Watcher {
    steps: u64,
    pictures: u64,
    line_faults: u64,
    ages: Spread,
}

/// How far a live job has come.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Sound heard.
    pub heard: Samples,
    /// Steps of the line.
    pub steps: u64,
    /// Times that a network failed and began anew.
    pub line_faults: u64,
    /// What the ear has suffered.
    pub ear: EarCounters,
}

/// What a live job did.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was heard.
    pub input: String,
    /// Sound heard, in seconds; silence in place of a lost microphone is none.
    pub audio_s: f64,
    /// Steps of the line.
    pub steps: u64,
    /// Pictures that were due.
    pub pictures: u64,
    /// Times that a network failed and began anew.
    pub line_faults: u64,
    /// What the ear suffered.
    pub ear: EarCounters,
    /// What the screen did; `None` without one.
    pub screen: Option<ScreenCounters>,
    /// The line's own look-ahead.
    pub look_ahead_ms: f32,
    /// From a sound in the air to its picture in the screen's hands, or without a screen to its pose; `None` when nothing
    /// was shown in real time.
    pub latency: Option<Latency>,
    /// What the servos did; `None` without any.
    pub servos: Option<ServoSummary>,
}

/// What the servos did.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ServoSummary {
    /// What they suffered.
    #[serde(flatten)]
    pub counters: ServoCounters,
    /// From a sound in the air to its pulses on the bus; `None` when none were told in real time.
    pub latency: Option<Latency>,
}

/// How old the sound of a picture is when the picture stands.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Latency {
    /// Half of the pictures are not older.
    pub p50_ms: f32,
    /// 95 % of the pictures are not older.
    pub p95_ms: f32,
    /// The oldest.
    pub max_ms: f32,
    /// `p95_ms` without the look-ahead, which is the model's choice.
    pub p95_beyond_look_ahead_ms: f32,
}

impl Watcher {
    pub fn step(&mut self) {
        self.steps += 1;
    }

    /// A picture was shown; `age` is that of the sound that it belongs to.
    pub fn picture(&mut self, age: Option<Duration>) {
        self.pictures += 1;
        if let Some(age) = age {
            self.ages.add(age.as_secs_f32() * 1_000.0);
        }
    }

    /// Counts what the line survives.
    pub fn line(&mut self, step: Result<Step, CoreError>) -> Result<Option<Step>, AppError> {
        match step {
            Err(error) if is_survivable(&error) => {
                self.line_faults += 1;
                log::warn!("{error}; the face goes to rest");
                Ok(None)
            }
            other => Ok(Some(other?)),
        }
    }

    pub fn turn(&self, heard: Samples, ear: EarCounters) -> Turn {
        Turn { heard, steps: self.steps, line_faults: self.line_faults, ear }
    }

    pub fn report(&self, heard: Samples, look_ahead: Span, ear: &dyn Ear) -> Report {
        Report {
            input: ear.name(),
            audio_s: ear.counters().real(heard).span().as_s(),
            steps: self.steps,
            pictures: self.pictures,
            line_faults: self.line_faults,
            ear: ear.counters(),
            screen: None,
            look_ahead_ms: look_ahead.as_ms(),
            latency: Latency::new(&self.ages, look_ahead),
            servos: None,
        }
    }
}

impl ServoSummary {
    /// What is told of the servos; the look-ahead is the line's.
    pub(crate) fn new(servos: &ServoReport, look_ahead: Span) -> ServoSummary {
        ServoSummary { counters: servos.counters, latency: Latency::new(&servos.ages, look_ahead) }
    }
}

impl Latency {
    /// What is told of ages; the look-ahead is the line's.
    pub(crate) fn new(ages: &Spread, look_ahead: Span) -> Option<Latency> {
        let (p50_ms, p95_ms) = (ages.percentile_ms(0.5)?, ages.percentile_ms(0.95)?);
        let p95_beyond_look_ahead_ms = p95_ms - look_ahead.as_ms();
        Some(Latency { p50_ms, p95_ms, max_ms: ages.max_ms(), p95_beyond_look_ahead_ms })
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "heard     {} for {:.1} s in {} steps", self.input, self.audio_s, self.steps)?;
        let EarCounters { xruns, dropped_samples, reopened, .. } = self.ear;
        writeln!(f, "ear       {xruns} xruns, {dropped_samples} samples dropped, opened again {reopened} times")?;
        writeln!(f, "line      {} faults, look-ahead {:.0} ms", self.line_faults, self.look_ahead_ms)?;
        if let Some(ScreenCounters { shown, skipped, lost, reopened }) = self.screen {
            write!(f, "screen    {shown} pictures shown, {skipped} skipped, ")?;
            writeln!(f, "lost {lost} times, opened again {reopened} times")?;
        }
        if let Some(ServoSummary { counters, latency }) = self.servos {
            let ServoCounters { faults, reopened, detached } = counters;
            writeln!(f, "servos    {faults} faults, found again {reopened} times, detached at rest {detached} times")?;
            latency.map_or(Ok(()), |latency| writeln!(f, "          sound to pulse: {latency}"))?;
        }
        match self.latency {
            None => write!(f, "latency   not measured: nothing was shown in real time"),
            Some(latency) => write!(f, "latency   sound to pose: {latency}"),
        }
    }
}

impl std::fmt::Display for Latency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Latency { p50_ms, p95_ms, max_ms, p95_beyond_look_ahead_ms } = self;
        write!(
            f,
            "half within {p50_ms:.0} ms, 95 % within {p95_ms:.0} ms, longest {max_ms:.0} ms \
             ({p95_beyond_look_ahead_ms:.0} ms beyond the look-ahead at 95 %)"
        )
    }
}

/// A network that failed has been reset and the face moves to rest: count it, and go on.
fn is_survivable(error: &CoreError) -> bool {
    matches!(error, CoreError::NotFinite { .. } | CoreError::Step { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_is_told_beyond_the_look_ahead() {
        let mut watcher = Watcher::default();
        (0..100).for_each(|n| watcher.picture(Some(Duration::from_millis(80 + n / 10))));
        let latency = Latency::new(&watcher.ages, Span::from_ms(60)).unwrap();
        assert!((latency.p95_beyond_look_ahead_ms - 29.5).abs() < 1.0, "{latency:?}");
        assert_eq!(latency.max_ms, 89.0);
    }

    #[test]
    fn a_failed_network_is_counted_and_survived() {
        let mut watcher = Watcher::default();
        let fault = CoreError::Step { net: "n".into(), reason: "r".into() };
        assert!(watcher.line(Err(fault)).is_ok());
        assert_eq!(watcher.line_faults, 1);
        assert!(watcher.line(Err(CoreError::unexpected("a", "b", "c"))).is_err());
    }
}
