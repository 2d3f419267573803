//! Nothing that is less privileged than the caller's terminal can type into it (CVE-2017-5226).

use crate::probe::probe;
use crate::support::{Caller, callers, each_with, pidone};
use std::fs::{self, File};
use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::process::CommandExt;
use std::process::Stdio;

const TIOCSTI: u64 = libc::TIOCSTI;
const TIOCLINUX: u64 = libc::TIOCLINUX;

/// Both ends of a new terminal.
fn terminal() -> (File, File) {
    let (mut master, mut slave) = (0, 0);
    let null = std::ptr::null_mut::<libc::c_char>();
    // SAFETY: two descriptors are written; nothing else is passed.
    let opened = unsafe {
        libc::openpty(
            &mut master,
            &mut slave,
            null,
            std::ptr::null(),
            std::ptr::null(),
        )
    };
    assert_eq!(opened, 0, "a terminal can be had");
    // SAFETY: they are ours.
    unsafe { (File::from_raw_fd(master), File::from_raw_fd(slave)) }
}

/// What the probe says about these tries when the terminal is the session's, and how much can then be
/// read from that as if it had been typed.
fn typed(caller: Caller, options: &[&str], tries: &[String]) -> (Vec<i32>, i32) {
    let (_master, slave) = terminal();
    let words: Vec<&str> = [&["run"], options, &[probe(), "probe"]].concat();
    let mut command = pidone(caller, &words);
    command
        .args(tries)
        .stdin(slave.try_clone().expect("a descriptor"))
        .stdout(Stdio::piped());
    // SAFETY: both calls may be made between fork and exec.
    unsafe {
        command.pre_exec(|| {
            libc::setsid();
            libc::ioctl(0, libc::TIOCSCTTY, 0);
            // So that what has been typed counts before there is a whole line.
            let mut modes = std::mem::zeroed();
            libc::tcgetattr(0, &mut modes);
            modes.c_lflag &= !(libc::ICANON | libc::ECHO);
            libc::tcsetattr(0, libc::TCSANOW, &modes);
            Ok(())
        });
    }
    let mut child = command.spawn().expect("pidone can be started");
    let mut text = String::new();
    child
        .stdout
        .take()
        .expect("a pipe")
        .read_to_string(&mut text)
        .expect("text");
    assert!(
        child.wait().expect("it can be waited for").success(),
        "{options:?}, {caller:?}"
    );
    let mut waiting = 0;
    // SAFETY: one int is written.
    unsafe { libc::ioctl(slave.as_raw_fd(), libc::FIONREAD, &mut waiting) };
    let answers = text.lines().map(|line| line.parse().expect("a number"));
    (answers.collect(), waiting)
}

/// Whether this kernel lets anybody type into his own terminal.
fn allowed() -> bool {
    fs::read_to_string("/proc/sys/dev/tty/legacy_tiocsti").map_or(true, |text| text.trim() == "1")
}

#[test]
fn nothing_can_be_typed_into_the_callers_terminal() {
    let tries: Vec<String> = [TIOCSTI, TIOCSTI | 1 << 32, TIOCLINUX, TIOCLINUX | 1 << 63]
        .map(|request| format!("ioctl:{request}"))
        .to_vec();
    let filter = std::env::temp_dir().join(format!("pidone-allow-{}", std::process::id()));
    // A filter that allows everything.
    fs::write(&filter, [6, 0, 0, 0, 0, 0, 0xff, 0x7f]).expect("a file can be written");
    let file = format!("--seccomp-file={}", filter.display());
    let mut found = Vec::new();
    for &caller in callers() {
        for options in [
            &["--seccomp=default"][..],
            &["--cap-drop=ALL"],
            &["--cap-drop=NET_RAW", "-U"],
            &["--disable-userns"],
            &["--landlock-rx=/", "--landlock-tcp-bind=1"],
            &["--landlock-scope", "--allow-new-privs"],
            &["--tmpfs", "/mnt"],
            &["--root", "/"],
            &[&file],
        ] {
            found.push((caller, options.join(" "), typed(caller, options, &tries)));
        }
    }
    let _ = fs::remove_file(&filter);
    for (caller, options, found) in found {
        assert_eq!(found, (vec![libc::EPERM; 4], 0), "{options}, {caller:?}");
    }
}

#[test]
fn nothing_can_be_typed_by_programs_for_another_processor() {
    let tries = [format!("ioctl32:{TIOCSTI}"), format!("ioctl32:{TIOCLINUX}")];
    for &caller in callers() {
        let (found, waiting) = typed(caller, &["--cap-drop=ALL"], &tries);
        assert_eq!((found, waiting), (vec![libc::EPERM; 2], 0), "{caller:?}");
    }
}

#[test]
fn a_user_namespace_is_less_than_roots_terminal() {
    if callers()[0] == Caller::Root {
        let (found, waiting) = typed(Caller::Root, &["-U"], &[format!("ioctl:{TIOCSTI}")]);
        assert_eq!((found, waiting), (vec![libc::EPERM], 0));
    }
}

/// With a session of its own the command has no terminal, which does not matter to root (TIOCSTI(2const)).
#[test]
fn a_new_session_cannot_type_either() {
    for (caller, options) in each_with(&[
        &["-U", "--cap-drop=ALL"][..],
        &["--cap-drop=NET_RAW"],
        &["--ro-bind", "/", "/"],
        &["--landlock-scope"],
    ]) {
        let options = [&["--new-session"], options].concat();
        let (found, waiting) = typed(caller, &options, &[format!("ioctl:{TIOCSTI}")]);
        let refused = [libc::EPERM, libc::EIO].contains(&found[0]);
        assert!(refused && waiting == 0, "{found:?}, {caller:?} {options:?}");
    }
}

/// The control: where nothing takes privilege away the command is as good as the caller's shell.
#[test]
fn by_default_the_command_may_do_what_its_caller_may() {
    let tries = [
        format!("ioctl:{TIOCSTI}"),
        format!("ioctl:{}", TIOCSTI | 1 << 32),
    ];
    for &caller in callers() {
        let (found, waiting) = typed(caller, &[], &tries);
        let may = allowed() || caller == Caller::Root;
        let wanted = if may {
            (vec![0; 2], 2)
        } else {
            (vec![libc::EIO; 2], 0)
        };
        assert_eq!((found, waiting), wanted, "{caller:?}");
    }
}
