//! Conversations, held against the schema and the promises of docs/protocol.md.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::stream::hall::Said;
use crate::stream::tests::{clip, model};
use crate::stream::turns::Place;

const SCHEMA: &str = include_str!("../../../../../docs/protocol.schema.json");
const PAGE: &str = include_str!("../../../../../docs/protocol.md");

/// A client and its clock.
struct Talk {
    session: Session,
    now: Moment,
    out: Vec<Packet>,
}

impl Talk {
    fn with(hello: &str, hall: Option<Hall>) -> Talk {
        let host = Arc::new(Host::new(model(), Gains::default(), Some(Life::new(1)), hall));
        let mut talk = Talk { session: Session::new(host), now: Moment(0), out: Vec::new() };
        talk.say(&format!(r#"{{"type":"hello","rate":16000,{hello}}}"#));
        talk
    }

    fn new(hello: &str) -> Talk {
        Talk::with(hello, None)
    }

    fn say(&mut self, text: &str) {
        self.session.text(text, self.now, &mut self.out).unwrap();
    }

    fn sound(&mut self, samples: &[f32]) {
        let bytes: Vec<u8> = samples.iter().flat_map(|s| ((s * 32_767.0) as i16).to_le_bytes()).collect();
        self.session.sound(&bytes, self.now, &mut self.out).unwrap();
    }

    fn wait(&mut self, ms: i64) {
        for _ in 0..ms / 4 {
            self.now = self.now + Span::from_ms(4);
            self.session.tick(self.now, &mut self.out);
        }
    }

    fn told(&self) -> Vec<Value> {
        let json =
            |packet: &Packet| if let Packet::Text(text) = packet { serde_json::from_str(text).ok() } else { None };
        self.out.iter().filter_map(json).collect()
    }

    fn of(&self, kind: &str) -> Vec<Value> {
        self.told().into_iter().filter(|told| told["type"] == kind).collect()
    }
}

/// Whether a value is what a schema says, as far as ours says things.
fn check(schema: &Value, value: &Value) -> Result<(), String> {
    let fail = |what: &str| Err(format!("{what}: {value} is not {schema}"));
    if schema.get("const").is_some_and(|wanted| wanted != value) {
        return fail("const");
    }
    if schema.get("enum").is_some_and(|list| !list.as_array().unwrap().contains(value)) {
        return fail("enum");
    }
    let is_type = match schema.get("type").and_then(Value::as_str) {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_u64(),
        Some("number") => value.is_number(),
        _ => true,
    };
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    let number = value.as_f64().unwrap_or(0.0);
    if !is_type
        || bound("minimum").is_some_and(|least| number < least)
        || bound("maximum").is_some_and(|most| number > most)
    {
        return fail("value");
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        if bound("minItems").is_some_and(|count| count != list.len() as f64) {
            return fail("count");
        }
        list.iter().try_for_each(|item| check(items, item))?;
    }
    if let (Some(properties), Some(object)) = (schema.get("properties"), value.as_object()) {
        let required: BTreeSet<&str> =
            schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        if !required.iter().all(|key| object.contains_key(*key))
            || !object.keys().all(|key| properties.get(key).is_some())
        {
            return fail("keys");
        }
        object.iter().try_for_each(|(key, value)| check(&properties[key], value))?;
    }
    Ok(())
}

fn schema(side: &str) -> Value {
    serde_json::from_str::<Value>(SCHEMA).unwrap()["$defs"][side].clone()
}

#[test]
fn every_message_from_the_server_is_told_and_is_what_the_schema_says() {
    let mut talk = Talk::new(r#""visemes":"oculus""#);
    talk.sound(&clip()[..32_000]);
    talk.say(r#"{"type":"mark","name":"here"}"#);
    talk.say(r#"{"type":"flush","at_ms":500}"#);
    talk.say(r#"{"type":"end"}"#);
    talk.say(r#"{"type":"dance"}"#);
    let schema = schema("from_server");
    for told in talk.told() {
        check(&schema[told["type"].as_str().unwrap()], &told).unwrap();
    }
    let kinds: BTreeSet<String> = talk.told().iter().map(|told| told["type"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, schema.as_object().unwrap().keys().cloned().collect());
}

#[test]
fn every_message_to_the_server_that_the_schema_allows_is_read_and_no_field_more() {
    for (kind, schema) in schema("to_server").as_object().unwrap() {
        let mut message = serde_json::Map::new();
        for (key, of) in schema["properties"].as_object().unwrap() {
            let number = of.get("minimum").cloned().unwrap_or(json!(0));
            let first = of.get("const").or_else(|| of.get("enum").map(|list| &list[0])).cloned();
            let other = match of.get("type").and_then(Value::as_str) {
                Some("boolean") => json!(false),
                Some("string") => json!("x"),
                _ => number,
            };
            message.insert(key.clone(), first.unwrap_or(other));
        }
        check(schema, &Value::Object(message.clone())).unwrap();
        Ask::parse(&Value::Object(message.clone()).to_string()).unwrap_or_else(|e| panic!("{kind}: {e}"));
        for list in
            schema["properties"].as_object().unwrap().iter().filter_map(|(key, of)| Some((key, of.get("enum")?)))
        {
            for word in list.1.as_array().unwrap() {
                let mut message = message.clone();
                message.insert(list.0.clone(), word.clone());
                let message = Value::Object(message);
                Ask::parse(&message.to_string()).unwrap_or_else(|e| panic!("{message}: {e}"));
            }
        }
        message.insert("more".into(), json!(1));
        assert!(Ask::parse(&Value::Object(message).to_string()).is_err(), "{kind} with a field more");
    }
}

#[test]
fn every_field_of_the_schema_stands_in_the_page() {
    for side in ["to_server", "from_server"] {
        for (kind, schema) in schema(side).as_object().unwrap() {
            assert!(PAGE.contains(kind.as_str()), "{kind}");
            for key in schema["properties"].as_object().unwrap().keys().filter(|key| *key != "type") {
                assert!(PAGE.contains(&format!("`{key}`")) || PAGE.contains(&format!("\"{key}\":")), "{kind}.{key}");
            }
        }
    }
}

#[test]
fn a_ready_tells_clock_look_ahead_and_shapes() {
    let mut talk = Talk::new(r#""fps":30"#);
    let ready = &talk.of("ready")[0];
    assert_eq!((&ready["look_ahead_ms"], &ready["delay_ms"], &ready["fps"]), (&json!(120.0), &json!(0.0), &json!(30)));
    assert_eq!((&ready["model"], &ready["shapes"][17]), (&json!("playback"), &json!("jawOpen")));
    talk.sound(&clip()[..32_000]);
    talk.say(r#"{"type":"end"}"#);
    assert_eq!(talk.of("frame").len(), 72, "2.4 s at 30 a second");
    assert_eq!(talk.of("ended")[0], json!({ "type": "ended", "turn": 0, "t_ms": 2000.0 }));
}

#[test]
fn frames_come_as_the_sound_comes_and_belong_to_its_turn() {
    let mut talk = Talk::new(r#""alive":false"#);
    talk.now = Moment::from_ms(700);
    talk.sound(&clip()[..16_000]);
    let frames = talk.of("frame");
    // A second, without the look-ahead and a step.
    assert!((51..=53).contains(&frames.len()), "{}", frames.len());
    assert_eq!(
        (&frames[3]["t_ms"], &frames[3]["show_ms"], &frames[3]["turn"]),
        (&json!(50.0), &json!(750.0), &json!(0))
    );
    assert!(frames.iter().any(|frame| frame["shapes"][17].as_f64().unwrap() > 0.05), "the jaw moves");
    talk.say(r#"{"type":"end"}"#);
    talk.sound(&clip()[..16_000]);
    let next: Vec<Value> = talk.of("frame").into_iter().filter(|frame| frame["turn"] == 1).collect();
    assert_eq!(
        next.iter().map(|f| &f["shapes"]).collect::<Vec<_>>(),
        frames.iter().map(|f| &f["shapes"]).collect::<Vec<_>>()
    );
}

#[test]
fn late_sound_belongs_to_the_turn_that_was_flushed() {
    let mut talk = Talk::new(r#""pace":"real","alive":false"#);
    talk.sound(&clip()[..16_000]);
    talk.wait(500);
    talk.say(r#"{"type":"flush","late_ms":100}"#);
    talk.wait(40);
    talk.sound(&clip()[..32_000]);
    talk.wait(2_000);
    let begun = |talk: &Talk| talk.of("frame").iter().any(|frame| frame["turn"] == 1);
    assert!(!begun(&talk), "late by 40 ms: thrown away");
    talk.sound(&clip()[..8_000]);
    talk.say(r#"{"type":"end"}"#);
    talk.wait(2_000);
    assert!(begun(&talk));
    let ends: Vec<(Value, Value)> = talk
        .told()
        .into_iter()
        .filter(|told| told["type"] == "flushed" || told["type"] == "ended")
        .map(|told| (told["type"].clone(), told["turn"].clone()))
        .collect();
    assert_eq!(ends, [(json!("flushed"), json!(0)), (json!("ended"), json!(1))]);
}

#[test]
fn in_real_time_a_burst_is_told_evenly_and_rests_afterwards() {
    let mut talk = Talk::new(r#""pace":"real","alive":false,"visemes":"rhubarb""#);
    talk.wait(1_000);
    assert_eq!(talk.of("frame").len(), 0, "nothing moves before the first sound");
    talk.sound(&clip()[..32_000]);
    talk.say(r#"{"type":"end"}"#);
    talk.wait(1_000);
    let half = talk.of("frame").len();
    assert!((55..=62).contains(&half), "{half} in the first second");
    talk.wait(5_000);
    let frames = talk.of("frame");
    assert!((140..=190).contains(&frames.len()), "{} in all", frames.len());
    let at = |n: usize| frames[n]["show_ms"].as_f64().unwrap();
    assert!((at(40) - at(20) - 20.0 * 1000.0 / 60.0).abs() < 8.0);
    assert!(talk.of("viseme").len() > 5);
    let last = &frames.last().unwrap()["shapes"];
    assert!(last.as_array().unwrap().iter().all(|weight| weight.as_f64().unwrap() < 0.001), "{last}");
}

#[test]
fn moods_mute_and_binary_frames_work_in_a_session() {
    let mut talk = Talk::new(r#""frames":"f32","alive":false"#);
    talk.say(r#"{"type":"mood","name":"happy"}"#);
    talk.say(r#"{"type":"mute","on":true}"#);
    talk.now = Moment::from_ms(1_000);
    talk.sound(&clip()[..32_000]);
    let frames: Vec<&Vec<u8>> = talk
        .out
        .iter()
        .filter_map(|packet| if let Packet::Bytes(bytes) = packet { Some(bytes) } else { None })
        .collect();
    let weight = |bytes: &[u8], n: usize| f32::from_le_bytes(bytes[24 + 4 * n..][..4].try_into().unwrap());
    assert!(frames.len() > 100 && frames.iter().all(|bytes| bytes.len() == 240));
    assert!(frames.iter().all(|bytes| weight(bytes, 17) < 0.001), "muted");
    assert!(frames.iter().all(|bytes| weight(bytes, 23) > 0.4), "smiles");
    assert!(talk.of("frame").is_empty());
}

#[test]
fn a_session_without_a_hello_or_with_garbage_is_refused_with_a_reason() {
    let host = Arc::new(Host::new(model(), Gains::default(), Some(Life::new(1)), None));
    let first = |text: &str| Session::new(Arc::clone(&host)).text(text, Moment(0), &mut Vec::new()).unwrap_err().0;
    assert_eq!(first(r#"{"type":"end"}"#), "expected a hello first, came another message");
    assert!(first("hello?").starts_with("expected a message of the protocol, "));
    assert!(
        first(r#"{"type":"hello","rate":16000,"play":true}"#).starts_with("expected a service with a face of its own")
    );
    let sound = Session::new(Arc::clone(&host)).sound(&[0; 4], Moment(0), &mut Vec::new());
    assert_eq!(sound.unwrap_err().0, "expected a hello first, came sound");

    let mut talk = Talk::new(r#""fps":60"#);
    let mut outcome = Ok(());
    let mut count = 0;
    while outcome.is_ok() {
        count += 1;
        outcome = talk.session.text("nonsense", talk.now, &mut talk.out);
    }
    assert_eq!((count, talk.of("error").len()), (17, 16));
}

#[test]
fn messages_beyond_the_rate_end_the_session() {
    let mut talk = Talk::new(r#""fps":60"#);
    let refused = (0..1_000).find_map(|_| talk.session.text(r#"{"type":"gaze"}"#, talk.now, &mut talk.out).err());
    assert_eq!(refused.unwrap().0, "expected at most 50 messages a second, came more");
}

#[test]
fn more_sound_than_finds_room_waits() {
    let mut fast = Talk::new(r#""frames":"none""#);
    let mut real = Talk::new(r#""pace":"real""#);
    let second = vec![0.0; 16_000];
    let mut count = 0;
    while fast.session.has_room(fast.now) {
        fast.sound(&second);
        count += 1;
    }
    assert_eq!(count, 120, "two minutes at once");
    fast.now = Moment::from_ms(200);
    assert!(fast.session.has_room(fast.now), "and then twenty times as fast as it lasts");
    let mut count = 0;
    while real.session.has_room(real.now) {
        real.sound(&second);
        count += 1;
    }
    assert_eq!(count, 60, "a minute");
    real.wait(500);
    assert!(real.session.has_room(real.now));
}

#[test]
fn one_session_speaks_through_the_servers_face_and_others_watch() {
    let (hall, said) = Hall::new(Span::from_ms(120), Span::from_ms(150));
    let mut speaker = Talk::with(r#""play":true"#, Some(hall.clone()));
    assert_eq!(speaker.of("ready")[0]["delay_ms"], json!(150.0));
    speaker.sound(&[0.5; 320]);
    speaker.say(r#"{"type":"end"}"#);
    let Ok(Said::Sound(samples)) = said.recv() else { panic!("sound first") };
    assert_eq!(samples.len(), 320);
    assert_eq!(said.recv(), Ok(Said::Ask(Ask::End {})));

    let mut watcher = Talk::with(r#""watch":true"#, Some(hall.clone()));
    let place = Place { turn: 5, at: AudioTime::from_ms(20), show: Moment::from_ms(90) };
    hall.tell(Event::Frame(place, keyface_core::Spoken::REST), |_| FacePose::REST);
    watcher.wait(8);
    assert_eq!(watcher.of("frame")[0]["turn"], 5);
    watcher.say(r#"{"type":"flush"}"#);
    assert_eq!(watcher.of("error")[0]["reason"], "expected nothing from who watches, came a message");
}

#[test]
fn a_thousand_interruptions_each_end_one_turn() {
    for pace in ["fast", "real"] {
        let mut talk = Talk::new(&format!(r#""pace":"{pace}","frames":"none""#));
        let clip = clip();
        for turn in 0..1_000 {
            talk.now = talk.now + Span::from_ms(30);
            talk.sound(&clip[8_000..8_000 + 16 * (turn % 200)]);
            talk.wait(20);
            talk.say(r#"{"type":"flush"}"#);
        }
        let turns: Vec<u64> = talk.of("flushed").iter().map(|told| told["turn"].as_u64().unwrap()).collect();
        assert_eq!(turns, (0..1_000).collect::<Vec<u64>>(), "{pace}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_comes_a_session_answers_or_ends(
        hello in "(fast|real)",
        messages in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..700).prop_map(Err),
                "\\PC{0,60}".prop_map(Ok),
                r#"\{"type":"(flush|end|mute|mark|mood|gaze|state)"(,"(on|name|at_ms|late_ms|yaw_deg)":(true|"x"|[0-9]{1,5}|"happy"))?\}"#.prop_map(Ok),
            ],
            0..30,
        ),
    ) {
        let mut talk = shared_talk(&hello);
        for message in messages {
            let outcome = match message {
                Ok(text) => talk.session.text(&text, talk.now, &mut talk.out),
                Err(bytes) => talk.session.sound(&bytes, talk.now, &mut talk.out),
            };
            if outcome.is_err() {
                break;
            }
            talk.wait(40);
        }
        let ends: Vec<u64> = talk.told().iter()
            .filter(|told| told["type"] == "flushed" || told["type"] == "ended")
            .map(|told| told["turn"].as_u64().unwrap())
            .collect();
        prop_assert_eq!(&ends, &(0..ends.len() as u64).collect::<Vec<_>>());
    }
}

/// A session of a host that all cases share, because a model takes its time to load.
fn shared_talk(pace: &str) -> Talk {
    static HOST: std::sync::OnceLock<Arc<Host>> = std::sync::OnceLock::new();
    let host = HOST.get_or_init(|| Arc::new(Host::new(model(), Gains::default(), Some(Life::new(1)), None)));
    let mut talk = Talk { session: Session::new(Arc::clone(host)), now: Moment(0), out: Vec::new() };
    talk.say(&format!(r#"{{"type":"hello","rate":16000,"pace":"{pace}"}}"#));
    talk
}
