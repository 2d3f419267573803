//! Namespaces and what stands in them.

use super::raw::{Sysno, call};
use super::{Result, nothing};
use crate::names::Errno;

/// unshare(2).
pub fn unshare(flags: u64) -> Result<()> {
    // SAFETY: no pointer is passed; the namespaces that are left behind own no memory of ours.
    unsafe { call(Sysno::unshare, [flags as usize]) }.map(nothing)
}

/// sethostname(2); at most 64 bytes.
pub fn set_hostname(name: &[u8]) -> Result<()> {
    // SAFETY: the bytes are readable for their length.
    unsafe { call(Sysno::sethostname, [name.as_ptr() as usize, name.len()]) }.map(nothing)
}

/// setdomainname(2); at most 64 bytes.
pub fn set_domainname(name: &[u8]) -> Result<()> {
    // SAFETY: the bytes are readable for their length.
    unsafe { call(Sysno::setdomainname, [name.as_ptr() as usize, name.len()]) }.map(nothing)
}

/// clone3(2) with arguments of no size: `EINVAL` where the call is answered, whatever it is asked.
pub fn has_clone3() -> bool {
    // SAFETY: no arguments are passed, which the kernel refuses before it looks for them.
    let answer = unsafe { call(Sysno::clone3, [0, 0]) };
    answer == Err(Errno::INVAL)
}
