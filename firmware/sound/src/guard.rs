//! A call of somebody else's decoder in; its answer out, or an error where it panics: a damaged file is no reason to end
//! a robot's program.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Calls `decode`. A panic within becomes an error, and says nothing by itself.
pub(crate) fn guarded<T>(decode: impl FnOnce() -> T) -> Result<T, String> {
    static QUIET: Once = Once::new();
    QUIET.call_once(keep_quiet);
    let before = IS_GUARDED.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(decode));
    IS_GUARDED.set(before);
    outcome.map_err(|_| "its data are damaged beyond what the decoder bears".into())
}

/// Panics elsewhere are told as before.
fn keep_quiet() {
    let told = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !IS_GUARDED.get() {
            told(info);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error() {
        assert_eq!(guarded(|| 7), Ok(7));
        assert!(guarded(|| -> u8 { panic!("an assertion of the decoder") }).is_err());
        assert!(!IS_GUARDED.get());
    }
}
