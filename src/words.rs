//! Memory for what a run has to make: strings, arrays, texts. It only grows, and goes all at once.
//!
//! A program that plans once and then waits needs no allocator that takes pieces back, and none of
//! the code that would do so. Unsafety here: handing out memory that nobody else has.

#![allow(unsafe_code)]

mod array;

pub use array::Array;

use crate::strings::ThinCStr;
use crate::sys::memory;
use core::cell::Cell;
use core::ops::Deref;
use core::ptr;

/// What is mapped at once when there is no more.
const CHUNK: usize = 64 << 10;

/// Bytes at the start of a mapped chunk: its size, and the address of the one before.
const HEADER: usize = 2 * size_of::<usize>();

/// A place for things that live as long as it does. `Words::default()` maps memory when it is needed
/// (mmap(2)), and gives it back when it is dropped.
#[derive(Default)]
pub struct Words {
    /// The free range.
    next: Cell<usize>,
    end: Cell<usize>,
    /// The chunk that was mapped last, or 0.
    chunk: Cell<usize>,
}

impl Words {
    /// A place in memory that is there already, and only maps more when that is full.
    pub fn over(memory: &'static mut [u8]) -> Self {
        let start = memory.as_mut_ptr() as usize;
        Words {
            next: Cell::new(start),
            end: Cell::new(start + memory.len()),
            chunk: Cell::new(0),
        }
    }

    /// A new C string of parts, without any NUL that is in them.
    #[inline(never)]
    pub fn join(&self, parts: &[&[u8]]) -> ThinCStr<'_> {
        let most: usize = parts.iter().map(|part| part.len()).sum();
        let start = self.take(most + 1, 1);
        let mut end = start;
        for part in parts {
            for &byte in *part {
                // SAFETY: the new place is ours alone, and as large as all parts and a NUL. The next byte replaces a NUL.
                unsafe { (end as *mut u8).write(byte) }
                end += usize::from(byte != 0);
            }
        }
        // SAFETY: as above. So many bytes were written there, and nobody can change them any more.
        let bytes = unsafe {
            (end as *mut u8).write(0);
            core::slice::from_raw_parts(start as *const u8, end - start + 1)
        };
        self.next.set(end + 1);
        ThinCStr::ending(bytes)
    }

    /// A place for one thing, which is not dropped.
    pub fn keep<T>(&self, thing: T) -> &T {
        let place = self.take(size_of::<T>(), align_of::<T>()) as *mut T;
        // SAFETY: the new place is ours alone, aligned and as large as the thing.
        unsafe {
            place.write(thing);
            &*place
        }
    }

    /// A copy of all items, in as much memory as they need.
    pub fn copy<T: Copy>(&self, items: &[T]) -> &[T] {
        if items.is_empty() {
            return &[];
        }
        let start = self.take(size_of_val(items), align_of::<T>()) as *mut T;
        // SAFETY: the new place is ours alone and as large as the items.
        unsafe {
            ptr::copy_nonoverlapping(items.as_ptr(), start, items.len());
            core::slice::from_raw_parts(start, items.len())
        }
    }

    /// Takes aligned bytes off the free range. Panics when there is no memory.
    #[inline(never)]
    fn take(&self, size: usize, align: usize) -> usize {
        let mut start = self.next.get().next_multiple_of(align);
        if self.end.get().saturating_sub(start) < size {
            self.map(size);
            start = self.next.get().next_multiple_of(align);
        }
        self.next.set(start + size);
        start
    }

    /// Maps a chunk in which so many bytes fit.
    fn map(&self, size: usize) {
        let length = size.saturating_add(CHUNK).next_multiple_of(CHUNK);
        let Ok(start) = memory::map(length) else {
            panic!("out of memory");
        };
        // SAFETY: the chunk is new, page-aligned, and longer than its header.
        unsafe { (start as *mut [usize; 2]).write([length, self.chunk.get()]) }
        self.chunk.set(start);
        self.next.set(start + HEADER);
        self.end.set(start + length);
    }
}

/// A place for what is needed for a while: the rest of another one, which has it back afterwards.
pub struct Apart<'w> {
    outer: &'w Words,
    start: usize,
    end: usize,
    inner: Words,
}

impl Words {
    /// Lends all that is free. Who takes more from here meanwhile gets it elsewhere.
    #[inline(never)]
    pub fn apart(&self) -> Apart<'_> {
        let (start, end) = (self.next.get(), self.end.get());
        self.next.set(end);
        let inner = Words::default();
        inner.next.set(start);
        inner.end.set(end);
        Apart {
            outer: self,
            start,
            end,
            inner,
        }
    }
}

impl Deref for Apart<'_> {
    type Target = Words;

    fn deref(&self) -> &Words {
        &self.inner
    }
}

impl Drop for Apart<'_> {
    #[inline(never)]
    fn drop(&mut self) {
        if self.outer.next.get() == self.end {
            self.outer.next.set(self.start);
        }
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        let mut chunk = self.chunk.get();
        while chunk != 0 {
            // SAFETY: `map` wrote the header, and nothing that borrowed from here is left.
            unsafe {
                let [length, before] = (chunk as *const [usize; 2]).read();
                memory::unmap(chunk, length);
                chunk = before;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn what_is_apart_comes_back() {
        let words = Words::over(std::vec![0u8; 256].leak());
        let kept = words.join(&[b"kept"]);
        let next = words.next.get();
        {
            let apart = words.apart();
            // More than there is, so that more is mapped.
            let many = apart.copy(&[b'x'; 300]);
            let few = apart.copy(&[b'y'; 100]);
            assert!(many.iter().all(|byte| *byte == b'x') && few.iter().all(|byte| *byte == b'y'));
        }
        assert_eq!((words.next.get(), words.chunk.get()), (next, 0));
        {
            let apart = words.apart();
            let inside = apart.join(&[b"inside"]);
            let outside = words.join(&[b"outside"]);
            assert_eq!(
                (inside.as_cstr(), outside.as_cstr()),
                (c"inside", c"outside")
            );
        }
        assert_ne!(words.chunk.get(), 0);
        assert_eq!(kept.as_cstr(), c"kept");
    }

    #[test]
    fn memory_that_is_there_is_used_first() {
        let memory = std::vec![0u8; 64].leak();
        let range = memory.as_ptr_range();
        let words = Words::over(memory);
        let text = words.join(&[b"a\0b", b"", b"c"]);
        assert_eq!(text.as_cstr(), c"abc");
        assert!(range.contains(&text.as_ptr().cast()));
        assert_eq!(words.join(&[&[b'x'; 100]]).bytes().len(), 100);
    }
}
