//! Mounts.

use super::raw::{Sysno, call};
use super::{Result, nothing};
use crate::strings::ThinCStr;

/// mount(2) without data. Flags are `MS_…`.
pub fn mount(source: ThinCStr, target: ThinCStr, kind: Option<ThinCStr>, flags: u64) -> Result<()> {
    let kind = kind.map_or(0, |kind| kind.as_ptr() as usize);
    let arguments = [
        source.as_ptr() as usize,
        target.as_ptr() as usize,
        kind,
        flags as usize,
        0,
    ];
    // SAFETY: the strings are C strings or NULL.
    unsafe { call(Sysno::mount, arguments) }.map(nothing)
}
