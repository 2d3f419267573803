//! Which descriptors reach the command, and that none has to be open.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use support::{Caller, Held, Ran, Scratch, callers, through_shell};

/// What the command has open, beside its input, output and errors.
fn passed_on(caller: Caller, script: &str, options: &[&str]) -> BTreeMap<u32, PathBuf> {
    let words: Vec<&str> = ["run"].iter().chain(options).copied().collect();
    let close = "exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-";
    let held = Held::start(through_shell(caller, &format!("{close}\n{script}"), &words));
    let all = descriptors(held.pid);
    assert!((0..3).all(|number| all.contains_key(&number)), "{all:?}");
    let inherited = inherited();
    all.into_iter()
        .filter(|one| one.0 > 2 && (one.0 < 10 || !inherited.contains(one)))
        .collect()
}

/// What whoever started these tests has left open for every program.
fn inherited() -> Vec<(u32, PathBuf)> {
    let passes = |number: u32| {
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{number}")).unwrap_or_default();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = flags.and_then(|octal| i32::from_str_radix(octal.trim(), 8).ok());
        flags.is_some_and(|flags| flags & libc::O_CLOEXEC == 0)
    };
    descriptors(std::process::id())
        .into_iter()
        .filter(|(number, _)| passes(*number))
        .collect()
}

fn descriptors(pid: u32) -> BTreeMap<u32, PathBuf> {
    let folder = fs::read_dir(format!("/proc/{pid}/fd")).expect("the process runs");
    let entries = folder.map(|entry| entry.expect("an entry").path());
    let number = |path: &Path| path.file_name()?.to_str()?.parse().ok();
    // What another test closes meanwhile has no target any more.
    entries
        .filter_map(|path| Some((number(&path)?, fs::read_link(&path).ok()?)))
        .collect()
}

const OPEN: &str = "exec 3</ 4</usr 5</etc 9</dev";

fn wanted(list: &[(u32, &str)]) -> BTreeMap<u32, PathBuf> {
    list.iter()
        .map(|(number, path)| (*number, PathBuf::from(path)))
        .collect()
}

#[test]
fn only_the_first_three_reach_the_command() {
    for &caller in callers() {
        for options in [
            &[][..],
            &["-a"],
            &["--hostname", "x", "--oom-score-adj=5"],
            &["--preserve-fds=0"],
        ] {
            assert_eq!(
                passed_on(caller, OPEN, options),
                wanted(&[]),
                "{options:?}, {caller:?}"
            );
        }
    }
}

#[test]
fn as_many_as_are_asked_for_reach_the_command() {
    for &caller in callers() {
        let three = [(3, "/"), (4, "/usr"), (5, "/etc")];
        assert_eq!(
            passed_on(caller, OPEN, &["--preserve-fds", "1"]),
            wanted(&three[..1]),
            "{caller:?}"
        );
        assert_eq!(
            passed_on(caller, OPEN, &["--preserve-fds=2", "-a"]),
            wanted(&three[..2]),
            "{caller:?}"
        );
        assert_eq!(
            passed_on(caller, OPEN, &["--preserve-fds", "6"]),
            wanted(&three),
            "{caller:?}"
        );
        let four = [three.as_slice(), &[(9, "/dev")]].concat();
        assert_eq!(
            passed_on(caller, OPEN, &["--preserve-fds", "7"]),
            wanted(&four),
            "{caller:?}"
        );
        assert_eq!(
            passed_on(caller, OPEN, &["--preserve-fds", "2147483647"]),
            wanted(&four),
            "{caller:?}"
        );
        assert_eq!(
            passed_on(caller, "exec 4</usr", &["--preserve-fds", "2"]),
            wanted(&[(4, "/usr")]),
            "{caller:?}"
        );
    }
}

#[test]
fn what_pidone_opens_itself_is_never_passed_on() {
    let scratch = Scratch::new("preserve");
    for &caller in callers() {
        let file = scratch.path.join(format!("{caller:?}"));
        let pid_file = format!("--pid-file={}", file.display());
        for options in [
            &["-a"][..],
            &["-n", "-U"],
            &["--oom-score-adj=5"],
            &["--monotonic=1"],
            &[&pid_file],
        ] {
            let options = [&["--preserve-fds=9"], options].concat();
            assert_eq!(
                passed_on(caller, "", &options),
                wanted(&[]),
                "{options:?}, {caller:?}"
            );
        }
    }
}

#[test]
fn the_descriptors_of_reports_are_not_the_commands() {
    let options = [
        "--info-fd=3",
        "--json-status-fd=5",
        "--block-fd=4",
        "--sync-fd=6",
    ];
    let open = "exec 3>/dev/null 4</dev/null 5>/dev/null 6</usr 7</";
    let null = "/dev/null";
    for &caller in callers() {
        assert_eq!(passed_on(caller, open, &options), wanted(&[]), "{caller:?}");
        let mut swapped = options;
        swapped.reverse();
        assert_eq!(passed_on(caller, open, &swapped), wanted(&[]), "{caller:?}");
        for number in ["3", "4", "5", "6"] {
            assert_eq!(
                passed_on(caller, open, &[&format!("--sync-fd={number}")]),
                wanted(&[]),
                "{number}, {caller:?}"
            );
        }
        let preserved = [&["--preserve-fds=3"], options.as_slice()].concat();
        let named = wanted(&[(3, null), (4, null), (5, null)]);
        assert_eq!(
            passed_on(caller, open, &preserved),
            named,
            "what is named is the command's too, {caller:?}"
        );
    }
}

/// The redirections that close the members of a set of the first three, one bit each.
fn closing(set: i32) -> String {
    let words = ["<&-", ">&-", "2>&-"];
    let closed = words
        .iter()
        .enumerate()
        .filter(|(number, _)| set >> number & 1 == 1);
    closed.map(|(_, word)| format!("{word} ")).collect()
}

/// Exits with the set of those of the first three that are closed inside, plus 8 if more are open.
const LOOK: &str = "set=0; for number in 0 1 2; do [ -e /proc/$$/fd/$number ] || set=$((set | 1 << number)); done; \
    for one in /proc/$$/fd/*; do [ ${one##*/} -lt 3 ] || [ ! -e $one ] || set=$((set | 8)); done; exit $set";

fn with_closed(caller: Caller, set: i32, options: &[&str], command: &[&str]) -> Ran {
    let words = [&["run"], options, command].concat();
    let mut shell = through_shell(caller, &format!("exec {}", closing(set)), &words);
    shell.output().expect("sh can be started").into()
}

#[test]
fn what_the_caller_has_closed_stays_closed() {
    let scratch = Scratch::new("closed");
    let file = format!("--pid-file={}", scratch.path.join("pid").display());
    for &caller in callers() {
        for set in 0..8 {
            for options in [
                &[][..],
                &["-a"],
                &["--monotonic=1", "--oom-score-adj=3", "-n"],
                &[&file],
            ] {
                let ran = with_closed(caller, set, options, &["/bin/sh", "-c", LOOK]);
                assert_eq!(
                    (ran.code, ran.err.as_str()),
                    (Some(set), ""),
                    "{options:?}, {caller:?}"
                );
            }
        }
    }
    assert!(!scratch.path.join("pid").exists());
}

#[test]
fn a_failure_has_its_status_when_nobody_can_hear_the_sentence() {
    for &caller in callers() {
        for set in 0..8 {
            let heard = set & 4 == 0;
            let ran = with_closed(caller, set, &["--chdir", "/absent"], &["true"]);
            assert_eq!(
                (ran.code, ran.out.as_str()),
                (Some(125), ""),
                "{set}, {caller:?}"
            );
            assert_eq!(
                ran.err.contains("chdir(\"/absent\"): ENOENT\n"),
                heard,
                "{set}, {caller:?}: {ran:?}"
            );
            let ran = with_closed(caller, set, &[], &["/absent"]);
            assert_eq!(
                (ran.code, ran.err.is_empty()),
                (Some(127), !heard),
                "{set}, {caller:?}"
            );
        }
    }
}

#[test]
fn a_report_on_standard_output_arrives() {
    for &caller in callers() {
        let ran = with_closed(caller, 1, &["--info-fd=1"], &["echo", "inside"]);
        let lines: Vec<&str> = ran.out.lines().collect();
        assert!(
            lines.len() == 2 && lines[0].starts_with("{\"child-pid\": ") && lines[1] == "inside",
            "{ran:?}"
        );
    }
}
