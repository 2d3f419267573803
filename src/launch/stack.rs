//! A child's stack for callers that bring none in their file.

use crate::names::Errno;
use crate::plan::Stack;
use crate::sys::memory;

/// mmap(2) of a stack, guarded by the kernel. It stays for one launch after the other: one for each
/// thread that launches.
///
/// # Errors
///
/// `ENOMEM`.
pub fn map_stack() -> Result<Stack, Errno> {
    memory::map_stack(Stack::SIZE).map(|start| Stack { start })
}
