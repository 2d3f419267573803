//! Arrays that grow where [`Words`] are.
//!
//! Unsafety here: items in memory that only grows, of which each array has its own part.

#![allow(unsafe_code)]

use super::Words;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr;

/// An array that grows in [`Words`].
pub struct Array<'w, T: Copy> {
    block: Block<'w>,
    items: PhantomData<T>,
}

/// The same, whatever it holds. Sizes are in items.
struct Block<'w> {
    words: &'w Words,
    start: usize,
    length: u32,
    capacity: u32,
}

impl Block<'_> {
    /// The place behind the items, which becomes so many of them.
    #[inline(never)]
    fn room(&mut self, count: usize, size: usize, align: usize) -> usize {
        let length = self.length as usize;
        while (self.capacity as usize) < length + count {
            self.grow(size, align);
        }
        self.length += count as u32;
        self.start + length * size
    }

    /// Makes it twice as large: where it is if that is last and there is room, else elsewhere.
    #[inline(never)]
    fn grow(&mut self, size: usize, align: usize) {
        let old = self.capacity as usize * size;
        self.capacity = self.capacity.saturating_mul(2).max(4);
        assert!(self.capacity < u32::MAX, "too many items");
        let new = self.capacity as usize * size;
        let (words, start) = (self.words, self.start);
        if old > 0 && start + old == words.next.get() && new <= words.end.get() - start {
            words.next.set(start + new);
            return;
        }
        self.start = words.take(new, align);
        // SAFETY: the new place is ours alone and the larger one; they do not overlap.
        unsafe { ptr::copy_nonoverlapping(start as *const u8, self.start as *mut u8, old) }
    }
}

impl Array<'_, u8> {
    /// Adds zeroes, for who puts something there.
    pub fn spare(&mut self, count: usize) -> &mut [u8] {
        let place = self.block.room(count, 1, 1) as *mut u8;
        // SAFETY: there is room for them behind the others, and the array is borrowed mutably.
        unsafe {
            ptr::write_bytes(place, 0, count);
            core::slice::from_raw_parts_mut(place, count)
        }
    }

    /// Gives back what there is room for and is not used, if nothing was taken since.
    pub fn trim(&mut self) {
        let block = &mut self.block;
        let next = &block.words.next;
        if next.get() == block.start + block.capacity as usize {
            next.set(block.start + block.length as usize);
            block.capacity = block.length;
        }
    }
}

impl<'w, T: Copy> Array<'w, T> {
    /// An empty one.
    pub fn new(words: &'w Words) -> Self {
        let block = Block {
            words,
            start: align_of::<T>(),
            length: 0,
            capacity: 0,
        };
        Array {
            block,
            items: PhantomData,
        }
    }

    /// Makes an empty one large enough for so many.
    pub fn reserve(&mut self, count: usize) {
        self.block.start = self.words().take(count * size_of::<T>(), align_of::<T>());
        self.block.capacity = count as u32;
    }

    /// Where it grows.
    pub fn words(&self) -> &'w Words {
        self.block.words
    }

    /// Adds one at the end.
    pub fn push(&mut self, item: T) {
        let place = self.block.room(1, size_of::<T>(), align_of::<T>());
        // SAFETY: there is room for it behind the others.
        unsafe { (place as *mut T).write(item) }
    }

    /// Adds copies of all.
    pub fn extend(&mut self, items: &[T]) {
        let place = self
            .block
            .room(items.len(), size_of::<T>(), align_of::<T>());
        // SAFETY: there is room for them behind the others, and they are not there.
        unsafe { ptr::copy_nonoverlapping(items.as_ptr(), place as *mut T, items.len()) }
    }

    /// Forgets those behind this length.
    pub fn cut_to(&mut self, length: usize) {
        self.block.length = length.min(self.len()) as u32;
    }

    /// Keeps the first ones, so many.
    pub fn truncate(&mut self, length: usize) {
        self.block.length = self.block.length.min(length as u32);
    }

    /// Keeps those for which a test holds.
    pub fn retain(&mut self, test: impl Fn(&T) -> bool) {
        let mut kept = 0;
        for at in 0..self.len() {
            let item = self[at];
            if test(&item) {
                // SAFETY: `kept` is not above `at`, which is inside.
                unsafe { (self.block.start as *mut T).add(kept).write(item) }
                kept += 1;
            }
        }
        self.block.length = kept as u32;
    }

    /// No longer grows; lives as long as the words do.
    pub fn finish(self) -> &'w [T] {
        // SAFETY: as below; and nobody can change them any more.
        unsafe {
            core::slice::from_raw_parts(self.block.start as *const T, self.block.length as usize)
        }
    }
}

impl<T: Copy> Deref for Array<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: so many items were written there; an empty array is at an aligned address.
        unsafe {
            core::slice::from_raw_parts(self.block.start as *const T, self.block.length as usize)
        }
    }
}

impl<T: Copy> DerefMut for Array<'_, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and the array is borrowed mutably, which alone has the place.
        unsafe {
            core::slice::from_raw_parts_mut(self.block.start as *mut T, self.block.length as usize)
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn arrays_keep_what_they_got_while_others_grow() {
        let words = Words::default();
        let (mut numbers, mut bytes) = (Array::new(&words), Array::new(&words));
        for at in 0..100_000u64 {
            numbers.push(at);
            bytes.push(at as u8);
        }
        numbers.retain(|number| number % 3 == 0);
        let (numbers, bytes) = (numbers.finish(), bytes.finish());
        assert_eq!(numbers.len(), 33_334);
        assert!(
            numbers
                .iter()
                .zip((0..).step_by(3))
                .all(|(one, at)| *one == at)
        );
        assert!(bytes.iter().zip(0u64..).all(|(one, at)| *one == at as u8));
        assert!(Array::<u64>::new(&words).is_empty());
    }

    #[test]
    fn room_that_is_not_used_comes_back() {
        let words = Words::default();
        let mut bytes = Array::new(&words);
        bytes.extend(b"abc");
        assert_eq!(bytes.spare(1000), [0; 1000]);
        bytes.cut_to(3);
        bytes.trim();
        let behind = words.join(&[b"d"]);
        bytes.extend(b"ef");
        assert_eq!((&*bytes, behind.as_cstr()), (&b"abcef"[..], c"d"));
        assert_eq!(behind.as_ptr() as usize, words.next.get() - 6 - 2);
    }
}
