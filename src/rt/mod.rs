//! What a C library would give the program: an entry point, memory functions, memory, an end.
//!
//! World on entry: the kernel has just executed us. The stack pointer is at `argc`, followed by the
//! argument pointers, NULL, the environment pointers, NULL, and the auxiliary vector. There is one
//! thread, no signal handler, and memory is as the ELF file says.
//!
//! Unsafety here: raw memory handed over by the kernel, and symbols that the compiler calls by name.
//! What is written in assembly is in one file per architecture, each with the same items. This module is
//! part of the binary only: in the library, `memcpy` and its kin would replace those of the C library that
//! the test programs use.

#![allow(unsafe_code)]

#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod machine;
mod memory;
mod panic;

use core::cell::UnsafeCell;
use pidone::plan::Stack;
use pidone::{Process, ThinCStr};

/// All memory that is written to, one after the other. The linker puts it where nothing is below,
/// see `layout.ld`. Pages that are never touched are never there.
#[unsafe(link_section = ".bss.stack")]
static MEMORY: Memory = Memory(UnsafeCell::new(Parts {
    child: [0; Stack::SIZE],
    own: [0; Stack::SIZE + INTO_PAGE],
    words: [0; Stack::SIZE],
}));

struct Memory(UnsafeCell<Parts>);

/// How far into a page our stack reaches: one page holds that, and the first of the words.
const INTO_PAGE: usize = 0x380;

#[repr(C, align(16))]
struct Parts {
    /// The child's stack. One page of it is enough for nearly all.
    child: [u8; Stack::SIZE],
    /// Ours: the end of the kernel's has a random place, and would be a page more.
    own: [u8; Stack::SIZE + INTO_PAGE],
    /// For any plan of ordinary size. It begins in the page where our stack does.
    words: [u8; Stack::SIZE],
}

// SAFETY: there is one thread.
unsafe impl Sync for Memory {}

// SAFETY: `layout.ld` names these places: the file in memory up to the code, and the code.
unsafe extern "C" {
    static file_start: u8;
    static constants_end: u8;
    static code_start: u8;
    static code_end: u8;
}

/// The file from which we run, up to the end of the code: what comes after that is for tools.
fn image() -> [&'static [u8]; 2] {
    let [start, constants, code, end] = [
        &raw const file_start,
        &raw const constants_end,
        &raw const code_start,
        &raw const code_end,
    ];
    // SAFETY: both ranges are mapped from the file, and nothing in them is ever written to.
    unsafe {
        [
            core::slice::from_raw_parts(start, constants as usize - start as usize),
            core::slice::from_raw_parts(code, end as usize - code as usize),
        ]
    }
}

/// Reads the kernel's block and runs the program.
///
/// # Safety
///
/// `block` must be the stack pointer at exec, and this must be called once.
unsafe extern "C" fn begin(block: *const usize) -> ! {
    // SAFETY: this runs once, so both parts of `MEMORY` are lent once, and the third is our stack. The kernel put argc,
    // argv, NULL, envp, NULL and the auxiliary vector at `block`, and never touches them again.
    let process = unsafe {
        let argc = *block;
        let arguments = strings(block.add(1), argc);
        let environment = block.add(argc + 2);
        let count = length(environment);
        Process::new(
            &mut (*MEMORY.0.get()).words,
            Stack::over(&mut (*MEMORY.0.get()).child),
            arguments,
            strings(environment, count),
            auxiliary(environment.add(count + 1)),
            image(),
        )
    };
    crate::main(process)
}

/// The number of words before the terminating zero.
///
/// # Safety
///
/// The array must end with a zero word.
unsafe fn length(words: *const usize) -> usize {
    // SAFETY: the caller's array ends with a zero word.
    unsafe { (0..).take_while(|&at| *words.add(at) != 0).count() }
}

/// An array of `count` C strings and its terminating NULL.
///
/// # Safety
///
/// That must stand there, for ever.
unsafe fn strings(first: *const usize, count: usize) -> &'static [Option<ThinCStr<'static>>] {
    // SAFETY: `Option<ThinCStr>` is a nullable pointer to a C string, which is what stands there.
    unsafe { core::slice::from_raw_parts(first.cast(), count + 1) }
}

/// The (type, value) pairs up to `AT_NULL`.
///
/// # Safety
///
/// The auxiliary vector must stand there, for ever.
unsafe fn auxiliary(first: *const usize) -> &'static [[usize; 2]] {
    let pairs: *const [usize; 2] = first.cast();
    // SAFETY: the vector ends with a pair of type AT_NULL (0).
    unsafe {
        let count = (0..).take_while(|&at| (*pairs.add(at))[0] != 0).count();
        core::slice::from_raw_parts(pairs, count)
    }
}
