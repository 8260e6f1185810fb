//! The same tiers as aligners write them beside TextGrids: JSON (MFA's, praatIO's) and MFA's table of comma-separated values.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Interval, TextGrid, Tier};
use crate::said::error::{Error, Result};

/// How MFA's table begins.
pub(super) const TABLE: &str = "Begin,End,Label,Type,Speaker";

/// A shorter gap is a rounding's, as in MFA's TextGrids.
const SHORTEST_S: f64 = 0.001;

#[derive(Deserialize)]
#[serde(untagged)]
enum Tree {
    /// Tiers by their names.
    Named { end: f64, tiers: BTreeMap<String, Row> },
    /// Tiers in order, as a TextGrid has them.
    Listed { xmax: f64, tiers: Vec<ListedRow> },
}

#[derive(Deserialize)]
struct Row {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct ListedRow {
    name: String,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Interval(f64, f64, String),
    #[expect(dead_code, reason = "told apart from intervals, and left out")]
    Point(f64, String),
}

/// A JSON with tiers of `[start, end, label]`.
pub(super) fn json(text: &str, place: &str) -> Result<TextGrid> {
    let tree = serde_json::from_str(text).map_err(|error| {
        let came = if error.is_data() { "another JSON".into() } else { error.to_string() };
        Error::unexpected(place, "a JSON of tiers, as MFA and praatIO write it", came)
    })?;
    let (end_s, tiers) = match tree {
        Tree::Named { end, tiers } => (end, tiers.into_iter().map(|(name, row)| (name, row.entries)).collect()),
        Tree::Listed { xmax, tiers } => {
            (xmax, tiers.into_iter().map(|row| (row.name, row.entries)).collect::<Vec<_>>())
        }
    };
    let tier =
        |(name, entries): (String, Vec<Entry>)| Tier { name, intervals: with_silence(intervals(entries), end_s) };
    Ok(TextGrid { end_s, tiers: tiers.into_iter().map(tier).collect() })
}

/// Points have no time that they fill.
fn intervals(entries: Vec<Entry>) -> Vec<Interval> {
    let interval = |entry| match entry {
        Entry::Interval(start_s, end_s, text) => Some(Interval { start_s, end_s, text }),
        Entry::Point(..) => None,
    };
    entries.into_iter().filter_map(interval).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Line {
    begin: f64,
    end: f64,
    label: String,
    r#type: String,
    speaker: String,
}

/// A table with a line for each word and phone; the sound's length does not stand in it.
pub(super) fn table(text: &str, place: &str) -> Result<TextGrid> {
    let mut tiers: Vec<Tier> = Vec::new();
    let mut end_s = 0.0f64;
    for line in csv::Reader::from_reader(text.as_bytes()).deserialize() {
        let wrong = |error: csv::Error| Error::unexpected(place, format!("lines of {TABLE}"), error.to_string());
        let Line { begin, end, label, r#type, speaker } = line.map_err(wrong)?;
        if !begin.is_finite() || !end.is_finite() {
            return Err(Error::unexpected(place, "times in seconds", format!("{begin} to {end}")));
        }
        end_s = end_s.max(end);
        let (name, interval) =
            (format!("{speaker} - {}", r#type), Interval { start_s: begin, end_s: end, text: label });
        match tiers.iter_mut().find(|tier| tier.name == name) {
            Some(tier) => tier.intervals.push(interval),
            None => tiers.push(Tier { name, intervals: vec![interval] }),
        }
    }
    let tiers = tiers.into_iter().map(|tier| Tier { intervals: with_silence(tier.intervals, end_s), ..tier }).collect();
    Ok(TextGrid { end_s, tiers })
}

/// Only a TextGrid has intervals for silence.
fn with_silence(spoken: Vec<Interval>, end_s: f64) -> Vec<Interval> {
    let mut all: Vec<Interval> = Vec::new();
    let gap = |all: &[Interval], until_s: f64| {
        let start_s = all.last().map_or(0.0, |last| last.end_s);
        (until_s - start_s > SHORTEST_S).then(|| Interval { start_s, end_s: until_s, text: String::new() })
    };
    for interval in spoken {
        all.extend(gap(&all, interval.start_s));
        all.push(interval);
    }
    all.extend(gap(&all, end_s));
    all
}
