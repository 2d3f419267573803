//! What the program costs: bytes of the release build, and system calls from its start to the
//! command's. `tests/budget.txt` records both; what grows must be wanted, and is a change of the record.
//!
//! A line `limit of the file` is a size that holds for every compiler.
//!
//! The table is always printed, also when the test passes. `PIDONE_BLESS=1 cargo test --release
//! --test budget` writes the record anew. Sizes are compared only where the compiler is the one of
//! the record: another one makes other code.

#[cfg(not(debug_assertions))]
#[path = "binary/elf.rs"]
mod elf;
mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use support::{Caller, Scratch, callers, command, has, program, skip};

/// The runs whose system calls are counted. Descriptor 5 is open, and `FILE` can be written.
const RUNS: [&str; 18] = [
    "",
    "--mount",
    "--uts",
    "--ipc",
    "--net",
    "--pid",
    "--user",
    "--cgroup",
    "--time",
    "--all",
    "--hostname box",
    "--rlimit nofile=64",
    "--pid-file FILE",
    "--json-status-fd 5",
    "--cap-drop ALL --seccomp default",
    "--cap-drop NET_RAW",
    "--landlock-rx / --landlock-scope",
    "--disable-userns",
];

/// Those of an ordinary user.
const ORDINARY_RUNS: [&str; 2] = ["", "--all"];

/// A figure and what it is a figure of.
type Figure = (String, u64);

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/budget.txt")
}

/// The record: comments, the compiler, and lines of what and how much.
struct Record {
    comments: String,
    compiler: String,
    figures: Vec<Figure>,
}

fn record() -> Record {
    let text = fs::read_to_string(path()).expect("the record is there");
    let mut record = Record {
        comments: String::new(),
        compiler: String::new(),
        figures: Vec::new(),
    };
    for line in text.lines() {
        if line.starts_with('#') {
            record.comments += &format!("{line}\n");
        } else if line.starts_with("rustc ") {
            record.compiler = line.to_string();
        } else if let Some((what, number)) = line.rsplit_once(' ') {
            let number = number
                .parse()
                .unwrap_or_else(|_| panic!("no figure: {line}"));
            record.figures.push((what.trim_end().to_string(), number));
        }
    }
    record
}

fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let output = Command::new(rustc)
        .arg("--version")
        .output()
        .expect("rustc can be started");
    String::from_utf8_lossy(&output.stdout).trim().to_string()
}

/// Compares figures with those of the record that begin with the same word, and prints both.
fn compare(kind: &str, found: &[Figure], comparable: bool) {
    // The two tests of this file may run at the same time.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock();
    let record = record();
    let known = |what: &str| {
        record
            .figures
            .iter()
            .find(|(name, _)| name == what)
            .map(|(_, number)| *number)
    };
    let mut table = format!("\n{:<34} {:>7} {:>7}\n", kind, "record", "now");
    let mut grown = String::new();
    for (what, now) in found {
        let before = known(what);
        let remark = match before {
            None => "not in the record",
            Some(before) if *now > before => "more",
            Some(before) if *now < before => "less: lower the record",
            Some(_) => "",
        };
        let before = before.map_or(String::new(), |before| before.to_string());
        let line = format!("{what:<34} {before:>7} {now:>7} {remark}");
        writeln!(table, "{}", line.trim_end()).unwrap();
        if matches!(remark, "not in the record" | "more") {
            grown += &format!("{line}\n");
        }
    }
    let gone = record.figures.iter().filter(|(what, _)| {
        what.split(' ').next() == kind.split(' ').next()
            && !found.iter().any(|(name, _)| name == what)
    });
    for (what, before) in gone {
        writeln!(
            table,
            "{what:<34} {before:>7} {:>7} not looked at, or gone",
            ""
        )
        .unwrap();
    }
    if !comparable {
        writeln!(
            table,
            "not compared: the record is of {}, this is {}",
            record.compiler,
            compiler()
        )
        .unwrap();
    }
    // Unlike print!, this is not held back from those who run tests without --nocapture.
    let _ = std::io::stderr().write_all(table.as_bytes());
    if std::env::var_os("PIDONE_BLESS").is_some() {
        return bless(record, kind, found);
    }
    assert!(
        !comparable || grown.is_empty(),
        "more than the record:\n{grown}"
    );
}

/// Writes the record with these figures in the place of the old ones.
fn bless(mut record: Record, kind: &str, found: &[Figure]) {
    let kind = kind.split(' ').next().unwrap_or(kind);
    // Runs that this caller cannot make keep their figures.
    let measured = |what: &str| kind == "bytes" || found.iter().any(|(name, _)| name == what);
    record
        .figures
        .retain(|(what, _)| what.split(' ').next() != Some(kind) || !measured(what));
    record.figures.extend_from_slice(found);
    if kind == "bytes" {
        record.compiler = compiler();
    }
    record
        .figures
        .sort_by_key(|(what, _)| !what.starts_with("bytes"));
    let mut text = format!("{}\n{}\n", record.comments, record.compiler);
    let mut last = "";
    for (what, number) in &record.figures {
        let kind = what.split(' ').next().unwrap_or("");
        if kind != last {
            text.push('\n');
            last = kind;
        }
        writeln!(text, "{what:<34} {number:>7}").unwrap();
    }
    fs::write(path(), text).expect("the record can be written");
}

#[cfg(not(debug_assertions))]
#[test]
fn the_program_does_not_grow() {
    /// `SHF_ALLOC`: what is in memory when the program runs.
    const LOADED: u64 = 2;
    let elf = elf::Elf::read(Path::new(env!("CARGO_BIN_EXE_pidone")));
    let sections = elf
        .sections
        .iter()
        .filter(|section| section.flags & LOADED != 0);
    let mut figures: Vec<Figure> = sections
        .map(|section| (format!("bytes {}", section.name), section.size))
        .collect();
    figures.sort();
    figures.push(("bytes of the file".to_string(), elf.size));
    compare("bytes", &figures, record().compiler == compiler());
    for (what, limit) in record().figures {
        let limited = figures
            .iter()
            .find(|(name, _)| name.strip_prefix("bytes") == what.strip_prefix("limit"));
        assert!(
            limited.is_none_or(|(_, now)| *now <= limit),
            "{what} is {limit}, whatever made it"
        );
    }
}

#[test]
fn no_run_makes_more_calls() {
    if !has("strace") {
        return skip("no strace");
    }
    let mut figures = Vec::new();
    for &caller in callers() {
        let (name, runs) = match caller {
            Caller::Root => ("root", &RUNS[..]),
            Caller::Ordinary => ("user", &ORDINARY_RUNS[..]),
        };
        for options in runs {
            match count(caller, options) {
                Ok(number) => figures.push((
                    format!("calls {name} {options}").trim_end().to_string(),
                    number,
                )),
                Err(reason) => return skip(&format!("{name}, {options:?}: {reason}")),
            }
        }
    }
    compare("calls from exec to exec", &figures, true);
}

/// System calls of a run, as strace sees them. Of the process that becomes the command, every call up
/// to and including its execve counts; of any other, every call up to and including its first wait. The
/// execve that starts pidone does not. So the number does not depend on who runs first.
fn count(caller: Caller, options: &str) -> Result<u64, String> {
    let scratch = Scratch::new("budget");
    let file = scratch.path.join("file").display().to_string();
    let output = scratch.path.join("trace");
    let script = "exec strace -f -qq -s 4096 -e signal=none -o \"$@\" 5>/dev/null";
    let mut strace = command(caller, "/bin/sh");
    strace
        .args(["-c", script, "sh"])
        .arg(&output)
        .arg(program())
        .arg("run");
    strace.args(
        options
            .split_whitespace()
            .map(|word| word.replace("FILE", &file)),
    );
    // The command: something static that ends at once.
    strace.arg(program()).arg("--version");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let ran = strace
        .env_clear()
        .env("PATH", path)
        .stdout(Stdio::null())
        .output();
    let ran = ran.expect("a shell can be started");
    if !ran.status.success() {
        return Err(String::from_utf8_lossy(&ran.stderr)
            .trim()
            .replace('\n', "; "));
    }
    let trace = fs::read_to_string(&output).map_err(|error| error.to_string())?;
    if trace.contains("ENOSYS") {
        return Err("this machine refuses a call, and pidone made others instead".to_string());
    }
    Ok(counted(&trace))
}

fn counted(trace: &str) -> u64 {
    let mut done = BTreeSet::new();
    let mut calls = 0;
    let lines = trace
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(' '));
    for (pid, call) in lines {
        let call = call.trim_start();
        if call.starts_with("<...") || call.starts_with("+++") || done.contains(pid) {
            continue;
        }
        calls += 1;
        let ends = ["execve(", "wait4(", "waitid(", "rt_sigtimedwait("];
        if ends.iter().any(|end| call.starts_with(end)) {
            done.insert(pid);
        }
    }
    calls
}
