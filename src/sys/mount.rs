//! Mounts.

use super::raw::{Sysno, call};
use crate::names::Errno;

/// mount_setattr(2) with attributes of no size: `EINVAL` where the call is answered, which came last of
/// those that plans use.
pub fn has_new_calls() -> bool {
    // SAFETY: no pointer is passed.
    let answer = unsafe { call(Sysno::mount_setattr, [usize::MAX, 0, 0, 0, 0]) };
    answer == Err(Errno::INVAL)
}
