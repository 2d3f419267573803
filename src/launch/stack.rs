//! A child's stack where nobody brings one: mapped, guarded by the kernel, given back at the end.

#![allow(unsafe_code)]
// Unsafety here: giving memory back.

use crate::plan::Stack;
use crate::sys::{Result, memory};

pub fn map() -> Result<Stack> {
    memory::map_stack(Stack::SIZE).map(|start| Stack { start })
}

/// Gives it back. The child must have left it.
pub fn unmap(stack: Stack) {
    // SAFETY: `launch` calls this once, after the kernel said that the child has left, and nobody
    // else ever knew of it.
    unsafe { memory::unmap(stack.start, Stack::SIZE) }
}
