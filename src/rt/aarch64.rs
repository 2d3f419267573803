//! aarch64: the entry point, and the memory functions that the compiler calls by name.
//!
//! Unsafety here: registers, and the C contracts of these functions, which the compiler keeps when it
//! calls them. Assembly keeps it from turning a loop back into a call of itself.

use super::{MEMORY, Parts, begin};
use core::arch::{asm, naked_asm};

/// The entry point: passes the kernel's block on, with our own stack.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "mov x29, xzr",
        "mov x30, xzr",
        "mov x0, sp",
        "adrp x1, {memory} + {end}",
        "add x1, x1, :lo12:{memory} + {end}",
        "mov sp, x1",
        "bl {begin}",
        "udf #0",
        memory = sym MEMORY,
        end = const core::mem::offset_of!(Parts, words),
        begin = sym begin,
    )
}

#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    naked_asm!(
        "mov x3, x0",
        "b 3f",
        "2:",
        "ldp x4, x5, [x1], #16",
        "stp x4, x5, [x3], #16",
        "3:",
        "subs x2, x2, #16",
        "b.hs 2b",
        "add x2, x2, #16",
        "b 5f",
        "4:",
        "ldrb w4, [x1], #1",
        "strb w4, [x3], #1",
        "5:",
        "subs x2, x2, #1",
        "b.hs 4b",
        "ret",
    )
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    if (to as usize).wrapping_sub(from as usize) >= count {
        // SAFETY: `to` is not inside the source, so copying upwards reads what it copies before writing there:
        // if the source begins less than 16 bytes above, a pair is read before it is written.
        return unsafe { memcpy(to, from, count) };
    }
    // SAFETY: copying downwards reads each byte before writing it, and there is at least one.
    unsafe {
        asm!(
            "2:",
            "subs {count}, {count}, #1",
            "ldrb {byte:w}, [{from}, {count}]",
            "strb {byte:w}, [{to}, {count}]",
            "b.ne 2b",
            to = in(reg) to, from = in(reg) from, count = inout(reg) count => _, byte = out(reg) _,
            options(nostack)
        );
    }
    to
}

#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8 {
    naked_asm!(
        "mov x3, x0",
        "b 3f",
        "2:",
        "strb w1, [x3], #1",
        "3:",
        "subs x2, x2, #1",
        "b.hs 2b",
        "ret",
    )
}
