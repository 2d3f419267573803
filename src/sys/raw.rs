//! The system-call instruction, and the only place that names it.

use super::Result;
use crate::names::Errno;

pub use syscalls::Sysno;

/// Issues a system call with up to six arguments; those left out are 0.
///
/// # Safety
///
/// The arguments must keep the call's contract: pointers valid for what the kernel reads and writes.
pub unsafe fn call<const N: usize>(number: Sysno, arguments: [usize; N]) -> Result<usize> {
    let argument = |at: usize| arguments.get(at).copied().unwrap_or(0);
    // SAFETY: the caller keeps the contract of the call.
    unsafe {
        syscalls::syscall!(
            number,
            argument(0),
            argument(1),
            argument(2),
            argument(3),
            argument(4),
            argument(5)
        )
    }
    .map_err(|errno| Errno(errno.into_raw()))
}
