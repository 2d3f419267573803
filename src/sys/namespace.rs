//! Namespaces and what stands in them.

use super::raw::{Sysno, call};
use crate::names::Errno;

/// clone3(2) with arguments of no size: `EINVAL` where the call is answered, whatever it is asked.
pub fn has_clone3() -> bool {
    // SAFETY: no arguments are passed, which the kernel refuses before it looks for them.
    let answer = unsafe { call(Sysno::clone3, [0, 0]) };
    answer == Err(Errno::INVAL)
}
