//! What animation programs and Keyface itself export: a glTF whose meshes' morph targets move in, motion with times out.
//! Its sound lies beside it.
//!
//! Shapes go by the names in `extras.targetNames`; those of ARKit are known in their usual spellings (`jawOpen`, `JawOpen`,
//! `jaw_open`, `mouthSmile_L`, `face.mouthSmile_L`). Rows lie where the file has keys, and between keys that are far apart
//! as the file's own curve leads.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use keyface_core::{Channel, Motion, MotionChannel};
use serde_json::Value;

use super::capture::{Capture, arkit};
use crate::gltf::{FLOAT, Gltf, number};

/// Between keys that are farther apart a row stands at least this often.
const FINEST_S: f64 = 1.0 / 60.0;
/// Nobody captures four hours in one file; a damaged one may say so.
const LONGEST_S: f64 = 4.0 * 3600.0;
/// Keys of several curves that are nearer to each other are one moment.
const SAME_S: f64 = 1e-4;

/// Reads a `.glb`, or a `.gltf` with its buffers.
///
/// # Errors
/// When it cannot be read, nothing in it moves morph targets, none that moves has one of ARKit's names for a mouth, or its
/// numbers do not fit together.
pub fn read_gltf(path: &Path) -> Result<Capture> {
    let place = || path.display().to_string();
    let bytes = fs::read(path).with_context(place)?;
    parse_gltf(&bytes, path.parent()).with_context(place)
}

/// The same of a file in memory, whose further buffers lie in `folder`.
///
/// # Errors
/// As [`read_gltf`].
pub fn parse_gltf(bytes: &[u8], folder: Option<&Path>) -> Result<Capture> {
    let file = Gltf::parse(bytes, folder)?;
    let curves = moving(&file)?;
    let of = |channel: &Channel| strongest(&curves, *channel);
    let shapes = MotionChannel::ALL.map(|channel| (channel, arkit(channel).iter().filter_map(of).collect::<Vec<_>>()));
    let shapes: Vec<_> = shapes.into_iter().filter(|(_, shapes)| !shapes.is_empty()).collect();
    if !shapes.iter().any(|(channel, _)| *channel == MotionChannel::JawOpen) {
        let some = curves.iter().flat_map(|curve| &curve.names).take(5).cloned().collect::<Vec<_>>().join(", ");
        bail!("expected morph targets with ARKit's names, jawOpen among them, that move; came {some}");
    }
    let keys_s = moments(shapes.iter().flat_map(|(_, shapes)| shapes).flat_map(|shape| &shape.curve.times_s));
    let mut steps_s: Vec<f64> = keys_s.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps_s.sort_by(f64::total_cmp);
    let step_s = steps_s.get(steps_s.len() / 2).context("expected at least two keys, came fewer")?;
    let times_s = filled(&keys_s);
    let motion = |time_s: &f64| {
        let mut motion = Motion::REST;
        for (channel, shapes) in &shapes {
            let sum: f64 = shapes.iter().map(|shape| shape.curve.at(*time_s, shape.target)).sum();
            motion[*channel] = (sum / shapes.len() as f64) as f32;
        }
        motion.bounded()
    };
    Ok(Capture {
        motions: times_s.iter().map(motion).collect(),
        times_s,
        rate_hz: 1.0 / step_s,
        skipped: 0,
        channels: shapes.iter().map(|(channel, _)| *channel).collect(),
    })
}

/// The weights of a mesh's morph targets over time.
struct Curve {
    names: Vec<String>,
    times_s: Vec<f64>,
    /// For each key a weight of each target; on a spline between the slopes before it and after it.
    values: Vec<f64>,
    way: Way,
}

/// How it goes from key to key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Step,
    Linear,
    Spline,
}

/// A morph target of a curve.
#[derive(Clone, Copy)]
struct Shape<'a> {
    curve: &'a Curve,
    target: usize,
}

/// All curves of weights in a file; a mesh that two animations move tells nobody which is meant.
fn moving(file: &Gltf<'_>) -> Result<Vec<Curve>> {
    let (mut curves, mut moved, mut paths) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for animation in list(&file.json["animations"]) {
        for channel in list(&animation["channels"]) {
            let (target, path) = (&channel["target"], channel["target"]["path"].as_str().unwrap_or("nothing"));
            paths.insert(path.to_owned());
            if path != "weights" {
                continue;
            }
            let node = number(&target["node"])?;
            let name = animation["name"].as_str().unwrap_or("without a name");
            ensure!(moved.insert(node), "expected one animation of each mesh, came another, {name:?}, of node {node}");
            let sampler = &animation["samplers"][number(&channel["sampler"])?];
            let mesh = &file.json["meshes"][number(&file.json["nodes"][node]["mesh"])?];
            curves.push(Curve::of(file, mesh, sampler).with_context(|| format!("animation {name:?}, node {node}"))?);
        }
    }
    let came = if paths.is_empty() { "none".into() } else { paths.into_iter().collect::<Vec<_>>().join(", ") };
    ensure!(!curves.is_empty(), "expected an animation of morph targets (a channel `weights`), came {came}");
    Ok(curves)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

impl Curve {
    fn of(file: &Gltf<'_>, mesh: &Value, sampler: &Value) -> Result<Curve> {
        let first = &mesh["primitives"][0];
        let told = [&mesh["extras"]["targetNames"], &first["extras"]["targetNames"]].into_iter().find(|v| v.is_array());
        let names = list(told.context("expected extras.targetNames of the mesh, came none")?);
        let names: Vec<String> = names.iter().map(|name| name.as_str().unwrap_or_default().to_owned()).collect();
        let targets = list(&first["targets"]).len();
        ensure!(targets == names.len(), "expected a name for each of {targets} morph targets, came {}", names.len());
        let way = match sampler["interpolation"].as_str().unwrap_or("LINEAR") {
            "STEP" => Way::Step,
            "LINEAR" => Way::Linear,
            "CUBICSPLINE" => Way::Spline,
            other => bail!("expected LINEAR, STEP or CUBICSPLINE, came {other}"),
        };
        let input = file.accessor(&sampler["input"])?;
        ensure!(input["componentType"] == FLOAT, "expected times in floats, came type {}", input["componentType"]);
        let times_s = file.numbers(input, 1)?;
        let rises = times_s.windows(2).all(|pair| pair[0] < pair[1]);
        let is_within = times_s.iter().all(|time_s| (0.0..=LONGEST_S).contains(time_s));
        ensure!(rises && is_within && !times_s.is_empty(), "expected times of 0 to {LONGEST_S} s that rise");
        let values = file.shares(file.accessor(&sampler["output"])?, 1)?;
        let each = if way == Way::Spline { 3 } else { 1 };
        let (expected, came) = (each * targets * times_s.len(), values.len());
        ensure!(
            expected == came,
            "expected {expected} weights for {} keys and {targets} targets, came {came}",
            times_s.len()
        );
        ensure!(values.iter().all(|value| value.is_finite()), "expected weights, came one that is no number");
        Ok(Curve { names, times_s, values, way })
    }

    /// A target's weight at a time; before the first key and after the last it stays.
    fn at(&self, time_s: f64, target: usize) -> f64 {
        let after = self.times_s.partition_point(|key_s| *key_s <= time_s);
        let before = after.saturating_sub(1);
        let from = self.value(before, target);
        if after == 0 || after == self.times_s.len() || self.way == Way::Step {
            return from;
        }
        let (to, span_s) = (self.value(after, target), self.times_s[after] - self.times_s[before]);
        let x = (time_s - self.times_s[before]) / span_s;
        if self.way == Way::Linear {
            return from + x * (to - from);
        }
        // Hermite's polynomial: values, and the slopes that leave the first key and come to the second.
        let (leaving, coming) = (span_s * self.part(before, 2, target), span_s * self.part(after, 0, target));
        let (square, cube) = (x * x, x * x * x);
        (2.0 * cube - 3.0 * square + 1.0) * from
            + (cube - 2.0 * square + x) * leaving
            + (3.0 * square - 2.0 * cube) * to
            + (cube - square) * coming
    }

    fn value(&self, key: usize, target: usize) -> f64 {
        self.part(key, 1, target)
    }

    /// Slope before a key, its value, slope after it.
    fn part(&self, key: usize, part: usize, target: usize) -> f64 {
        let row = if self.way == Way::Spline { 3 * key + part } else { key };
        self.values[row * self.names.len() + target]
    }

    /// By how much a target moves.
    fn spread(&self, target: usize) -> f64 {
        let values = || (0..self.times_s.len()).map(|key| self.value(key, target));
        values().fold(f64::MIN, f64::max) - values().fold(f64::MAX, f64::min)
    }
}

/// The target of a channel; of several meshes that of the one that moves it most: teeth may have the jaw, and rest.
fn strongest(curves: &[Curve], channel: Channel) -> Option<Shape<'_>> {
    let target = |curve: &Curve| curve.names.iter().position(|name| arkit_name(name) == Some(channel));
    let shapes = curves.iter().filter_map(|curve| Some(Shape { curve, target: target(curve)? }));
    let spread = |shape: &Shape| shape.curve.spread(shape.target);
    shapes.reduce(|best, shape| if spread(&shape) > spread(&best) { shape } else { best })
}

/// The shape of ARKit that a name means, whatever stands before it.
fn arkit_name(name: &str) -> Option<Channel> {
    let mut words: Vec<&str> = name.split(|sign: char| !sign.is_ascii_alphanumeric()).collect();
    match words.last_mut() {
        Some(side) if side.eq_ignore_ascii_case("l") => *side = "Left",
        Some(side) if side.eq_ignore_ascii_case("r") => *side = "Right",
        _ => {}
    }
    (0..words.len()).find_map(|from| Channel::from_name(&words[from..].concat()))
}

/// The times of all keys, each once.
fn moments<'a>(keys_s: impl Iterator<Item = &'a f64>) -> Vec<f64> {
    let mut keys_s: Vec<f64> = keys_s.copied().collect();
    keys_s.sort_by(f64::total_cmp);
    keys_s.dedup_by(|key_s, before_s| *key_s - *before_s < SAME_S);
    keys_s
}

/// Keys, and evenly spread moments between those that are far apart.
fn filled(keys_s: &[f64]) -> Vec<f64> {
    let between = |pair: &[f64]| {
        let (from_s, span_s) = (pair[0], pair[1] - pair[0]);
        let parts = ((span_s / FINEST_S - 0.01).ceil() as usize).max(1);
        (0..parts).map(move |part| from_s + span_s * part as f64 / parts as f64)
    };
    keys_s.windows(2).flat_map(between).chain(keys_s.last().copied()).collect()
}

#[cfg(test)]
pub mod testing {
    use super::*;
    use crate::gltf::testing::binary;
    use serde_json::json;

    /// A mesh in an animation: names, keys, weights, how it goes between them.
    pub struct Mesh<'a>(pub &'a [&'a str], pub &'a [f32], pub &'a [f32], pub &'a str);

    /// Its text and its numbers.
    pub fn document(meshes: &[Mesh<'_>]) -> (Value, Vec<u8>) {
        let (mut lists, mut bin) = (vec![Vec::new(); 6], Vec::new());
        for (n, Mesh(names, times, weights, way)) in meshes.iter().enumerate() {
            let targets: Vec<Value> = names.iter().map(|_| json!({ "POSITION": 0 })).collect();
            lists[0].push(json!({ "extras": { "targetNames": names }, "primitives": [{ "targets": targets }] }));
            lists[1].push(json!({ "mesh": n }));
            for (k, numbers) in [times, weights].into_iter().enumerate() {
                let (view, count) = (2 * n + k, numbers.len());
                lists[2].push(json!({ "byteOffset": bin.len() }));
                lists[3].push(json!({ "bufferView": view, "componentType": FLOAT, "type": "SCALAR", "count": count }));
                bin.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
            }
            lists[4].push(json!({ "input": 2 * n, "output": 2 * n + 1, "interpolation": way }));
            lists[5].push(json!({ "sampler": n, "target": { "node": n, "path": "weights" } }));
        }
        let [meshes, nodes, views, accessors, samplers, channels] = &lists[..] else { unreachable!() };
        let animation = json!({ "name": "take", "samplers": samplers, "channels": channels });
        let json = json!({
            "meshes": meshes, "nodes": nodes, "bufferViews": views, "accessors": accessors, "animations": [animation]
        });
        (json, bin)
    }

    /// A `.glb` of a face that moves so, with both sides of each shape.
    pub fn animated(rate_hz: f64, motions: &[Motion]) -> Vec<u8> {
        let shapes =
            || MotionChannel::ALL.into_iter().flat_map(|c| arkit(c).iter().map(move |shape| (c, shape.name())));
        let names: Vec<&str> = shapes().map(|(_, name)| name).collect();
        let times: Vec<f32> = (0..motions.len()).map(|n| (n as f64 / rate_hz) as f32).collect();
        let weights: Vec<f32> = motions.iter().flat_map(|motion| shapes().map(|(c, _)| motion[c])).collect();
        let (json, bin) = document(&[Mesh(&names, &times, &weights, "LINEAR")]);
        binary(&json, &bin)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{Mesh, animated, document};
    use super::*;
    use crate::gltf::testing::binary;
    use serde_json::json;

    fn read(meshes: &[Mesh<'_>]) -> Result<Capture> {
        let (json, bin) = document(meshes);
        parse_gltf(&binary(&json, &bin), None)
    }

    fn refused(change: impl FnOnce(&mut Value)) -> String {
        let (mut json, bin) = document(&[Mesh(&["jawOpen"], &[0.0, 0.5], &[0.0, 1.0], "LINEAR")]);
        change(&mut json);
        format!("{:#}", parse_gltf(&binary(&json, &bin), None).unwrap_err())
    }

    fn jaw(capture: &Capture, time_s: f64) -> f32 {
        capture.at(time_s, 0.1).unwrap()[MotionChannel::JawOpen]
    }

    #[test]
    fn shapes_go_by_their_names_in_the_usual_spellings() {
        let spelled = ["jawOpen", "JawOpen", "jaw_open", "JAWOPEN", "face.jawOpen", "blendShape1.jaw_Open"];
        assert!(spelled.into_iter().all(|name| arkit_name(name) == Some(Channel::JawOpen)));
        assert_eq!(arkit_name("mouthSmile_L"), Some(Channel::MouthSmileLeft));
        assert_eq!(arkit_name("head:mouth_smile.R"), Some(Channel::MouthSmileRight));
        assert_eq!((arkit_name("Basis"), arkit_name(""), arkit_name("é_L")), (None, None, None));
    }

    #[test]
    fn rate_and_length_are_those_of_the_keys() {
        let times: Vec<f32> = (0..=50).map(|n| 0.5 + n as f32 / 25.0).collect();
        let weights: Vec<f32> = (0..=50).flat_map(|n| [0.0, n as f32 / 50.0, 0.2]).collect();
        let names = ["Basis", "jawOpen", "mouthSmile_L"];
        let capture = read(&[Mesh(&names, &times, &weights, "LINEAR")]).unwrap();
        assert!((capture.rate_hz - 25.0).abs() < 1e-3, "{}", capture.rate_hz);
        let ends = (capture.times_s[0], *capture.times_s.last().unwrap());
        assert!((ends.0 - 0.5).abs() < 1e-6 && (ends.1 - 2.5).abs() < 1e-6, "{ends:?}");
        assert_eq!(capture.channels, [MotionChannel::JawOpen, MotionChannel::MouthSmile]);
        assert!((jaw(&capture, 1.5) - 0.5).abs() < 1e-5 && capture.at(0.4, 0.1).is_none());
    }

    #[test]
    fn a_whole_face_comes_back() {
        let motion = |n: usize| Motion(std::array::from_fn(|c| 0.5 + 0.4 * (0.1 * (n * (c + 1)) as f32).sin()));
        let motions: Vec<Motion> = (0..120).map(motion).collect();
        let capture = parse_gltf(&animated(60.0, &motions), None).unwrap();
        assert!(capture.times_s.len() == 120 && (capture.rate_hz - 60.0).abs() < 0.01, "{}", capture.rate_hz);
        for (came, went) in capture.motions.iter().zip(&motions) {
            let off = |channel: &MotionChannel| (came[*channel] - went[*channel]).abs();
            assert!(capture.channels.len() == 13 && capture.channels.iter().all(|channel| off(channel) < 1e-5));
        }
    }

    #[test]
    fn keys_far_apart_are_joined_as_the_file_says() {
        let at = |weights: &[f32], way: &str, time_s: f64| {
            jaw(&read(&[Mesh(&["jawOpen"], &[0.0, 0.4], weights, way)]).unwrap(), time_s)
        };
        assert!((at(&[0.2, 0.6], "LINEAR", 0.1) - 0.3).abs() < 1e-5);
        assert_eq!(at(&[0.2, 0.6], "STEP", 0.3), 0.2);
        // From 0 with slope 1 to 0.4 with slope 1: a straight line; with slopes 0 it is half way in the middle.
        assert!((at(&[0.0, 0.0, 1.0, 1.0, 0.4, 0.0], "CUBICSPLINE", 0.1) - 0.1).abs() < 1e-5);
        assert!((at(&[0.0, 0.0, 0.0, 0.0, 0.4, 0.0], "CUBICSPLINE", 0.1) - 0.4 * 0.156_25).abs() < 1e-5);
    }

    #[test]
    fn of_several_meshes_that_counts_which_moves() {
        let teeth = Mesh(&["jawOpen"], &[0.0, 1.0], &[0.1, 0.1], "LINEAR");
        let face = Mesh(&["mouthFunnel", "jawOpen"], &[0.0, 0.5, 1.0], &[0.3, 0.0, 0.3, 0.8, 0.3, 0.0], "LINEAR");
        let capture = read(&[teeth, face]).unwrap();
        assert!((jaw(&capture, 0.25) - 0.4).abs() < 1e-5);
        assert_eq!(capture.channels, [MotionChannel::JawOpen, MotionChannel::MouthFunnel]);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        assert!(refused(|json| json["animations"] = Value::Null).contains("`weights`), came none"));
        let turned = refused(|json| json["animations"][0]["channels"][0]["target"]["path"] = "rotation".into());
        assert!(turned.contains("came rotation"), "{turned}");
        assert!(refused(|json| json["meshes"][0]["extras"]["targetNames"][0] = "A".into()).contains("came A"));
        assert!(refused(|json| json["meshes"][0]["extras"] = Value::Null).contains("targetNames"));
        assert!(refused(|json| json["accessors"][1]["count"] = 1.into()).contains("expected 2 weights"));
        assert!(refused(|json| json["accessors"][1]["count"] = 99.into()).contains("within the file"));
        assert!(refused(|json| json["meshes"][0]["primitives"][0]["targets"] = json!([])).contains("0 morph targets"));
        assert!(refused(|json| json["animations"][0]["samplers"][0]["interpolation"] = "X".into()).contains("came X"));
        let twice = refused(|json| {
            let channels = json["animations"][0]["channels"].as_array_mut().unwrap();
            channels.push(channels[0].clone());
        });
        assert!(twice.contains("another, \"take\", of node 0"), "{twice}");
        let back = read(&[Mesh(&["jawOpen"], &[0.5, 0.5], &[0.0, 1.0], "LINEAR")]).unwrap_err();
        assert!(format!("{back:#}").contains("that rise"));
        let still = read(&[Mesh(&["jawOpen"], &[0.5], &[0.0], "LINEAR")]).unwrap_err();
        assert!(format!("{still:#}").contains("two keys"));
        assert!(format!("{:#}", parse_gltf(b"\x00\x01", None).unwrap_err()).contains("another file"));
    }
}
