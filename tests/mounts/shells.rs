//! A shell session in a real root file system, at a terminal.

use crate::place::{Place, Root, busybox, make_folder, places};
use crate::session::Session;
use crate::support::{Caller, command, copy_program, eventually, has, program, skip};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROMPT: &str = "ready> ";

/// An interactive shell in the root, at its first prompt.
fn shell(place: &Place, options: &[&str], words: &[&str]) -> (Session, u32) {
    let root = place.directory().display().to_string();
    let start = [
        program().to_str().expect("a plain name"),
        "run",
        "--root",
        &root,
    ];
    let mut session = Session::new();
    let job = session.foreground(place.caller, &[&start, options, words].concat());
    session.until(PROMPT);
    (session, job)
}

/// Types a line, and waits for the next prompt; what came between.
fn answer(session: &mut Session, line: &str) -> String {
    session.keys(line);
    session.keys("\n");
    session.until("\r\n");
    session.until(PROMPT).replace("\r\n", "\n")
}

/// A place whose root has every tool of busybox by its own name.
fn with_all_tools(place: &Place) {
    let list = command(place.caller, busybox()).arg("--list").output();
    let list = String::from_utf8(list.expect("it can be started").stdout).expect("names");
    for tool in list
        .lines()
        .filter(|tool| !["busybox", "sh"].contains(tool))
    {
        let link = place.directory().join("bin").join(tool);
        std::os::unix::fs::symlink("busybox", link).expect("a link can be made");
    }
}

#[test]
fn a_shell_works_in_a_root_of_busybox() {
    for place in places(&[Root::Directory]) {
        with_all_tools(&place);
        let options = ["--dev", "/dev", "--tmpfs", "/tmp", "-e", "PATH=/bin"];
        let (mut session, job) = shell(&place, &options, &["/bin/sh", "-i"]);
        assert_eq!(answer(&mut session, "echo $$; pwd"), "1\n/\n");
        assert_eq!(answer(&mut session, "tty"), "/dev/console\n");
        assert_eq!(
            answer(&mut session, "/bin/ls /"),
            "bin   dev   etc   in    proc  run   sys   tmp   var\n"
        );
        let processes = answer(&mut session, "/bin/ps -o pid,comm | /bin/grep -v PID");
        assert!(processes.starts_with("    1 sh\n"), "{processes}");
        assert_eq!(
            answer(
                &mut session,
                "/bin/seq 3 >/tmp/x; /bin/sort -r /tmp/x | /bin/tail -n 1"
            ),
            "1\n"
        );
        if place.caller == Caller::Root {
            // The terminal is root's.
            assert_eq!(answer(&mut session, "echo here >/dev/console"), "here\n");
        }
        assert_eq!(
            answer(&mut session, "[ -t 0 ] </dev/tty && echo a terminal"),
            "a terminal\n"
        );
        // Job control, as on the host.
        session.keys("/bin/sleep 1000\n");
        eventually("sleep is in the foreground", || {
            let holder = fs::read_to_string(format!("/proc/{}/comm", session.holder()));
            Some(())
                .filter(|()| holder.is_ok_and(|name| ["sleep\n", "busybox\n"].contains(&&*name)))
        });
        session.keys("\x03");
        session.until(PROMPT);
        assert_eq!(answer(&mut session, "echo $?"), "130\n");
        session.keys("exit 5\n");
        assert_eq!(session.change(job), "exited 5", "{:?}", place.caller);
    }
}

/// The libraries of a program, and its loader.
fn libraries(program: &Path) -> Vec<PathBuf> {
    let output = Command::new("ldd")
        .arg(program)
        .output()
        .expect("ldd can be started");
    let text = String::from_utf8(output.stdout).expect("text");
    let words = text.split_whitespace().filter(|word| word.starts_with('/'));
    words.map(PathBuf::from).collect()
}

#[test]
fn a_shell_with_libraries_works_where_they_were_copied() {
    let bash = Path::new("/bin/bash");
    if !has("bash") || !has("ldd") {
        return skip("no bash or no ldd");
    }
    for place in places(&[Root::Directory]) {
        let files = libraries(bash);
        assert!(!files.is_empty());
        for file in files.iter().map(PathBuf::as_path).chain([bash]) {
            let copy = place
                .directory()
                .join(file.strip_prefix("/").expect("a whole path"));
            make_folder(copy.parent().expect("a directory"));
            copy_program(file, &copy);
        }
        let words = ["/bin/bash", "--norc", "--noprofile", "-i"];
        let (mut session, job) = shell(&place, &["--dev", "/dev"], &words);
        assert_eq!(
            answer(&mut session, "echo $$ $BASH; type -t cd"),
            "1 /bin/bash\nbuiltin\n"
        );
        assert_eq!(
            answer(&mut session, "echo /*"),
            "/bin /dev /etc /in /lib /lib64 /proc /run /sys /tmp /var\n"
        );
        session.keys("\x04");
        assert_eq!(session.change(job), "exited 0", "{:?}", place.caller);
    }
}

#[test]
fn a_root_that_is_read_only_is_written_through_an_overlay() {
    for place in places(&[Root::Directory]) {
        let root = place.directory().display().to_string();
        let options = [
            "--empty-root",
            "--overlay-src",
            &root,
            "--tmp-overlay",
            "/",
            "--proc",
            "/proc",
        ];
        let mut words = vec!["run"];
        words.extend(options);
        let script =
            "mkdir /new && echo x >/etc/new && rm /bin/busybox && ls /bin /etc; cat /etc/new";
        words.extend(["/bin/sh", "-c", script]);
        let ran = crate::support::pidone(place.caller, &words).output();
        let ran = crate::support::Ran::from(ran.expect("pidone can be started"));
        assert_eq!(ran.out, "/bin:\nsh\n\n/etc:\nnew\nx\n", "{ran:?}");
        assert!(place.directory().join("bin/busybox").exists());
        assert!(!place.directory().join("new").exists());
    }
}
