//! Facts of the program's file: static, complete, and protected by the kernel as far as it can be.
//! Of the release build also that nothing is in it that is not loaded, and that the child, which
//! shares its parent's memory, has no way to a panic or to the heap.

#[cfg(all(not(debug_assertions), target_arch = "x86_64"))]
#[path = "binary/child.rs"]
mod child;
#[path = "binary/elf.rs"]
mod elf;
#[cfg(not(debug_assertions))]
mod support;

use elf::Elf;
use std::path::{Path, PathBuf};

/// `ET_EXEC`: it runs where it was linked for.
const FIXED: u16 = 2;

/// `PT_DYNAMIC`, `PT_INTERP` and `PT_TLS`: what a loader or a C library would have to look at.
const FOR_A_LOADER: [u32; 3] = [2, 3, 7];

/// `PT_LOAD`.
const LOADED: u32 = 1;

/// `PT_GNU_STACK`.
const STACK: u32 = 0x6474_e551;

/// `PF_X` and `PF_W`.
const EXECUTABLE: u32 = 1;
const WRITABLE: u32 = 2;

/// `SHT_RELA`, `SHT_REL` and `SHT_RELR`.
const RELOCATIONS: [u32; 3] = [4, 9, 19];

/// The names that are not Rust's own: what the compiler calls, and what the linker adds.
const C_NAMES: &str = "_start memcpy memmove memset memcmp bcmp strlen rust_eh_personality _Unwind_Resume \
    __bss_start _edata _end edata end _GLOBAL_OFFSET_TABLE_ file_start constants_end code_start code_end";

fn program() -> Elf {
    Elf::read(Path::new(env!("CARGO_BIN_EXE_pidone")))
}

#[test]
fn it_is_static() {
    let elf = program();
    assert_eq!(elf.kind, FIXED);
    assert!(
        elf.segments
            .iter()
            .all(|segment| !FOR_A_LOADER.contains(&segment.kind))
    );
}

#[test]
fn nothing_is_left_to_relocate() {
    for section in program().sections {
        assert!(
            !RELOCATIONS.contains(&section.kind) || section.size == 0,
            "{}",
            section.name
        );
    }
}

#[test]
fn no_memory_is_writable_and_executable() {
    let elf = program();
    let both = EXECUTABLE | WRITABLE;
    assert!(
        elf.segments
            .iter()
            .all(|segment| segment.flags & both != both)
    );
    // Without this header the kernel makes the stack executable, and on some machines all memory.
    let stack = elf
        .segments
        .iter()
        .find(|segment| segment.kind == STACK)
        .expect("a header for the stack");
    assert_eq!(stack.flags & EXECUTABLE, 0);
}

/// A child that runs over the end of its stack must not write into what its parent uses.
#[test]
fn nothing_that_can_be_written_to_is_below_the_childs_stack() {
    let elf = program();
    let mut sections = elf.sections.iter();
    let stack = sections.find(|section| section.name == ".stack");
    let start = stack.expect("a section for the stack").address;
    let page = start / 4096 * 4096;
    let below = |segment: &&elf::Segment| segment.kind == LOADED && segment.address < page;
    let reach = |segment: &elf::Segment| segment.address + segment.memory > page - 4096;
    let mut near = elf.segments.iter().filter(below).filter(|one| reach(one));
    assert!(near.all(|segment| segment.flags & WRITABLE == 0));
}

#[test]
fn no_symbol_is_missing_and_none_is_of_a_c_library() {
    let path = if cfg!(debug_assertions) {
        env!("CARGO_BIN_EXE_pidone").into()
    } else {
        with_symbols()
    };
    let symbols = Elf::read(&path).symbols;
    assert!(symbols.len() > 10, "the symbols have been stripped");
    for symbol in symbols.iter().filter(|symbol| !symbol.name.is_empty()) {
        assert!(
            symbol.is_defined || symbol.is_local,
            "undefined: {}",
            symbol.name
        );
        let rust = symbol.name.starts_with("_R") || symbol.name.starts_with("_ZN");
        let known = C_NAMES.split_whitespace().any(|name| name == symbol.name);
        assert!(symbol.is_local || rust || known, "what is {}?", symbol.name);
    }
}

/// The release build, with its symbols. It is built once; later it is only looked at.
fn with_symbols() -> PathBuf {
    static BUILD: std::sync::Once = std::sync::Once::new();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("with-symbols");
    BUILD.call_once(|| {
        let output = std::process::Command::new(env!("CARGO"))
            .args([
                "build",
                "--release",
                "--offline",
                "--bin",
                "pidone",
                "--target-dir",
            ])
            .arg(&folder)
            .env("CARGO_PROFILE_RELEASE_STRIP", "none")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo can be started");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    });
    folder.join("release/pidone")
}

#[cfg(not(debug_assertions))]
#[test]
fn nothing_is_in_the_file_that_is_not_loaded() {
    /// `SHF_ALLOC`.
    const LOADED: u64 = 2;
    for section in program().sections.iter().skip(1) {
        let names = section.name == ".shstrtab";
        assert!(names || section.flags & LOADED != 0, "{}", section.name);
    }
}
