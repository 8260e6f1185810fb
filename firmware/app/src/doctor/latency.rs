//! How late a face is on this machine: a clip out of its loudspeaker, back through its microphone, and on to pictures and
//! servos, both for a microphone's voice and for a voice that is played.
//!
//! A live job counts how old each picture and command is by the word of its devices; here the loopback proves their word:
//! what the microphone says about the time of a sound is held against what the loudspeaker said. What is between the two
//! counts as ours, with the way through the air.

mod echo;
mod routes;
mod track;

use keyface_core::{Model, Span};
use serde::Serialize;

pub use self::echo::Loopback;
pub use self::routes::Plan;
use self::routes::Run;
use super::finding::Finding;
use crate::AppError;
use crate::report::Latency;

/// The bars: a microphone's voice beyond the look-ahead, and lips and sound apart, 95 % of all.
const LATE_MS: f32 = 50.0;
const APART_MS: f64 = 20.0;

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Latencies {
    /// A microphone's voice to pictures and servos.
    pub microphone: Route,
    /// A voice that is played; `None` when the loudspeaker was not heard before.
    pub play: Option<Route>,
    /// What it means.
    pub findings: Vec<Finding>,
}

/// One way through a face.
#[derive(Clone, Debug, Serialize)]
pub struct Route {
    /// The model.
    pub model: String,
    /// What it looks ahead.
    pub look_ahead_ms: f32,
    /// How much later the microphone heard the clip than the loudspeaker said; `None` when it did not hear it.
    pub loopback: Option<Loopback>,
    /// By the devices' own word, to a picture in the screen's hands: of a microphone since its sound was in the air, of a
    /// played voice since its place was heard.
    pub pixel: Option<Latency>,
    /// The same to a command on the servos' bus.
    pub servo: Option<Latency>,
    /// How much earlier than a picture servos are told.
    pub servo_lead_ms: f32,
    /// What pictures were shown on.
    pub screen: String,
    #[serde(skip)]
    no_servos: Option<String>,
}

impl Latencies {
    /// Measures for some 25 s, in which the clip sounds twice and servos move; `each` is told at once what was found.
    ///
    /// # Errors
    /// When there is no microphone or no loudspeaker, or a network fails.
    pub fn measure(
        plan: &Plan,
        [live, playback]: [Model; 2],
        mut each: impl FnMut(&Finding),
    ) -> Result<Latencies, AppError> {
        let mut findings = Vec::new();
        let mut tell = |found: Vec<Finding>| {
            found.iter().for_each(&mut each);
            findings.extend(found);
        };
        let microphone = Route::of(&live, |model| routes::microphone(plan, model))?;
        tell(microphone.judge_microphone());
        let is_heard = microphone.loopback.is_some();
        let play = is_heard.then(|| Route::of(&playback, |model| routes::play(plan, model))).transpose()?;
        play.iter().for_each(|play| tell(play.judge_play()));
        Ok(Latencies { microphone, play, findings })
    }
}

impl Route {
    fn of(model: &Model, run: impl Fn(Model) -> Result<Run, AppError>) -> Result<Route, AppError> {
        let name = format!("{} {}", model.card.name, model.card.version);
        let look_ahead_ms = model.card.look_ahead_ms as f32;
        let Run { said, heard, pixel, servo, screen, no_servos, lead } = run(model.clone())?;
        let loopback = Loopback::find(&said, &heard);
        let servo_lead_ms = Span::as_ms(lead);
        Ok(Route { model: name, look_ahead_ms, loopback, pixel, servo, servo_lead_ms, screen, no_servos })
    }

    /// What is told of a microphone's voice.
    fn judge_microphone(&self) -> Vec<Finding> {
        let mut findings = vec![self.judge_loopback("microphone")];
        let Some(Loopback { p95_ms, .. }) = self.loopback else { return findings };
        let beyond = |latency: &Latency| latency.p95_beyond_look_ahead_ms + p95_ms.max(0.0) as f32;
        let told = |latency: &Latency, what: &str| {
            let Latency { p50_ms, p95_ms, .. } = latency;
            let ms = beyond(latency);
            format!(
                "{what}: {ms:.0} ms beyond the look-ahead for 95 % (bar {LATE_MS:.0}); by the microphone's word half \
                 within {p50_ms:.0}, 95 % within {p95_ms:.0} ms"
            )
        };
        let within = |latency: &Latency| beyond(latency) <= LATE_MS;
        findings.extend(self.judge("pixel", self.pixel.as_ref(), within, |latency| {
            told(latency, &format!("microphone to picture {}", self.screen))
        }));
        findings
            .extend(self.judge("servo", self.servo.as_ref(), within, |latency| told(latency, "microphone to command")));
        findings
    }

    /// What is told of a voice that is played.
    fn judge_play(&self) -> Vec<Finding> {
        let mut findings = vec![self.judge_loopback("play")];
        let Some(Loopback { p5_ms, p50_ms, p95_ms, .. }) = self.loopback else { return findings };
        // The middle of a picture shows the place that is heard then, if it stands at once and the loudspeaker is right.
        let most = |latency: &Latency| (f64::from(latency.p95_ms) - p5_ms).max(p95_ms);
        findings.extend(self.judge("pixel", self.pixel.as_ref(), |latency| most(latency) <= APART_MS, |latency| {
            let middle = f64::from(latency.p50_ms) - p50_ms;
            let most = most(latency);
            format!("played sound and its picture {}: {middle:+.0} ms in the middle, 95 % within {most:.0} ms (bar {APART_MS:.0})", self.screen)
        }));
        let lead_ms = self.servo_lead_ms;
        findings.extend(self.judge("servo", self.servo.as_ref(), |latency| latency.p95_ms <= LATE_MS, |latency| {
            let late = latency.p95_ms;
            format!("commands are meant for {lead_ms:.0} ms before their sound; 95 % come at most {late:.0} ms after that")
        }));
        findings
    }

    fn judge_loopback(&self, way: &str) -> Finding {
        const PART: &str = "loopback";
        match &self.loopback {
            Some(Loopback { heard, played, p50_ms, p95_ms, .. }) => {
                let found = format!(
                    "{way}, model {}: heard {heard} of {played} parts, {p50_ms:+.1} ms off the loudspeaker's word, 95 % \
                     {p95_ms:+.1} ms",
                    self.model
                );
                Finding::ok(PART, found)
            }
            None => Finding::failed(
                PART,
                format!("{way}: the microphone does not hear the loudspeaker"),
                "join both with a cable, or put them side by side and turn the volume up; --play and --device choose \
                 others (`aplay -L`, `keyface devices`); without any: `modprobe snd-aloop`, --play plughw:Loopback,0 \
                 --device plughw:Loopback,1",
            ),
        }
    }

    /// Within the bar, beyond it, or not measured.
    fn judge(
        &self,
        part: &'static str,
        latency: Option<&Latency>,
        is_within: impl Fn(&Latency) -> bool,
        told: impl Fn(&Latency) -> String,
    ) -> Option<Finding> {
        const ADVICE: &str = "end other programs and measure again; `keyface bench` says what takes its time here";
        match (latency, &self.no_servos) {
            (Some(latency), _) if is_within(latency) => Some(Finding::ok(part, told(latency))),
            (Some(latency), _) => Some(Finding::warning(part, told(latency), ADVICE)),
            (None, Some(reason)) if part == "servo" => {
                Some(Finding::warning(part, format!("not measured: {reason}"), "see `keyface doctor`"))
            }
            (None, _) if part == "servo" => None,
            (None, _) => Some(Finding::warning(part, "no picture was shown in time", ADVICE)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;
    use crate::stats::Spread;

    fn latency(ms: f32, look_ahead: Span) -> Option<Latency> {
        let mut ages = Spread::default();
        ages.add(ms);
        Latency::new(&ages, look_ahead)
    }

    fn route(p50_ms: f64, pixel_ms: f32, look_ahead: Span) -> Route {
        Route {
            model: "live 1.0.0".into(),
            look_ahead_ms: look_ahead.as_ms(),
            loopback: Some(Loopback { heard: 30, played: 33, p5_ms: p50_ms - 1.0, p50_ms, p95_ms: p50_ms + 2.0 }),
            pixel: latency(pixel_ms, look_ahead),
            servo: None,
            servo_lead_ms: 20.0,
            screen: "on the screen".into(),
            no_servos: None,
        }
    }

    fn verdicts(findings: &[Finding]) -> Vec<(&str, Verdict)> {
        findings.iter().map(|found| (found.part, found.verdict)).collect()
    }

    #[test]
    fn what_the_loopback_adds_counts_beyond_the_look_ahead() {
        let look_ahead = Span::from_ms(60);
        let found = route(3.0, 90.0, look_ahead).judge_microphone();
        assert_eq!(verdicts(&found), [("loopback", Verdict::Ok), ("pixel", Verdict::Ok)]);
        assert!(found[1].found.contains("35 ms beyond the look-ahead for 95 % (bar 50)"), "{}", found[1].found);
        let found = route(30.0, 90.0, look_ahead).judge_microphone();
        assert_eq!(verdicts(&found)[1], ("pixel", Verdict::Warning));
        // A microphone that says it heard a sound before it was said is not thanked for it.
        let found = route(-30.0, 90.0, look_ahead).judge_microphone();
        assert!(found[1].found.contains("30 ms beyond"), "{}", found[1].found);
    }

    #[test]
    fn lips_are_held_against_the_sound_that_was_heard() {
        let found = route(4.0, 6.0, Span(0)).judge_play();
        assert!(found[1].found.contains("+2 ms in the middle, 95 % within 6 ms"), "{}", found[1].found);
        assert_eq!(verdicts(&route(25.0, 6.0, Span(0)).judge_play())[1].1, Verdict::Warning);
        assert_eq!(verdicts(&route(-25.0, 6.0, Span(0)).judge_play())[1].1, Verdict::Warning);
    }

    #[test]
    fn without_a_loopback_nothing_is_claimed() {
        let route = Route { loopback: None, ..route(0.0, 90.0, Span(0)) };
        for found in [route.judge_microphone(), route.judge_play()] {
            assert_eq!(verdicts(&found), [("loopback", Verdict::Failed)]);
            assert!(found[0].advice.as_ref().unwrap().contains("snd-aloop"));
        }
    }

    #[test]
    fn servos_that_do_not_answer_are_told_and_boards_without_any_say_nothing() {
        let mut route = route(0.0, 90.0, Span::from_ms(60));
        assert_eq!(route.judge_microphone().len(), 2);
        route.no_servos = Some("nobody at 0x40".into());
        assert!(route.judge_microphone()[2].found.contains("nobody at 0x40"));
        route.servo = latency(85.0, Span::from_ms(60));
        assert_eq!(route.judge_microphone()[2].verdict, Verdict::Ok);
    }
}
