//! What readers make of films and reels, as tables.

use super::films::Film;
use super::reader::{Read, Reader, true_track};
use super::reel::Reel;
use super::search::Search;
use crate::evaluate::Table;
use crate::judge::{Errors, paired_difference, rate, rate_of};

/// A row for each reader: what it gets wrong of the truth by every rate, and of a mouth that does not move.
pub fn film_table(name: &str, readers: &[Reader], films: &[Film], search: Search) -> Table {
    let speakers = speakers(films);
    let row = |reader: &Reader| {
        let truth: Vec<Read> = films.iter().map(|f| reader.score(&true_track(&f.clip), &f.clip, search)).collect();
        let still = |f: &Film| vec![keyface_core::Motion::REST; true_track(&f.clip).len()];
        let still: Vec<Read> = films.iter().map(|f| reader.score(&still(f), &f.clip, search)).collect();
        let read = Read::RATES.iter().map(|(_, of)| with_interval(&speakers, &truth, *of));
        [reader.name.clone()].into_iter().chain(read).chain([percent(&still, Read::chief)]).collect()
    };
    let title = self::title(name, &speakers);
    let columns = ["PER, %", "VER, %", "CER, %", "WER, %", "VER or CER without motion, %"];
    Table::new(&title, &columns, readers.iter().map(row).collect())
}

/// What a reader sees in reels, a row for each list of them, one for each seed; seeds are read together. The first list
/// is what the others are held against. All are of the same clips.
pub fn reel_table(name: &str, reader: &Reader, lists: &[(String, Vec<Vec<Reel>>)]) -> Table {
    let Some(films) = lists.first().and_then(|(_, seeds)| seeds.first()) else { return Table::new(name, &[], vec![]) };
    let read = |reel: &Reel| reader.score_reel(reel, Search::Greedy);
    let over_seeds = |seeds: &Vec<Vec<Reel>>| {
        let mut sums = vec![Read::default(); films.len()];
        seeds.iter().for_each(|reels| sums.iter_mut().zip(reels).for_each(|(sum, reel)| sum.add(&read(reel))));
        sums
    };
    let mut rows: Vec<(&str, Vec<Read>)> = lists.iter().map(|(name, seeds)| (&name[..], over_seeds(seeds))).collect();
    rows.push(("first picture, held", films.iter().map(|reel| read(&reel.still())).collect()));
    let speakers: Vec<&str> = films.iter().map(|reel| &reel.speaker[..]).collect();
    let first = &rows[0].1;
    let rates = Read::rates(first);
    let chief = |reads: &[Read]| reads.iter().map(Read::chief).collect::<Vec<_>>();
    let row = |(number, (name, reads)): (usize, &(&str, Vec<Read>))| {
        let difference = paired_difference(&speakers, &chief(reads), &chief(first)).signed_text(100.0, 1);
        let read = rates.iter().map(|(_, of)| with_interval(&speakers, reads, *of));
        let against = if number == 0 { String::new() } else { difference };
        [(*name).to_owned()].into_iter().chain(read).chain([against]).collect()
    };
    let mut columns: Vec<String> = rates.iter().map(|(name, _)| format!("{name}, %")).collect();
    columns.push(format!("{} against the first", Read::chief_name(first)));
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    Table::new(&title(name, &speakers), &columns, rows.iter().enumerate().map(row).collect())
}

fn title(name: &str, speakers: &[&str]) -> String {
    let people: std::collections::BTreeSet<&str> = speakers.iter().copied().collect();
    format!("{name}: {} films of {} people", speakers.len(), people.len())
}

fn speakers(films: &[Film]) -> Vec<&str> {
    films.iter().map(|film| &film.speaker[..]).collect()
}

/// A pooled rate; nothing where nothing was read.
pub fn percent(reads: &[Read], of: fn(&Read) -> Errors) -> String {
    written(reads, of, |errors| format!("{:.1}", 100.0 * rate(errors)))
}

/// The same with its interval over speakers.
fn with_interval(speakers: &[&str], reads: &[Read], of: fn(&Read) -> Errors) -> String {
    written(reads, of, |errors| rate_of(speakers, errors).text(100.0, 1))
}

fn written(reads: &[Read], of: fn(&Read) -> Errors, write: impl Fn(&[Errors]) -> String) -> String {
    let errors: Vec<Errors> = reads.iter().map(of).collect();
    if errors.iter().any(|errors| errors.of > 0.0) { write(&errors) } else { String::new() }
}
