//! VRM Animation 1.0: how weights move expressions of any VRM model, and how its head turns.
//!
//! Either the expressions that every VRM has, vowels and blinks, or the 52 channels for models with "perfect sync",
//! under the names that were asked for: a model that has both would open its mouth twice. Each expression is a node;
//! its weight is the node's place along x. A skeleton in VRM's T-pose has to be there; only its head moves.

use keyface_core::{AudioTime, Channel, FacePose};
use serde_json::{Map, Value, json};

use super::document::{Document, turns};
use crate::out::Names;
use crate::stream::shapes::{shapes, vowels};

const EXTENSION: &str = "VRMC_vrm_animation";
/// The bones that VRM asks for, each with its parent and the way from there in metres, for a body of 1.6 m.
const BONES: [(&str, Option<usize>, [f32; 3]); 15] = [
    ("hips", None, [0.0, 0.95, 0.0]),
    ("spine", Some(0), [0.0, 0.1, 0.0]),
    ("head", Some(1), [0.0, 0.4, 0.0]),
    ("leftUpperArm", Some(1), [0.15, 0.33, 0.0]),
    ("leftLowerArm", Some(3), [0.25, 0.0, 0.0]),
    ("leftHand", Some(4), [0.24, 0.0, 0.0]),
    ("rightUpperArm", Some(1), [-0.15, 0.33, 0.0]),
    ("rightLowerArm", Some(6), [-0.25, 0.0, 0.0]),
    ("rightHand", Some(7), [-0.24, 0.0, 0.0]),
    ("leftUpperLeg", Some(0), [0.09, -0.05, 0.0]),
    ("leftLowerLeg", Some(9), [0.0, -0.42, 0.0]),
    ("leftFoot", Some(10), [0.0, -0.4, 0.0]),
    ("rightUpperLeg", Some(0), [-0.09, -0.05, 0.0]),
    ("rightLowerLeg", Some(12), [0.0, -0.42, 0.0]),
    ("rightFoot", Some(13), [0.0, -0.4, 0.0]),
];
const HEAD: usize = 2;

/// A `.vrma`.
pub(super) fn motion(frames: &[(AudioTime, FacePose)], names: Option<Names>) -> Vec<u8> {
    let mut document = Document::new(frames);
    let bones = skeleton(&mut document);
    let turns = document.curve("VEC4", 4, &turns(frames));
    document.moves(turns, HEAD, "rotation");
    let (kind, weights) = match names {
        None => ("preset", presets(frames)),
        Some(names) => ("custom", channels(frames, names)),
    };
    let mut roots = vec![0];
    let mut expressions = Map::new();
    for (name, weights) in weights {
        let node = document.add("nodes", json!({ "name": name }));
        // One that never moves has no curve.
        if weights.iter().any(|weight| *weight > 0.0) {
            let places: Vec<f32> = weights.iter().flat_map(|weight| [*weight, 0.0, 0.0]).collect();
            let curve = document.curve("VEC3", 3, &places);
            document.moves(curve, node, "translation");
        }
        roots.push(node);
        expressions.insert(name, json!({ "node": node }));
    }
    document.add("scenes", json!({ "nodes": roots }));
    document.set("scene", json!(0));
    document.set("extensionsUsed", json!([EXTENSION]));
    let extension = json!({
        "specVersion": "1.0",
        "humanoid": { "humanBones": bones },
        "expressions": { kind: expressions },
    });
    document.set("extensions", json!({ EXTENSION: extension }));
    document.write()
}

fn skeleton(document: &mut Document) -> Value {
    let mut bones = Map::new();
    for (at, (name, _, way)) in BONES.iter().enumerate() {
        let children: Vec<usize> = (0..BONES.len()).filter(|child| BONES[*child].1 == Some(at)).collect();
        let mut node = json!({ "name": name, "translation": way });
        if !children.is_empty() {
            node["children"] = children.into();
        }
        let node = document.add("nodes", node);
        bones.insert((*name).to_owned(), json!({ "node": node }));
    }
    bones.into()
}

type Weights = Vec<(String, Vec<f32>)>;

/// Vowels and blinks. What both lids do is `blink`, and only the rest is a wink: models add them up.
fn presets(frames: &[(AudioTime, FacePose)]) -> Weights {
    let weight = |of: &dyn Fn(&FacePose) -> f32| frames.iter().map(|(_, pose)| of(pose)).collect();
    let lids = |pose: &FacePose| (pose[Channel::EyeBlinkLeft], pose[Channel::EyeBlinkRight]);
    let both = |pose: &FacePose| lids(pose).0.min(lids(pose).1);
    let spoken = ["aa", "ih", "ou", "ee", "oh"].into_iter().enumerate();
    let spoken = spoken.map(|(at, name)| (name, weight(&|pose| vowels(pose)[at])));
    let shut = [
        ("blink", weight(&both)),
        ("blinkLeft", weight(&|pose| lids(pose).0 - both(pose))),
        ("blinkRight", weight(&|pose| lids(pose).1 - both(pose))),
    ];
    spoken.chain(shut).map(|(name, weights)| (name.to_owned(), weights)).collect()
}

fn channels(frames: &[(AudioTime, FacePose)], names: Names) -> Weights {
    let shown: Vec<_> = frames.iter().map(|(_, pose)| shapes(pose)).collect();
    let of = |channel: Channel| shown.iter().map(|shapes| shapes[channel as usize]).collect();
    Channel::ALL.map(|channel| (names.of(channel), of(channel))).into()
}

#[cfg(test)]
mod tests {
    use keyface_core::CHANNELS;

    use super::super::document::tests::Read;
    use super::*;

    fn frames() -> Vec<(AudioTime, FacePose)> {
        let mut open = FacePose::REST;
        open.set(Channel::JawOpen, 0.35);
        open.set(Channel::EyeBlinkLeft, 1.0);
        open.set(Channel::EyeBlinkRight, 0.75);
        open.head.pitch_rad = 0.2;
        vec![(AudioTime(0), FacePose::REST), (AudioTime::from_ms(100), open)]
    }

    fn expressions(read: &Read, kind: &str) -> Map<String, Value> {
        read.root["extensions"][EXTENSION]["expressions"][kind].as_object().unwrap().clone()
    }

    /// How far an expression is shown in the last frame; `None` when it never moves.
    fn last(read: &Read, kind: &str, name: &str) -> Option<f32> {
        let node = expressions(read, kind)[name]["node"].as_u64().unwrap();
        assert_eq!(read.root["nodes"][node as usize]["name"], name);
        let (times, places) = read.curve(node, "translation")?;
        assert_eq!(times, [0.0, 0.1]);
        assert_eq!(places[..3], [0.0; 3]);
        Some(places[3])
    }

    #[test]
    fn any_model_gets_vowels_and_blinks_that_add_up_to_its_lids() {
        let file = motion(&frames(), None);
        let read = Read::new(&file);
        assert_eq!(read.root["extensionsUsed"], json!([EXTENSION]));
        assert_eq!(read.root["extensions"][EXTENSION]["specVersion"], "1.0");
        let shown = ["aa", "ou", "blink", "blinkLeft", "blinkRight"].map(|name| last(&read, "preset", name));
        assert_eq!(shown, [Some(1.0), None, Some(0.75), Some(0.25), None]);
        assert_eq!(expressions(&read, "preset").len(), 8);
        assert!(read.root["extensions"][EXTENSION]["expressions"]["custom"].is_null());
    }

    #[test]
    fn a_model_with_perfect_sync_gets_its_channels_alone() {
        for (names, jaw, blink) in
            [(Names::Apple, "jawOpen", "eyeBlinkLeft"), (Names::LiveLink, "JawOpen", "EyeBlinkLeft")]
        {
            let file = motion(&frames(), Some(names));
            let read = Read::new(&file);
            assert_eq!(expressions(&read, "custom").len(), CHANNELS);
            assert_eq!((last(&read, "custom", jaw), last(&read, "custom", blink)), (Some(0.35), Some(1.0)));
            assert!(read.root["extensions"][EXTENSION]["expressions"]["preset"].is_null());
        }
    }

    #[test]
    fn the_bones_that_vrm_asks_for_are_there_and_only_the_head_turns() {
        let file = motion(&frames(), None);
        let read = Read::new(&file);
        let bones = read.root["extensions"][EXTENSION]["humanoid"]["humanBones"].as_object().unwrap();
        assert_eq!(bones.len(), BONES.len());
        let head = bones["head"]["node"].as_u64().unwrap();
        let (_, turns) = read.curve(head, "rotation").unwrap();
        assert!((turns[4] + 0.1f32.sin()).abs() < 1e-6, "{turns:?}");
        let channels = read.root["animations"][0]["channels"].as_array().unwrap();
        assert_eq!(channels.iter().filter(|channel| channel["target"]["path"] == "rotation").count(), 1);
        // Every node hangs below the scene once.
        let nodes = read.root["nodes"].as_array().unwrap();
        let children = nodes.iter().flat_map(|node| node["children"].as_array().cloned().unwrap_or_default());
        let roots = read.root["scenes"][0]["nodes"].as_array().unwrap().iter().cloned();
        let mut all: Vec<u64> = children.chain(roots).map(|node| node.as_u64().unwrap()).collect();
        all.sort_unstable();
        assert_eq!(all, (0..nodes.len() as u64).collect::<Vec<_>>());
    }
}
