//! What the child can reach before it is the command, read from the disassembly of the release build.

use super::support::{has, skip};
use super::with_symbols;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// The child's first function.
const FIRST: &str = "pidone::launch::clone::begin";

/// Parts of the names of what ends in a panic, and of what takes memory or writes text.
const NEVER: [&str; 10] = [
    "panic",
    "_fail",
    "defect",
    "rust_begin_unwind",
    "alloc",
    "heap",
    "pidone::words",
    "core::fmt",
    "pidone::text::Text",
    "pidone::report",
];

/// Whom a function calls, or jumps to.
#[derive(Default)]
struct Function {
    next: BTreeSet<String>,
    /// Calls through a pointer, whose end is not known here.
    unknown: Vec<String>,
}

#[test]
fn the_child_can_neither_panic_nor_allocate() {
    if !has("objdump") {
        return skip("no objdump");
    }
    let functions = functions();
    let mut reached = BTreeMap::from([(FIRST.to_string(), "the clone".to_string())]);
    let mut rest = vec![FIRST.to_string()];
    while let Some(name) = rest.pop() {
        let way = || format!("{name}, from {}", reached[&name]);
        assert!(
            !NEVER.iter().any(|part| name.contains(part)),
            "the child reaches {}",
            way()
        );
        let function = functions
            .get(&name)
            .unwrap_or_else(|| panic!("no code of {}", way()));
        // The trampolines call the function that they are given, which is the first one.
        let known = function.unknown.is_empty() || name.starts_with("pidone::arch::");
        assert!(known, "{}: {:?}", way(), function.unknown);
        for next in &function.next {
            if !reached.contains_key(next) {
                reached.insert(next.clone(), name.clone());
                rest.push(next.clone());
            }
        }
    }
    // The interpreter is a part of it, or this has looked at something else.
    assert!(
        reached
            .keys()
            .any(|name| name.starts_with("pidone::launch::perform::")),
        "{reached:#?}"
    );
}

/// The functions of the program by name. Those that share a name, as generic ones do, are one here.
fn functions() -> BTreeMap<String, Function> {
    let output = Command::new("objdump")
        .args(["--disassemble", "--demangle", "--no-show-raw-insn"])
        .arg(with_symbols())
        .output()
        .expect("objdump can be started");
    let mut functions: BTreeMap<String, Function> = BTreeMap::new();
    let mut current = String::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        if let Some(name) = line
            .strip_suffix(">:")
            .and_then(|head| head.split_once(" <"))
        {
            current = name.1.to_string();
            functions.entry(current.clone()).or_default();
        } else if let Some((_, instruction)) = line.split_once(":\t") {
            let function = functions.entry(current.clone()).or_default();
            follow(instruction, &current, function);
        }
    }
    functions
}

/// Notes where an instruction of x86 may go on.
fn follow(instruction: &str, current: &str, function: &mut Function) {
    let (kind, target) = instruction.split_once(' ').unwrap_or((instruction, ""));
    let target = target.trim();
    if !kind.starts_with("call") && !kind.starts_with('j') {
        return;
    }
    if let Some(pointer) = target.strip_prefix('*') {
        // Through a register a jump is one of a `match`, inside the function.
        if kind.starts_with("call") || !pointer.starts_with('%') {
            function.unknown.push(instruction.to_string());
        }
    } else if let Some((_, name)) = target.split_once('<') {
        let name = name.trim_end_matches('>');
        let name = name.rsplit_once("+0x").map_or(name, |(name, _)| name);
        if name != current {
            function.next.insert(name.to_string());
        }
    }
}
