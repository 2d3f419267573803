//! Components of a destination that are exchanged with links while pidone mounts.

use crate::hostile::{Hostile, refused_or};
use crate::place::{make_folder, text};
use crate::support::callers;
use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

const ROUNDS: usize = 60;

/// The end of the exchanging, also where an assertion fails.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Exchanges two names again and again while `action` is done; how often.
fn exchanging(one: &Path, other: &Path, action: impl FnOnce()) -> u32 {
    let names = [one, other].map(|path| CString::new(path.as_os_str().as_bytes()).expect("a name"));
    let (done, count) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                // SAFETY: both are C strings that live as long as this thread.
                let answer = unsafe {
                    libc::syscall(
                        libc::SYS_renameat2,
                        libc::AT_FDCWD,
                        names[0].as_ptr(),
                        libc::AT_FDCWD,
                        names[1].as_ptr(),
                        libc::RENAME_EXCHANGE,
                    )
                };
                assert_eq!(answer, 0, "{}", std::io::Error::last_os_error());
                count.fetch_add(1, Ordering::Relaxed);
                // A little pause now and then gives every order of events its turn.
                if count.load(Ordering::Relaxed) % 7 == 0 {
                    thread::yield_now();
                }
            }
        });
        let _end = End(&done);
        action();
    });
    count.into_inner()
}

/// A root where `swing` is a directory, and `link` a link to the outside.
fn swinging(hostile: &Hostile, target: &str) -> [std::path::PathBuf; 2] {
    let swing = hostile.root().join("swing");
    make_folder(&swing.join("folder"));
    fs::write(swing.join("victim"), "").expect("a file can be written");
    hostile.link("link", target);
    [swing, hostile.root().join("link")]
}

#[test]
fn an_exchanged_component_never_leads_outside() {
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        let target = text(&hostile.outside());
        let source = hostile.scratch.path.join("source");
        make_folder(&source);
        let [one, other] = swinging(&hostile, &target);
        let before = hostile.state();
        let source = text(&source);
        let options = [
            &["--bind", &source, "/swing/folder"][..],
            &["--ro-bind", &source, "/swing/new/deep"],
            &["--tmpfs", "/swing/folder"],
            &["--dir", "/swing/made/deep"],
            &["--file", "7", "/swing/file"],
            &["--bind-data", "7", "/swing/victim"],
            &["--symlink", "x", "/swing/made-link"],
            &["--chmod", "0", "/swing/victim"],
            &["--dev", "/swing/folder"],
            &["--mask", "/swing/victim"],
        ];
        let exchanged = exchanging(&one, &other, || {
            for round in 0..ROUNDS {
                let options = options[round % options.len()];
                let ran = hostile.run(options, "cat /proc/self/mountinfo");
                // Once a link is made, there is one.
                refused_or(&ran, options[0], |mounts| {
                    let own = mounts
                        .iter()
                        .filter(|mount| mount.point != "/" && !mount.point.starts_with("/proc"));
                    let mounting = !["--dir", "--file", "--symlink", "--chmod", "--mask"]
                        .contains(&options[0]);
                    !mounting || own.count() > 0
                });
                assert_eq!(hostile.state(), before, "{caller:?}, {options:?}: {ran:?}");
            }
        });
        assert!(exchanged > 100, "{exchanged}");
    }
}

/// The control: who looks first and acts by the name then is led outside sooner or later.
#[test]
fn a_naive_program_is_led_outside() {
    let hostile = Hostile::new(callers()[0]);
    let [one, other] = swinging(&hostile, &text(&hostile.outside()));
    let before = hostile.state();
    exchanging(&one, &other, || {
        for round in 0..5_000 {
            let path = hostile.root().join(format!("swing/{round}"));
            let checked = fs::canonicalize(path.parent().expect("a directory"));
            if checked.is_ok_and(|path| path.starts_with(hostile.root())) {
                // Whoever has much to do takes as long.
                thread::sleep(Duration::from_micros(100));
                let _ = fs::create_dir(&path);
            }
            if round % 20 == 0 && hostile.state() != before {
                return;
            }
        }
        panic!("it was never led outside");
    });
}

/// The kernel gives up on a `..` while anything is renamed, anywhere (`EAGAIN`). That is no reason to fail.
#[test]
fn what_is_renamed_elsewhere_disturbs_nobody() {
    for &caller in callers() {
        let elsewhere = Hostile::new(caller);
        let [one, other] = swinging(&elsewhere, "nowhere");
        exchanging(&one, &other, || {
            for _ in 0..30 {
                let hostile = Hostile::new(caller);
                hostile.link("var/run", "../run");
                let folder = "/var/run/b/dir";
                let options = ["--dir", folder, "--tmpfs", "/var/run/e", "--chmod", "0711"];
                let options = [&options[..], &[folder, "--symlink", "x", "/var/run/d/x"]].concat();
                let ran = hostile.run(&options, "exit 0");
                assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{caller:?}");
            }
        });
    }
}
