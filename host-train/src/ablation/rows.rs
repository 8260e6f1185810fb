//! What was judged of each row as a Markdown table: figures with intervals over speakers, differences paired by speaker.

use std::collections::BTreeMap;

use super::judged::RowFigures;
use super::recipe::{Recipe, RecipeRow};
use crate::evaluate::{SpeakerRecalls, balanced, balanced_difference};
use crate::judge::COUNTS;

/// The trainings of each row that were judged, by the row's name and their seeds.
pub type Judged = BTreeMap<String, BTreeMap<u64, RowFigures>>;

const HEAD: &str = "| row | what it is | seeds | balanced [95 %] | gain [95 %] | over | closures | false a minute | f v recall | \
                    false f v a minute | 10 dB | in a room | key F1 40 ms | LVE mm² | jerk |\n\
                    |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";

/// The table of the rows that were judged. Figures of several seeds are means, intervals are of their speakers.
pub fn rows_table(recipe: &Recipe, judged: &Judged) -> String {
    let line = |row: &RecipeRow| judged.get(&row.name).map(|figures| line(row, figures, judged));
    recipe.rows.iter().filter_map(line).fold(HEAD.to_owned(), |text, line| text + &line + "\n")
}

fn line(row: &RecipeRow, figures: &BTreeMap<u64, RowFigures>, judged: &Judged) -> String {
    let mean = |of: fn(&RowFigures) -> f64| figures.values().map(of).sum::<f64>() / figures.len() as f64;
    let own = balanced(&pooled(figures.values()));
    let each = figures.values().map(|figures| format!("{:.3}", figures.balanced)).collect::<Vec<_>>().join(", ");
    let (gain, over) = row.against.as_ref().and_then(|name| gain(figures, name, judged)).unwrap_or_default();
    let far = figures.values().map(|figures| figures.far).collect::<Option<Vec<_>>>();
    let cells = [
        row.name.clone(),
        row.what.clone(),
        if figures.len() > 1 { each } else { "one".into() },
        own.text(1.0, 3),
        gain,
        over,
        format!("{:.0} %", 100.0 * mean(|f| f.closures[0])),
        format!("{:.1}", mean(|f| f.closures[1])),
        format!("{:.2}", mean(|f| f.lip_teeth[0])),
        format!("{:.1}", mean(|f| f.lip_teeth[1])),
        format!("{:.3}", mean(|f| f.noisy)),
        far.map_or("-".into(), |far| format!("{:.3}", far.iter().sum::<f64>() / far.len() as f64)),
        format!("{:.3}", mean(|f| f.key_f1)),
        format!("{:.2}", 1e6 * mean(|f| f.lve)),
        format!("{:.2}", mean(|f| f.jerk)),
    ];
    format!("| {} |", cells.join(" | "))
}

/// How much a row gains over another, and that one's name; over the seeds that both have, so that a seed's luck weighs no more
/// on one side.
fn gain(figures: &BTreeMap<u64, RowFigures>, over: &str, judged: &Judged) -> Option<(String, String)> {
    let theirs = judged.get(over)?;
    let common = |of: &BTreeMap<u64, RowFigures>, with: &BTreeMap<u64, RowFigures>| {
        pooled(of.iter().filter(|(seed, _)| with.contains_key(seed)).map(|(_, figures)| figures))
    };
    let (own, other) = (common(figures, theirs), common(theirs, figures));
    (!own.is_empty()).then(|| (balanced_difference(&own, &other).signed_text(1.0, 3), over.to_owned()))
}

/// Every speaker once, with the frames of all trainings.
fn pooled<'a>(figures: impl Iterator<Item = &'a RowFigures>) -> Vec<SpeakerRecalls> {
    let mut people: BTreeMap<&str, [f64; COUNTS]> = BTreeMap::new();
    for person in figures.flat_map(|figures| &figures.speakers) {
        let sums = people.entry(&person.speaker).or_default();
        sums.iter_mut().zip(person.counts).for_each(|(sum, count)| *sum += count);
    }
    people.into_iter().map(|(speaker, counts)| SpeakerRecalls { speaker: speaker.into(), counts }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(right: u8) -> RowFigures {
        let mut counts = [0.0; COUNTS];
        counts[..4].copy_from_slice(&[f64::from(right), 10.0, f64::from(right), 10.0]);
        let balanced = f64::from(right) / 10.0;
        let speakers = ["a", "b"].map(|speaker| SpeakerRecalls { speaker: speaker.into(), counts }).to_vec();
        RowFigures::for_test(balanced, speakers)
    }

    /// Rows by name, each with seeds and how much is right.
    fn judged(rows: &[(&str, &[(u64, u8)])]) -> Judged {
        let each = |seeds: &[(u64, u8)]| seeds.iter().map(|(seed, right)| (*seed, figures(*right))).collect();
        rows.iter().map(|(name, seeds)| ((*name).into(), each(seeds))).collect()
    }

    #[test]
    fn a_row_tells_its_seeds_and_its_gain_over_another() {
        let recipe = super::super::recipe::tests::two_rows();
        let judged = judged(&[("old", &[(1, 4), (3, 9)]), ("masked", &[(1, 5), (2, 7)])]);
        let table = rows_table(&recipe, &judged);
        let lines: Vec<&str> = table.lines().skip(2).collect();
        assert!(lines[0].starts_with("| old | before | 0.400, 0.900 | 0.650 [0.650 0.650] |  |  |"), "{}", lines[0]);
        let gained = "| masked | as now | 0.500, 0.700 | 0.600 [0.600 0.600] | +0.100 [+0.100 +0.100] | old |";
        assert!(lines[1].starts_with(gained), "{}", lines[1]);
    }

    #[test]
    fn a_gain_is_told_where_both_have_a_seed_in_common() {
        let recipe = super::super::recipe::tests::two_rows();
        let table = rows_table(&recipe, &judged(&[("old", &[(1, 4)]), ("masked", &[(2, 7)])]));
        assert!(table.lines().nth(3).unwrap().starts_with("| masked | as now | one | 0.700 [0.700 0.700] |  |  |"));
    }

    #[test]
    fn rows_that_were_not_judged_are_left_out() {
        let recipe = super::super::recipe::tests::two_rows();
        assert_eq!(rows_table(&recipe, &judged(&[("masked", &[(1, 5)])])).lines().count(), 3);
    }
}
