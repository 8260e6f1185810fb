//! What goes into a model's networks and comes out of them, under one name; older cards spell it out.

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::CoreError;

/// All that the line and a model's networks must agree on. A build runs one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Interface {
    /// 16 kHz; hops of 10 ms and steps of two; for each hop 80 log-mel bands of 40 to 7800 Hz over 25 ms, and a level;
    /// the heads of [`heads`](crate::heads), the motion flow of [`flow`](crate::flow), the 14
    /// [`MotionChannel`](crate::MotionChannel)s.
    #[default]
    #[serde(rename = "kf1")]
    Kf1,
}

const KEY: &str = "interface";
/// `kf1` as a card of 0.1 has it.
const SPELT_OUT: &str = r#"
sample_rate_hz = 16000
hop_ms = 10
step_ms = 20
flow_width = 63
motion_channels = ["JawOpen", "MouthClose", "MouthFunnel", "MouthPucker", "MouthLowerDown", "MouthUpperUp", "MouthStretch", "MouthSmile", "MouthRollLower", "MouthRollUpper", "MouthPress", "TongueOut", "TongueUp", "BrowInnerUp"]
mel = { bands = 80, fmin_hz = 40.0, fmax_hz = 7800.0, window_ms = 25 }
heads = { phones = [0, 40], boundary = [40, 42], pose = [42, 56], next_pose = [56, 70], next_time = [70, 71], closure = [71, 72], lip_teeth = [72, 73], voice = [73, 74] }
"#;

/// The card of 0.1 `table` as one of today, with `interface` for what it spells out; `None` for one of today.
///
/// # Errors
/// [`CoreError::Unexpected`] when what it spells out is not `kf1`.
pub(super) fn named(place: &str, mut table: Table) -> Result<Option<Table>, CoreError> {
    let spelt_out = spelt_out(place)?;
    if table.contains_key(KEY) || !spelt_out.keys().any(|key| table.contains_key(key)) {
        return Ok(None);
    }
    for (key, expected) in spelt_out {
        let came = table.remove(&key);
        if came.as_ref() != Some(&expected) {
            let came = came.map_or_else(|| format!("no {key}"), |came| format!("{key} = {came}"));
            return Err(CoreError::unexpected(place, format!("{key} = {expected}, as interface kf1 has it"), came));
        }
    }
    table.insert(KEY.to_owned(), Value::String("kf1".to_owned()));
    Ok(Some(table))
}

fn spelt_out(place: &str) -> Result<Table, CoreError> {
    let schema = |e: toml::de::Error| CoreError::schema(place, SPELT_OUT, None, e.message());
    toml::from_str(SPELT_OUT).map_err(schema)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::card::tests::sample;
    use crate::sound::{MEL_EDGES_HZ, WINDOW_SAMPLES};
    use crate::{HOP_SAMPLES, MEL_BANDS, ModelCard, MotionChannel, SAMPLE_RATE_HZ, STEP_HOPS, flow, heads};

    /// The sample as 0.1 wrote it.
    fn card_of_0_1() -> String {
        let mut card: Table = toml::from_str(&sample().to_toml().unwrap()).unwrap();
        card.remove(KEY).unwrap();
        card.extend(spelt_out("").unwrap());
        toml::to_string(&card).unwrap()
    }

    #[test]
    fn a_card_that_spells_it_out_is_read_as_one_that_names_it() {
        assert_eq!(ModelCard::from_toml("card.toml", &card_of_0_1()).unwrap(), sample());
    }

    #[test]
    fn a_card_that_spells_out_something_else_is_refused_with_the_key() {
        for (from, to, told) in [
            (
                "sample_rate_hz = 16000",
                "sample_rate_hz = 22050",
                "expected sample_rate_hz = 16000, as interface kf1 has",
            ),
            ("hop_ms = 10", "", "came no hop_ms"),
            ("closure = [71, 72]", "closure = [70, 71]", "expected heads = {"),
            ("\"TongueUp\", ", "", "expected motion_channels = ["),
            ("seed = 7", "sead = 7", "unknown field `sead`"),
        ] {
            let text = card_of_0_1();
            assert!(text.contains(from), "{from} is not in {text}");
            let error = ModelCard::from_toml("card.toml", &text.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.starts_with("card.toml: ") && error.contains(told), "{error}");
        }
    }

    #[test]
    fn kf1_is_what_this_build_runs() {
        let kf1 = spelt_out("").unwrap();
        let hop_ms = HOP_SAMPLES * 1_000 / SAMPLE_RATE_HZ as usize;
        let numbers = [
            ("sample_rate_hz", SAMPLE_RATE_HZ as usize),
            ("hop_ms", hop_ms),
            ("step_ms", hop_ms * STEP_HOPS),
            ("flow_width", flow::FLOW),
        ];
        numbers.into_iter().for_each(|(key, value)| assert_eq!(kf1[key], Value::Integer(value as i64), "{key}"));
        let names: Vec<&str> = kf1["motion_channels"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
        assert_eq!(names, MotionChannel::ALL.map(MotionChannel::name));
        let window_ms = WINDOW_SAMPLES * 1_000 / SAMPLE_RATE_HZ as usize;
        assert_eq!(kf1["mel"]["bands"], Value::Integer(MEL_BANDS as i64));
        assert_eq!(kf1["mel"]["window_ms"], Value::Integer(window_ms as i64));
        let edges_hz = ["fmin_hz", "fmax_hz"].map(|key| kf1["mel"][key].as_float().unwrap());
        assert_eq!(edges_hz, [MEL_EDGES_HZ.0, MEL_EDGES_HZ.1]);
        use heads::{BOUNDARY, CLOSURE, HEADS, LIP_TEETH, NEXT_POSE, NEXT_TIME, POSE, VOICE};
        let ends = [BOUNDARY, POSE, NEXT_POSE, NEXT_TIME, CLOSURE, LIP_TEETH, VOICE, HEADS];
        let names = ["phones", "boundary", "pose", "next_pose", "next_time", "closure", "lip_teeth", "voice"];
        for (at, name) in names.into_iter().enumerate() {
            let start = if at == 0 { 0 } else { ends[at - 1] };
            let range = [start, ends[at]].map(|edge| Value::Integer(edge as i64));
            assert_eq!(kf1["heads"][name], Value::Array(range.into()), "{name}");
        }
    }
}
