//! What is printed on request: the version, the help, and a plan; and where it cannot be printed.

mod support;

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::process::Stdio;
use support::{Caller, Ran, callers, command, pidone, program, run, run_here, through_shell};

/// `pidone` with these words, to its end.
fn pidone_says(caller: Caller, words: &[&str]) -> Ran {
    pidone(caller, words)
        .output()
        .expect("pidone can be started")
        .into()
}

#[test]
fn the_version_is_one_line() {
    let wanted = format!("pidone {}\n", env!("CARGO_PKG_VERSION"));
    for words in [
        &["--version"][..],
        &["-V"],
        &["version"],
        &["run", "--version"],
        &["run", "-V"],
        &["run", "-aV"],
    ] {
        let ran = pidone_says(callers()[0], words);
        assert_eq!(
            (ran.code, ran.out.as_str(), ran.err.as_str()),
            (Some(0), wanted.as_str(), ""),
            "{words:?}"
        );
    }
}

#[test]
fn the_help_fits_a_terminal() {
    for words in [
        &["--help"][..],
        &["-h"],
        &["help"],
        &["run", "--help"],
        &["run", "-h"],
        &["run", "-ah", "true"],
    ] {
        let ran = pidone_says(callers()[0], words);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{words:?}");
        assert!(
            ran.out
                .contains("pidone run [OPTIONS] [--] COMMAND [ARG...]"),
            "{words:?}"
        );
        for line in ran.out.lines() {
            assert!(
                line.chars().count() <= 100 && line == line.trim_end(),
                "{line:?}"
            );
        }
    }
}

/// The names of options at the start of a line of the help.
fn names_in(help: &str) -> BTreeSet<String> {
    let lines = help
        .lines()
        .filter(|line| line.starts_with(" -") || line.starts_with("     --"));
    let words = lines.flat_map(|line| line.split_whitespace().take(2));
    words
        .filter(|word| word.starts_with('-'))
        .map(|word| word.trim_end_matches(',').to_string())
        .collect()
}

#[test]
fn every_option_of_the_help_is_one() {
    let help = pidone_says(callers()[0], &["run", "--help"]).out;
    let names = names_in(&help);
    assert!(
        names.len() > 40 && names.contains("--explain") && names.contains("-a"),
        "{names:?}"
    );
    for name in names {
        // Only explained, for some would make a file of that name.
        let ran = run_here(&["--explain", name.as_str(), "--no-such-option"]);
        assert!(
            !ran.err.contains(&format!("unknown option \"{name}\"")),
            "{ran:?}"
        );
    }
}

#[test]
fn help_and_version_stand_before_the_command_only() {
    for word in ["--help", "--version", "-h", "-V", "--explain"] {
        let ran = run_here(&["printf", "%s", word]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), word));
    }
}

#[test]
fn a_plan_is_printed_and_nothing_is_done() {
    let scratch = support::Scratch::new("explain");
    for &caller in callers() {
        let [made, file] =
            ["made", "pid"].map(|name| scratch.path.join(name).display().to_string());
        let ran = run(
            caller,
            &[
                "--explain",
                "-a",
                "--pid-file",
                &file,
                "--chdir=/absent",
                "touch",
                &made,
            ],
        );
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{caller:?}");
        assert!(
            ran.out.contains("chdir(\"/absent\")  # --chdir\n"),
            "{caller:?}: {}",
            ran.out
        );
        assert!(
            !scratch.path.join("made").exists() && !scratch.path.join("pid").exists(),
            "{caller:?}"
        );
    }
}

/// The lines of a plan that are steps: number, call, who asked.
fn steps(plan: &str) -> Vec<(usize, &str, &str)> {
    let lines = plan.lines().filter_map(|line| {
        let (number, rest) = line.trim_start().split_once("  ")?;
        let (call, because) = rest.rsplit_once("  # ")?;
        Some((number.parse().ok()?, call, because))
    });
    lines.collect()
}

#[test]
fn steps_are_numbered_from_one_and_say_who_asked() {
    for &caller in callers() {
        let plan = run(
            caller,
            &[
                "--explain",
                "-a",
                "--hostname=x",
                "--nice=5",
                "--sync-fd=9",
                "--umask=22",
                "true",
            ],
        )
        .out;
        let steps = steps(&plan);
        assert!(
            steps
                .iter()
                .map(|(number, _, _)| *number)
                .eq(1..=steps.len()),
            "{plan}"
        );
        for (call, because) in [
            ("sethostname(\"x\", 1)", "--hostname"),
            ("setpriority(PRIO_PROCESS, 0, 5)", "--nice"),
            ("umask(022)", "--umask"),
            ("fcntl(9, F_SETFD, FD_CLOEXEC)", "--sync-fd"),
            ("close_range(10, 4294967295, 0)", "default"),
        ] {
            assert!(
                steps.iter().any(|step| (step.1, step.2) == (call, because)),
                "{call}: {plan}"
            );
        }
    }
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    for &caller in callers() {
        for words in [
            &["--help"][..],
            &["--version"],
            &["run", "--help"],
            &["run", "--explain", "true"],
        ] {
            let full = OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .expect("there is a /dev/full");
            let ran: Ran = pidone(caller, words)
                .stdout(full)
                .output()
                .expect("pidone can be started")
                .into();
            let sentence = "pidone: cannot write the output: ENOSPC\n";
            assert_eq!(
                (ran.code, ran.err.as_str()),
                (Some(125), sentence),
                "{words:?}, {caller:?}"
            );
            let ran: Ran = through_shell(caller, "exec >&-", words)
                .output()
                .expect("sh can be started")
                .into();
            let sentence = "pidone: cannot write the output: EBADF\n";
            assert_eq!(
                (ran.code, ran.err.as_str()),
                (Some(125), sentence),
                "{words:?}, {caller:?}"
            );
        }
    }
}

#[test]
fn a_long_plan_goes_through_a_pipe_in_one_piece() {
    let folders: String = (0..5000)
        .map(|number| format!("/folder-{number}:"))
        .collect();
    for &caller in callers() {
        let mut command = pidone(caller, &["run", "--explain", "true"]);
        let ran: Ran = command
            .env("PATH", folders.clone() + "/bin")
            .output()
            .expect("pidone can be started")
            .into();
        let executed = steps(&ran.out)
            .iter()
            .filter(|(_, call, _)| call.starts_with("execve("))
            .count();
        assert_eq!((ran.code, executed), (Some(0), 5001), "{caller:?}");
    }
}

#[test]
fn a_privileged_file_is_refused() {
    if !support::is_root() {
        return support::skip("not root");
    }
    let scratch = support::Scratch::new("setuid");
    let copy = scratch.path.join("pidone");
    let script = format!(
        "cp {} {} && chmod 4755 {}",
        program().display(),
        copy.display(),
        copy.display()
    );
    assert!(
        command(Caller::Root, "/bin/sh")
            .args(["-c", &script])
            .status()
            .expect("sh can be started")
            .success()
    );
    let mut privileged = command(Caller::Ordinary, &copy);
    let ran: Ran = privileged
        .args(["run", "true"])
        .stdout(Stdio::piped())
        .output()
        .expect("it can be started")
        .into();
    assert_eq!((ran.code, ran.out.as_str()), (Some(125), ""));
    assert!(
        ran.err
            .starts_with("pidone: refusing to run with more privilege than the caller has"),
        "{ran:?}"
    );
}
