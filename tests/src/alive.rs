//! How a face moves beside its mouth, as figures: a sound in, how far, how smoothly and how much with the voice out.

use keyface::face::{Life, Look};
use keyface_core::{AudioTime, Channel, FacePose, Gains, HOP_SAMPLES, Line, PitchTracker, Spoken};

/// Pictures a second.
const FPS: i64 = 60;
/// Head and brows answer within a third of a second: correlations are told at the lag that suits them best, as
/// measurements of people tell them.
const LONGEST_LAG: i64 = FPS / 3;

/// A face at one moment of a sound, and what is heard then.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// What is said.
    pub spoken: Spoken,
    /// The whole face.
    pub pose: FacePose,
    /// Level of the sound in decibels, over 50 ms.
    pub level_db: f32,
    /// Pitch in semitones above 100 Hz, where there is a voice.
    pub pitch: Option<f32>,
}

/// A face that speaks a sound, picture by picture; without blinks, glances and breath.
pub fn speak(line: &mut Line, samples: &[f32], mut life: Life) -> Vec<Moment> {
    (life.blinks, life.saccades, life.breathing) = (false, false, false);
    let look = Look::new(Gains::default(), Some(life));
    let heard = listen(samples);
    let mut moments = Vec::new();
    let silence = vec![0.0; HOP_SAMPLES * 60];
    for hop in samples.chunks_exact(HOP_SAMPLES).chain(silence.chunks_exact(HOP_SAMPLES)) {
        let known = line.push(hop).last().map(|step| step.expect("a network that answers").at);
        while let Some(at) = known.and_then(|known| due(moments.len(), known)) {
            let Some((level_db, pitch)) = heard.get((at.0 / 10_000) as usize) else { break };
            let spoken = line.spoken_at(at);
            moments.push(Moment {
                spoken,
                pose: look.face(&spoken, keyface_core::Moment::as_if_played(at)),
                level_db: *level_db,
                pitch: *pitch,
            });
        }
    }
    moments
}

/// The time of a picture, once it is known.
fn due(picture: usize, known: AudioTime) -> Option<AudioTime> {
    Some(AudioTime(picture as i64 * 1_000_000 / FPS)).filter(|at| *at <= known)
}

/// Level and pitch of each hop, as of its middle: what is measured, apart from what the face is made of.
fn listen(samples: &[f32]) -> Vec<(f32, Option<f32>)> {
    let mut tracker = PitchTracker::new();
    let pitches: Vec<Option<f32>> = samples.as_chunks().0.iter().map(|hop| tracker.push(hop)).collect();
    let level = |hop: usize| {
        let around = &samples[(hop.saturating_sub(2)) * HOP_SAMPLES..samples.len().min((hop + 3) * HOP_SAMPLES)];
        let power = around.iter().map(|s| s * s).sum::<f32>() / around.len() as f32;
        10.0 * (power + 1e-9).log10()
    };
    // The tracker tells of 20 ms ago.
    let pitch = |hop: usize| pitches.get(hop + 2).copied().flatten().map(|hz| 12.0 * (hz / 100.0).log2());
    (0..pitches.len()).map(|hop| (level(hop), pitch(hop))).collect()
}

/// Figures of a face's motion.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Standard deviation of yaw, pitch and roll, in degrees.
    pub spread_deg: [f32; 3],
    /// From the lowest to the highest of pitch, in degrees.
    pub nod_deg: f32,
    /// Mean speed of the head while somebody speaks, in degrees a second, and the highest.
    pub speed_deg_s: [f32; 2],
    /// Highest acceleration of the head, in degrees a second squared.
    pub acceleration_deg_s2: f32,
    /// Mean and highest weight of the outer brows.
    pub brow: [f32; 2],
    /// Correlation of the head's speed with the level of the sound.
    pub head_with_level: f32,
    /// Correlation of the brows with the pitch, where there is one.
    pub brow_with_pitch: f32,
    /// Multiple correlation of the pitch with the head's three angles.
    pub pitch_from_head: f32,
}

impl Figures {
    /// Of a face that spoke.
    pub fn of(moments: &[Moment]) -> Figures {
        let head = |m: &Moment| [m.pose.head.yaw_rad, m.pose.head.pitch_rad, m.pose.head.roll_rad].map(f32::to_degrees);
        let heads: Vec<[f32; 3]> = moments.iter().map(head).collect();
        let speeds: Vec<f32> = heads.windows(2).map(|w| FPS as f32 * distance(w[0], w[1])).collect();
        let bend = |w: &[[f32; 3]]| [0, 1, 2].map(|axis| w[0][axis] - 2.0 * w[1][axis] + w[2][axis]);
        let bends = heads.windows(3).map(|w| (FPS * FPS) as f32 * distance(bend(w), [0.0; 3]));
        let levels: Vec<f32> = moments.iter().map(|m| m.level_db.max(-60.0)).collect();
        let speaks = |at: usize| levels[at] > -45.0;
        let spoken: Vec<f32> = (0..speeds.len()).filter(|at| speaks(*at)).map(|at| speeds[at]).collect();
        let axis = |axis: usize| heads.iter().map(|head| head[axis]).collect::<Vec<f32>>();
        let brows: Vec<f32> = moments.iter().map(|m| m.pose[Channel::BrowOuterUpLeft]).collect();
        let nods = axis(1);
        Figures {
            spread_deg: [0, 1, 2].map(|at| deviation(&axis(at))),
            nod_deg: highest(&nods) + highest(&nods.iter().map(|x| -x).collect::<Vec<_>>()),
            speed_deg_s: [mean(&spoken), highest(&speeds)],
            acceleration_deg_s2: bends.fold(0.0, f32::max),
            brow: [mean(&brows), highest(&brows)],
            head_with_level: best_lag(|lag| correlation(pairs(&levels, &speeds, lag))),
            brow_with_pitch: best_lag(|lag| correlation(pitched(moments, &brows, lag))),
            pitch_from_head: best_lag(|lag| multiple(moments, [0, 1, 2].map(axis), lag)),
        }
    }
}

fn best_lag(correlation: impl Fn(i64) -> f32) -> f32 {
    (0..=LONGEST_LAG).map(correlation).fold(f32::MIN, f32::max)
}

/// Two rows, of which the second is taken `lag` pictures later.
fn pairs(a: &[f32], b: &[f32], lag: i64) -> Vec<(f32, f32)> {
    a.iter().copied().zip(b.iter().copied().skip(lag as usize)).collect()
}

/// Pitch, and what a row is `lag` pictures later.
fn pitched(moments: &[Moment], row: &[f32], lag: i64) -> Vec<(f32, f32)> {
    let later = row.iter().skip(lag as usize);
    moments.iter().zip(later).filter_map(|(moment, value)| moment.pitch.map(|pitch| (pitch, *value))).collect()
}

/// Multiple correlation of the pitch with three rows, by least squares.
fn multiple(moments: &[Moment], rows: [Vec<f32>; 3], lag: i64) -> f32 {
    let columns: Vec<Vec<(f32, f32)>> = rows.iter().map(|row| pitched(moments, row, lag)).collect();
    let with: [f32; 3] = [0, 1, 2].map(|at| correlation(columns[at].clone()));
    let among = [[0, 0], [0, 1], [0, 2], [1, 1], [1, 2], [2, 2]].map(|[a, b]| {
        let both: Vec<(f32, f32)> = columns[a].iter().zip(&columns[b]).map(|(a, b)| (a.1, b.1)).collect();
        correlation(both)
    });
    let [xx, xy, xz, yy, yz, zz] = among;
    // Cramer's rule for the weights; the share that they explain is their product with what they explain.
    let determinant = |m: [[f32; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let matrix = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]];
    let whole = determinant(matrix);
    let weights = [0, 1, 2].map(|at| {
        let mut replaced = matrix;
        (0..3).for_each(|row| replaced[row][at] = with[row]);
        determinant(replaced) / whole
    });
    weights.iter().zip(with).map(|(weight, with)| weight * with).sum::<f32>().max(0.0).sqrt()
}

fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
}

fn mean(row: &[f32]) -> f32 {
    row.iter().sum::<f32>() / row.len().max(1) as f32
}

fn highest(row: &[f32]) -> f32 {
    row.iter().copied().fold(f32::MIN, f32::max)
}

fn deviation(row: &[f32]) -> f32 {
    let mean = mean(row);
    (row.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / row.len().max(1) as f32).sqrt()
}

/// Pearson's correlation; 0 where one of the rows stands still.
fn correlation(pairs: Vec<(f32, f32)>) -> f32 {
    let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
    let (mean_a, mean_b) = (mean(&a), mean(&b));
    let together = a.iter().zip(&b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum::<f32>() / a.len().max(1) as f32;
    let apart = deviation(&a) * deviation(&b);
    if apart > 0.0 { together / apart } else { 0.0 }
}
