//! Where the command is looked for, and what it means when it is not there.

mod support;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;
use support::{Caller, Ran, Scratch, callers, pidone};

/// Directories to look in. Only links are made: what is executed was never open for writing.
struct Folders {
    scratch: Scratch,
}

impl Folders {
    /// `empty` has nothing, `echo` and `pwd` have a `tool` each, `plain` has one that is not
    /// executable, `folder` one that is a directory, and `file` is no directory itself.
    fn new() -> Self {
        let scratch = Scratch::new("path");
        for name in ["empty", "echo", "pwd", "plain", "folder"] {
            fs::create_dir(scratch.path.join(name)).expect("a directory can be made");
        }
        for name in ["echo", "pwd"] {
            symlink(format!("/bin/{name}"), scratch.path.join(name).join("tool"))
                .expect("a link can be made");
        }
        fs::create_dir(scratch.path.join("folder/tool")).expect("a directory can be made");
        scratch.file("plain/tool", "#!/bin/sh\n", 0o644);
        scratch.file("file", "", 0o755);
        Folders { scratch }
    }

    fn path(&self, names: &[&str]) -> OsString {
        let folders = names.iter().map(|name| {
            if name.is_empty() {
                PathBuf::new()
            } else {
                self.scratch.path.join(name)
            }
        });
        std::env::join_paths(folders).expect("no colon in them")
    }

    /// Runs `tool inside` with these directories in `PATH`.
    fn run(&self, caller: Caller, names: &[&str]) -> Ran {
        let mut command = pidone(caller, &["run", "tool", "inside"]);
        output(command.env("PATH", self.path(names)))
    }
}

fn output(command: &mut Command) -> Ran {
    command.output().expect("pidone can be started").into()
}

/// A refusal of the command: its status, its errno, and no more than a sentence and a hint.
fn assert_refused(ran: &Ran, code: i32, errno: &str) {
    assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{ran:?}");
    let first = ran.err.lines().next().unwrap_or_default();
    assert!(
        first.starts_with("pidone: step ") && first.ends_with(&format!(": {errno}")),
        "{ran:?}"
    );
    assert!(ran.err.lines().count() <= 2, "{ran:?}");
}

#[test]
fn the_first_directory_that_has_it_wins() {
    let folders = Folders::new();
    for &caller in callers() {
        for names in [
            &["echo"][..],
            &["empty", "echo"],
            &["file", "absent", "echo", "pwd"],
            &["echo", "plain"],
        ] {
            let ran = folders.run(caller, names);
            assert_eq!(
                (ran.code, ran.out.as_str(), ran.err.as_str()),
                (Some(0), "inside\n", ""),
                "{names:?}, {caller:?}"
            );
        }
    }
}

#[test]
fn what_may_not_be_executed_is_passed_over() {
    let folders = Folders::new();
    for &caller in callers() {
        for names in [&["plain", "echo"][..], &["folder", "empty", "echo"]] {
            let ran = folders.run(caller, names);
            assert_eq!(
                (ran.code, ran.out.as_str(), ran.err.as_str()),
                (Some(0), "inside\n", ""),
                "{names:?}, {caller:?}"
            );
        }
    }
}

#[test]
fn what_is_nowhere_is_127() {
    let folders = Folders::new();
    for &caller in callers() {
        for names in [&["empty"][..], &["empty", "absent", "empty"]] {
            let ran = folders.run(caller, names);
            assert_refused(&ran, 127, "ENOENT");
            assert!(
                ran.err
                    .ends_with("hint: there is no such file in the directories of PATH\n"),
                "{ran:?}"
            );
        }
        assert_refused(&folders.run(caller, &["empty", "file"]), 127, "ENOTDIR");
        let absent = folders.scratch.path.join("absent/tool");
        assert_refused(
            &output(pidone(caller, &["run"]).arg(&absent)),
            127,
            "ENOENT",
        );
        assert_refused(
            &output(pidone(caller, &["run"]).arg(folders.scratch.path.join("file/tool"))),
            127,
            "ENOTDIR",
        );
    }
}

#[test]
fn what_is_there_and_may_not_be_executed_is_126() {
    let folders = Folders::new();
    for &caller in callers() {
        for names in [
            &["plain"][..],
            &["folder"],
            &["plain", "empty"],
            &["empty", "folder", "empty", "file"],
        ] {
            let ran = folders.run(caller, names);
            assert_refused(&ran, 126, "EACCES");
            assert!(
                ran.err
                    .contains("/tool\", [\"tool\", \"inside\"], &environ"),
                "the file is named: {ran:?}"
            );
        }
        for name in ["plain/tool", "folder/tool", "folder", "plain"] {
            let path = folders.scratch.path.join(name);
            assert_refused(&output(pidone(caller, &["run"]).arg(path)), 126, "EACCES");
        }
    }
}

#[test]
fn an_ordinary_user_is_not_shown_what_it_may_not_look_into() {
    if !support::is_root() {
        return support::skip("not root: one's own directory is never closed to one");
    }
    let folders = Folders::new();
    let closed = folders.scratch.path.join("echo");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("its mode can be set");
    let ran = folders.run(Caller::Ordinary, &["echo"]);
    let later = folders.run(Caller::Ordinary, &["echo", "pwd"]);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).expect("its mode can be set");
    assert_refused(&ran, 126, "EACCES");
    assert_eq!((later.code, later.out.as_str()), (Some(0), "/\n"));
}

#[test]
fn an_empty_element_is_the_working_directory() {
    let folders = Folders::new();
    for &caller in callers() {
        for names in [
            &["", "empty"][..],
            &["empty", ""],
            &["empty", "", "pwd"],
            &[""],
        ] {
            let mut command = pidone(caller, &["run", "--chdir"]);
            command
                .arg(folders.scratch.path.join("echo"))
                .args(["tool", "inside"]);
            let ran = output(command.env("PATH", folders.path(names)));
            assert_eq!(
                (ran.out.as_str(), ran.err.as_str()),
                ("inside\n", ""),
                "{names:?}, {caller:?}"
            );
        }
    }
}

#[test]
fn without_path_the_usual_places_are_searched() {
    for &caller in callers() {
        let ran = output(pidone(caller, &["run", "echo", "inside"]).env_remove("PATH"));
        assert_eq!(
            (ran.out.as_str(), ran.err.as_str()),
            ("inside\n", ""),
            "{caller:?}"
        );
    }
}

#[test]
fn the_commands_own_path_is_searched() {
    let folders = Folders::new();
    let path = folders
        .path(&["empty", "echo"])
        .into_string()
        .expect("a plain name");
    for &caller in callers() {
        for options in [
            vec!["--env".to_string(), format!("PATH={path}")],
            vec!["--setenv".to_string(), "PATH".to_string(), path.clone()],
            vec![format!("--env=PATH={path}"), "--clearenv".to_string()],
        ] {
            let ran = output(
                pidone(caller, &["run"])
                    .args(&options)
                    .args(["tool", "inside"]),
            );
            assert_eq!(
                (ran.out.as_str(), ran.err.as_str()),
                ("inside\n", ""),
                "{options:?}, {caller:?}"
            );
        }
        let mut command = pidone(caller, &["run", "--unsetenv", "PATH", "tool"]);
        assert_refused(&output(command.env("PATH", &path)), 127, "ENOENT");
    }
}

#[test]
fn a_file_that_is_no_program_is_126() {
    let scratch = Scratch::new("noexec");
    let script = scratch.file("script", "echo a script without its first line\n", 0o755);
    for &caller in callers() {
        let ran = support::eventually("no writer is left", || {
            let ran = output(pidone(caller, &["run"]).arg(&script));
            (!ran.err.contains("ETXTBSY")).then_some(ran)
        });
        assert_refused(&ran, 126, "ENOEXEC");
        assert!(
            ran.err
                .contains("hint: it is for another machine, or a script without a first line"),
            "{ran:?}"
        );
    }
}
