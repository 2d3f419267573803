//! The program for aarch64, built here: by the compiler that is in use if that has been given the
//! target, or by the distribution's, which tests/all unpacks below target/.

use super::support::{has, skip};
use super::vm::target;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const TARGET: &str = "aarch64-unknown-linux-gnu";

/// The release build; none, with the test skipped, if there is no compiler or no linker for it here.
pub fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match PROGRAM.get_or_init(build) {
        Ok(program) => Some(program),
        Err(reason) => {
            skip(reason);
            None
        }
    }
}

fn build() -> Result<PathBuf, String> {
    let linker = format!("{}-ld", TARGET.replace("-unknown", ""));
    if !has(&linker) {
        return Err(format!("no {linker}"));
    }
    let folder = target("aarch64");
    let mut command = Command::new(env!("CARGO"));
    if !has_target("rustc".as_ref()) {
        let [compiler, libraries] = ["usr/bin/rustc", "usr/lib"].map(|place| folder.join(place));
        if !compiler.is_file() {
            return Err(format!("no compiler for {TARGET}"));
        }
        let libraries = libraries.join(format!("{}-linux-gnu", std::env::consts::ARCH));
        command
            .env("RUSTC", compiler)
            .env("LD_LIBRARY_PATH", libraries);
    }
    let output = command
        .args(["build", "--release", "--locked", "--bin", "pidone"])
        .args(["--target", TARGET, "--target-dir"])
        .arg(folder.join("build"))
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", linker)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    Ok(folder.join("build").join(TARGET).join("release/pidone"))
}

/// Whether a compiler has the target's library.
fn has_target(compiler: &Path) -> bool {
    let output = Command::new(compiler)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    output.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}
