//! The command's environment, read byte by byte from outside.

mod support;

use std::ffi::{CString, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use support::{Caller, Held, callers, pidone, program};

/// The variables of a command, started from these two of the caller's.
fn variables(caller: Caller, options: &[OsString]) -> Vec<Vec<u8>> {
    let mut command = pidone(caller, &["run"]);
    command
        .args(options)
        .env_clear()
        .env("HOME", "/home")
        .env("KEPT", "a b\n=c");
    of(command)
}

fn of(command: Command) -> Vec<Vec<u8>> {
    let held = Held::start(command);
    let block = fs::read(format!("/proc/{}/environ", held.pid)).expect("the command runs");
    let mut variables: Vec<Vec<u8>> = block.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect();
    assert_eq!(
        variables.pop(),
        Some(Vec::new()),
        "each variable ends with a NUL"
    );
    variables
}

/// Asserts which variables there are, in whatever order.
fn assert_variables(options: &[&str], wanted: &[&str]) {
    let options: Vec<OsString> = options.iter().map(OsString::from).collect();
    let mut wanted: Vec<Vec<u8>> = wanted.iter().map(|text| text.as_bytes().to_vec()).collect();
    wanted.sort();
    for &caller in callers() {
        let mut found = variables(caller, &options);
        found.sort();
        assert_eq!(found, wanted, "{options:?}, {caller:?}");
    }
}

const HOME: &str = "HOME=/home";
const KEPT: &str = "KEPT=a b\n=c";

#[test]
fn the_environment_is_the_callers() {
    assert_variables(&[], &[HOME, KEPT]);
    assert_variables(&["-a", "--hostname=x"], &[HOME, KEPT]);
}

#[test]
fn variables_are_set_replaced_and_removed() {
    assert_variables(&["-e", "NEW=1"], &[HOME, KEPT, "NEW=1"]);
    assert_variables(&["--env=NEW=a=b=c"], &[HOME, KEPT, "NEW=a=b=c"]);
    assert_variables(&["-eHOME=/"], &["HOME=/", KEPT]);
    assert_variables(&["--setenv", "HOME", "a=b"], &["HOME=a=b", KEPT]);
    assert_variables(
        &["--setenv=NEW", "--unsetenv"],
        &[HOME, KEPT, "NEW=--unsetenv"],
    );
    assert_variables(&["--unsetenv", "HOME"], &[KEPT]);
    assert_variables(
        &["--unsetenv", "ABSENT", "--unsetenv=HOM", "--unsetenv=HOMER"],
        &[HOME, KEPT],
    );
    assert_variables(
        &["-e", "EMPTY=", "--setenv", "NONE", ""],
        &[HOME, KEPT, "EMPTY=", "NONE="],
    );
}

#[test]
fn changes_are_made_in_the_order_of_the_options() {
    assert_variables(&["-e", "A=1", "-e", "A=2"], &[HOME, KEPT, "A=2"]);
    assert_variables(&["-e", "A=1", "--unsetenv", "A"], &[HOME, KEPT]);
    assert_variables(&["--unsetenv", "A", "-e", "A=1"], &[HOME, KEPT, "A=1"]);
    assert_variables(
        &["--unsetenv", "HOME", "--setenv", "HOME", "x"],
        &["HOME=x", KEPT],
    );
    assert_variables(&["--unsetenv", "HOME", "-e", "HOME"], &[HOME, KEPT]);
}

#[test]
fn a_cleared_environment_has_what_was_asked_for_wherever_the_option_stands() {
    assert_variables(&["--clearenv"], &[]);
    for position in 0..=3 {
        let mut options = vec!["--env=A=1", "-eKEPT", "--env=B=2"];
        options.insert(position, "--clearenv");
        assert_variables(&options, &["A=1", KEPT, "B=2"]);
    }
    assert_variables(&["--clearenv", "-e", "ABSENT"], &[]);
    assert_variables(&["-e", "ABSENT", "-e", "HOME"], &[HOME, KEPT]);
}

#[test]
fn any_byte_but_nul_is_a_value() {
    let all: Vec<u8> = (1..=255).collect();
    let pair = [b"ODD=", all.as_slice()].concat();
    let words = |list: Vec<Vec<u8>>| list.into_iter().map(OsString::from_vec).collect::<Vec<_>>();
    for options in [
        words(vec![b"--clearenv".to_vec(), b"-e".to_vec(), pair.clone()]),
        words(vec![
            b"--clearenv".to_vec(),
            [b"--env=", pair.as_slice()].concat(),
        ]),
        words(vec![
            b"--setenv".to_vec(),
            b"ODD".to_vec(),
            all.clone(),
            b"--clearenv".to_vec(),
        ]),
    ] {
        for &caller in callers() {
            assert_eq!(variables(caller, &options), [pair.as_slice()], "{caller:?}");
        }
    }
}

#[test]
fn any_byte_but_nul_and_the_equals_sign_is_part_of_a_name() {
    let name: Vec<u8> = (1..=255).filter(|&byte| byte != b'=').collect();
    let pair = [name.as_slice(), b"=v"].concat();
    let words = [
        b"--clearenv".to_vec(),
        b"--setenv".to_vec(),
        name.clone(),
        b"v".to_vec(),
    ];
    for &caller in callers() {
        assert_eq!(
            variables(caller, &words.clone().map(OsString::from_vec)),
            [pair.as_slice()],
            "{caller:?}"
        );
    }
}

#[test]
fn thousands_of_variables_are_passed_on() {
    let pairs: Vec<String> = (0..3000)
        .map(|number| format!("V{number}={number}"))
        .collect();
    let options: Vec<&str> = ["--clearenv"]
        .into_iter()
        .chain(pairs.iter().flat_map(|pair| ["-e", pair]))
        .collect();
    assert_variables(
        &options,
        &pairs.iter().map(String::as_str).collect::<Vec<_>>(),
    );
}

/// `pidone run` with an environment that no library would make.
fn with_raw_environment(caller: Caller, raw: &[&str], options: &[&str]) -> Command {
    let strings = |words: Vec<&str>| -> Vec<CString> {
        words
            .into_iter()
            .map(|word| CString::new(word).expect("no NUL"))
            .collect()
    };
    let path = program().to_str().expect("a plain name");
    let shell = ["/bin/sh", "-c", "echo ready; read -r line"];
    let argv = strings([&["pidone", "run"], options, &shell].concat());
    let env = strings(raw.to_vec());
    let path = CString::new(path).expect("no NUL");
    let mut command = pidone(caller, &["run"]);
    // SAFETY: execve(2) alone is called between fork and exec, with arrays that end with NULL.
    unsafe {
        command.pre_exec(move || {
            let pointers = |words: &[CString]| {
                let mut list = [std::ptr::null(); 16];
                list.iter_mut()
                    .zip(words)
                    .for_each(|(place, word)| *place = word.as_ptr());
                list
            };
            libc::execve(
                path.as_ptr(),
                pointers(&argv).as_ptr(),
                pointers(&env).as_ptr(),
            );
            Err(std::io::Error::last_os_error())
        });
    }
    command
}

#[test]
fn a_name_that_is_there_twice_is_removed_and_replaced_altogether() {
    let raw = ["A=1", "B=2", "A=3", "no-equals-sign", "A=4"];
    for &caller in callers() {
        let found = |options: &[&str]| of(with_raw_environment(caller, &raw, options));
        assert_eq!(
            found(&[]),
            raw.map(|text| text.as_bytes().to_vec()),
            "{caller:?}: nobody asked for a change"
        );
        assert_eq!(
            found(&["--unsetenv", "A"]),
            [&b"B=2"[..], b"no-equals-sign"],
            "{caller:?}"
        );
        assert_eq!(
            found(&["-e", "A=5", "--unsetenv=B", "--unsetenv=A"]),
            [b"no-equals-sign"],
            "{caller:?}"
        );
        let set = found(&["-e", "A=5"]);
        let values: Vec<_> = set.iter().filter(|pair| pair.starts_with(b"A=")).collect();
        assert_eq!(values, [b"A=5"], "{caller:?}");
    }
}

#[test]
fn an_empty_environment_stays_empty() {
    for &caller in callers() {
        assert_eq!(
            of(with_raw_environment(caller, &[], &[])),
            Vec::<Vec<u8>>::new(),
            "{caller:?}"
        );
        assert_eq!(
            of(with_raw_environment(caller, &[], &["-e", "A=1"])),
            [b"A=1"],
            "{caller:?}"
        );
    }
}
