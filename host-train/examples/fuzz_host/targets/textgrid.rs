//! TextGrids of every form: long and short text, UTF-16, Praat's binary one, and MFA's JSON and CSV.

use keyface_train::corpus::{Interval, TextGrid, Tier, phones_of_label};

use crate::fuzz::{Answer, Node, Target, kept, lines, plain, stretches};

/// As MFA and praatIO write them.
const EXPORTS: [&str; 3] = [
    "{\n\"start\": 0,\n\"end\": 1.5,\n\"tiers\":\n{\"anna - phones\":\n{\"type\": \"interval\", \"entries\":\n[[0, 1.0, \"ɑː\"],\n[1.0, 1.5, \"\"]]}}}",
    "{\n\"xmin\": 0,\n\"xmax\": 1.5,\n\"tiers\":\n[{\"class\": \"IntervalTier\", \"name\": \"phones\", \"entries\":\n[[0, 1.0, \"m\"],\n[1.2, \"x\"]]}]}",
    "Begin,End,Label,Type,Speaker\r\n0.1,0.5,\"say, \"\"a\"\"\",words,anna\r\n0.1,0.5,ɑː,phones,anna\r\n0.5,0.7,m,phones,bert\r\n",
];
/// How a binary one begins.
const MAGIC: &[u8] = b"ooBinaryFile";

pub fn target() -> Target {
    let long = grid().to_text();
    let wide: Vec<u8> = [0xfeff].into_iter().chain(long.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let mut seeds = vec![lines(long.as_bytes()), lines(short(&long).as_bytes()), split(&wide), binary()];
    seeds.extend(EXPORTS.map(|text| lines(text.as_bytes())));
    seeds.extend(kept("textgrid").iter().map(|bytes| split(bytes)));
    Target { name: "textgrid", seeds, split, seal: Box::new(plain), feed: Box::new(feed) }
}

fn feed(bytes: &[u8]) -> Answer {
    let grid = TextGrid::parse(bytes, "a.TextGrid").map_err(|error| error.to_string())?;
    let tiers = grid.phones();
    for interval in tiers.iter().flat_map(|tier| &tier.intervals) {
        _ = phones_of_label(&interval.text);
    }
    let again = TextGrid::parse(grid.to_text().as_bytes(), "again").expect("what is written is read");
    assert_eq!(again.tiers.len(), grid.tiers.len());
    Ok(format!("{} {}", "p".repeat(tiers.len().min(3)), "t".repeat(grid.tiers.len().min(4))))
}

fn split(bytes: &[u8]) -> Vec<Node> {
    if std::str::from_utf8(bytes).is_ok() { lines(bytes) } else { stretches(bytes) }
}

fn grid() -> TextGrid {
    let tier = |name: &str, labels: &[&str]| {
        let interval = |(n, text): (usize, &&str)| Interval {
            start_s: n as f64 * 0.1,
            end_s: (n + 1) as f64 * 0.1,
            text: (*text).to_owned(),
        };
        Tier { name: name.into(), intervals: labels.iter().enumerate().map(interval).collect() }
    };
    let phones = ["", "HH", "AH0", "L_B", "əʊ", "spn", "b", "\"", "t͡ʃ", "sil"];
    TextGrid { end_s: 1.0, tiers: vec![tier("anna - words", &["say \"hello\"", ""]), tier("anna - phones", &phones)] }
}

/// Numbers and quoted texts alone, one a line.
fn short(long: &str) -> String {
    let bare = |line: &str| line.split_once(" = ").map_or(line, |(_, value)| value).to_owned();
    let is_kept = |line: &&str| !line.trim().ends_with(':') && !line.trim().starts_with("class");
    long.lines()
        .take(2)
        .map(str::to_owned)
        .chain(long.lines().skip(2).filter(is_kept).map(bare))
        .collect::<Vec<_>>()
        .join("\n")
}

/// As Praat writes it: each field a leaf.
fn binary() -> Vec<Node> {
    let name = |name: &str| Node::leaf([&[name.len() as u8], name.as_bytes()].concat());
    let text = |text: &str| Node::leaf([&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat());
    let wide = |text: &str| {
        let units: Vec<u16> = text.encode_utf16().collect();
        Node::leaf(
            [0xffff, units.len() as u16].into_iter().chain(units).flat_map(u16::to_be_bytes).collect::<Vec<u8>>(),
        )
    };
    let number = |number: f64| Node::leaf(number.to_be_bytes());
    let count = |count: i32| Node::leaf(count.to_be_bytes());
    let mut tree = vec![Node::leaf(MAGIC), name("TextGrid"), number(0.0), number(1.5), Node::leaf([1]), count(2)];
    tree.extend([name("IntervalTier"), text("phones"), number(0.0), number(1.5), count(2)]);
    tree.extend([number(0.0), number(1.0), wide("ɑː"), number(1.0), number(1.5), text("")]);
    tree.extend([name("TextTier"), text("clicks"), number(0.0), number(1.5), count(1), number(0.3), text("x")]);
    tree
}
