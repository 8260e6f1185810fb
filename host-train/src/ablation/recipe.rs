//! A file of rows: one experiment, and what each row changes of it.
//!
//! A row begins as the experiment, or as the row that it goes on `from`; its `change` is laid over that: tables are
//! merged, all else is replaced, and in the list of corpora a table is laid over the corpus whose folder has its name; one
//! with a folder of its own is added.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use toml::{Table, Value};

use crate::clip::Split;
use crate::train::Experiment;

/// Rows that stand in one table.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Name of the runs' folder and of the table.
    pub name: String,
    /// Who judges.
    pub judge: JudgeChoice,
    /// In their order.
    pub rows: Vec<RecipeRow>,
}

/// Speech that no row is trained on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgeChoice {
    /// Folder of sound and TextGrids.
    pub corpus: PathBuf,
    /// Whose clips: `eval`, `valid`.
    pub splits: Vec<Split>,
    /// Folder of noises and room responses.
    pub noise: PathBuf,
    /// The recordings in it that are heard, which no row trains with.
    pub only: Vec<String>,
}

/// One way to train.
#[derive(Clone, Debug)]
pub struct RecipeRow {
    /// Short name, also of its folder.
    pub name: String,
    /// What is different.
    pub what: String,
    /// The row that it is held against.
    pub against: Option<String>,
    /// Each is a training of its own.
    pub seeds: Vec<u64>,
    experiment: Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    judge: JudgeChoice,
    experiment: Table,
    rows: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    what: String,
    from: Option<String>,
    against: Option<String>,
    #[serde(default = "first")]
    seeds: Vec<u64>,
    #[serde(default)]
    change: Table,
}

fn first() -> Vec<u64> {
    vec![1]
}

impl Recipe {
    /// Whether the file has rows, and is no plain experiment.
    pub fn is_at(path: &Path) -> bool {
        let table = std::fs::read_to_string(path).ok().and_then(|text| text.parse::<Table>().ok());
        table.is_some_and(|table| table.contains_key("rows"))
    }

    /// Reads a file and checks the experiment of every row.
    ///
    /// # Errors
    /// A row that goes on from none, is held against none, or describes no training, by its name.
    pub fn read(path: &Path) -> Result<Recipe> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Recipe::parse(&text).with_context(|| path.display().to_string())
    }

    fn parse(text: &str) -> Result<Recipe> {
        let File { name, judge, experiment, rows: entries } = toml::from_str(text)?;
        let mut rows: Vec<RecipeRow> = Vec::new();
        for Entry { name, what, from, against, seeds, change } in entries {
            let told = |wanted: &str| rows.iter().find(|row| row.name == wanted);
            ensure!(told(&name).is_none(), "rows: {name:?} is there twice");
            ensure!(!seeds.is_empty(), "row {name}: expected a seed, came none");
            let below = match &from {
                Some(from) => &told(from).with_context(|| format!("row {name}: no row {from:?} before it"))?.experiment,
                None => &experiment,
            };
            let mut changed = Value::Table(below.clone());
            lay(&mut changed, &Value::Table(change)).with_context(|| format!("row {name}"))?;
            let Value::Table(experiment) = changed else { bail!("row {name}: expected a table") };
            let against = against.or(from);
            if let Some(against) = &against {
                ensure!(told(against).is_some(), "row {name}: no row {against:?} before it");
            }
            let row = RecipeRow { name, what, against, seeds, experiment };
            row.seeds.iter().try_for_each(|seed| row.experiment(*seed).map(drop))?;
            rows.push(row);
        }
        Ok(Recipe { name, judge, rows })
    }
}

impl RecipeRow {
    /// What is trained with a seed.
    ///
    /// # Errors
    /// An experiment that no training can use.
    pub fn experiment(&self, seed: u64) -> Result<Experiment> {
        let mut table = self.experiment.clone();
        table.insert("name".into(), Value::String(self.run(seed)));
        table.insert("seed".into(), Value::Integer(i64::try_from(seed)?));
        Experiment::parse(&toml::to_string(&table)?).with_context(|| format!("row {}", self.name))
    }

    /// Name of its run.
    pub fn run(&self, seed: u64) -> String {
        format!("{}-{seed}", self.name)
    }
}

/// Lays `above` over `below`.
fn lay(below: &mut Value, above: &Value) -> Result<()> {
    match (below, above) {
        (Value::Table(below), Value::Table(above)) => {
            for (key, value) in above {
                match below.get_mut(key) {
                    Some(there) => lay(there, value).with_context(|| key.clone())?,
                    None => drop(below.insert(key.clone(), value.clone())),
                }
            }
        }
        (Value::Array(corpora), Value::Table(above)) => {
            for (name, value) in above {
                match corpora.iter_mut().find(|corpus| folder_name(corpus) == Some(name)) {
                    Some(corpus) => lay(corpus, value)?,
                    None if folder_name(value) == Some(name) => corpora.push(value.clone()),
                    None => bail!("no folder named {name:?}"),
                }
            }
        }
        (below, above) => *below = above.clone(),
    }
    Ok(())
}

fn folder_name(corpus: &Value) -> Option<&str> {
    Path::new(corpus.get("folder")?.as_str()?).file_name()?.to_str()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    const ROWS: &str = r#"
        [judge]
        corpus = "people"
        splits = ["eval"]
        noise = "noise"
        only = ["kitchen"]

        [[rows]]
        name = "old"
        what = "before"
        seeds = [1, 2]
        change = { augment = { mask = 0.0 }, corpora = { tiny = { share = 0.25 } } }

        [[rows]]
        name = "masked"
        what = "as now"
        from = "old"
        change = { augment = { mask = 0.5 } }
    "#;

    fn recipe(rows: &str) -> Result<Recipe> {
        let tiny =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/tiny.toml")).unwrap();
        let experiment: Table = tiny.parse().unwrap();
        let head = Table::from_iter([("name".to_owned(), "rows".into()), ("experiment".to_owned(), experiment.into())]);
        Recipe::parse(&format!("{}{rows}", toml::to_string(&head).unwrap()))
    }

    /// `old`, and `masked` against it.
    pub fn two_rows() -> Recipe {
        recipe(ROWS).unwrap()
    }

    #[test]
    fn a_row_changes_what_it_goes_on_from_and_is_held_against_it() {
        let rows = recipe(ROWS).unwrap().rows;
        let (old, masked) = (rows[0].experiment(2).unwrap(), rows[1].experiment(1).unwrap());
        assert_eq!((old.name.as_str(), old.seed, old.augment.mask, old.corpora[0].share), ("old-2", 2, 0.0, 0.25));
        assert_eq!((masked.augment.mask, masked.corpora[0].share), (0.5, 0.25));
        assert_eq!(rows[1].against.as_deref(), Some("old"));
    }

    #[test]
    fn a_row_may_bring_a_corpus() {
        let brought =
            "change = { corpora = { more = { folder = \"corpus/more\", share = 0.5 } }, augment = { mask = 0.5 } }";
        let rows = recipe(&ROWS.replace("change = { augment = { mask = 0.5 } }", brought)).unwrap().rows;
        let [old, masked] = [&rows[0], &rows[1]].map(|row| row.experiment(1).unwrap().corpora);
        assert_eq!(masked.len(), old.len() + 1);
        assert_eq!((masked.last().unwrap().folder.to_str(), masked.last().unwrap().share), (Some("corpus/more"), 0.5));
    }

    #[test]
    fn a_row_that_cannot_be_trained_is_told_before_any_is() {
        let said = |from: &str, to: &str| format!("{:#}", recipe(&ROWS.replace(from, to)).unwrap_err());
        assert_eq!(said("from = \"old\"", "from = \"new\""), "row masked: no row \"new\" before it");
        assert_eq!(said("\"masked\"", "\"old\""), "rows: \"old\" is there twice");
        assert_eq!(said("tiny = {", "other = {"), "row old: corpora: no folder named \"other\"");
        assert!(said("mask = 0.5", "mask = 5.0").contains("augment.mask"));
    }

    #[test]
    fn the_shipped_rows_are_valid() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/rows.toml");
        assert!(Recipe::is_at(&path) && Recipe::read(&path).unwrap().rows.len() > 8);
        assert!(!Recipe::is_at(&path.with_file_name("live.toml")));
    }
}
