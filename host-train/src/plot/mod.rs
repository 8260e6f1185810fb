//! A clip and its motion in, a picture out: curves over the phones, so that a person can judge the truth.

pub(crate) mod canvas;
mod lanes;

use embedded_graphics::mono_font::MonoFont;
use embedded_graphics::mono_font::ascii::{FONT_5X8, FONT_7X13, FONT_7X13_BOLD, FONT_9X15_BOLD};
use embedded_graphics::text::Alignment;
use keyface_core::{Motion, Phone, SAMPLE_RATE_HZ};
use tiny_skia::Pixmap;

use crate::clip::{Clip, Segment};
use crate::truth::{self, Hold};
use canvas::{Canvas, Rgba};
use lanes::{Curve, LANES, Lane};

const PAPER: Rgba = [252, 252, 250, 255];
const PANEL: Rgba = [244, 245, 247, 255];
const TEXT: Rgba = [44, 48, 58, 255];
const FAINT: Rgba = [128, 134, 148, 255];
const GRID: Rgba = [222, 225, 231, 255];
const BORDER: Rgba = [170, 176, 190, 70];
const WAVE: Rgba = [120, 138, 168, 255];
const VOWEL: Rgba = [226, 233, 246, 255];
const CONSONANT: Rgba = [236, 237, 240, 255];

/// What is shaded behind the curves.
struct Shade {
    name: &'static str,
    ink: Rgba,
    held: fn(&Segment) -> Option<Hold>,
}

const SHADES: [Shade; 3] = [
    Shade { name: "lips sealed (p b m)", ink: [214, 60, 80, 44], held: truth::sealed },
    Shade { name: "lip on teeth (f v)", ink: [236, 156, 32, 50], held: truth::lip_on_teeth },
    Shade { name: "teeth together (s z sh ch)", ink: [40, 140, 190, 30], held: truth::teeth_together },
];

/// Pixels that a second takes: a phone of 50 ms has room for its name.
const PIXELS_PER_S: f32 = 360.0;
const LEFT: f32 = 188.0;
const RIGHT: f32 = 28.0;
const HEAD: f32 = 44.0;
const WAVE_HEIGHT: f32 = 84.0;
const PHONE_HEIGHT: f32 = 26.0;
const GAP: f32 = 12.0;
const FOOT: f32 = 34.0;
/// Longer clips are cut: a picture of a minute is 20 000 pixels wide.
const LONGEST_S: f64 = 60.0;

/// Draws the curves of a clip; `motion` has a row per 10 ms.
///
/// At most the first minute is shown. `None` when the clip is empty.
pub fn plot(clip: &Clip, motion: &[Motion]) -> Option<Pixmap> {
    let shown_s = clip.seconds().min(LONGEST_S);
    let height = HEAD + WAVE_HEIGHT + PHONE_HEIGHT + LANES.iter().map(|l| l.height + GAP).sum::<f32>() + FOOT;
    let width = (LEFT + x_span(shown_s) + RIGHT).max(980.0);
    let canvas = Canvas::new(width.ceil() as u32, height.ceil() as u32, PAPER)?;
    let mut plot = Plot { canvas, clip, shown_s };
    plot.head();
    plot.wave(HEAD);
    let mut y = HEAD + WAVE_HEIGHT + PHONE_HEIGHT + GAP;
    for lane in &LANES {
        plot.lane(lane, y, motion);
        y += lane.height + GAP;
    }
    plot.phones(HEAD + WAVE_HEIGHT, y - GAP);
    plot.seconds(y - GAP);
    (shown_s > 0.0).then(|| plot.canvas.finish())
}

fn x_span(time_s: f64) -> f32 {
    time_s as f32 * PIXELS_PER_S
}

fn x_at(time_s: f64) -> f32 {
    LEFT + x_span(time_s)
}

struct Plot<'a> {
    canvas: Canvas,
    clip: &'a Clip,
    shown_s: f64,
}

impl Plot<'_> {
    fn write(&mut self, word: &str, place: (f32, f32), align: Alignment, font: &MonoFont<'_>, ink: Rgba) {
        self.canvas.text(word, place, align, font, ink);
    }

    /// Name of the clip, and what the shades mean.
    fn head(&mut self) {
        let title = format!("{}  {}  {:.2} s", self.clip.id, self.clip.speaker, self.clip.seconds());
        self.write(&title, (14.0, 20.0), Alignment::Left, &FONT_9X15_BOLD, TEXT);
        let mut x = 14.0 + 9.0 * title.len() as f32 + 40.0;
        for Shade { name, ink, .. } in SHADES {
            self.canvas.rect(x, 13.0, 14.0, 14.0, [ink[0], ink[1], ink[2], 2 * ink[3]]);
            self.write(name, (x + 22.0, 20.0), Alignment::Left, &FONT_7X13, FAINT);
            x += 22.0 + 7.0 * name.len() as f32 + 28.0;
        }
    }

    /// Highest and lowest sample under every pixel.
    fn wave(&mut self, y: f32) {
        let middle = y + 0.5 * WAVE_HEIGHT;
        let loudest = self.clip.samples.iter().fold(1e-4_f32, |m, s| m.max(s.abs()));
        let per_pixel = (SAMPLE_RATE_HZ as f32 / PIXELS_PER_S) as usize;
        for (i, samples) in shown_samples(self.clip, self.shown_s).chunks(per_pixel).enumerate() {
            let (low, high) = samples.iter().fold((0.0_f32, 0.0_f32), |(l, h), s| (l.min(*s), h.max(*s)));
            let scale = 0.46 * WAVE_HEIGHT / loudest;
            let top = middle - high * scale;
            self.canvas.rect(LEFT + i as f32, top, 1.0, ((high - low) * scale).max(1.0), WAVE);
        }
        self.write("sound", (14.0, middle), Alignment::Left, &FONT_7X13_BOLD, TEXT);
    }

    fn segments(&self) -> Vec<Segment> {
        self.clip.phones.iter().copied().filter(|s| s.end_s <= self.shown_s + 1e-6).collect()
    }

    /// A strip of names, and a thin line down to the last lane where a phone begins.
    fn phones(&mut self, y: f32, bottom: f32) {
        for segment in self.segments() {
            let (x, width) = (x_at(segment.start_s), x_span(segment.end_s - segment.start_s));
            self.canvas.line([(x, y), (x, bottom)].into_iter(), 1.0, BORDER);
            if segment.phone == Phone::SIL {
                continue;
            }
            let ink = if segment.phone.is_vowel() { VOWEL } else { CONSONANT };
            self.canvas.rect(x + 0.5, y + 2.0, width - 1.0, PHONE_HEIGHT - 4.0, ink);
            let middle = (x + 0.5 * width, y + 0.5 * PHONE_HEIGHT);
            let name = segment.phone.name();
            let font = if width > 7.0 * name.len() as f32 + 1.0 { &FONT_7X13_BOLD } else { &FONT_5X8 };
            if width > 5.0 * name.len() as f32 - 1.0 {
                self.write(name, middle, Alignment::Center, font, TEXT);
            }
        }
        self.write("phones", (14.0, y + 0.5 * PHONE_HEIGHT), Alignment::Left, &FONT_7X13_BOLD, TEXT);
    }

    fn lane(&mut self, lane: &Lane, y: f32, motion: &[Motion]) {
        self.canvas.rect(LEFT, y, x_span(self.shown_s), lane.height, PANEL);
        self.shade(y, lane.height);
        self.scale(lane, y);
        self.write(lane.title, (14.0, y + 10.0), Alignment::Left, &FONT_7X13_BOLD, TEXT);
        for (i, curve) in lane.curves.iter().enumerate() {
            self.curve(curve, lane, y, motion);
            let name_y = y + 28.0 + 15.0 * (lane.curves.len() - 1 - i) as f32;
            self.write(curve.name, (14.0, name_y), Alignment::Left, &FONT_7X13, curve.ink);
        }
    }

    fn shade(&mut self, y: f32, height: f32) {
        for segment in self.segments() {
            for Shade { ink, held, .. } in SHADES {
                if let Some(hold) = held(&segment) {
                    self.canvas.rect(x_at(hold.from_s), y, x_span(hold.to_s - hold.from_s), height, ink);
                }
            }
        }
    }

    /// Grid lines with their values.
    fn scale(&mut self, lane: &Lane, y: f32) {
        for step in 0..=(lane.top / lane.grid).round() as usize {
            let value = step as f32 * lane.grid;
            let line_y = y + lane.height * (1.0 - value / lane.top);
            self.canvas.line([(LEFT, line_y), (x_at(self.shown_s), line_y)].into_iter(), 1.0, GRID);
            let told = if lane.top > 2.0 { format!("{value:.0}") } else { format!("{value:.2}") };
            let place = (LEFT - 8.0, line_y.clamp(y + 5.0, y + lane.height - 5.0));
            self.write(&told, place, Alignment::Right, &FONT_7X13, FAINT);
        }
    }

    fn curve(&mut self, curve: &Curve, lane: &Lane, y: f32, motion: &[Motion]) {
        let rows = motion.len().min((self.shown_s * 100.0) as usize);
        let base_y = y + lane.height;
        let point = |h: usize| {
            let value = ((curve.value)(&motion[h]) / lane.top).clamp(0.0, 1.0);
            (x_at(truth::row_time_s(h)), base_y - value * lane.height)
        };
        let points: Vec<(f32, f32)> = (0..rows).map(point).collect();
        let [red, green, blue, _] = curve.ink;
        self.canvas.area(&points, base_y, [red, green, blue, 26]);
        self.canvas.line(points.into_iter(), 2.0, curve.ink);
    }

    /// Ticks of tenths and figures of halves of a second.
    fn seconds(&mut self, y: f32) {
        for tenth in 0..=(self.shown_s * 10.0) as usize {
            let x = x_at(tenth as f64 * 0.1);
            let (length, told) = if tenth % 5 == 0 { (8.0, true) } else { (4.0, false) };
            self.canvas.line([(x, y + 2.0), (x, y + 2.0 + length)].into_iter(), 1.0, FAINT);
            if told {
                let time = format!("{:.1} s", tenth as f32 * 0.1);
                self.write(&time, (x, y + 20.0), Alignment::Center, &FONT_7X13, FAINT);
            }
        }
    }
}

fn shown_samples(clip: &Clip, shown_s: f64) -> &[f32] {
    let shown = (shown_s * f64::from(SAMPLE_RATE_HZ)) as usize;
    &clip.samples[..shown.min(clip.samples.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::tests::clip;
    use crate::truth::{Effort, Style};

    /// Pixels of a curve's colour.
    fn inked(picture: &Pixmap, ink: Rgba) -> usize {
        let is = |p: &&tiny_skia::PremultipliedColorU8| [p.red(), p.green(), p.blue()] == [ink[0], ink[1], ink[2]];
        picture.pixels().iter().filter(is).count()
    }

    #[test]
    fn every_curve_leaves_its_colour() {
        let clip = clip();
        let motion = truth::motion(&clip.phones, &Effort::heard(&clip.samples, &clip.phones), &Style::NEUTRAL);
        let picture = plot(&clip, &motion).unwrap();
        for curve in LANES.iter().flat_map(|lane| lane.curves) {
            assert!(inked(&picture, curve.ink) > 20, "{}", curve.name);
        }
    }

    #[test]
    fn an_empty_clip_has_no_picture() {
        let clip = Clip { samples: Vec::new(), phones: Vec::new(), ..clip() };
        assert!(plot(&clip, &[]).is_none());
    }
}
