//! Link arguments of the binary, and nothing else.
//!
//! They are scoped to the binary (`-bins`): the test programs are ordinary programs with a libc.

use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/rt/layout.ld");
    let package = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo:rustc-link-arg-bins=-Wl,-T,{package}/src/rt/layout.ld");
    // The package `libc` asks for the C library. It gets an empty one: nothing of the real one can be
    // linked by mistake, for a call of it is an undefined symbol.
    let empty = env::var("OUT_DIR").expect("cargo says where to put files");
    for library in ["c", "m", "rt", "pthread", "util", "dl"] {
        let path = format!("{empty}/lib{library}.so");
        fs::write(path, "/* empty */\n").expect("that directory is writable");
    }
    println!("cargo:rustc-link-arg-bins=-L{empty}");
    for argument in [
        "-nostartfiles",
        "-nostdlib",
        "-static",
        // Position dependent: measured against a self-relocating static PIE, see README.md.
        "-no-pie",
        "-Wl,--gc-sections",
        // Strings that are the ends of others are kept once.
        "-Wl,-O2",
        "-Wl,--build-id=none",
        "-Wl,--no-eh-frame-hdr",
        "-Wl,-z,norelro",
        "-Wl,-z,noexecstack",
    ] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
