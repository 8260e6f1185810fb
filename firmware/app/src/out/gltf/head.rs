//! The project's own head with an animation of its 52 morphs, and of how it turns.

use keyface_core::head::Head;
use keyface_core::{AudioTime, FacePose};

use super::document::{Document, turns};
use crate::head::glb;
use crate::stream::shapes::shapes;

/// The head's node in its own file.
const HEAD: usize = 0;

/// A `.glb` in which the head speaks.
pub(super) fn speaking(frames: &[(AudioTime, FacePose)]) -> Vec<u8> {
    let head = glb(&Head::new());
    // The head's own file is whole; were it not, the bare motion would still be a document.
    let mut document = Document::on(&head, frames).unwrap_or_else(|| Document::new(frames));
    let weights: Vec<f32> = frames.iter().flat_map(|(_, pose)| shapes(pose)).collect();
    let weights = document.curve("SCALAR", 1, &weights);
    document.moves(weights, HEAD, "weights");
    let turns = document.curve("VEC4", 4, &turns(frames));
    document.moves(turns, HEAD, "rotation");
    document.write()
}

#[cfg(test)]
mod tests {
    use keyface_core::{CHANNELS, Channel};

    use super::super::document::tests::Read;
    use super::*;

    #[test]
    fn the_head_has_a_weight_for_each_morph_and_moment() {
        let mut open = FacePose::REST;
        open.set(Channel::JawOpen, 0.5);
        open.eyes[0].yaw_rad = 0.25;
        open.head.yaw_rad = 0.3;
        let file = speaking(&[(AudioTime(0), FacePose::REST), (AudioTime::from_ms(500), open)]);
        let read = Read::new(&file);
        let names = read.root["meshes"][0]["extras"]["targetNames"].as_array().unwrap();
        assert_eq!((names.len(), &names[17]), (CHANNELS, &"jawOpen".into()));
        let (times, weights) = read.curve(0, "weights").unwrap();
        assert_eq!((times, weights.len()), (vec![0.0, 0.5], 2 * CHANNELS));
        assert!(weights[..CHANNELS].iter().all(|weight| *weight == 0.0));
        let of = |channel: Channel| weights[CHANNELS + channel as usize];
        assert_eq!((of(Channel::JawOpen), of(Channel::EyeLookOutLeft)), (0.5, 0.5));
        let (_, turns) = read.curve(0, "rotation").unwrap();
        assert_eq!(turns[..4], [0.0, 0.0, 0.0, 1.0]);
        assert!((turns[5] - 0.15f32.sin()).abs() < 1e-6);
        let accessors = read.root["accessors"].as_array().unwrap();
        assert!(accessors.iter().any(|accessor| accessor["min"] == serde_json::json!([0.0])), "times have their ends");
    }
}
