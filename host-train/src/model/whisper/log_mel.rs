//! Whisper's own log-mel frames: 80 bands on Slaney's scale, windows of 25 ms every 10 ms, within 8 orders of magnitude of
//! the loudest.

use realfft::RealFftPlanner;

const RATE_HZ: f64 = 16_000.0;
const WINDOW: usize = 400;
/// Samples from one frame to the next.
pub const HOP: usize = 160;
const BINS: usize = WINDOW / 2 + 1;

/// Frames of a sound whose length is a whole number of hops, centred on the hops; `[bands, frames]`, row by row.
pub fn log_mel(samples: &[f32], bands: usize) -> Vec<f32> {
    let frames = samples.len() / HOP;
    let filters = filters(bands);
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
    let mut spectrum = fft.make_output_vec();
    let mut out = vec![0.0f32; bands * frames];
    for frame in 0..frames {
        let mut window: Vec<f32> = (0..WINDOW).map(|n| hann(n) * mirrored(samples, frame * HOP + n)).collect();
        fft.process(&mut window, &mut spectrum).expect("vectors of the plan's lengths");
        for (band, filter) in filters.chunks(BINS).enumerate() {
            let power: f32 = spectrum.iter().zip(filter).map(|(bin, weight)| bin.norm_sqr() * weight).sum();
            out[band * frames + frame] = power.max(1e-10).log10();
        }
    }
    let loudest = out.iter().copied().fold(f32::MIN, f32::max);
    out.iter_mut().for_each(|value| *value = (value.max(loudest - 8.0) + 4.0) / 4.0);
    out
}

/// The sample at `at` of a sound with half a window of its mirror image on each side.
fn mirrored(samples: &[f32], at: usize) -> f32 {
    let last = samples.len() as isize - 1;
    let at = (at as isize - (WINDOW / 2) as isize).abs();
    let at = if at > last { 2 * last - at } else { at };
    usize::try_from(at).ok().and_then(|at| samples.get(at)).copied().unwrap_or(0.0)
}

fn hann(n: usize) -> f32 {
    0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / WINDOW as f32).cos()
}

/// Triangles of equal area, `[bands, BINS]` (Slaney 1998).
fn filters(bands: usize) -> Vec<f32> {
    let top = mel(RATE_HZ / 2.0);
    let edge = |n: usize| hertz(top * n as f64 / (bands + 1) as f64);
    let bin_hz = |bin: usize| RATE_HZ * bin as f64 / WINDOW as f64;
    let triangle = |band: usize| {
        let (low, middle, high) = (edge(band), edge(band + 1), edge(band + 2));
        (0..BINS).map(move |bin| {
            let (rise, fall) = ((bin_hz(bin) - low) / (middle - low), (high - bin_hz(bin)) / (high - middle));
            (rise.min(fall).max(0.0) * 2.0 / (high - low)) as f32
        })
    };
    (0..bands).flat_map(triangle).collect()
}

/// Linear to 1 kHz, logarithmic above.
fn mel(hertz: f64) -> f64 {
    if hertz < 1000.0 { hertz * 3.0 / 200.0 } else { 15.0 + (hertz / 1000.0).ln() * 27.0 / 6.4f64.ln() }
}

fn hertz(mel: f64) -> f64 {
    if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * ((mel - 15.0) * 6.4f64.ln() / 27.0).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_loudest_in_its_own_band() {
        let tone: Vec<f32> =
            (0..16_000).map(|n| (std::f32::consts::TAU * 1000.0 * n as f32 / 16_000.0).sin()).collect();
        let frames = log_mel(&tone, 80);
        let middle: Vec<f32> = (0..80).map(|band| frames[band * 100 + 50]).collect();
        let loudest = (0..80).max_by(|a, b| middle[*a].total_cmp(&middle[*b])).unwrap();
        let centre = hertz(mel(8000.0) * (loudest + 1) as f64 / 81.0);
        assert!((centre - 1000.0).abs() < 40.0, "{centre} Hz");
    }

    #[test]
    fn nothing_lies_more_than_two_below_the_loudest() {
        let mut click = vec![0.0; 16_000];
        click[8_000] = 1.0;
        let frames = log_mel(&click, 80);
        let (low, high) = frames.iter().fold((f32::MAX, f32::MIN), |(l, h), x| (l.min(*x), h.max(*x)));
        assert!((high - low - 2.0).abs() < 1e-5, "{low} {high}");
    }
}
