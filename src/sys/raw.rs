//! The system-call instruction, and the only place that names it.

use super::Result;
use crate::names::Errno;

pub use syscalls::Sysno;

/// Issues a system call with its arguments, of which there are six at most.
///
/// # Safety
///
/// The arguments must keep the call's contract: pointers valid for what the kernel reads and writes.
#[inline(always)]
pub unsafe fn call<const N: usize>(number: Sysno, arguments: [usize; N]) -> Result<usize> {
    // SAFETY: as the caller promises.
    unsafe { raw_call(number as usize, arguments) }
}

/// The same by number.
///
/// # Safety
///
/// As for [`call`].
#[inline(always)]
pub unsafe fn raw_call<const N: usize>(number: usize, arguments: [usize; N]) -> Result<usize> {
    // SAFETY: the caller keeps the contract of the call.
    let raw = unsafe {
        match arguments.as_slice() {
            [] => syscalls::raw_syscall!(number),
            [a] => syscalls::raw_syscall!(number, *a),
            [a, b] => syscalls::raw_syscall!(number, *a, *b),
            [a, b, c] => syscalls::raw_syscall!(number, *a, *b, *c),
            [a, b, c, d] => syscalls::raw_syscall!(number, *a, *b, *c, *d),
            [a, b, c, d, e] => syscalls::raw_syscall!(number, *a, *b, *c, *d, *e),
            [a, b, c, d, e, f, ..] => syscalls::raw_syscall!(number, *a, *b, *c, *d, *e, *f),
        }
    };
    match Errno::in_result(raw) {
        None => Ok(raw),
        Some(errno) => Err(errno),
    }
}
