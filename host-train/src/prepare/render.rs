//! A clean clip in, what a microphone somewhere else would have recorded out: a room, a line, an overdriven input.
//!
//! What can be done to mel powers is done while training (`data::augment`); what bends the waveform is done here, once.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use realfft::RealFftPlanner;

use super::codec::coded;
use crate::corpus::Result;

/// Samples of 16 kHz.
type Samples = Vec<f32>;

/// Share of copies with a room around the voice, and of these in a measured one where there are any.
const ROOM: f64 = 0.7;
const MEASURED: f64 = 0.4;
/// Share of copies that went through a telephone or a cheap codec.
const LINE: f64 = 0.3;
/// Share of copies that a codec of few bits carries, where codecs are asked for.
const CODED: f64 = 0.35;
/// Share of copies that were too loud for their input.
const OVERDRIVEN: f64 = 0.15;

/// Rooms as measured impulse responses.
#[derive(Clone, Debug, Default)]
pub struct Rooms(Vec<Samples>);

impl Rooms {
    /// From responses of any level and delay; silent ones are left out.
    pub fn new(responses: &[Samples]) -> Self {
        Rooms(responses.iter().filter_map(|response| from_direct_sound(response)).collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The clip in one of them; as it is where there is none.
    pub fn around(&self, samples: &[f32], which: usize) -> Vec<f32> {
        let room = which.checked_rem(self.0.len()).map(|which| &self.0[which]);
        room.map_or_else(|| samples.to_vec(), |room| convolve(samples, room))
    }
}

/// Makes copies of clips.
#[derive(Clone, Debug, Default)]
pub struct Renderer {
    /// Measured rooms that are heard beside made-up ones.
    pub rooms: Rooms,
    /// Whether some copies go through a codec of few bits.
    pub codecs: bool,
}

impl Renderer {
    /// One copy, as long as the clip; what is spoken stays where it was.
    ///
    /// # Errors
    /// A codec that is not there.
    pub fn copy(&self, samples: &[f32], rng: &mut ChaCha8Rng) -> Result<Samples> {
        let mut heard = samples.to_vec();
        if rng.random_bool(ROOM) {
            let measured = !self.rooms.is_empty() && rng.random_bool(MEASURED);
            let which = rng.random_range(0..usize::MAX);
            heard = if measured { self.rooms.around(&heard, which) } else { convolve(&heard, &made_up_room(rng)) };
        }
        if rng.random_bool(OVERDRIVEN) {
            clip(&mut heard, rng.random_range(3.0..15.0));
        }
        if rng.random_bool(LINE) {
            match rng.random_range(0..3) {
                0 => telephone(&mut heard),
                1 => adpcm(&mut heard),
                _ => narrow(&mut heard, rng),
            }
        }
        if self.codecs && rng.random_bool(CODED) { coded(&heard, rng) } else { Ok(heard) }
    }
}

/// The response from its direct sound on, with the direct sound's energy at 1.
fn from_direct_sound(response: &[f32]) -> Option<Samples> {
    /// The direct sound and the first reflections, which the ear and a network hear as one: 2.5 ms.
    const DIRECT: usize = 40;
    let peak = (0..response.len()).max_by(|a, b| response[*a].abs().total_cmp(&response[*b].abs()))?;
    let from = &response[peak..];
    let energy: f32 = from.iter().take(DIRECT).map(|x| x * x).sum();
    (energy > 0.0).then(|| from.iter().map(|x| x / energy.sqrt()).collect())
}

/// Noise that decays exponentially behind the direct sound (Polack 1988), darker than it; near or far away.
fn made_up_room(rng: &mut ChaCha8Rng) -> Samples {
    const RATE_HZ: f32 = 16_000.0;
    let rt60_s: f32 = rng.random_range(0.1..0.9);
    let direct_db: f32 = rng.random_range(-6.0..15.0);
    let gap = rng.random_range(16..200);
    let length = (0.6 * rt60_s * RATE_HZ) as usize + gap;
    let decay = (-6.91 / (rt60_s * RATE_HZ)).exp();
    let dark: f32 = rng.random_range(0.0..0.7);
    let (mut low, mut level) = (0.0f32, 1.0f32);
    let mut tail: Samples = (0..length - gap)
        .map(|_| {
            low += (1.0 - dark) * (rng.random_range(-1.0..1.0) - low);
            level *= decay;
            low * level
        })
        .collect();
    let energy: f32 = tail.iter().map(|x| x * x).sum();
    let gain = (10f32.powf(-direct_db / 10.0) / energy.max(1e-12)).sqrt();
    tail.iter_mut().for_each(|x| *x *= gain);
    let mut room = vec![0.0; gap];
    room[0] = 1.0;
    room.extend(tail);
    room
}

/// The clip in the room, cut to the clip's length.
fn convolve(samples: &[f32], room: &[f32]) -> Samples {
    let size = (samples.len() + room.len()).next_power_of_two();
    let mut planner = RealFftPlanner::<f32>::new();
    let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
    let spectrum = |x: &[f32]| {
        let (mut padded, mut spectrum) = (x.to_vec(), forward.make_output_vec());
        padded.resize(size, 0.0);
        forward.process(&mut padded, &mut spectrum).map(|()| spectrum)
    };
    let mut out = inverse.make_output_vec();
    let product = spectrum(samples).and_then(|mut a| {
        spectrum(room)?.iter().zip(&mut a).for_each(|(b, a)| *a *= b);
        inverse.process(&mut a, &mut out)
    });
    product.expect("vectors that the plans made have their lengths");
    out.truncate(samples.len());
    out.iter_mut().for_each(|x| *x /= size as f32);
    out
}

/// Full scale lies `over_db` below the loudest sample.
fn clip(samples: &mut [f32], over_db: f32) {
    let loudest = samples.iter().fold(0.0f32, |top, x| top.max(x.abs()));
    let scale = loudest * 10f32.powf(-over_db / 20.0);
    samples.iter_mut().for_each(|x| *x = x.clamp(-scale, scale));
}

/// 300 to 3400 Hz, and 8 bits of mu-law (ITU-T G.711).
fn telephone(samples: &mut [f32]) {
    const MU: f32 = 255.0;
    band(samples, 300.0, 3400.0);
    let loudest = samples.iter().fold(1e-6f32, |top, x| top.max(x.abs()));
    for x in samples {
        let compressed = (x.abs() / loudest * MU).ln_1p() / MU.ln_1p();
        let stored = (compressed * 127.0).round() / 127.0;
        *x = x.signum() * loudest * ((stored * MU.ln_1p()).exp_m1() / MU);
    }
}

/// Four bits a sample: differences in steps that grow and shrink with the signal (after IMA ADPCM, 1992).
fn adpcm(samples: &mut [f32]) {
    const GROW: [f32; 8] = [0.93, 0.93, 0.93, 0.93, 1.21, 1.46, 1.77, 2.15];
    const STEPS: std::ops::RangeInclusive<f32> = 2e-4..=1.0;
    let (mut told, mut step) = (0.0f32, 2e-4f32);
    for x in samples {
        let code = (((*x - told).abs() / step * 4.0) as usize).min(7);
        told = (told + (*x - told).signum() * step * (code as f32 + 0.5) / 4.0).clamp(-1.0, 1.0);
        step = (step * GROW[code]).clamp(*STEPS.start(), *STEPS.end());
        *x = told;
    }
}

/// A small loudspeaker or a headset far from the mouth.
fn narrow(samples: &mut [f32], rng: &mut ChaCha8Rng) {
    let (low, high) = (rng.random_range(50.0..400.0), rng.random_range(2500.0..7000.0));
    band(samples, low, high);
}

/// Two first-order filters on each side.
fn band(samples: &mut [f32], low_hz: f32, high_hz: f32) {
    let share = |hz: f32| 1.0 - (-std::f32::consts::TAU * hz / 16_000.0).exp();
    let (slow, quick) = (share(low_hz), share(high_hz));
    for _ in 0..2 {
        let (mut base, mut smooth) = (0.0f32, 0.0f32);
        for x in samples.iter_mut() {
            base += slow * (*x - base);
            smooth += quick * (*x - base - smooth);
            *x = smooth;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng;

    fn energy(x: &[f32]) -> f32 {
        x.iter().map(|x| x * x).sum()
    }

    fn tone(hz: f32) -> Samples {
        (0..8_000).map(|n| 0.3 * (std::f32::consts::TAU * hz * n as f32 / 16_000.0).sin()).collect()
    }

    #[test]
    fn a_room_answers_a_click_with_its_own_response() {
        let mut click = vec![0.0; 4_000];
        click[100] = 1.0;
        let heard = convolve(&click, &[1.0, 0.0, 0.5]);
        assert!((heard[100] - 1.0).abs() < 1e-5 && (heard[102] - 0.5).abs() < 1e-5 && heard[101].abs() < 1e-5);
        assert!(heard[..100].iter().all(|x| x.abs() < 1e-5), "nothing is heard before it is said");
    }

    #[test]
    fn a_measured_response_loses_its_delay_and_level() {
        let mut response = vec![0.0; 500];
        (response[300], response[420]) = (0.02, 0.01);
        let room = from_direct_sound(&response).unwrap();
        assert!((room[0] - 1.0).abs() < 1e-5 && (room[120] - 0.5).abs() < 1e-5);
        assert!(from_direct_sound(&[0.0; 9]).is_none());
    }

    #[test]
    fn a_telephone_carries_a_vowel_and_neither_hum_nor_hiss() {
        let passed = |hz: f32| {
            let mut heard = tone(hz);
            telephone(&mut heard);
            energy(&heard) / energy(&tone(hz))
        };
        assert!(passed(1000.0) > 0.4 && passed(50.0) < 0.02 && passed(7500.0) < 0.2, "{}", passed(7500.0));
    }

    #[test]
    fn four_bits_keep_the_voice_and_add_noise() {
        let (clean, mut heard) = (tone(440.0), tone(440.0));
        adpcm(&mut heard);
        let noise: Samples = clean.iter().zip(&heard).map(|(a, b)| a - b).collect();
        let snr_db = 10.0 * (energy(&clean) / energy(&noise)).log10();
        assert!((10.0..50.0).contains(&snr_db), "{snr_db}");
    }

    #[test]
    fn a_clipped_wave_is_flat_at_the_top() {
        let mut heard = tone(200.0);
        clip(&mut heard, 6.0);
        let top = heard.iter().fold(0.0f32, |t, x| t.max(*x));
        assert!((top - 0.3 * 0.501).abs() < 1e-3 && heard.iter().filter(|x| **x == top).count() > 1_000);
    }

    #[test]
    fn copies_keep_length_and_are_numbers() {
        let renderer = Renderer { rooms: Rooms::new(&[vec![0.0, 0.5, 0.2, 0.1]]), codecs: false };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..20 {
            let copy = renderer.copy(&tone(300.0), &mut rng).unwrap();
            assert!(copy.len() == 8_000 && copy.iter().all(|x| x.is_finite()) && energy(&copy) > 0.0);
        }
    }
}
