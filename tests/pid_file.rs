//! The file that holds the command's process id while it runs.

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use support::{Held, Ran, Scratch, callers, command, has, pidone, program, skip};

#[test]
fn the_pid_file_holds_the_commands_id_while_it_runs() {
    let scratch = Scratch::new("pidfile");
    for &caller in callers() {
        let file = scratch.path.join(format!("{caller:?}"));
        for options in [&[][..], &["-a", "--chdir=/usr"], &["--share", "pid"]] {
            let mut command = pidone(caller, &["run", "--pid-file"]);
            command.arg(&file).args(options);
            let held = Held::start(command);
            let content = fs::read_to_string(&file).expect("it is there");
            assert_eq!(
                content,
                format!("{}\n", held.pid),
                "{options:?}, {caller:?}"
            );
            assert_eq!(held.end().code, Some(7), "{caller:?}");
            assert!(!file.exists(), "{options:?}, {caller:?}");
        }
    }
}

#[test]
fn a_relative_pid_file_is_in_the_callers_directory() {
    let scratch = Scratch::new("relative");
    for &caller in callers() {
        let mut command = pidone(caller, &["run", "--pid-file=pid", "--chdir", "/"]);
        command.current_dir(&scratch.path);
        let held = Held::start(command);
        assert!(scratch.path.join("pid").exists(), "{caller:?}");
        drop(held);
        assert!(!scratch.path.join("pid").exists(), "{caller:?}");
    }
}

#[test]
fn an_old_pid_file_is_replaced() {
    for &caller in callers() {
        let scratch = Scratch::new("old");
        let file = scratch.file("pid", "what was there before, and is longer\n", 0o666);
        let mut command = pidone(caller, &["run", "--pid-file"]);
        command.arg(&file);
        let held = Held::start(command);
        assert_eq!(
            fs::read_to_string(&file).expect("it is there"),
            format!("{}\n", held.pid),
            "{caller:?}"
        );
    }
}

#[test]
fn a_pid_file_is_never_written_through_a_link() {
    for &caller in callers() {
        let scratch = Scratch::new("link");
        let target = scratch.file("target", "precious", 0o666);
        let link = scratch.path.join("pid");
        symlink(&target, &link).expect("a link can be made");
        let ran: Ran = pidone(caller, &["run", "--pid-file"])
            .arg(&link)
            .arg("true")
            .output()
            .expect("pidone starts")
            .into();
        assert_eq!(ran.code, Some(125), "{caller:?}");
        assert!(
            ran.err
                .ends_with("O_WRONLY|O_CREAT|O_TRUNC|O_NOFOLLOW|O_CLOEXEC, 0644): ELOOP\n"),
            "{ran:?}"
        );
        assert_eq!(
            fs::read_to_string(&target).expect("it is there"),
            "precious",
            "{caller:?}"
        );
        assert!(link.is_symlink(), "{caller:?}");
    }
}

/// It is removed at the end: a device that others need would be gone, and a pipe keeps whoever opens it.
#[test]
fn what_is_no_file_is_no_pid_file() {
    for &caller in callers() {
        let scratch = Scratch::new("device");
        let pipe = scratch.path.join("pipe");
        let made = command(caller, "mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo can be started").success());
        for path in [Path::new("/dev/null"), &pipe, &scratch.path] {
            let ran: Ran = pidone(caller, &["run", "--share=mount", "--explain", "--pid-file"])
                .args([path.as_os_str(), "true".as_ref()])
                .output()
                .expect("pidone starts")
                .into();
            let wanted = "wanted is a file, which need not be there";
            assert_eq!(ran.code, Some(125), "{ran:?}");
            assert_eq!(
                ran.err,
                format!("pidone: --pid-file \"{}\": {wanted}\n", path.display())
            );
        }
    }
}

#[test]
fn a_pid_file_that_is_gone_already_is_no_failure() {
    for &caller in callers() {
        let scratch = Scratch::new("removed");
        let file = scratch.path.join("pid");
        let script = format!("rm {} && exit 7", file.display());
        let mut command = pidone(caller, &["run", "--pid-file"]);
        let ran: Ran = command
            .arg(&file)
            .args(["/bin/sh", "-c", &script])
            .output()
            .expect("pidone starts")
            .into();
        assert_eq!((ran.code, ran.err.as_str()), (Some(7), ""), "{caller:?}");
    }
}

#[test]
fn a_signal_at_the_very_end_leaves_no_pid_file() {
    if !has("strace") {
        return skip("no strace");
    }
    for &caller in callers() {
        let scratch = Scratch::new("late");
        let file = scratch.path.join("pid");
        let mut traced = command(caller, "strace");
        // When the command has ended, and pidone looks at how.
        traced.args([
            "-o/dev/null",
            "-e",
            "trace=wait4",
            "-e",
            "inject=wait4:signal=TERM",
        ]);
        traced
            .arg(program())
            .arg("run")
            .arg("--pid-file")
            .arg(&file);
        let ran: Ran = traced
            .args(["/bin/sh", "-c", "exit 7"])
            .output()
            .expect("strace starts")
            .into();
        assert!(!file.exists(), "{caller:?}: {ran:?}");
    }
}
