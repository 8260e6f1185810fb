//! A short run of every fuzz target: `just fuzz` goes on for longer. The same inputs each time.

use std::sync::Mutex;
use std::time::Duration;

use keyface_tests::counting::Counting;
use keyface_tests::fuzz::{Settings, run};
use keyface_tests::targets;

#[global_allocator]
static COUNTING: Counting = Counting;

/// One after another: what is held is counted over all threads.
static ALONE: Mutex<()> = Mutex::new(());

#[track_caller]
fn stands(name: &str, count: usize, least_answers: usize) {
    let _alone = ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let mut target = targets::target(name).unwrap();
    let settings = Settings { count, time: Duration::from_secs(60), seed: 20, folder: None };
    let report = run(&mut target, &settings);
    assert!(report.is_clean(), "{report:#?}");
    assert!(report.taken > 0 && report.answers >= least_answers, "{report:#?}");
}

#[test]
fn damaged_sounds_neither_panic_nor_hang_nor_fill_the_memory() {
    stands("sound", 6_000, 60);
}

#[test]
fn damaged_networks_neither_panic_nor_hang_nor_fill_the_memory() {
    stands("onnx", 3_000, 60);
}

#[test]
fn damaged_cards_neither_panic_nor_hang_nor_fill_the_memory() {
    stands("card", 20_000, 40);
}

#[test]
fn damaged_boards_neither_panic_nor_hang_nor_fill_the_memory() {
    stands("board", 20_000, 40);
}

#[test]
fn damaged_bundles_neither_panic_nor_hang_nor_fill_the_memory() {
    stands("bundle", 10_000, 30);
}

#[test]
fn damaged_conversations_neither_panic_nor_hang_nor_fill_the_memory() {
    stands("messages", 150, 40);
}
