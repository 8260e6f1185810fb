//! Conversations over the WebSocket: a line is a message, text where it begins with `{` and sound elsewhere.

use std::path::Path;
use std::sync::Arc;

use keyface::stream::session::{Host, Session};
use keyface::stream::tell::Packet;
use keyface_core::{Gains, Micros};

use crate::fuzz::{Answer, Target, lines, plain};

/// One message comes so long behind another.
const PAUSE: Micros = Micros(30_000);
/// Damage makes most of a hello something else, which is quick: a line is not.
const SEEDS: [&str; 6] = [
    "{\"type\":\"hello\",\"rate\":24000,\"format\":\"s16le\",\"channels\":2,\"visemes\":\"oculus\",\"fps\":30}\n\
     some sound of odd length\n{\"type\":\"mark\",\"name\":\"w1\"}\n{\"type\":\"flush\",\"at_ms\":12.5,\"late_ms\":20}\n\
     more sound\n{\"type\":\"end\"}\n",
    "{\"type\":\"hello\",\"rate\":16000,\"format\":\"f32le\",\"pace\":\"real\",\"frames\":\"f32\",\"alive\":false}\n\
     sound of floats\n{\"type\":\"mood\",\"name\":\"happy\",\"strength\":0.5}\n{\"type\":\"gaze\",\"yaw_deg\":-20,\
     \"pitch_deg\":5}\n{\"type\":\"state\",\"name\":\"thinking\"}\n{\"type\":\"mute\",\"on\":true}\n",
    "{\"type\":\"hello\",\"rate\":8000,\"format\":\"mulaw\",\"play\":true,\"watch\":false,\"visemes\":\"vrm1\"}\n",
    "{\"type\":\"hello\",\"rate\":48000,\"watch\":true,\"frames\":\"none\",\"visemes\":\"rhubarb\"}\n{\"type\":\"end\"}\n",
    "{\"type\":\"mood\",\"name\":\"sad\"}\n{\"type\":\"gaze\"}\n",
    "{\"type\":\"flush\"}\n{\"type\":\"mute\",\"on\":false}\n",
];

pub fn target() -> Target {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/instant");
    let name = folder.to_str().expect("models/ has names in UTF-8");
    let model = keyface::model::load(name).expect("a model that ships");
    let host = Arc::new(Host::new(model, Gains::default(), true, None));
    Target {
        name: "messages",
        seeds: SEEDS.map(|seed| lines(seed.as_bytes())).into(),
        split: lines,
        seal: Box::new(plain),
        feed: Box::new(move |bytes| feed(bytes, &host)),
    }
}

fn feed(bytes: &[u8], host: &Arc<Host>) -> Answer {
    let (mut session, mut now, mut told) = (Session::new(Arc::clone(host)), Micros(0), Vec::new());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let outcome = match std::str::from_utf8(line) {
            Ok(text) if text.starts_with('{') => session.text(text.trim(), now, &mut told),
            _ => session.sound(line, now, &mut told),
        };
        outcome.map_err(|refusal| refusal.0)?;
        now = now + PAUSE;
        session.tick(now, &mut told);
    }
    let texts: Vec<&String> =
        told.iter().filter_map(|packet| if let Packet::Text(text) = packet { Some(text) } else { None }).collect();
    for text in &texts {
        assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "told what is no JSON: {text}");
    }
    Ok(texts.iter().find(|text| text.contains("\"error\"")).map_or_else(String::new, |text| (*text).clone()))
}
