//! One typed, safe function for each system call. Raw pointers and bare descriptors stop here.
//!
//! Nothing allocates, formats or panics: the child calls these in memory that it shares.
//! Unsafety here: pointers that are passed to the kernel, each valid for the length of the call.

#![allow(unsafe_code)]

mod raw;

pub mod file;
pub mod machine;
pub mod memory;
pub mod mount;
pub mod namespace;
pub mod plain;
pub mod poll;
pub mod process;
pub mod removal;
pub mod signal;
pub mod tty;

use crate::names::Errno;

pub type Result<T> = core::result::Result<T, Errno>;

/// Forgets a result that only says that it worked.
fn nothing(_: usize) {}

/// The kernel's `struct timespec` for so many milliseconds, or none for as long as it takes.
struct Timeout(Option<[u64; 2]>);

impl Timeout {
    fn of(milliseconds: Option<u64>) -> Self {
        Timeout(milliseconds.map(|all| [all / 1000, all % 1000 * 1_000_000]))
    }

    /// Where it is while this lives; 0 for none.
    fn address(&self) -> usize {
        self.0.as_ref().map_or(0, |pair| pair.as_ptr() as usize)
    }
}
