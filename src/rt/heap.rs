//! The heap: a bump allocator that never gives back, for a process that plans once and then waits.
//!
//! It starts in the program's own zeroed memory, which costs no system call, and maps more when an
//! argument list is larger than that. Unsafety here: the allocator contract, and a single thread.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

/// Enough for any plan of ordinary size; pages that are never touched are never there.
const ARENA: usize = 64 << 10;

/// What is mapped at once when the arena is used up.
const CHUNK: usize = 1 << 20;

#[repr(align(16))]
struct Arena(UnsafeCell<[u8; ARENA]>);

pub struct Heap {
    arena: Arena,
    /// The free range `next..end`; both 0 before the first allocation.
    free: UnsafeCell<(usize, usize)>,
}

// SAFETY: the program has one thread, and its child before exec does not allocate.
unsafe impl Sync for Heap {}

impl Heap {
    pub const fn new() -> Self {
        Heap {
            arena: Arena(UnsafeCell::new([0; ARENA])),
            free: UnsafeCell::new((0, 0)),
        }
    }
}

// SAFETY: every block lies in memory that is ours alone, is aligned as asked, and is never handed
// out twice: `next` only grows, or returns to the start of the block that was taken last.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: one thread, and no reference to the pair outlives this call.
        let free = unsafe { &mut *self.free.get() };
        if free.1 == 0 {
            let start = self.arena.0.get() as usize;
            *free = (start, start + ARENA);
        }
        let mut start = free.0.next_multiple_of(layout.align());
        if free.1.saturating_sub(start) < layout.size() {
            let Some(size) = layout.size().checked_add(CHUNK) else {
                return null_mut();
            };
            let Ok(chunk) = pidone::map_memory(size) else {
                return null_mut();
            };
            *free = (chunk, chunk + size);
            start = chunk.next_multiple_of(layout.align());
        }
        free.0 = start + layout.size();
        start as *mut u8
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as in `alloc`.
        let free = unsafe { &mut *self.free.get() };
        let start = block as usize;
        if start + layout.size() == free.0 && size <= free.1 - start {
            free.0 = start + size;
            return block;
        }
        // SAFETY: the alignment was valid for the old block; the copy stays inside both blocks.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                block.copy_to_nonoverlapping(new, layout.size().min(size));
            }
            new
        }
    }
}
