//! Things in the root that are not what their names say: /proc, /dev, /etc/passwd, masked paths.

use crate::facts::mounted;
use crate::hostile::{Hostile, refused_or};
use crate::place::{make_folder, text};
use crate::support::callers;
use std::fs;

/// The places that get a file system of their own, as links to the outside, or as files.
#[test]
fn what_is_mounted_on_a_link_is_inside_or_nowhere() {
    for &caller in callers() {
        for (name, options, kind) in [
            ("proc", &[][..], "proc"),
            ("proc", &["--proc", "/proc"], "proc"),
            ("dev", &["--dev", "/dev"], "tmpfs"),
            ("sys", &["-n", "--sys", "/sys"], "sysfs"),
            ("tmp", &["--tmpfs", "/tmp"], "tmpfs"),
        ] {
            let hostile = Hostile::new(caller);
            for folder in ["self", "1", "pts", "shm", "sys/kernel"] {
                make_folder(&hostile.outside().join("folder").join(folder));
            }
            let outside = text(&hostile.outside());
            for target in [
                format!("{outside}/folder"),
                "../outside/folder".into(),
                name.into(),
                "/".into(),
            ] {
                let path = hostile.root().join(name);
                let _ = fs::remove_dir(&path).or_else(|_| fs::remove_file(&path));
                hostile.link(name, &target);
                let before = hostile.state();
                let ran = hostile.run(
                    options,
                    "ls -A / >/dev/null; cat /proc/self/mountinfo 2>/dev/null; :",
                );
                let about = format!("{caller:?}, {options:?}, {target}");
                assert_eq!(hostile.state(), before, "{about}: {ran:?}");
                refused_or(&ran, &about, |mounts| {
                    mounts.is_empty() || mounts.iter().any(|mount| mount.kind == kind)
                });
            }
        }
    }
}

#[test]
fn what_is_written_to_proc_never_goes_to_a_fake() {
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        let names = [
            "oom_score_adj",
            "uid_map",
            "gid_map",
            "setgroups",
            "timens_offsets",
        ];
        for process in ["self", "thread-self", "1"] {
            make_folder(&hostile.root().join("proc").join(process));
            for name in names {
                let link = format!("proc/{process}/{name}");
                hostile.link(
                    &link,
                    "../../../../../../../../../proc/self/fd/9/outside/victim",
                );
            }
        }
        let before = hostile.state();
        let options = ["--oom-score-adj", "7", "-T", "--monotonic", "5", "-U"];
        for proc in [&[][..], &["--no-proc"], &["--tmpfs", "/tmp"]] {
            let options = [&options, proc].concat();
            let ran = hostile.run(
                &options,
                "cat /proc/self/oom_score_adj; cat /proc/self/mountinfo",
            );
            assert_eq!(hostile.state(), before, "{caller:?}, {options:?}: {ran:?}");
            if proc.contains(&"--no-proc") {
                assert_ne!(ran.code, Some(0), "there is nothing to read: {ran:?}");
                continue;
            }
            // The control: it was written, where it belongs.
            assert_eq!(
                (ran.code, &ran.out[..2]),
                (Some(0), "7\n"),
                "{caller:?}: {ran:?}"
            );
        }
    }
}

#[test]
fn the_home_is_never_read_from_the_host() {
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        let line = "root:x:0:0:root:/run:/bin/sh\n";
        fs::write(hostile.outside().join("passwd"), line).expect("a file can be written");
        let script = "readlink /proc/self/cwd";
        for target in hostile.targets() {
            hostile.link("etc/passwd", &format!("{target}/passwd"));
            let ran = hostile.run(&["--chdir", "~"], script);
            assert_ne!(ran.out, "/run\n", "{target}");
            fs::remove_file(hostile.root().join("etc/passwd")).expect("it is a link");
        }
        // The control: as a file of the root it counts.
        fs::write(hostile.root().join("etc/passwd"), line).expect("a file can be written");
        assert_eq!(hostile.run(&["--chdir", "~"], script).out, "/run\n");
    }
}

#[test]
fn a_masked_link_does_not_leave_its_target_readable() {
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        fs::write(hostile.root().join("etc/key"), "secret\n").expect("a file can be written");
        make_folder(&hostile.root().join("etc/keys"));
        fs::write(hostile.root().join("etc/keys/key"), "secret\n").expect("a file can be written");
        hostile.link("key", "etc/key");
        hostile.link("keys", "/etc/keys");
        let script = "cat /key /etc/key /keys/key /etc/keys/key 2>/dev/null; exit 0";
        assert_eq!(
            hostile.run(&[], script).out.matches("secret").count(),
            4,
            "the control"
        );
        let ran = hostile.run(&["--mask", "/key", "--mask", "/keys"], script);
        refused_or(&ran, "--mask", |_| !ran.out.contains("secret"));
    }
}

/// What masks are made of must not come from the root.
#[test]
fn a_mask_is_not_made_of_what_the_root_has() {
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        fs::write(hostile.root().join("etc/key"), "secret\n").expect("a file can be written");
        fs::write(hostile.root().join("run/fake"), "fake\n").expect("a file can be written");
        for target in ["../../outside/victim", "/run/fake", "/etc/key", "/absent"] {
            hostile.link("dev/null", target);
            let ran = hostile.run(
                &["--mask", "/etc/key"],
                "cat /etc/key; cat /proc/self/mountinfo",
            );
            assert_eq!(ran.code, Some(0), "{caller:?}, {target}: {ran:?}");
            for word in ["secret", "fake\n", "untouched"] {
                assert!(!ran.out.contains(word), "{caller:?}, {target}: {ran:?}");
            }
            fs::remove_file(hostile.root().join("dev/null")).expect("it is a link");
        }
    }
}

#[test]
fn the_devices_are_the_hosts_whatever_the_root_has() {
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        for name in [
            "null", "zero", "console", "ptmx", "pts", "shm", "fd", "stdin", "tty",
        ] {
            hostile.link(&format!("dev/{name}"), "../../outside/victim");
        }
        let before = hostile.state();
        let script = "stat -c %t:%T /dev/null /dev/zero /dev/tty; echo x >/dev/null; cat /proc/self/mountinfo";
        let ran = hostile.run(&["--dev", "/dev"], script);
        assert!(
            ran.out.starts_with("1:3\n1:5\n5:0\n"),
            "{caller:?}: {ran:?}"
        );
        assert_eq!(
            mounted(&crate::facts::mounts(&ran.out), "/dev/pts").kind,
            "devpts"
        );
        assert_eq!(hostile.state(), before);
    }
}
