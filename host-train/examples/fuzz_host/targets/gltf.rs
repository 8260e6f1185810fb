//! Animated glTF files: text with its buffer within, a token to a leaf, and the same as the text of a binary file.

use keyface_train::papers::corpus::parse_gltf;

use crate::fuzz::{Answer, Chance, Node, Target, kept, to_bytes};

/// 0, 0.5 and 1 s as floats; six weights, which a spline takes for the slopes and values of two keys.
const NUMBERS: &str = "AAAAAAAAAD8AAIA/AAAAAAAAAD8AAIA+AACAPgAAAD8AAAAA";

pub fn target() -> Target {
    let mut seeds: Vec<_> = [("LINEAR", 3, 3), ("STEP", 2, 2), ("CUBICSPLINE", 2, 6)].map(split_file).into();
    seeds.extend(kept("gltf").iter().map(|bytes| split(bytes)));
    Target { name: "gltf", seeds, split, seal: Box::new(seal), feed: Box::new(feed) }
}

fn split_file((way, keys, weights): (&str, usize, usize)) -> Vec<Node> {
    let text = format!(
        "{{\"buffers\":[{{\"uri\":\"data:application/octet-stream;base64,{NUMBERS}\",\"byteLength\":36}}],\
         \"bufferViews\":[{{\"buffer\":0,\"byteOffset\":0}},{{\"buffer\":0,\"byteOffset\":12}}],\
         \"accessors\":[{{\"bufferView\":0,\"componentType\":5126,\"type\":\"SCALAR\",\"count\":{keys}}},\
         {{\"bufferView\":1,\"componentType\":5126,\"type\":\"SCALAR\",\"count\":{weights},\
         \"sparse\":{{\"count\":0,\"indices\":{{\"bufferView\":0,\"componentType\":5121}},\"values\":{{\"bufferView\":1}}}}}}],\
         \"meshes\":[{{\"extras\":{{\"targetNames\":[\"jawOpen\"]}},\"primitives\":[{{\"targets\":[{{\"POSITION\":0}}]}}]}}],\
         \"nodes\":[{{\"mesh\":0}}],\
         \"animations\":[{{\"name\":\"a\",\"samplers\":[{{\"input\":0,\"output\":1,\"interpolation\":\"{way}\"}}],\
         \"channels\":[{{\"sampler\":0,\"target\":{{\"node\":0,\"path\":\"weights\"}}}}]}}]}}"
    );
    split(text.as_bytes())
}

fn feed(bytes: &[u8]) -> Answer {
    let read = parse_gltf(bytes, None).map(|capture| {
        assert_eq!(capture.times_s.len(), capture.motions.len());
        assert!(capture.times_s.is_sorted() && capture.rate_hz.is_finite());
        format!("{} of {}", capture.channels.len(), capture.times_s.len().min(3))
    });
    read.map_err(|error| format!("{error:#}").chars().filter(char::is_ascii_alphabetic).take(60).collect())
}

/// As it is, or as the text of a binary file.
fn seal(tree: &[Node], chance: &mut Chance) -> Vec<u8> {
    let text = to_bytes(tree);
    if chance.one_in(2) || text.starts_with(b"glTF") {
        return text;
    }
    let chunk = |kind: &[u8], data: &[u8]| [&(data.len() as u32).to_le_bytes()[..], kind, data].concat();
    [&b"glTF\x02\x00\x00\x00\x00\x00\x00\x00"[..], &chunk(b"JSON", &text), &chunk(b"BIN\0", &[0; 24])].concat()
}

fn split(bytes: &[u8]) -> Vec<Node> {
    bytes.split_inclusive(|byte| b",:[]{}".contains(byte)).map(Node::leaf).collect()
}
