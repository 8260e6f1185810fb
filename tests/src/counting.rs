//! An allocator that counts, for tests that forbid allocation, and that knows what is held, for tests that limit it.
//! A test binary installs it as its global allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Bytes that all threads hold, and the most since somebody asked.
static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, counting per thread: tests that run side by side do not disturb each other.
pub struct Counting;

/// The most that was held within `work`, by all threads, beyond what was held before. Always 0 unless [`Counting`] is the
/// global allocator.
pub fn held_bytes<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.load(Relaxed);
    MOST.store(before, Relaxed);
    let done = work();
    (done, MOST.load(Relaxed).saturating_sub(before))
}

/// What `work` leaves held, by all threads. Always 0 unless [`Counting`] is the global allocator.
pub fn kept_bytes<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.load(Relaxed);
    let done = work();
    (done, HELD.load(Relaxed).saturating_sub(before))
}

/// How many times `work` allocated on this thread. Always 0 unless [`Counting`] is the global allocator.
pub fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

// A thread that is ending has no counter any more; what it allocates then is not counted.
fn count(size: usize) {
    let _ = ALLOCATIONS.try_with(|allocations| allocations.set(allocations.get() + 1));
    MOST.fetch_max(HELD.fetch_add(size, Relaxed) + size, Relaxed);
}

fn discount(size: usize) {
    HELD.fetch_sub(size, Relaxed);
}

// SAFETY: every call goes unchanged to `System`, which keeps `GlobalAlloc`'s contract. Counting touches only
// atomics and a constant-initialized `Cell` without a destructor, so it neither allocates nor unwinds.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size);
        discount(layout.size());
        unsafe { System.realloc(pointer, layout, new_size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        discount(layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(unsafe_code)]
    fn what_is_allocated_is_held_until_it_is_freed() {
        let layout = Layout::from_size_align(1_000, 8).unwrap();
        let ((), most) = held_bytes(|| {
            for _ in 0..3 {
                // SAFETY: the layout has a size, and each block is freed as it was made, grown once.
                unsafe {
                    let small = Counting.alloc(layout);
                    let large = Counting.realloc(small, layout, 5_000);
                    large.write_bytes(7, 5_000);
                    Counting.dealloc(large, Layout::from_size_align(5_000, 8).unwrap());
                }
            }
        });
        assert!((5_000..8_000).contains(&most), "{most}");
    }
}
