//! A face that lives for a while on a screen's memory, in real time: what its pictures take while it speaks and at rest.

use std::fmt::{Display, Formatter};
use std::thread;
use std::time::{Duration, Instant};

use keyface_core::{AudioTime, Gains, Line, Model, Moment, Span, Spoken};
use serde::Serialize;

use super::clock::{StepTimes, ms};
use super::machine::thread_cpu_seconds;
use crate::AppError;
use crate::animate::STEP_SAMPLES;
use crate::face::{Face, FaceError, Life, Look, Memory, Surface};
use crate::pictures::DISPLAY_FPS;

/// The life that is lived, so that two runs draw the same pictures.
const SEED: u64 = 1;
/// The rest that is watched: blinks come every 2 to 6 s, glances every 1.5 s, a breath takes 4 s.
const REST: Duration = Duration::from_secs(60);
/// Speech is repeated until it lasts so long.
const SPEECH: Duration = Duration::from_secs(20);

/// What pictures of a living face take, drawn and brought into a screen's memory, 60 a second.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LivingFace {
    /// Width of the picture.
    pub width_px: u32,
    /// Height of the picture.
    pub height_px: u32,
    /// Half of the pictures of speech take no longer.
    pub p50_ms: f64,
    /// 95 % of the pictures of speech take no longer.
    pub p95_ms: f64,
    /// The longest picture of speech.
    pub max_ms: f64,
    /// Share of a processor while the face speaks; `None` where the system does not tell.
    pub cpu_speaking: Option<f64>,
    /// Share of a processor while it rests, with blinks, glances and breath.
    pub cpu_rest: Option<f64>,
}

impl LivingFace {
    /// Lets a face of `width_px` x `height_px` speak `sound` and rest; `progress` is told the share that is done.
    ///
    /// # Errors
    /// [`AppError::Screen`] for an impossible size, and when the network fails.
    pub fn measure(
        model: Model,
        sound: &[f32],
        (width_px, height_px): (u32, u32),
        progress: impl FnMut(f32),
    ) -> Result<LivingFace, AppError> {
        let speech = said(&mut Line::new(model), sound)?;
        LivingFace::of(&speech, (width_px, height_px), [SPEECH, REST], progress)
    }

    fn of(
        speech: &[Spoken],
        (width_px, height_px): (u32, u32),
        [speaking, rest]: [Duration; 2],
        mut progress: impl FnMut(f32),
    ) -> Result<LivingFace, AppError> {
        let refused = |e: FaceError| AppError::Screen { reason: e.to_string() };
        let mut screening = Screening::new(width_px, height_px).map_err(refused)?;
        let all = (speaking + rest).as_secs_f32();
        let mut run = |said: &[Spoken], past: Duration, time: Duration| {
            screening.live(said, time, |now| progress((past.as_secs_f32() + now.as_s() as f32) / all))
        };
        let speaking_part = run(speech, Duration::ZERO, speaking).map_err(refused)?;
        let rest_part = run(&[Spoken::REST], speaking, rest).map_err(refused)?;
        let StepTimes { p50_ms, p95_ms, max_ms, .. } = speaking_part.times;
        let (cpu_speaking, cpu_rest) = (speaking_part.cpu, rest_part.cpu);
        Ok(LivingFace { width_px, height_px, p50_ms, p95_ms, max_ms, cpu_speaking, cpu_rest })
    }
}

impl Display for LivingFace {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let LivingFace { width_px, height_px, p50_ms, p95_ms, max_ms, cpu_speaking, cpu_rest } = self;
        let share = |cpu: &Option<f64>| cpu.map_or("unknown".into(), |cpu| format!("{cpu:.3}"));
        writeln!(f, "{DISPLAY_FPS} pictures a second of {width_px}x{height_px}, drawn and in a screen's memory")?;
        writeln!(
            f,
            "  while it speaks: half within {p50_ms:.2} ms, 95 % within {p95_ms:.2} ms, all within {max_ms:.2} ms"
        )?;
        writeln!(f, "  processor while it speaks    {}", share(cpu_speaking))?;
        write!(f, "  processor while it rests     {}", share(cpu_rest))
    }
}

/// The motion of a sound at each picture.
fn said(line: &mut Line, sound: &[f32]) -> Result<Vec<Spoken>, AppError> {
    let mut said = Vec::new();
    for block in sound.chunks_exact(STEP_SAMPLES) {
        let mut newest = AudioTime(i64::MIN);
        for step in line.push(block) {
            newest = step?.at;
        }
        let due = |picture: usize| AudioTime::START + picture_at(picture as u64);
        while due(said.len()) <= newest {
            said.push(line.spoken_at(due(said.len())));
        }
    }
    Ok(said)
}

fn picture_at(picture: u64) -> Span {
    Span((picture * 1_000_000 / u64::from(DISPLAY_FPS)) as i64)
}

/// A face, and the memory that it is shown in.
struct Screening {
    face: Face,
    look: Look,
    memory: Memory,
}

/// What a while of it took.
struct While {
    times: StepTimes,
    cpu: Option<f64>,
}

impl Screening {
    fn new(width: u32, height: u32) -> Result<Screening, FaceError> {
        let look = Look::new(Gains::default(), Some(Life::new(SEED)));
        Ok(Screening { face: Face::new(width, height)?, look, memory: Memory::new(width, height) })
    }

    /// Shows what is said over and over, in real time.
    fn live(&mut self, said: &[Spoken], time: Duration, mut progress: impl FnMut(Span)) -> Result<While, FaceError> {
        let (start, before) = (Instant::now(), thread_cpu_seconds());
        let pictures = (time.as_secs_f64() * f64::from(DISPLAY_FPS)) as u64;
        let mut times_ms = Vec::new();
        for (picture, spoken) in (0..pictures).zip(said.iter().cycle()) {
            let now = Moment::START + picture_at(picture);
            let due = Duration::from_micros(now.0 as u64);
            thread::sleep(due.saturating_sub(start.elapsed()));
            let begun = Instant::now();
            let pose = self.look.face(spoken, now);
            self.memory.show(self.face.draw_living(&pose), now)?;
            times_ms.push(ms(begun));
            if picture % u64::from(DISPLAY_FPS) == 0 {
                progress(now.since_start());
            }
        }
        let cpu = before.zip(thread_cpu_seconds()).map(|(before, after)| (after - before) / time.as_secs_f64());
        Ok(While { times: StepTimes::of(times_ms), cpu })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_face_is_timed_while_it_speaks_and_at_rest() {
        let times = [Duration::from_millis(200), Duration::from_millis(100)];
        let mut done = Vec::new();
        let face = LivingFace::of(&[Spoken::REST], (64, 48), times, |share| done.push(share)).unwrap();
        assert!(face.p50_ms > 0.0 && face.p50_ms <= face.p95_ms && face.p95_ms <= face.max_ms, "{face:?}");
        assert!(face.cpu_speaking.is_none_or(|cpu| cpu > 0.0) && face.cpu_rest.is_none_or(|cpu| cpu > 0.0), "{face:?}");
        assert_eq!(done.len(), 2);
    }

    #[test]
    fn a_size_that_no_screen_has_is_refused() {
        let error = LivingFace::of(&[Spoken::REST], (8, 8), [Duration::ZERO; 2], |_| {}).unwrap_err();
        assert!(error.to_string().contains("16x16"), "{error}");
    }
}
