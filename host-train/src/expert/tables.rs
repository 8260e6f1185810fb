//! What readers make of films and reels, as tables.

use super::films::Film;
use super::rate::rate;
use super::reader::{Read, Reader, true_track};
use super::reel::Reel;
use super::search::Search;
use crate::evaluate::{Difference, Errors, Table, paired_difference};

/// A row for each reader: PER and VER of the truth, and of a mouth that does not move.
pub fn film_table(name: &str, readers: &[Reader], films: &[Film], search: Search) -> Table {
    let row = |reader: &Reader| {
        let truth: Vec<Read> =
            films.iter().map(|f| reader.score(&true_track(&f.clip), &f.clip.phones, search)).collect();
        let still = |f: &Film| vec![keyface_core::Motion::REST; true_track(&f.clip).len()];
        let still: Vec<Read> = films.iter().map(|f| reader.score(&still(f), &f.clip.phones, search)).collect();
        vec![
            reader.name.clone(),
            percent(&truth, |read| read.phones),
            with_interval(&speakers(films), &truth),
            percent(&still, |read| read.visemes),
        ]
    };
    let title = title(name, &speakers(films));
    let columns = ["PER of the truth, %", "VER of the truth, %", "VER without motion, %"];
    Table::new(&title, &columns, readers.iter().map(row).collect())
}

/// What a reader sees in reels, a row for each list of them; the first list is what the others are held against. All are
/// of the same clips.
pub fn reel_table(name: &str, reader: &Reader, lists: &[(String, Vec<Reel>)]) -> Table {
    let read = |reel: &Reel| reader.score_reel(reel, Search::Greedy);
    let still = lists.first().map(|(_, reels)| reels.iter().map(|reel| read(&reel.still())).collect());
    let rows: Vec<(&str, Vec<Read>)> =
        lists.iter().map(|(name, reels)| (&name[..], reels.iter().map(read).collect())).collect();
    let speakers: Vec<&str> = lists.first().map_or(vec![], |(_, reels)| reels.iter().map(|r| &r.speaker[..]).collect());
    let visemes = |reads: &[Read]| reads.iter().map(|read| read.visemes).collect::<Vec<_>>();
    let row = |(number, (name, reads)): (usize, &(&str, Vec<Read>))| {
        let by = paired_difference(&speakers, &visemes(reads), &visemes(&rows[0].1));
        let difference = format!("{:+.1} [{:+.1} {:+.1}]", 100.0 * by.value, 100.0 * by.low, 100.0 * by.high);
        vec![
            (*name).to_owned(),
            percent(reads, |read| read.phones),
            with_interval(&speakers, reads),
            if number == 0 { String::new() } else { difference },
        ]
    };
    let mut cells: Vec<_> = rows.iter().enumerate().map(row).collect();
    cells.extend(still.map(|reads| row((1, &("first picture, held", reads)))));
    let columns = ["PER, %", "VER, %", "VER against the first"];
    Table::new(&title(name, &speakers), &columns, cells)
}

fn title(name: &str, speakers: &[&str]) -> String {
    let people: std::collections::BTreeSet<&str> = speakers.iter().copied().collect();
    format!("{name}: {} films of {} people", speakers.len(), people.len())
}

fn speakers(films: &[Film]) -> Vec<&str> {
    films.iter().map(|film| &film.speaker[..]).collect()
}

/// A pooled rate.
pub fn percent(reads: &[Read], of: fn(&Read) -> Errors) -> String {
    format!("{:.1}", 100.0 * rate(&reads.iter().map(of).collect::<Vec<_>>()))
}

/// VER with its interval over speakers.
fn with_interval(speakers: &[&str], reads: &[Read]) -> String {
    let visemes: Vec<Errors> = reads.iter().map(|read| read.visemes).collect();
    let nothing = vec![Errors { wrong: 0.0, of: 1.0 }; reads.len()];
    let Difference { value, low, high } = paired_difference(speakers, &visemes, &nothing);
    // One speaker has no spread.
    match speakers.iter().any(|speaker| *speaker != speakers[0]) {
        true => format!("{:.1} [{:.1} {:.1}]", 100.0 * value, 100.0 * low, 100.0 * high),
        false => format!("{:.1}", 100.0 * value),
    }
}
