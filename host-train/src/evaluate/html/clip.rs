//! A clip as SVG: what was said and shown, true and predicted motion, G and the key motions.

use keyface_core::{AudioTime, Motion, MotionChannel as M, Phone, Viseme};

use super::chart::{Scale, area, escape, number, path};
use crate::evaluate::clip_curves::ClipCurves;
use crate::evaluate::confusion::CLASSES;
use crate::evaluate::score::shown_class;
use crate::truth::opening_mm;

/// Pixels of a second: a phone of 50 ms has room for its name.
const PIXELS_PER_S: f64 = 250.0;
/// Longer clips are cut.
const LONGEST_S: f64 = 4.2;
/// What is shown before the first phone.
const BEFORE_S: f64 = 0.2;
const LEFT: f64 = 34.0;
const RIGHT: f64 = 12.0;
const STRIP: f64 = 24.0;
const GAP: f64 = 14.0;
const TITLE: f64 = 16.0;
const FOOT: f64 = 24.0;
/// Length of a step.
const STEP_S: f64 = 0.020;
/// Pixels of a letter of a strip.
const LETTER: f64 = 7.2;

/// A curve's own scale, and what it shows of a row.
struct Lane {
    title: &'static str,
    top: f64,
    height: f64,
    value: fn(&Motion) -> f32,
}

const LANES: [Lane; 3] = [
    Lane { title: "lips apart, mm", top: 15.0, height: 104.0, value: opening_mm },
    Lane { title: "JawOpen", top: 0.45, height: 76.0, value: |row| row[M::JawOpen] },
    Lane { title: "MouthClose", top: 0.3, height: 76.0, value: |row| row[M::MouthClose] },
];
const FUSION_HEIGHT: f64 = 64.0;
/// Height of a key's tick.
const KEY: f64 = 14.0;

/// Draws a clip; empty without motion.
pub fn draw(clip: &ClipCurves) -> String {
    if clip.motion.is_empty() {
        return String::new();
    }
    let mut drawing = Drawing::new(clip);
    drawing.strip("said", &said(clip));
    drawing.strip("shown", &shown(clip));
    LANES.iter().for_each(|lane| drawing.lane(lane));
    drawing.fusion();
    drawing.seconds();
    drawing.finish()
}

/// What the colours mean, once for all clips.
pub fn legend() -> String {
    const CURVES: [(&str, &str); 3] =
        [("truth", "truth"), ("ours", "model"), ("fusion", "G: 1 trusts the key motions, 0 the sound")];
    let curve = |(class, told): (&str, &str)| format!("<span class=\"key-{class}\"><i></i>{told}</span>");
    let block = |(n, name): (usize, &&str)| format!("<span class=\"block m{n}\"><i></i>{name}</span>");
    let blocks = CLASSES.iter().enumerate().skip(1).map(block);
    format!("<p class=\"legend\">{}</p>\n", CURVES.map(curve).into_iter().chain(blocks).collect::<String>())
}

/// A stretch of a strip: from, to, name, class of mouth.
type Block = (f64, f64, &'static str, usize);

fn said(clip: &ClipCurves) -> Vec<Block> {
    let spoken = clip.phones.iter().filter(|s| s.phone != Phone::SIL);
    spoken.map(|s| (s.start_s, s.end_s, s.phone.name(), s.phone.mouth() as usize)).collect()
}

/// Steps of the same viseme joined.
fn shown(clip: &ClipCurves) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (at, viseme) in clip.shown.iter().filter(|(_, viseme)| *viseme != Viseme::Sil) {
        let (from_s, to_s) = (at.as_s() - STEP_S, at.as_s());
        match blocks.last_mut() {
            Some(last) if last.2 == viseme.name() && from_s - last.1 < 0.001 => last.1 = to_s,
            _ => blocks.push((from_s, to_s, viseme.name(), shown_class(*viseme) as usize)),
        }
    }
    blocks
}

struct Drawing<'a> {
    clip: &'a ClipCurves,
    x: Scale,
    /// Where the next lane begins.
    y: f64,
    svg: String,
}

impl<'a> Drawing<'a> {
    fn new(clip: &'a ClipCurves) -> Drawing<'a> {
        let first_s = clip.phones.iter().find(|s| s.phone != Phone::SIL).map_or(0.0, |s| s.start_s);
        let end_s = clip.phones.last().map_or(0.0, |s| s.end_s);
        let from_s = (first_s - BEFORE_S).max(0.0);
        let shown_s = (end_s - from_s).min(LONGEST_S);
        let x = Scale { values: (from_s, from_s + shown_s), pixels: (LEFT, LEFT + shown_s * PIXELS_PER_S) };
        Drawing { clip, x, y: 0.0, svg: String::new() }
    }

    fn title(&mut self, words: &str) {
        self.y += TITLE;
        self.svg += &format!("<text class=\"title\" x=\"{LEFT}\" y=\"{}\">{words}</text>\n", number(self.y - 5.0));
    }

    fn is_seen(&self, from_s: f64, to_s: f64) -> bool {
        to_s > self.x.values.0 && from_s < self.x.values.1
    }

    fn strip(&mut self, title: &str, blocks: &[Block]) {
        self.title(title);
        blocks.iter().for_each(|block| self.block(block));
        self.svg.push('\n');
        self.y += STRIP + 0.5 * GAP;
    }

    /// A stretch with its name where there is room for it.
    fn block(&mut self, (from_s, to_s, name, class): &Block) {
        if !self.is_seen(*from_s, *to_s) {
            return;
        }
        let (left, right) = (self.x.at(*from_s), self.x.at(*to_s));
        let (x, y, width) = (number(left + 0.5), number(self.y), number((right - left - 1.0).max(0.5)));
        self.svg +=
            &format!("<rect class=\"m{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{STRIP}\" rx=\"3\">");
        self.svg += &format!("<title>{name} {from_s:.2} to {to_s:.2} s</title></rect>");
        if right - left > LETTER * name.len() as f64 {
            let (x, y) = (number(0.5 * (left + right)), number(self.y + 0.5 * STRIP));
            self.svg += &format!("<text class=\"name middle\" x=\"{x}\" y=\"{y}\" dy=\".34em\">{name}</text>");
        }
    }

    /// A panel with its highest value; returns the scale of what is drawn in it.
    fn panel(&mut self, title: &str, top: f64, height: f64) -> Scale {
        self.title(title);
        let (y, width) = (number(self.y), number(self.x.pixels.1 - LEFT));
        self.svg += &format!("<rect class=\"panel\" x=\"{LEFT}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>");
        let scale = Scale { values: (0.0, top), pixels: (self.y + height, self.y) };
        for value in [0.0, top] {
            let at = number(scale.at(value));
            self.svg +=
                &format!("<text class=\"tick end\" x=\"{}\" y=\"{at}\" dy=\".32em\">{value}</text>", LEFT - 6.0);
        }
        self.y += height + GAP;
        scale
    }

    /// The points that lie in the picture.
    fn points<T>(&self, curve: &[(AudioTime, T)], value: impl Fn(&T) -> f32, y: Scale) -> Vec<(f64, f64)> {
        let (from, to) = self.x.values;
        let seen = curve.iter().filter(|(at, _)| (from..=to).contains(&at.as_s()));
        seen.map(|(at, row)| (self.x.at(at.as_s()), y.at(f64::from(value(row))))).collect()
    }

    fn lane(&mut self, lane: &Lane) {
        let scale = self.panel(lane.title, lane.top, lane.height);
        let truth = self.points(&self.clip.truth, lane.value, scale);
        let ours = self.points(&self.clip.motion, lane.value, scale);
        self.svg += &format!("<path class=\"truth area\" d=\"{}\"/>", area(&truth, scale.pixels.0));
        self.svg += &format!("<path class=\"truth line\" d=\"{}\"/>", path(truth));
        self.svg += &format!("<path class=\"ours line\" d=\"{}\"/>\n", path(ours));
    }

    /// G, with the true keys hanging from above and the found ones standing below.
    fn fusion(&mut self) {
        let scale = self.panel("G, and key motions: true above, found below", 1.0, FUSION_HEIGHT);
        let (low, high) = scale.pixels;
        self.keys("truth", &self.clip.true_keys, (high, high + KEY));
        self.keys("ours", &self.clip.keys, (low - KEY, low));
        let points = self.points(&self.clip.fusion, |g| *g, scale);
        self.svg += &format!("<path class=\"fusion line\" d=\"{}\"/>\n", path(points));
    }

    fn keys(&mut self, class: &str, keys: &[AudioTime], (from, to): (f64, f64)) {
        let seen = keys.iter().map(|key| key.as_s()).filter(|at_s| self.is_seen(*at_s, *at_s));
        let tick = |at_s: f64| format!("M{} {}V{}", number(self.x.at(at_s)), number(from), number(to));
        let ticks: String = seen.map(tick).collect();
        self.svg += &format!("<path class=\"{class} key\" d=\"{ticks}\"/>");
    }

    fn seconds(&mut self) {
        let (from, to) = self.x.values;
        for half in (2.0 * from).ceil() as i64..=(2.0 * to).floor() as i64 {
            let (at_s, y) = (0.5 * half as f64, number(self.y + 8.0));
            self.svg +=
                &format!("<text class=\"tick middle\" x=\"{}\" y=\"{y}\">{at_s:.1} s</text>", number(self.x.at(at_s)));
        }
        self.y += FOOT;
    }

    fn finish(self) -> String {
        let (width, height) = (number(self.x.pixels.1 + RIGHT), number(self.y));
        format!(
            "<figure class=\"clip\"><figcaption>{}</figcaption>\n<div class=\"wide\"><svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n{}</svg></div></figure>\n",
            escape(&self.clip.id),
            self.svg
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip::Segment;

    /// Half a second: rest, then an open vowel that our model makes half as wide.
    fn clip() -> ClipCurves {
        let segment = |start_s, end_s, phone| Segment { start_s, end_s, phone };
        let times = || (0..25).map(|n| AudioTime::from_ms(20 * n - 40));
        let open = |wide: f32| {
            let jaw = move |at: AudioTime| {
                let mut motion = Motion::REST;
                motion[M::JawOpen] = if at.as_s() < 0.21 { 0.0 } else { wide };
                (at, motion)
            };
            times().map(jaw).collect()
        };
        ClipCurves {
            id: "a<b".into(),
            phones: vec![segment(0.0, 0.2, Phone::SIL), segment(0.2, 0.5, Phone::AA)],
            truth: open(0.45),
            motion: open(0.225),
            fusion: times().map(|at| (at, 0.5)).collect(),
            shown: times().map(|at| (at, if at.as_s() < 0.21 { Viseme::Sil } else { Viseme::Aa })).collect(),
            keys: vec![AudioTime::from_ms(240)],
            true_keys: vec![AudioTime::from_ms(200), AudioTime::from_ms(500)],
        }
    }

    #[test]
    fn steps_of_one_viseme_are_one_block() {
        let blocks = shown(&clip());
        // The first step of aa ends at 0.22 s, the last at 0.44 s.
        let (from_s, to_s, name, class) = blocks[0];
        assert_eq!((blocks.len(), name, class), (1, "aa", 4));
        assert!((from_s - 0.20).abs() < 1e-9 && (to_s - 0.44).abs() < 1e-9, "{from_s} {to_s}");
    }

    #[test]
    fn curves_keys_and_names_stand_where_they_belong() {
        let svg = draw(&clip());
        // 0.24 s at 250 pixels a second, right of 34.
        assert!(svg.contains("<path class=\"ours key\" d=\"M94 "), "{svg}");
        assert!(svg.contains(">AA</text>") && svg.contains(">aa</text>"), "{svg}");
        assert!(svg.contains("<figcaption>a&lt;b</figcaption>"), "{svg}");
        // The jaw's panel: two strips of 16 + 24 + 7, the lane of the lips of 16 + 104 + 14, its own title: 244 to 320.
        let ends_half_open = svg.lines().any(|l| l.contains("class=\"ours line\"") && l.ends_with("L144 282\"/>"));
        assert!(ends_half_open, "{svg}");
    }

    #[test]
    fn a_clip_without_motion_has_no_picture() {
        assert_eq!(draw(&ClipCurves::default()), "");
    }
}
