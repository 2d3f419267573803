//! The child's stack: mapped for it, guarded by the kernel, given back at the end.

#![allow(unsafe_code)]
// Unsafety here: giving memory back.

use crate::plan::STACK_SIZE;
use crate::sys::{Result, memory};

/// Memory that grows downwards from `start + STACK_SIZE`.
pub struct Stack {
    start: usize,
}

impl Stack {
    pub fn map() -> Result<Self> {
        memory::map_stack(STACK_SIZE).map(|start| Stack { start })
    }

    /// The lowest address.
    pub fn start(&self) -> usize {
        self.start
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: the child has left this memory when a launch ends, and nobody else knew of it.
        unsafe { memory::unmap(self.start, STACK_SIZE) }
    }
}
