//! A corpus of hundreds of hours fits: memory holds who speaks in which file, and not what is said.

use std::path::Path;

use counting::{Counting, held_bytes, kept_bytes};
use keyface_core::{MEL_BANDS, Motion, Phone};
use keyface_train::clip::Split;
use keyface_train::data::Utterance;
use keyface_train::prepare::{Prepared, recipe};
use keyface_train::train::{Corpora, Experiment, augmenter};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

#[path = "../../tests/src/counting.rs"]
#[allow(dead_code, reason = "not all of it is used here")]
mod counting;

#[global_allocator]
static COUNTING: Counting = Counting;

/// Four seconds, 150 kB on disk.
const HOPS: usize = 400;
/// So that 1000 hours are less than 400 MB: 900,000 clips of four seconds.
const MOST_PER_CLIP: usize = 450;

fn write(folder: &Path, n: usize, split: Split) {
    let clip = Prepared {
        id: format!("a-reader-of-books-{n}"),
        speaker: format!("reader-{}", n / 4),
        split,
        corpus: "books".into(),
        mel_power: vec![[1e-3; MEL_BANDS]; HOPS],
        copies: Vec::new(),
        phones: vec![Phone::AA; HOPS],
        motion: vec![Motion::REST; HOPS],
        touches: vec![Default::default(); HOPS],
        keys_s: Vec::new(),
        words: Vec::new(),
    };
    clip.write(&folder.join(format!("books__{}.safetensors", clip.id)), &recipe(false, 0)).unwrap();
}

/// What is kept of a corpus that is found, and the most that is held while crops are drawn of it.
fn held(experiment: &Experiment) -> (usize, usize) {
    let (corpora, found) = kept_bytes(|| Corpora::read(experiment).unwrap());
    let augmenter = augmenter(experiment).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let batch = |rng: &mut ChaCha8Rng| -> Vec<Utterance> {
        (0..12).map(|_| augmenter.crop(HOPS, rng, |rng| corpora.draw(rng)).unwrap()).collect()
    };
    let (_, drawing) = held_bytes(|| (0..5).map(|_| batch(&mut rng).len()).sum::<usize>());
    (found, drawing)
}

#[test]
fn a_clip_more_costs_its_name_and_drawing_costs_a_batch() {
    let folder = tempfile::tempdir().unwrap();
    let mut experiment =
        Experiment::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/tiny.toml")).unwrap();
    experiment.corpora.truncate(1);
    experiment.corpora[0].folder = folder.path().to_path_buf();
    (0..4).for_each(|n| write(folder.path(), n, Split::Valid));
    let (few, many) = (100, 600);
    (4..4 + few).for_each(|n| write(folder.path(), n, Split::Train));
    let (found_few, drawn_few) = held(&experiment);
    (4 + few..4 + many).for_each(|n| write(folder.path(), n, Split::Train));
    let (found_many, drawn_many) = held(&experiment);
    let per_clip = found_many.saturating_sub(found_few) / (many - few);
    assert!((50..=MOST_PER_CLIP).contains(&per_clip), "{per_clip} bytes a clip");
    assert!(drawn_many <= drawn_few + drawn_few / 10, "{drawn_few} and {drawn_many} bytes while drawing");
    assert!(drawn_many < 12 * 2_000_000, "{drawn_many} bytes for a batch");
}
