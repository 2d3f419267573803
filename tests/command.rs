//! The command: its arguments, and what runs when none is named.

mod support;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::Command;
use support::{Caller, Ran, Scratch, callers, command, pidone, program};

/// The arguments that the command gets, each one followed by a NUL.
fn printed(caller: Caller, arguments: &[OsString]) -> Vec<u8> {
    let mut command = pidone(caller, &["run", "--", "/usr/bin/printf", "%s\\0"]);
    let output = command
        .args(arguments)
        .output()
        .expect("pidone can be started");
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), &b""[..]),
        "{caller:?}"
    );
    output.stdout
}

fn joined(arguments: &[OsString]) -> Vec<u8> {
    arguments
        .iter()
        .flat_map(|word| [word.as_bytes(), b"\0"].concat())
        .collect()
}

#[test]
fn arguments_arrive_as_they_are() {
    let all = OsString::from_vec((1..=255).collect());
    let words = [
        "",
        "--explain",
        "-a",
        "--",
        "a b",
        "*",
        "$HOME",
        "\u{e4}",
        "--net=x",
        "",
    ]
    .map(OsString::from);
    let words: Vec<OsString> = words.into_iter().chain([all]).collect();
    for &caller in callers() {
        assert_eq!(printed(caller, &words), joined(&words), "{caller:?}");
    }
}

#[test]
fn five_thousand_arguments_arrive() {
    let words: Vec<OsString> = (0..5000)
        .map(|number| format!("argument {number}").into())
        .collect();
    for &caller in callers() {
        assert_eq!(printed(caller, &words), joined(&words), "{caller:?}");
    }
}

#[test]
fn a_hundred_kilobytes_arrive_in_one_argument() {
    let word = OsString::from_vec((0..100_000).map(|at| b'a' + (at % 26) as u8).collect());
    let words = [word];
    for &caller in callers() {
        assert_eq!(printed(caller, &words), joined(&words), "{caller:?}");
    }
}

#[test]
fn options_end_at_the_command() {
    for &caller in callers() {
        for words in [
            &["echo", "-a", "--", "--x"][..],
            &["--", "echo", "-a", "--", "--x"],
        ] {
            let ran: Ran = pidone(caller, &["run"])
                .args(words)
                .output()
                .expect("pidone can be started")
                .into();
            assert_eq!(
                (ran.out.as_str(), ran.err.as_str()),
                ("-a -- --x\n", ""),
                "{caller:?}"
            );
        }
    }
}

fn output(command: &mut Command) -> Ran {
    command.output().expect("pidone can be started").into()
}

#[test]
fn without_a_command_the_callers_shell_runs() {
    for &caller in callers() {
        let ran = output(pidone(caller, &["run"]).env("SHELL", "/bin/pwd"));
        assert_eq!(
            (ran.code, ran.out.as_str(), ran.err.as_str()),
            (Some(0), "/\n", ""),
            "{caller:?}"
        );
        let ran = output(pidone(caller, &["run", "--chdir=/usr", "--"]).env("SHELL", "/bin/pwd"));
        assert_eq!(ran.out, "/usr\n", "{caller:?}");
        let ran = output(pidone(caller, &["run", "-e", "SHELL=/bin/pwd"]).env("SHELL", "/absent"));
        assert_eq!(ran.out, "/\n", "{caller:?}");
    }
}

/// What runs with this `SHELL`, which reads a script.
fn shell_that_reads(caller: Caller, shell: Option<&OsStr>) -> Ran {
    let scratch = Scratch::new("shell");
    let script = scratch.file("script", "echo $0 $$\n", 0o644);
    let mut command = pidone(caller, &["run"]);
    command
        .env_remove("SHELL")
        .envs(shell.map(|shell| ("SHELL", shell)));
    output(command.stdin(fs::File::open(script).expect("the script can be read")))
}

#[test]
fn without_a_shell_of_ones_own_it_is_bin_sh() {
    for &caller in callers() {
        for shell in [None, Some(""), Some("sh"), Some("./sh")] {
            let ran = shell_that_reads(caller, shell.map(OsStr::new));
            assert_eq!(
                (ran.out.as_str(), ran.err.as_str()),
                ("/bin/sh 1\n", ""),
                "{shell:?}, {caller:?}"
            );
        }
    }
}

#[test]
fn a_command_without_a_name_is_refused() {
    for &caller in callers() {
        let ran = output(&mut pidone(caller, &["run", ""]));
        assert_eq!(
            (ran.code, ran.err.as_str()),
            (Some(125), "pidone: the command's name is empty\n"),
            "{caller:?}"
        );
    }
}

/// Namespaces that are to be tried are tried once, and are not what is wrong with the command.
#[test]
fn a_command_that_cannot_be_executed_ends_the_trials() {
    for &caller in callers() {
        for (file, code) in [("/etc", 126), ("/no/command", 127)] {
            let ran: Ran = command(caller, "timeout")
                .args(["-k", "1", "20", &program().display().to_string(), "run"])
                .args(["--try", "net,uts,time", file])
                .output()
                .expect("timeout can be started")
                .into();
            assert_eq!(ran.code, Some(code), "{ran:?}");
        }
    }
}
