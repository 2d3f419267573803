//! Mounts.

use super::raw::{Sysno, call};
use crate::names::Errno;
use core::mem::MaybeUninit;

/// mount_setattr(2) with attributes of no size: `EINVAL` where the call is answered, which came last of
/// those that plans use.
pub fn has_new_calls() -> bool {
    // SAFETY: no pointer is passed.
    let answer = unsafe { call(Sysno::mount_setattr, [usize::MAX, 0, 0, 0, 0]) };
    answer == Err(Errno::INVAL)
}

/// mount(2) of nothing: `EFAULT` where the kernel answers, and no filter before it.
pub fn is_answered() -> bool {
    // SAFETY: null pointers are not read.
    let answer = unsafe { call(Sysno::mount, [0; 5]) };
    answer == Err(Errno::FAULT)
}

/// statfs(2): whether `/` is a file system that is nowhere but in memory.
pub fn root_is_in_memory() -> bool {
    let mut found = MaybeUninit::<libc::statfs>::zeroed();
    let arguments = [c"/".as_ptr() as usize, found.as_mut_ptr() as usize];
    // SAFETY: the kernel fills the structure, of which all zeroes is a value.
    let found = unsafe {
        let _ = call(Sysno::statfs, arguments);
        found.assume_init()
    };
    let kind = found.f_type as u32;
    kind == RAMFS || kind == TMPFS
}

/// `linux/magic.h`.
const RAMFS: u32 = 0x8584_58f6;
const TMPFS: u32 = 0x0102_1994;
