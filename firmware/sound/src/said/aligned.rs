//! A TextGrid in, pieces of a clip out: phones without gaps of knowledge. What nobody can label is left out.

use std::collections::BTreeMap;

use keyface_core::Phone;
use keyface_core::script::Segment;

use super::labels::{Labels, Order, Said, is_closure};
use super::textgrid::{Interval, TextGrid};

/// A piece beside unknown speech that is shorter teaches nothing.
const SHORTEST_S: f64 = 0.3;

/// A stretch of a sound whose phones are known.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// First moment, in seconds.
    pub start_s: f64,
    /// First moment after it; `None` for the end of the sound.
    pub end_s: Option<f64>,
    /// The phones, in the sound's own time.
    pub phones: Vec<Segment>,
}

/// What a TextGrid tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aligned {
    /// Everything but unknown speech; a single piece where there is none.
    pub pieces: Vec<Piece>,
    /// Seconds of unknown speech.
    pub unknown_s: f64,
    /// Labels that name nothing, and how often: they count as unknown speech.
    pub unmapped: BTreeMap<String, usize>,
}

/// A stretch of one tier; `None` is unknown speech.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch {
    start_s: f64,
    end_s: f64,
    phone: Option<Phone>,
}

impl Aligned {
    /// Of the tiers of phones; of several speakers' tiers that one who speaks is heard, and nobody where two do.
    pub fn of(grid: &TextGrid, labels: &Labels, order: Order) -> Aligned {
        let mut unmapped = BTreeMap::new();
        let mut tiers: Vec<Vec<Stretch>> =
            grid.phones().iter().map(|tier| stretches(&tier.intervals, labels, order, &mut unmapped)).collect();
        let told = if tiers.len() == 1 { tiers.remove(0) } else { merged(&tiers) };
        let unknown = told.iter().filter(|stretch| stretch.phone.is_none());
        let unknown_s = unknown.map(|stretch| stretch.end_s - stretch.start_s).sum();
        Aligned { pieces: pieces(&told, grid.end_s), unknown_s, unmapped }
    }
}

/// Spreads the phones of one label evenly over its time.
pub fn spread(start_s: f64, end_s: f64, phones: &[Phone]) -> impl Iterator<Item = Segment> {
    let part_s = (end_s - start_s) / phones.len().max(1) as f64;
    phones.iter().enumerate().map(move |(i, phone)| {
        let start_s = start_s + part_s * i as f64;
        Segment { start_s, end_s: start_s + part_s, phone: *phone }
    })
}

fn stretches(
    intervals: &[Interval],
    labels: &Labels,
    order: Order,
    unmapped: &mut BTreeMap<String, usize>,
) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let mut was_closure = false;
    for Interval { start_s, end_s, text } in intervals {
        let known = labels.said(text, order);
        if known.is_none() {
            *unmapped.entry(text.clone()).or_default() += 1;
        }
        let Some(Said::Phones(phones)) = known else {
            found.push(Stretch { start_s: *start_s, end_s: *end_s, phone: None });
            continue;
        };
        match found.last_mut() {
            // A stop's closure and its release are one phone.
            Some(last) if was_closure && phones == [last.phone.unwrap_or(Phone::SIL)] => last.end_s = *end_s,
            _ => found.extend(spread(*start_s, *end_s, &phones).map(|Segment { start_s, end_s, phone }| Stretch {
                start_s,
                end_s,
                phone: Some(phone),
            })),
        }
        was_closure = is_closure(text);
    }
    found
}

/// One row of several speakers' rows.
fn merged(tiers: &[Vec<Stretch>]) -> Vec<Stretch> {
    let mut bounds: Vec<f64> = tiers.iter().flatten().flat_map(|stretch| [stretch.start_s, stretch.end_s]).collect();
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    let mut next = vec![0; tiers.len()];
    let mut row: Vec<(Stretch, Option<(usize, usize)>)> = Vec::new();
    for pair in bounds.windows(2) {
        let (start_s, end_s) = (pair[0], pair[1]);
        let (phone, source) = at(tiers, &mut next, start_s);
        match row.last_mut() {
            Some((last, from)) if *from == source && last.phone == phone => last.end_s = end_s,
            _ => row.push((Stretch { start_s, end_s, phone }, source)),
        }
    }
    row.into_iter().map(|(stretch, _)| stretch).collect()
}

/// Who speaks what at a moment, and which stretch of which tier that is.
fn at(tiers: &[Vec<Stretch>], next: &mut [usize], time_s: f64) -> (Option<Phone>, Option<(usize, usize)>) {
    let mut heard = (Some(Phone::SIL), None);
    for (tier, stretches) in tiers.iter().enumerate() {
        while stretches.get(next[tier]).is_some_and(|stretch| stretch.end_s <= time_s) {
            next[tier] += 1;
        }
        let here = stretches.get(next[tier]).filter(|stretch| stretch.start_s <= time_s);
        let Some(stretch) = here.filter(|stretch| stretch.phone != Some(Phone::SIL)) else { continue };
        if heard.1.is_some() {
            return (None, None);
        }
        heard = (stretch.phone, Some((tier, next[tier])));
    }
    heard
}

/// Cuts the row at unknown speech.
fn pieces(row: &[Stretch], end_s: f64) -> Vec<Piece> {
    let mut pieces = vec![Piece { start_s: 0.0, end_s: None, phones: Vec::new() }];
    for stretch in row {
        let Some(piece) = pieces.last_mut() else { continue };
        match stretch.phone {
            Some(phone) => {
                let start_s = stretch.start_s.max(piece.start_s);
                piece.phones.push(Segment { start_s, end_s: stretch.end_s.max(start_s), phone });
            }
            None => {
                piece.end_s = Some(stretch.start_s.max(piece.start_s));
                pieces.push(Piece { start_s: stretch.end_s, end_s: None, phones: Vec::new() });
            }
        }
    }
    if pieces.len() > 1 {
        pieces.retain(|piece| {
            let is_spoken = piece.phones.iter().any(|segment| segment.phone != Phone::SIL);
            is_spoken && piece.end_s.unwrap_or(end_s) - piece.start_s >= SHORTEST_S
        });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use keyface_core::Phone::*;

    use super::*;
    use crate::said::textgrid::Tier;

    /// A tier: its name, and start, end and label of each interval.
    type Spoken<'a> = (&'a str, &'a [(f64, f64, &'a str)]);

    fn aligned(tiers: &[Spoken]) -> Aligned {
        let interval = |(start_s, end_s, text): &(f64, f64, &str)| Interval {
            start_s: *start_s,
            end_s: *end_s,
            text: (*text).into(),
        };
        let tiers: Vec<Tier> = tiers
            .iter()
            .map(|(name, intervals)| Tier { name: (*name).into(), intervals: intervals.iter().map(interval).collect() })
            .collect();
        let labels = Labels::shipped();
        let order = labels.order(["AA1", "B"].into_iter());
        Aligned::of(&TextGrid { end_s: 3.0, tiers }, &labels, order)
    }

    fn phones(piece: &Piece) -> Vec<(f64, f64, Phone)> {
        piece.phones.iter().map(|segment| (segment.start_s, segment.end_s, segment.phone)).collect()
    }

    #[test]
    fn a_clip_is_cut_around_unknown_speech() {
        let told = aligned(&[(
            "phones",
            &[
                (0.0, 0.5, "AA1"),
                (0.5, 1.0, "spn"),
                (1.0, 1.1, "B"),
                (1.1, 1.5, "<unk>"),
                (1.5, 2.0, ""),
                (2.0, 3.0, "B"),
            ],
        )]);
        let spans: Vec<_> = told.pieces.iter().map(|piece| (piece.start_s, piece.end_s)).collect();
        // Between the two lies less than teaches anything.
        assert_eq!(spans, [(0.0, Some(0.5)), (1.5, None)]);
        assert_eq!(phones(&told.pieces[1]), [(1.5, 2.0, SIL), (2.0, 3.0, B)]);
        assert!((told.unknown_s - 0.9).abs() < 1e-9 && told.unmapped.is_empty());
    }

    #[test]
    fn a_clip_without_unknown_speech_stays_whole() {
        let told = aligned(&[("phones", &[(0.0, 0.1, "")])]);
        assert_eq!(
            told.pieces,
            [Piece { start_s: 0.0, end_s: None, phones: vec![Segment { start_s: 0.0, end_s: 0.1, phone: SIL }] }]
        );
    }

    #[test]
    fn nothing_but_unknown_speech_is_no_clip() {
        assert_eq!(aligned(&[("phones", &[(0.0, 1.0, ""), (1.0, 3.0, "spn")])]).pieces, []);
    }

    #[test]
    fn a_label_that_names_nothing_is_left_out_and_counted() {
        let told = aligned(&[("phones", &[(0.0, 1.0, "AA1"), (1.0, 2.0, "qq!"), (2.0, 3.0, "AA1")])]);
        assert_eq!((told.pieces.len(), told.unmapped["qq!"]), (2, 1));
    }

    #[test]
    fn a_stops_closure_and_release_are_one_phone() {
        let told = aligned(&[(
            "phn",
            &[(0.0, 0.1, "bcl"), (0.1, 0.2, "b"), (0.2, 0.3, "b"), (0.3, 0.4, "tcl"), (0.4, 0.5, "ch")],
        )]);
        assert_eq!(phones(&told.pieces[0]), [(0.0, 0.2, B), (0.2, 0.3, B), (0.3, 0.4, T), (0.4, 0.5, CH)]);
    }

    #[test]
    fn speakers_are_merged_and_what_both_say_at_once_is_left_out() {
        let told = aligned(&[
            ("anna - phones", &[(0.0, 1.0, "AA1"), (1.0, 3.0, "")]),
            ("bert - phones", &[(0.0, 0.8, ""), (0.8, 1.4, "B"), (1.4, 3.0, "")]),
        ]);
        let spans: Vec<_> = told.pieces.iter().map(|piece| (piece.start_s, piece.end_s)).collect();
        assert_eq!(spans, [(0.0, Some(0.8)), (1.0, None)]);
        assert_eq!(phones(&told.pieces[1]), [(1.0, 1.4, B), (1.4, 3.0, SIL)]);
    }

    #[test]
    fn a_label_of_two_phones_is_split_evenly() {
        let parts: Vec<Segment> = spread(1.0, 2.0, &[Phone::AH, Phone::L]).collect();
        let segment = |start_s, end_s, phone| Segment { start_s, end_s, phone };
        assert_eq!(parts, [segment(1.0, 1.5, Phone::AH), segment(1.5, 2.0, Phone::L)]);
    }
}
