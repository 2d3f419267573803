//! Memory maps and futexes.

use super::raw::{Sysno, call};
use super::{Result, nothing};
use crate::names::Errno;
use core::ptr::null;
use core::sync::atomic::{AtomicU32, Ordering};

const ANONYMOUS: i32 = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;

/// mmap(2): fresh private memory of `size` bytes, readable and writable; its address.
pub fn map(size: usize) -> Result<usize> {
    map_with(size, ANONYMOUS)
}

/// mmap(2): memory for a stack. The kernel keeps a gap of a mebibyte free below it (`stack_guard_gap`,
/// since CVE-2017-1000364), and lets it grow towards the gap as it does with every process's own.
pub fn map_stack(size: usize) -> Result<usize> {
    map_with(size, ANONYMOUS | libc::MAP_GROWSDOWN | libc::MAP_STACK)
}

/// mmap(2): memory that processes made later share, even if they share no other.
pub fn map_shared(size: usize) -> Result<usize> {
    map_with(size, libc::MAP_SHARED | libc::MAP_ANONYMOUS)
}

fn map_with(size: usize, flags: i32) -> Result<usize> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let arguments = [0, size, protection as usize, flags as usize, usize::MAX, 0];
    // SAFETY: a new mapping at a place that the kernel chooses touches no memory of ours.
    unsafe { call(Sysno::mmap, arguments) }
}

/// munmap(2).
///
/// # Safety
///
/// Nothing may refer to the range any more.
pub unsafe fn unmap(start: usize, size: usize) {
    // SAFETY: as the caller promises.
    let _ = unsafe { call(Sysno::munmap, [start, size]) };
}

/// madvise(2) `MADV_DONTNEED`: the pages read as zeroes from now on.
///
/// # Safety
///
/// Nobody may read what was there.
pub unsafe fn discard(start: usize, size: usize) -> Result<()> {
    let arguments = [start, size, libc::MADV_DONTNEED as usize];
    // SAFETY: as the caller promises.
    unsafe { call(Sysno::madvise, arguments) }.map(nothing)
}

/// futex(2) `FUTEX_WAIT` until the word is no longer `value`. The word may be changed by another
/// process, or by the kernel on behalf of one, so the private form would sleep for ever.
pub fn wait_while(word: &AtomicU32, value: u32) {
    loop {
        let arguments = [
            address(word),
            libc::FUTEX_WAIT as usize,
            value as usize,
            null::<u8>() as usize,
        ];
        // SAFETY: the word is valid memory, and no timeout is passed.
        let answer = unsafe { call(Sysno::futex, arguments) };
        if answer == Err(Errno::AGAIN) || word.load(Ordering::Acquire) != value {
            return;
        }
    }
}

/// futex(2) `FUTEX_WAKE` for one waiter.
pub fn wake(word: &AtomicU32) -> Result<()> {
    // SAFETY: the word is valid memory.
    unsafe { call(Sysno::futex, [address(word), libc::FUTEX_WAKE as usize, 1]) }.map(nothing)
}

/// set_tid_address(2): when this thread ends while others use its memory, the kernel zeroes the word.
///
/// # Safety
///
/// The word must be valid for as long as the thread lives, and no C library may rely on the address
/// that was set before.
pub unsafe fn set_tid_address(word: &AtomicU32) -> Result<()> {
    // SAFETY: as the caller promises.
    unsafe { call(Sysno::set_tid_address, [address(word)]) }.map(nothing)
}

fn address(word: &AtomicU32) -> usize {
    word.as_ptr() as usize
}
