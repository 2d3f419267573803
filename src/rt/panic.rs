//! A panic is a defect of ours, or memory is used up: one sentence, and 125.
//!
//! It needs no allocation and never loops. In a child that still shares our memory it ends that
//! child; the parent then names the step during which it happened. Where it happened is left out:
//! the places alone would be a tenth of the program.

use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    pidone::defect()
}

/// Dev builds of `core` refer to it although nothing here ever unwinds.
#[cfg(debug_assertions)]
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// As above: the precompiled `alloc` names it where an unwinder would continue.
#[cfg(debug_assertions)]
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    pidone::defect()
}
