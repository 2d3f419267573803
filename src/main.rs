//! The program: what a C library would give it (`rt`), and one call into the library.

#![no_std]
#![no_main]
#![deny(unsafe_code)]

mod rt;

fn main(process: pidone::Process) -> ! {
    pidone::main(process)
}
