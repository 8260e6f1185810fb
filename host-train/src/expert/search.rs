//! From a reading to units: greedily, or by a beam that weighs CTC against the attention decoder (Watanabe et al. 2017).

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, TensorData};

use super::net::{Decoder, Expert, Reading};

/// The number of CTC's blank.
const BLANK: usize = 0;
const NEVER: f32 = f32::NEG_INFINITY;

/// How units are found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Search {
    /// The likeliest unit of each answer, repeats and blanks left out.
    Greedy,
    /// The best of so many hypotheses.
    Beam {
        /// How many are kept.
        width: usize,
        /// Share of CTC in a hypothesis' score, 0..=1; the rest is the attention decoder's, where there is one.
        ctc: f32,
    },
}

impl Search {
    /// The units of a batch of one crop; `edge` ends an utterance.
    pub fn units(&self, expert: &Expert, reading: &Reading, edge: usize) -> Vec<usize> {
        let log_p = rows(log_softmax(reading.ctc.clone(), 2));
        match *self {
            Search::Greedy => greedy(&log_p),
            Search::Beam { width, ctc } => match expert.decoder() {
                Some(decoder) => {
                    let foretold = |written: &[Vec<usize>]| foretold(decoder, reading, written, edge);
                    beam(&log_p, edge, width, ctc, foretold)
                }
                None => beam(&log_p, edge, width, 1.0, |written| vec![vec![0.0; edge + 1]; written.len()]),
            },
        }
    }
}

/// Log-probabilities of the unit after each hypothesis; all are of one length.
fn foretold(decoder: &Decoder, reading: &Reading, written: &[Vec<usize>], edge: usize) -> Vec<Vec<f32>> {
    let length = written[0].len() + 1;
    let so_far = |units: &Vec<usize>| std::iter::once(edge).chain(units.iter().copied()).collect::<Vec<_>>();
    let rows_of: Vec<i32> = written.iter().flat_map(so_far).map(|unit| unit as i32).collect();
    let device = reading.memory.device();
    let so_far = Tensor::<2, Int>::from_data(TensorData::new(rows_of, [written.len(), length]), &device);
    let seen = reading.memory.clone().expand([written.len() as i64, -1, -1]);
    rows(log_softmax(decoder.forward(so_far, seen).narrow(1, length - 1, 1), 2))
}

/// The last dimension as rows.
fn rows(values: Tensor<3>) -> Vec<Vec<f32>> {
    let [.., width] = values.dims();
    let values = values.try_into_vec_as::<f32>().unwrap_or_default();
    values.chunks(width.max(1)).map(<[f32]>::to_vec).collect()
}

fn greedy(log_p: &[Vec<f32>]) -> Vec<usize> {
    let likeliest = |row: &Vec<f32>| (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap_or(BLANK);
    let mut units: Vec<usize> = log_p.iter().map(likeliest).collect();
    units.dedup();
    units.retain(|unit| *unit != BLANK);
    units
}

/// What is written so far, and how well.
#[derive(Clone)]
struct Hypothesis {
    units: Vec<usize>,
    prefix: Prefix,
    foretold: f32,
    score: f32,
}

/// Keeps the best `width` of all hypotheses of each length, until no longer one can beat the best that has ended.
fn beam(
    log_p: &[Vec<f32>],
    edge: usize,
    width: usize,
    ctc: f32,
    mut next: impl FnMut(&[Vec<usize>]) -> Vec<Vec<f32>>,
) -> Vec<usize> {
    let empty = Hypothesis { units: vec![], prefix: Prefix::empty(log_p), foretold: 0.0, score: 0.0 };
    let (mut open, mut best) = (vec![empty], (NEVER, vec![]));
    for _ in 0..=log_p.len() {
        let written: Vec<Vec<usize>> = open.iter().map(|h| h.units.clone()).collect();
        let foretold = next(&written);
        for (hypothesis, row) in open.iter().zip(&foretold) {
            let score = weighed(ctc, hypothesis.prefix.whole(), hypothesis.foretold + row[edge]);
            if score > best.0 {
                best = (score, hypothesis.units.clone());
            }
        }
        let longer = open
            .iter()
            .zip(&foretold)
            .flat_map(|(h, row)| (1..edge).map(move |unit| h.followed_by(unit, log_p, h.foretold + row[unit], ctc)));
        let mut longer: Vec<Hypothesis> = longer.filter(|h| h.score > best.0).collect();
        longer.sort_by(|a, b| b.score.total_cmp(&a.score));
        longer.truncate(width);
        open = longer;
        if open.is_empty() {
            break;
        }
    }
    best.1
}

/// A weight of 0 takes no part, so that "never" does not spoil the sum.
fn weighed(ctc: f32, by_ctc: f32, by_decoder: f32) -> f32 {
    let part = |weight: f32, score: f32| if weight == 0.0 { 0.0 } else { weight * score };
    part(ctc, by_ctc) + part(1.0 - ctc, by_decoder)
}

impl Hypothesis {
    fn followed_by(&self, unit: usize, log_p: &[Vec<f32>], foretold: f32, ctc: f32) -> Hypothesis {
        let (prefix, score) = self.prefix.followed_by(unit, self.units.last().copied(), log_p);
        let mut units = self.units.clone();
        units.push(unit);
        Hypothesis { units, prefix, foretold, score: weighed(ctc, score, foretold) }
    }
}

/// CTC's forward variables of a prefix: the log-probability of all paths that have spelt it after each answer and end on
/// its last unit, or on a blank.
#[derive(Clone)]
struct Prefix {
    on_unit: Vec<f32>,
    on_blank: Vec<f32>,
}

impl Prefix {
    fn empty(log_p: &[Vec<f32>]) -> Self {
        let blanks = log_p.iter().scan(0.0, |sum, row| {
            *sum += row[BLANK];
            Some(*sum)
        });
        Prefix { on_unit: vec![NEVER; log_p.len()], on_blank: blanks.collect() }
    }

    /// That of one more unit, and the probability of all that begins with it.
    fn followed_by(&self, unit: usize, last: Option<usize>, log_p: &[Vec<f32>]) -> (Prefix, f32) {
        let mut longer = Prefix { on_unit: Vec::with_capacity(log_p.len()), on_blank: Vec::with_capacity(log_p.len()) };
        let (mut unit_before, mut blank_before, mut begun) = (NEVER, NEVER, NEVER);
        for (at, row) in log_p.iter().enumerate() {
            // Before the first answer nothing is written; a unit after itself needs a blank between.
            let entered = match at.checked_sub(1) {
                None if last.is_none() => 0.0,
                None => NEVER,
                Some(before) if last == Some(unit) => self.on_blank[before],
                Some(before) => log_add(self.on_blank[before], self.on_unit[before]),
            };
            begun = log_add(begun, entered + row[unit]);
            let on_unit = log_add(unit_before, entered) + row[unit];
            let on_blank = log_add(blank_before, unit_before) + row[BLANK];
            (unit_before, blank_before) = (on_unit, on_blank);
            longer.on_unit.push(on_unit);
            longer.on_blank.push(on_blank);
        }
        (longer, begun)
    }

    /// The log-probability that nothing follows.
    fn whole(&self) -> f32 {
        let last = |row: &[f32]| row.last().copied().unwrap_or(NEVER);
        log_add(last(&self.on_unit), last(&self.on_blank))
    }
}

fn log_add(a: f32, b: f32) -> f32 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    if low == NEVER { high } else { high + (low - high).exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;
    use std::collections::BTreeMap;

    fn log(rows: &[[f32; 3]]) -> Vec<Vec<f32>> {
        rows.iter().map(|row| row.iter().map(|p| p.ln()).collect()).collect()
    }

    /// The probability of every spelling, by walking all paths.
    fn spellings(log_p: &[Vec<f32>]) -> BTreeMap<Vec<usize>, f32> {
        let (units, mut all) = (log_p[0].len(), BTreeMap::new());
        for path in 0..units.pow(log_p.len() as u32) {
            let walked: Vec<usize> = (0..log_p.len()).map(|at| path / units.pow(at as u32) % units).collect();
            let p: f32 = walked.iter().zip(log_p).map(|(unit, row)| row[*unit]).sum::<f32>().exp();
            let mut spelt = walked;
            spelt.dedup();
            spelt.retain(|unit| *unit != BLANK);
            *all.entry(spelt).or_insert(0.0) += p;
        }
        all
    }

    fn flat(written: &[Vec<usize>]) -> Vec<Vec<f32>> {
        vec![vec![0.0; 4]; written.len()]
    }

    #[test]
    fn a_beam_finds_what_all_paths_together_say_where_the_greedy_path_does_not() {
        // The likeliest path is all blanks (0.36), but "1" is spelt by three paths: 0.64 - 0.16 of 11... together 0.64.
        let log_p = log(&[[0.6, 0.4, 0.0], [0.6, 0.4, 0.0]]);
        assert_eq!(greedy(&log_p), Vec::<usize>::new());
        assert_eq!(beam(&log_p, 3, 4, 1.0, flat), [1]);
    }

    #[test]
    fn a_wide_beam_finds_the_likeliest_spelling_of_any_three_answers() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..50 {
            let mut row = || {
                let raw: [f32; 3] = std::array::from_fn(|_| rng.random_range(0.01..1.0));
                raw.map(|p| p / raw.iter().sum::<f32>())
            };
            let log_p = log(&[row(), row(), row(), row()]);
            let best = spellings(&log_p).into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
            assert_eq!(beam(&log_p, 3, 100, 1.0, flat), best.0);
        }
    }

    #[test]
    fn the_probability_of_a_prefix_is_that_of_all_that_begins_with_it() {
        let log_p = log(&[[0.2, 0.5, 0.3], [0.5, 0.2, 0.3], [0.1, 0.6, 0.3]]);
        let (prefix, one) = Prefix::empty(&log_p).followed_by(1, None, &log_p);
        let (twice, one_one) = prefix.followed_by(1, Some(1), &log_p);
        let begins = |with: &[usize]| -> f32 {
            spellings(&log_p).iter().filter(|(units, _)| units.starts_with(with)).map(|(_, p)| p).sum()
        };
        assert!((one.exp() - begins(&[1])).abs() < 1e-6);
        assert!((one_one.exp() - begins(&[1, 1])).abs() < 1e-6);
        assert!((twice.whole().exp() - spellings(&log_p)[&vec![1, 1]]).abs() < 1e-6);
    }

    #[test]
    fn the_decoder_decides_where_ctc_has_no_say() {
        let log_p = log(&[[0.2, 0.5, 0.3], [0.5, 0.2, 0.3]]);
        // It wants "2", then the edge, which is number 3.
        let wants = |written: &[Vec<usize>]| {
            let row = |units: &Vec<usize>| {
                let wanted = if units.is_empty() { 2 } else { 3 };
                (0..4).map(|unit| if unit == wanted { -0.1 } else { -3.0 }).collect()
            };
            written.iter().map(row).collect()
        };
        assert_eq!(beam(&log_p, 3, 4, 0.0, wants), [2]);
        assert_eq!(beam(&log_p, 3, 4, 1.0, wants), [1]);
    }
}
