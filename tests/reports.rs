//! What other programs are told through descriptors, and what they may hold up.

mod support;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::{
    Caller, Held, Ran, Scratch, callers, children, command, eventually, has, program, skip,
    through_shell,
};

/// A flat JSON object on a line of its own; the values as they are written.
fn object(line: &str) -> BTreeMap<String, String> {
    let inner = line
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or_else(|| panic!("{line:?}"));
    let member = |text: &str| {
        let (key, value) = text.split_once(": ").unwrap_or_else(|| panic!("{line:?}"));
        let key = key
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap_or_else(|| panic!("{line:?}"));
        (key.to_string(), value.to_string())
    };
    inner.split(", ").map(member).collect()
}

fn objects(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).expect("the report can be read");
    assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
    text.lines().map(object).collect()
}

fn members(list: &[(&str, &str)]) -> BTreeMap<String, String> {
    list.iter()
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect()
}

/// `pidone run` with descriptor 9 open for writing on a file.
fn reporting(caller: Caller, file: &Path, options: &[&str]) -> Command {
    through_shell(
        caller,
        &format!("exec 9>{}", file.display()),
        &[&["run"], options].concat(),
    )
}

/// What has to be told about a command: its id, and each namespace in which it differs from us.
fn truth(held: &Held) -> BTreeMap<String, String> {
    let mut truth = members(&[("child-pid", &held.pid.to_string())]);
    for entry in ["mnt", "uts", "ipc", "net", "pid", "user", "cgroup", "time"] {
        let inode = |pid: &str| {
            fs::metadata(format!("/proc/{pid}/ns/{entry}"))
                .expect("a namespace")
                .ino()
        };
        let inode = (inode(&held.pid.to_string()), inode("self"));
        if inode.0 != inode.1 {
            truth.insert(format!("{entry}-namespace"), inode.0.to_string());
        }
    }
    truth
}

#[test]
fn the_ids_are_told_before_the_command_starts() {
    let scratch = Scratch::new("info");
    for &caller in callers() {
        let file = scratch.path.join(format!("{caller:?}"));
        for options in [
            &[][..],
            &["-a"],
            &["-u", "--hostname=x"],
            &["-T", "--boottime=5"],
            &["--share=pid,mount"],
        ] {
            for report in ["--info-fd=9", "--json-status-fd=9"] {
                let held = Held::start(reporting(caller, &file, &[&[report], options].concat()));
                assert_eq!(
                    objects(&file),
                    [truth(&held)],
                    "{report} {options:?}, {caller:?}"
                );
            }
        }
    }
}

#[test]
fn the_time_namespace_is_the_commands_also_where_the_older_clone_makes_it() {
    if !has("strace") {
        return skip("no strace");
    }
    for &caller in callers() {
        let mut traced = command(caller, "strace");
        traced.args(["-o/dev/null", "--inject=clone3:error=ENOSYS"]);
        traced.arg(program()).args(["run", "-T", "--info-fd=1"]);
        traced.args(["readlink", "/proc/self/ns/time"]);
        let ran: Ran = traced.output().expect("strace can be started").into();
        let (told, link) = ran.out.split_once('\n').expect("two lines");
        let told = object(told).remove("time-namespace");
        // What cannot be known before the command starts may be left out, but not be wrong.
        let right = |inode| format!("time:[{inode}]\n") == link;
        assert!(told.is_none_or(right), "{caller:?}: {ran:?}");
    }
}

#[test]
fn both_reports_can_be_had_at_once() {
    let scratch = Scratch::new("both");
    for &caller in callers() {
        let [info, status] =
            ["info", "status"].map(|name| scratch.path.join(format!("{name}-{caller:?}")));
        let script = format!("exec 8>{} 9>{}", info.display(), status.display());
        let words = ["run", "-u", "--json-status-fd", "9", "--info-fd", "8"];
        let held = Held::start(through_shell(caller, &script, &words));
        let truth = truth(&held);
        assert_eq!(
            (held.end().code, objects(&info)),
            (Some(7), vec![truth.clone()]),
            "{caller:?}"
        );
        assert_eq!(
            objects(&status),
            [truth, members(&[("exit-code", "7")])],
            "{caller:?}"
        );
    }
}

/// The last line of the status report of a run to its end, and what came of it.
fn last_status(caller: Caller, words: &[&str]) -> (BTreeMap<String, String>, Ran) {
    let scratch = Scratch::new("status");
    let file = scratch.path.join("status");
    let mut command = reporting(caller, &file, &[&["--json-status-fd", "9"], words].concat());
    let ran = command.output().expect("sh can be started").into();
    (objects(&file).pop().unwrap_or_default(), ran)
}

#[test]
fn the_exit_code_is_told() {
    for &caller in callers() {
        for code in ["0", "1", "125", "127", "255"] {
            let (status, ran) = last_status(caller, &["/bin/sh", "-c", &format!("exit {code}")]);
            assert_eq!(
                (status, ran.err.as_str()),
                (members(&[("exit-code", code)]), ""),
                "{caller:?}"
            );
        }
    }
}

#[test]
fn a_death_by_signal_is_told() {
    let scratch = Scratch::new("killed");
    for &caller in callers() {
        let file = scratch.path.join(format!("{caller:?}"));
        let held = Held::start(reporting(caller, &file, &["--json-status-fd=9"]));
        // SAFETY: the process is the command, which nobody has waited for.
        unsafe { libc::kill(held.pid as i32, libc::SIGKILL) };
        assert_eq!(held.end().code, Some(137), "{caller:?}");
        let told = objects(&file).pop().expect("a status");
        assert_eq!(
            told,
            members(&[("exit-code", "137"), ("signal", "9")]),
            "{caller:?}"
        );
    }
}

#[test]
fn a_failure_is_told_apart_from_the_commands_own_status() {
    for &caller in callers() {
        for (words, code) in [
            (&["--chdir", "/absent", "true"][..], 125),
            (&["/absent"], 127),
            (&["/etc"], 126),
            (&["--rlimit=nofile=2:1", "true"], 125),
        ] {
            let (status, ran) = last_status(caller, words);
            let step = ran
                .err
                .strip_prefix("pidone: step ")
                .and_then(|rest| rest.split(' ').next())
                .expect("a sentence");
            let told = status.get("failed-step").map(String::as_str);
            assert_eq!(
                (told, ran.code),
                (Some(step), Some(code)),
                "{words:?}, {caller:?}"
            );
            assert!(!status.contains_key("exit-code"), "{words:?}, {caller:?}");
        }
    }
}

/// A reaper has run, whatever became of the command, and has said that.
#[test]
fn a_reapers_failure_is_its_exit_code() {
    for &caller in callers() {
        let (status, ran) = last_status(caller, &["--init", "/absent"]);
        assert_eq!(status, members(&[("exit-code", "127")]), "{caller:?}");
        assert_eq!(ran.code, Some(127), "{caller:?}");
        assert!(ran.err.contains("ENOENT"), "{caller:?}: {ran:?}");
    }
}

/// A pipe with a name, and a reading end that never waits.
fn fifo(scratch: &Scratch, name: &str) -> (PathBuf, File) {
    let path = scratch.path.join(name);
    let made = Command::new("mkfifo")
        .args(["-m", "666"])
        .arg(&path)
        .status();
    assert!(made.expect("mkfifo can be started").success());
    let reader = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(&path);
    (path, reader.expect("it can be opened"))
}

#[test]
fn the_commands_status_survives_a_reader_that_has_gone() {
    for &caller in callers() {
        let scratch = Scratch::new("gone");
        let (path, _) = fifo(&scratch, "status");
        // The only reader is a descriptor that is closed before the command starts.
        let script = format!("exec 8<>{0} 9>{0}", path.display());
        let words = ["run", "--json-status-fd=9"];
        let held = Held::start(through_shell(caller, &script, &words));
        let ran = held.end();
        assert_eq!(
            (ran.code, ran.signal),
            (Some(7), None),
            "{caller:?}: {ran:?}"
        );
        assert_eq!(
            ran.err, "pidone: cannot write the output: EPIPE\n",
            "{caller:?}"
        );
    }
}

#[test]
fn a_reader_that_has_gone_before_the_start_is_a_failure() {
    for &caller in callers() {
        let scratch = Scratch::new("early");
        let (path, _) = fifo(&scratch, "info");
        let made = scratch.path.join("made");
        let script = format!("exec 8<>{0} 9>{0} 8<&-", path.display());
        let mut command = through_shell(caller, &script, &["run", "--info-fd=9", "touch"]);
        let ran: Ran = command
            .arg(&made)
            .output()
            .expect("sh can be started")
            .into();
        assert_eq!(
            (ran.code, ran.signal),
            (Some(125), None),
            "{caller:?}: {ran:?}"
        );
        assert!(
            ran.err.ends_with(", ...): EPIPE\n") && ran.err.lines().count() == 1,
            "{caller:?}: {ran:?}"
        );
        assert!(!made.exists(), "{caller:?}");
    }
}

#[test]
fn the_sync_descriptor_is_open_exactly_as_long_as_the_command_runs() {
    for &caller in callers() {
        for options in [&["--sync-fd=9"][..], &["--sync-fd", "9", "-a"]] {
            let scratch = Scratch::new("sync");
            let (path, mut reader) = fifo(&scratch, "sync");
            let held = Held::start(reporting(caller, &path, options));
            let waits = reader.read(&mut [0]).expect_err("somebody has it open");
            assert_eq!(waits.kind(), ErrorKind::WouldBlock, "{caller:?}");
            assert!(
                !Path::new(&format!("/proc/{}/fd/9", held.pid)).exists(),
                "it is not the command's, {caller:?}"
            );
            assert_eq!(held.end().code, Some(7), "{caller:?}");
            assert_eq!(reader.read(&mut [0]).expect("its end"), 0, "{caller:?}");
        }
    }
}

/// A run that waits at descriptor 8 with everything set up: what ends the waiting, the wait's child,
/// and a file that the command makes.
fn held_up(caller: Caller, scratch: &Scratch) -> (File, std::process::Child, u32, PathBuf) {
    let (path, reader) = fifo(scratch, "go");
    let writer = OpenOptions::new()
        .write(true)
        .open(&path)
        .expect("it has a reader");
    let made = scratch.path.join("made");
    let script = format!("exec 8<{}", path.display());
    let mut command = through_shell(caller, &script, &["run", "--block-fd", "8", "touch"]);
    let child = command
        .arg(&made)
        .stderr(Stdio::piped())
        .spawn()
        .expect("sh can be started");
    let inside = eventually("pidone's child reads descriptor 8", || {
        let pid = *children(child.id()).first()?;
        let call = fs::read_to_string(format!("/proc/{pid}/syscall")).ok()?;
        call.starts_with(&format!("{} 0x8 ", libc::SYS_read))
            .then_some(pid)
    });
    drop(reader);
    (writer, child, inside, made)
}

#[test]
fn the_command_starts_when_a_byte_or_the_end_can_be_read() {
    for &caller in callers() {
        for byte in [&b"x"[..], b""] {
            let scratch = Scratch::new("block");
            let (mut writer, child, inside, made) = held_up(caller, &scratch);
            let status = fs::read_to_string(format!("/proc/{inside}/status")).expect("it waits");
            assert_eq!(
                support::status_field(&status, "NoNewPrivs").as_deref(),
                Some("1"),
                "everything is set up"
            );
            assert!(!made.exists(), "{caller:?}");
            writer.write_all(byte).expect("it has a reader");
            drop(writer);
            let ran = Ran::from(child.wait_with_output().expect("pidone can be waited for"));
            assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{caller:?}");
            assert!(made.exists(), "{caller:?}");
        }
    }
}
