//! The child's stack: mapped for it, guarded by the kernel, given back at the end.

#![allow(unsafe_code)]
// Unsafety here: giving memory back.

use crate::plan::STACK_SIZE;
use crate::sys::{Result, memory};

/// Memory that grows downwards from `start + STACK_SIZE`.
#[derive(Clone, Copy)]
pub struct Stack {
    /// The lowest address.
    pub start: usize,
}

impl Stack {
    pub fn map() -> Result<Self> {
        memory::map_stack(STACK_SIZE).map(|start| Stack { start })
    }

    /// Gives it back. The child must have left it.
    pub fn unmap(self) {
        // SAFETY: `launch` calls this once, after the kernel said that the child has left, and nobody
        // else ever knew of it.
        unsafe { memory::unmap(self.start, STACK_SIZE) }
    }
}
