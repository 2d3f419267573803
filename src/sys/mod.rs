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
pub mod signal;
pub mod tty;

use crate::names::Errno;

pub type Result<T> = core::result::Result<T, Errno>;

/// Forgets a result that only says that it worked.
fn nothing(_: usize) {}
