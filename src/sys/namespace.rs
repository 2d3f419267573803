//! Namespaces and what stands in them.

use super::Result;
use super::file::Fd;
use super::raw::{Sysno, call};
use crate::names::Errno;

/// clone3(2) with arguments of no size: `EINVAL` where the call is answered, whatever it is asked.
pub fn has_clone3() -> bool {
    // SAFETY: no arguments are passed, which the kernel refuses before it looks for them.
    let answer = unsafe { call(Sysno::clone3, [0, 0]) };
    answer == Err(Errno::INVAL)
}

/// A question about an open namespace (ioctl_nsfs(2)).
#[derive(Clone, Copy)]
#[repr(usize)]
pub enum Relation {
    /// `NS_GET_USERNS`: the user namespace that owns it.
    Owner = libc::NS_GET_USERNS as usize,
    /// `NS_GET_PARENT`: the one above it, of the same type.
    Parent = libc::NS_GET_PARENT as usize,
}

/// ioctl(2) `NS_GET_USERNS` or `NS_GET_PARENT`; a new descriptor, closed when something is executed.
pub fn related(namespace: Fd, relation: Relation) -> Result<Fd> {
    // SAFETY: no pointer is passed.
    unsafe { call(Sysno::ioctl, [namespace.0 as usize, relation as usize]) }.map(|fd| Fd(fd as u32))
}

/// ioctl(2) `NS_GET_OWNER_UID`: who made a user namespace, as our own one names it.
pub fn creator(namespace: Fd) -> Result<u32> {
    let mut id = 0u32;
    let arguments = [
        namespace.0 as usize,
        libc::NS_GET_OWNER_UID as usize,
        &raw mut id as usize,
    ];
    // SAFETY: the kernel writes one `uid_t`.
    unsafe { call(Sysno::ioctl, arguments) }.map(|_| id)
}
