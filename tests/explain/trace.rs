//! What `--explain` announces, and what strace(1) sees, as one list of calls for each process.

use crate::cgroup::without_numbers;
use crate::support::{Caller, Ran, Scratch, command, program};
use crate::token::{Known, same};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A run, but for whether it is only explained.
pub struct Run<'a> {
    pub caller: Caller,
    /// What a shell does before: redirections.
    pub script: &'a str,
    /// What a shell does when it is traced already.
    pub traced_script: &'a str,
    /// Options of strace.
    pub tracer: &'a [&'a str],
    /// `run`, or another verb.
    pub verb: &'a str,
    /// The words after it.
    pub words: &'a [&'a str],
    pub path: &'a str,
}

/// The calls of both processes, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Calls {
    pub parent: Vec<String>,
    pub child: Vec<String>,
}

impl Run<'_> {
    /// `pidone run` with these words, traced into the files `trace.PID` of a directory.
    fn traced(&self, folder: &Path, words: &[&str]) -> Ran {
        let mut shell = command(self.caller, "/bin/sh");
        shell.args([
            "-c",
            &format!("{}\nexec \"$@\"", self.script),
            "sh",
            "strace",
            "-ff",
            "-s",
            "9999",
            "-o",
        ]);
        shell.arg(folder.join("trace")).args(self.tracer);
        let inner = format!("{}\nexec \"$@\"", self.traced_script);
        shell
            .args(["/bin/sh", "-c", &inner, "sh"])
            .arg(program())
            .arg(self.verb)
            .args(words);
        with_path(shell, self.path)
            .output()
            .expect("sh can be started")
            .into()
    }

    /// What `--explain` says about it, without anything that strace does not write.
    pub fn announced(&self) -> Calls {
        let scratch = Scratch::new("announced");
        let ran = self.traced(&scratch.path, &[&["--explain"], self.words].concat());
        assert_eq!(
            (ran.code, ran.err.as_str()),
            (Some(0), ""),
            "{:?}",
            self.words
        );
        let mut calls = Calls {
            parent: Vec::new(),
            child: Vec::new(),
        };
        let mut in_child = false;
        // Nothing has to be undone in what is compared.
        let undoes = |line: &&str| !line.starts_with("pidone, if a step");
        for line in ran.out.lines().take_while(undoes) {
            if !line.starts_with(' ') {
                in_child = line.starts_with("child, ");
            }
            // What the supervisor does meanwhile has no number.
            let (number, rest) = line.trim_start().split_once("  ").unwrap_or_default();
            // The place of the pointers is another one each time, and may leave no page to give back.
            let by_chance = rest.starts_with("madvise(&pointers");
            if number.parse::<usize>().is_ok() && !by_chance {
                let (call, _) = rest
                    .rsplit_once("  # ")
                    .expect("each step says who asked for it");
                let list = if in_child {
                    &mut calls.child
                } else {
                    &mut calls.parent
                };
                list.push(without_numbers(call));
            }
        }
        calls
    }

    /// What strace sees when it runs; the child's process id; and what each call answered.
    pub fn seen(&self) -> Seen {
        let scratch = Scratch::new("seen");
        let ran = self.traced(&scratch.path, self.words);
        assert_eq!(
            (ran.code, ran.err.as_str()),
            (Some(0), ""),
            "{:?}",
            self.words
        );
        let parent = fs::read_dir(&scratch.path)
            .expect("the traces")
            .find_map(|entry| {
                let lines = lines(&entry.ok()?.path());
                let start = lines
                    .iter()
                    .rposition(|line| line.0.starts_with(&format!("execve({:?}, ", program())))?;
                Some(own_steps(&lines[start + 1..]))
            });
        let mut parent = parent.expect("a trace of pidone");
        let clone = parent.iter().find(|(call, answer)| {
            call.starts_with("clone") && !call.starts_with(HELPER) && !answer.starts_with('-')
        });
        let child = clone.expect("a child was made").1.clone();
        let mut inside = lines(&scratch.path.join(format!("trace.{child}")));
        let executed = inside
            .iter()
            .position(|(call, answer)| call.starts_with("execve(") && answer == "0");
        inside.truncate(executed.expect("the command was executed") + 1);
        let helpers = parent
            .iter_mut()
            .filter(|(call, _)| call.starts_with(HELPER));
        for (call, answer) in helpers {
            *call = helped(&lines(&scratch.path.join(format!("trace.{answer}"))));
        }
        Seen {
            parent,
            inside,
            child,
        }
    }
}

/// How a process begins that is to execute another program in the middle of a step.
const HELPER: &str = "clone(child_stack=NULL, flags=SIGCHLD";

/// That step, from what its process did before it became the program.
fn helped(lines: &[Line]) -> String {
    let name = |call: &String| call.split('(').next().unwrap_or_default().to_string();
    let executed = lines
        .iter()
        .position(|(call, _)| call.starts_with("execve("));
    let (before, rest) = lines.split_at(executed.expect("it becomes the program"));
    let before: Vec<String> = before.iter().map(|(call, _)| name(call)).collect();
    format!("clone, {}, {}, wait4", before.join(", "), rest[0].0)
}

fn with_path(mut command: Command, path: &str) -> Command {
    command.env_clear().env("PATH", path).env("OTHER", "1");
    command
}

/// A call and its answer.
type Line = (String, String);

/// What came of a trace.
pub struct Seen {
    parent: Vec<Line>,
    inside: Vec<Line>,
    child: String,
}

impl Seen {
    /// What it was without the answers.
    pub fn calls(&self) -> Calls {
        let calls = |lines: &[Line]| lines.iter().map(|(call, _)| call.clone()).collect();
        Calls {
            parent: calls(&self.parent),
            child: calls(&self.inside),
        }
    }
}

fn lines(path: &Path) -> Vec<Line> {
    let text = fs::read_to_string(path).expect("a trace can be read");
    let calls = text
        .lines()
        .filter(|line| !line.starts_with("---") && !line.starts_with("+++"));
    let split = |line: &str| {
        let (call, answer) = line
            .rsplit_once(" = ")
            .unwrap_or_else(|| panic!("no answer: {line}"));
        (without_numbers(call.trim_end()), answer.to_string())
    };
    calls.map(split).collect()
}

/// Leaves out what is no step: looking at the host before the first, waiting for the command, and the
/// last word on how it ended. An attempt that the kernel refused, and that made pidone plan again, is
/// a look too.
fn own_steps(lines: &[Line]) -> Vec<Line> {
    let refused = |(call, answer): &Line| {
        call.starts_with("clone") && !call.starts_with("clone3(NULL") && answer.starts_with('-')
    };
    // The next attempt begins when the caller's mask is back.
    let restores = |(call, _): &Line| call.starts_with("rt_sigprocmask(SIG_SETMASK");
    let start = lines.iter().rposition(refused).map_or(0, |at| {
        let restored = lines[at..].iter().position(restores);
        at + restored.expect("the mask is given back") + 1
    });
    lines[start..]
        .iter()
        .filter(|(call, _)| !looks_or_waits(call))
        .cloned()
        .collect()
}

fn looks_or_waits(call: &str) -> bool {
    let waits = [
        "rt_sigtimedwait(",
        "wait4(",
        "kill(",
        "munmap(",
        "exit_group(",
        "clock_gettime(",
        "close(",
        "faccessat(",
    ];
    let looks = [
        "rt_sigaction(SIGCHLD, NULL, ",
        "capget(",
        "getpid(",
        "madvise(0x7f",
        "getpgid(",
        "prctl(PR_CAPBSET_READ, ",
        "read(",
        "clone3(NULL, ",
        "openat2(",
        "readlinkat(",
        "statx(",
        "mmap(NULL, ",
        // What is passed on between two terminals.
        "signalfd4(",
        "ppoll(",
        "write(3, \"\\4\", 1)",
    ];
    let inside = [
        ", O_RDONLY|O_CLOEXEC",
        ", O_RDONLY|O_PATH|O_CLOEXEC",
        ", AT_EMPTY_PATH",
        "newfstatat(",
        ", TIOCGPGRP, ",
        ", TIOCGWINSZ, ",
        ", TCGETS, ",
        ", \"{\\\"exit-code\\\": ",
    ];
    let starts = |start: &&str| call.starts_with(*start);
    // Those that are steps.
    let joins = call.contains("/ns/");
    let asks = call.contains("/pidone-N/") || call.contains("oom_kill ");
    waits.iter().any(starts)
        || looks.iter().any(starts) && !asks
        || inside.iter().any(|part| call.contains(part)) && !joins && !asks
}

/// Whether what was seen is what was announced; else, the first difference.
pub fn compare(announced: &Calls, seen: &Seen) -> Result<(), String> {
    let mut opened = Vec::new();
    one_by_one(&announced.parent, &seen.parent, &seen.child, &mut opened)?;
    if seen.parent.len() < announced.parent.len() {
        return Err(format!(
            "never seen: {}",
            announced.parent[seen.parent.len()]
        ));
    }
    one_by_one(&announced.child, &seen.inside, &seen.child, &mut opened)?;
    // The places after the one where the command was found have not been tried.
    match announced.child[seen.inside.len()..]
        .iter()
        .find(|call| !call.starts_with("execve("))
    {
        Some(call) => Err(format!("never seen: {call}")),
        None => Ok(()),
    }
}

/// The child has what the parent has opened.
fn one_by_one<'a>(
    announced: &[String],
    seen: &'a [Line],
    child: &str,
    opened: &mut Vec<&'a str>,
) -> Result<(), String> {
    for (at, (call, answer)) in seen.iter().enumerate() {
        let wanted = announced
            .get(at)
            .ok_or_else(|| format!("not announced: {call}"))?;
        let known = Known { child, opened };
        if !same(wanted, call, &known) && !same(&older(wanted), call, &known) {
            return Err(format!("announced: {wanted}\nseen:      {call}"));
        }
        if OPENS.iter().any(|start| call.starts_with(start)) {
            opened.push(answer.as_str());
        }
    }
    Ok(())
}

/// What returns a descriptor, or something else that is given to a later call.
const OPENS: [&str; 7] = [
    "umask(",
    "openat(",
    "openat2(",
    "open_tree(",
    "socket(",
    "ioctl(",
    "landlock_create_ruleset(",
];

/// How strace writes what is newer than it is.
fn older(call: &str) -> String {
    let call = call.replace(
        "LANDLOCK_ACCESS_FS_TRUNCATE|LANDLOCK_ACCESS_FS_IOCTL_DEV",
        "0xc000",
    );
    let call = call.replace(
        "TIOCGPTPEER, O_RDWR|O_NOCTTY|O_CLOEXEC",
        "TIOCGPTPEER, 0x80102",
    );
    if let Some((start, rest)) = call.split_once(", handled_access_net=") {
        let (_, end) = rest.split_once('}').expect("the end of a structure");
        return format!("{start}, ...}}{end}");
    }
    match call.split_once("LANDLOCK_RULE_NET_PORT, {") {
        Some((start, _)) => format!("{start}0x2 /* LANDLOCK_RULE_??? */, &rule, 0)"),
        None => call,
    }
}
