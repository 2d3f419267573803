//! Any system call of which the kernel only reads what its arguments point to.

use super::Result;
use super::raw::raw_call;
use crate::names::Sys;

/// The system call with these arguments; those that it does not have are ignored.
///
/// # Safety
///
/// An argument that the call takes for an address must be valid for what the kernel reads there.
#[inline(never)]
pub unsafe fn call(number: Sys, arguments: [usize; 6]) -> Result<usize> {
    // SAFETY: as the caller promises.
    unsafe { raw_call(number.number(), arguments) }
}
