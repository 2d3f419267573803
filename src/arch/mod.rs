//! The only assembly besides the entry point, and what else differs between processors: one file per
//! architecture, each with the same items.
//!
//! A child that shares our memory must not return into frames that are not on its stack, so the
//! clone and the jump into the child are one piece of assembly. Unsafety here: registers.

#![allow(unsafe_code)]

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "aarch64")]
pub use aarch64::*;

#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(target_arch = "x86_64")]
pub use x86_64::*;

#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
compile_error!(
    "pidone does not know this architecture yet: add a file beside src/arch/x86_64.rs, and one beside src/rt/x86_64.rs"
);
