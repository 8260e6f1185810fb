//! What was judged of each row as a Markdown table: figures with intervals over speakers, differences paired by speaker.

use std::collections::BTreeMap;

use super::judged::RowFigures;
use super::recipe::{Recipe, RecipeRow};
use crate::evaluate::{SpeakerHits, balanced, balanced_difference};

/// The trainings of each row that were judged, by the row's name.
pub type Judged = BTreeMap<String, Vec<RowFigures>>;

const HEAD: &str = "| row | what it is | seeds | balanced [95 %] | gain [95 %] | over | closures | false a minute | f v recall | \
                    false f v a minute | 10 dB | in a room | key F1 40 ms | LVE mm² | jerk |\n\
                    |---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";

/// The table of the rows that were judged. Figures of several seeds are means, intervals are of their speakers.
pub fn rows_table(recipe: &Recipe, judged: &Judged) -> String {
    let line = |row: &RecipeRow| judged.get(&row.name).map(|figures| line(row, figures, judged));
    recipe.rows.iter().filter_map(line).fold(HEAD.to_owned(), |text, line| text + &line + "\n")
}

fn line(row: &RecipeRow, figures: &[RowFigures], judged: &Judged) -> String {
    let mean = |of: fn(&RowFigures) -> f64| figures.iter().map(of).sum::<f64>() / figures.len() as f64;
    let all = pooled(figures);
    let own = balanced(&all);
    let each = figures.iter().map(|figures| format!("{:.3}", figures.balanced)).collect::<Vec<_>>().join(", ");
    let theirs = row.against.as_ref().and_then(|name| Some((name, judged.get(name)?)));
    let (gain, over) = theirs.map_or_else(Default::default, |(name, theirs)| {
        // As many seeds of both: a seed's luck weighs no more on one side.
        let seeds = figures.len().min(theirs.len());
        let gain = balanced_difference(&pooled(&figures[..seeds]), &pooled(&theirs[..seeds]));
        (gain.signed_text(1.0, 3), name.clone())
    });
    let far = figures.iter().map(|figures| figures.far).collect::<Option<Vec<_>>>();
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

/// Every speaker once, with the frames of all trainings.
fn pooled(figures: &[RowFigures]) -> Vec<SpeakerHits> {
    let mut people: BTreeMap<&str, [[usize; 2]; 6]> = BTreeMap::new();
    for person in figures.iter().flat_map(|figures| &figures.speakers) {
        let sums = people.entry(&person.speaker).or_default();
        let both = sums.as_flattened_mut().iter_mut().zip(person.hits.as_flattened());
        both.for_each(|(sum, count)| *sum += count);
    }
    people.into_iter().map(|(speaker, hits)| SpeakerHits { speaker: speaker.into(), hits }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(right: usize) -> RowFigures {
        let hits = [[right, 10], [right, 10], [right, 10], [0, 0], [0, 0], [0, 0]];
        let balanced = right as f64 / 10.0;
        let speakers = ["a", "b"].map(|speaker| SpeakerHits { speaker: speaker.into(), hits }).to_vec();
        RowFigures::for_test(balanced, speakers)
    }

    #[test]
    fn a_row_tells_its_seeds_and_its_gain_over_another() {
        let recipe = super::super::recipe::tests::two_rows();
        let judged = Judged::from([("old".into(), vec![figures(4)]), ("masked".into(), vec![figures(5), figures(7)])]);
        let table = rows_table(&recipe, &judged);
        let lines: Vec<&str> = table.lines().skip(2).collect();
        assert!(lines[0].starts_with("| old | before | one | 0.400 [0.400 0.400] |  |  |"), "{}", lines[0]);
        let gained = "| masked | as now | 0.500, 0.700 | 0.600 [0.600 0.600] | +0.100 [+0.100 +0.100] | old |";
        assert!(lines[1].starts_with(gained), "{}", lines[1]);
    }

    #[test]
    fn rows_that_were_not_judged_are_left_out() {
        let recipe = super::super::recipe::tests::two_rows();
        assert_eq!(rows_table(&recipe, &Judged::from([("masked".into(), vec![figures(5)])])).lines().count(), 3);
    }
}
