//! Link arguments of the binary, and nothing else.
//!
//! They are scoped to the binary (`-bins`): the test programs are ordinary programs with a libc.

use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/rt/layout.ld");
    let package = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    // The package `libc` asks for the C library. It gets an empty one: nothing of the real one can be
    // linked by mistake, for a call of it is an undefined symbol.
    let empty = env::var("OUT_DIR").expect("cargo says where to put files");
    for library in ["c", "m", "rt", "pthread", "util", "dl"] {
        let path = format!("{empty}/lib{library}.so");
        fs::write(path, "/* empty */\n").expect("that directory is writable");
    }
    println!("cargo:rustc-link-arg-bins=-L{empty}");
    // What links may be a compiler, which passes a linker's arguments on, or a linker itself, as for other
    // architectures than this machine's.
    let linker = env::var("RUSTC_LINKER").unwrap_or_default();
    let before = if linker.ends_with("ld") { "" } else { "-Wl," };
    let page = match env::var("CARGO_CFG_TARGET_ARCH").as_deref() {
        Ok("aarch64") => "max-page-size=65536",
        _ => "max-page-size=4096",
    };
    for argument in [
        // With the files to start with, which a linker itself does not have.
        "-nostdlib",
        "-static",
        // Position dependent: measured against a self-relocating static PIE, see README.md.
        "-no-pie",
    ] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    for argument in [
        &format!("-T{package}/src/rt/layout.ld"),
        "--gc-sections",
        // Strings that are the ends of others are kept once.
        "-O2",
        "--build-id=none",
        "--no-eh-frame-hdr",
        "-znorelro",
        "-znoexecstack",
        &format!("-z{page}"),
    ] {
        println!("cargo:rustc-link-arg-bins={before}{argument}");
    }
}
