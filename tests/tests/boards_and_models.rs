//! Every board and every model of the project loads.

use std::fs;
use std::path::{Path, PathBuf};

use keyface::board::Board;
use keyface_core::{Model, Net};

fn listed(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn stem(path: &Path) -> &str {
    path.file_stem().unwrap().to_str().unwrap()
}

fn boards() -> Vec<(PathBuf, Board)> {
    let files = listed("boards").into_iter().filter(|path| path.extension().is_some_and(|end| end == "toml"));
    let read = |path: PathBuf| {
        let board = keyface::board::load(path.to_str().unwrap()).unwrap_or_else(|error| panic!("{error}"));
        (path, board)
    };
    files.map(read).collect()
}

fn models() -> Vec<PathBuf> {
    let found: Vec<PathBuf> = listed("models").into_iter().filter(|path| path.join("card.toml").is_file()).collect();
    assert!([keyface::model::LIVE, keyface::model::PLAYBACK].iter().all(|name| found.iter().any(|m| stem(m) == *name)));
    found
}

fn load(folder: &Path) -> Model {
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let card = fs::read_to_string(folder.join("card.toml")).unwrap();
    Model::from_parts(&card, &read("key_motion.onnx"), &read("completion.onnx"))
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

#[test]
fn every_board_loads_under_its_own_name() {
    let boards = boards();
    assert!(boards.iter().any(|(_, board)| board.name == "linux-pc"));
    boards.iter().for_each(|(path, board)| assert_eq!(board.name, stem(path)));
}

#[test]
fn every_model_loads_under_its_own_name_and_answers_silence_with_numbers() {
    for folder in models() {
        let mut model = load(&folder);
        assert_eq!(model.card.name, stem(&folder));
        let spec = model.card.key_motion_spec();
        let silence = vec![0.0; spec.inputs[0].width];
        let (mut heads, mut trunk) = (vec![0.0; spec.outputs[0].width], vec![0.0; spec.outputs[1].width]);
        model.key_motion.run(&[&silence], &mut [&mut heads, &mut trunk]).unwrap();
        assert!(heads.iter().chain(&trunk).any(|value| *value != 0.0));
    }
}

#[test]
fn every_board_names_a_model_that_is_here() {
    let models = models();
    for (path, board) in boards() {
        let model = models.iter().find(|model| stem(model) == board.model);
        let model = model.unwrap_or_else(|| panic!("{}: {}", path.display(), board.model));
        keyface::board::check_look_ahead(stem(model), load(model).card.look_ahead_ms, board.look_ahead()).unwrap();
    }
}

#[test]
fn every_key_of_the_boards_stands_in_the_table_of_keys() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../boards/README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let rows: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("| `")).collect();
    for (path, board) in boards() {
        let mut keys = Vec::new();
        collect(&toml::Value::try_from(&board).unwrap(), "", &mut keys);
        for key in keys {
            let is_told =
                rows.iter().any(|row| row.split(" | ").next().unwrap().split(['`', ',']).any(|told| told == key));
            assert!(is_told, "{}: `{key}` is not in boards/README.md", path.display());
        }
    }
}

/// The keys of a value with the tables that they stand in; what a joint follows is the user's own.
fn collect(value: &toml::Value, place: &str, keys: &mut Vec<String>) {
    match value {
        toml::Value::Table(table) if !place.ends_with(".follows") => {
            for (key, value) in table {
                let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                collect(value, &place, keys);
            }
        }
        toml::Value::Array(values) if values.iter().any(toml::Value::is_table) => {
            values.iter().for_each(|value| collect(value, place, keys));
        }
        _ => keys.push(place.to_owned()),
    }
}
