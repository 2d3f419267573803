//! Link arguments of the binary, and nothing else.
//!
//! They are scoped to the binary (`-bins`): the test programs are ordinary programs with a libc.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/rt/discard.ld");
    let package = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo:rustc-link-arg-bins=-Wl,-T,{package}/src/rt/discard.ld");
    for argument in [
        "-nostartfiles",
        "-nostdlib",
        "-static",
        // Position dependent: measured against a self-relocating static PIE, see README.md.
        "-no-pie",
        "-Wl,--gc-sections",
        "-Wl,--build-id=none",
        "-Wl,--no-eh-frame-hdr",
        "-Wl,-z,norelro",
        "-Wl,-z,noexecstack",
    ] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
