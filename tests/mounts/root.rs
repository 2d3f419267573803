//! The root: a directory, or an empty one; nothing else is to be seen.

use crate::facts::Seen;
use crate::place::{ROOTS, Root, places};
use crate::support::{Ran, Scratch, callers, command, has, program, skip, through_shell};
use std::fs;
use std::os::unix::fs::symlink;

const NEW: [Root; 2] = [Root::Directory, Root::Empty];

#[test]
fn a_directory_becomes_the_root() {
    for place in places(&[Root::Directory]) {
        fs::write(place.directory().join("mark"), "here\n").expect("a file can be written");
        let seen = place.look(
            &[],
            "cat /mark; ls -d /../mark; stat -c %i / /.. | uniq | wc -l",
        );
        assert_eq!(seen.lines()[..3], ["here", "/../mark", "1"]);
        assert!(seen.mount("/").root.ends_with("/root"));
    }
}

#[test]
fn the_directory_may_be_named_in_any_way() {
    for place in places(&[Root::Directory]) {
        let directory = place.host("two words");
        fs::rename(place.directory(), &directory).expect("it can be renamed");
        symlink("two words", place.directory()).expect("a link can be made");
        let cd = format!("cd {}", place.scratch.path.display());
        for name in [
            "two words",
            "./two words/",
            "root",
            "two words/bin/..",
            "root/.",
        ] {
            for option in ["--root", "-R"] {
                let words = ["run", option, name, "/bin/sh", "-c", "ls -d /bin"];
                let ran = through_shell(place.caller, &cd, &words).output();
                let ran = Ran::from(ran.expect("a shell can be started"));
                assert_eq!(
                    (ran.out.as_str(), ran.err.as_str()),
                    ("/bin\n", ""),
                    "{name}"
                );
            }
        }
    }
}

/// What remains of the host: nothing but what was asked for.
#[test]
fn nothing_of_the_host_is_mounted_inside() {
    for place in places(&NEW) {
        let (source, point) = (place.source("one"), place.inside("d"));
        let seen = place.look(&["--bind", &source, &point, "--tmpfs", "/tmp"], "ls -A /");
        only_what_was_asked_for(&seen, &["/", "/bin/sh", "/proc", "/in/d", "/tmp"]);
        if place.root == Root::Empty {
            let names: Vec<&str> = seen
                .out
                .lines()
                .take_while(|line| !line.contains(" - "))
                .collect();
            assert_eq!(names, ["bin", "in", "proc", "tmp"]);
        }
    }
}

/// Asserts that these, parts of /proc, and what is mounted anew on them are all that is mounted.
#[track_caller]
fn only_what_was_asked_for(seen: &Seen, asked: &[&str]) {
    for mount in &seen.mounts {
        let point = mount.point.as_str();
        assert!(
            asked.contains(&point) || point.starts_with("/proc/"),
            "{mount:?}"
        );
    }
    // The mount that the root stands on is not one that can be reached.
    let roots: Vec<_> = seen
        .mounts
        .iter()
        .filter(|mount| mount.point == "/")
        .collect();
    let [root] = roots[..] else {
        panic!("{roots:?}");
    };
    assert!(
        seen.mounts.iter().all(|mount| mount.id != root.parent),
        "{root:?}"
    );
}

#[test]
fn an_empty_root_is_a_tmpfs_that_is_gone_afterwards() {
    for place in places(&[Root::Empty]) {
        let seen = place.look(&[], "touch /x && stat -c '%a %u:%g' /");
        assert_eq!(seen.lines()[0], "755 0:0");
        let root = seen.mount("/");
        assert_eq!(
            (root.kind.as_str(), root.limits().as_str()),
            ("tmpfs", "nosuid nodev")
        );
        place.says(&[], "ls /", "bin\nproc\n");
    }
}

#[test]
fn a_read_only_root_leaves_what_is_mounted_in_it_writable() {
    for place in places(&NEW) {
        let (source, point) = (place.source("one"), place.folder("d"));
        let script = format!(
            "touch {point}/x /tmp/x && echo written; {{ touch /x; mkdir /in/y; }} 2>&1 | grep -c Read-only"
        );
        let options = ["--read-only", "--bind", &source, &point, "--tmpfs", "/tmp"];
        let seen = place.look(&options, &script);
        assert_eq!(seen.lines()[..2], ["written", "2"], "{:?}", place.root);
        assert!(seen.mount("/").has("ro") && !seen.mount(&point).has("ro"));
        assert!(!place.directory().join("x").exists());
    }
}

#[test]
fn the_hosts_root_can_be_read_only_too() {
    for place in places(&[Root::Host]) {
        let folder = place.folder("d");
        let script = format!("{{ touch {folder}/x; }} 2>&1 | grep -c Read-only");
        place.says(&["--read-only"], &script, "1\n");
        assert!(!fs::exists(place.host("in/d/x")).expect("it can be looked at"));
    }
}

#[test]
fn the_working_directory_is_inside() {
    for place in places(&NEW) {
        let folder = place.inside("w");
        let look = "readlink /proc/self/cwd";
        place.says(&[], look, "/\n");
        place.says(&["--dir", &folder, "--chdir", &folder], look, "/in/w\n");
        place.says(
            &["--dir", &folder, "--chdir", "/in/w/../../../.."],
            look,
            "/\n",
        );
        // Where the caller is means nothing inside.
        for before in ["/usr", "/proc/self", &place.host("")] {
            let ran = place.run_after(
                &format!("cd {before}"),
                &[],
                "readlink /proc/self/cwd; ls -d bin/sh",
            );
            assert_eq!(ran.out, "/\nbin/sh\n", "{before}, {:?}", place.root);
        }
    }
}

#[test]
fn the_home_of_the_new_root_is_a_working_directory() {
    for place in places(&[Root::Directory]) {
        let passwd = "nobody:x:65534:65534::/nowhere:\nroot:x:0:0:root:/in/home:/bin/sh\n";
        fs::write(place.directory().join("etc/passwd"), passwd).expect("it can be written");
        place.folder("home");
        place.says(&["--chdir", "~"], "readlink /proc/self/cwd", "/in/home\n");
    }
}

#[test]
fn where_pivot_root_is_refused_the_root_is_moved() {
    if !has("strace") {
        return skip("no strace");
    }
    for errno in ["EPERM", "EINVAL", "ENOSYS"] {
        for place in places(&NEW) {
            let source = place.source("one");
            let options = ["--bind", &source, "/in/d"];
            let script = "pwd; ls -d /../bin/sh; cat /in/d/which";
            let seen =
                place.look_with_faults(&[&format!("pivot_root:error={errno}")], &options, script);
            assert_eq!(
                seen.lines()[..3],
                ["/", "/../bin/sh", "one"],
                "{errno}, {:?}",
                place.root
            );
            only_what_was_asked_for(&seen, &["/", "/bin/sh", "/proc", "/in/d"]);
        }
    }
}

#[test]
fn older_kernels_come_to_the_same() {
    if !has("strace") {
        return skip("no strace");
    }
    let newer = [
        "open_tree",
        "mount_setattr",
        "move_mount",
        "fsopen",
        "fsmount",
        "fsconfig",
    ];
    let faults = newer.map(|call| format!("{call}:error=ENOSYS"));
    let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
    for place in places(&ROOTS) {
        let (source, point, memory) = (place.source("one"), place.folder("d"), place.folder("t"));
        let options = [
            "--ro-bind",
            &source,
            &point,
            "--size",
            "4096",
            "--perms",
            "700",
            "--tmpfs",
            &memory,
        ];
        let seen = place.look_with_faults(&faults, &options, &format!("cat {point}/which"));
        assert_eq!(seen.lines()[0], "one");
        assert_eq!(
            seen.mount(&point).limits(),
            "ro nosuid nodev",
            "{:?}",
            place.root
        );
        assert_eq!(seen.mount(&memory).value("mode"), Some("700"));
        assert_eq!(seen.mount(&memory).value("size"), Some("4k"));
    }
}

/// mountinfo writes some bytes of a name as octal digits.
#[test]
fn older_kernels_find_what_is_mounted_below_whatever_it_is_called() {
    if !has("strace") {
        return skip("no strace");
    }
    for caller in callers() {
        let scratch = Scratch::new("older");
        let source = scratch.path.join("a b\\\t\n");
        for name in ["in", "i n\\"] {
            std::fs::create_dir_all(source.join(name)).expect("a directory can be made");
        }
        let script = "mount -t tmpfs none \"$2/in\" && mount -t tmpfs none \"$2/i n\\\\\" || exit 1
            exec strace -f -o \"$3\" -e trace=open_tree,mount_setattr \
            -e inject=open_tree,mount_setattr:error=ENOSYS \"$1\" run --ro-bind \"$2\" /mnt sh -c '
            for place in /mnt /mnt/in \"/mnt/i n\\\\\"; do test -d \"$place\" && ! touch \"$place/new\" || exit 1; done'";
        let mut unshare = command(*caller, "unshare");
        unshare.args(["-r", "-m", "sh", "-c", script, "sh"]);
        unshare
            .arg(program())
            .arg(&source)
            .arg(scratch.path.join("trace"));
        let ran = Ran::from(unshare.output().expect("unshare can be started"));
        assert_eq!(
            (ran.code, ran.err.matches("Read-only file system").count()),
            (Some(0), 3),
            "{caller:?} {ran:?}"
        );
    }
}

/// One that was cut off at the end of a component would be another directory.
#[test]
fn a_working_directory_may_have_a_long_name() {
    for caller in callers() {
        let scratch = Scratch::new("long");
        // The name without the last component is 1023 bytes long.
        let mut folder = scratch
            .path
            .join("x".repeat(1022 - scratch.path.as_os_str().len() - 808));
        for _ in 0..8 {
            folder.push("y".repeat(100));
        }
        folder.push("last");
        fs::create_dir_all(&folder).expect("directories can be made");
        let mut pidone = command(*caller, program());
        pidone.args(["run", "--ro-bind", "/", "/", "pwd", "-P"]);
        let ran = Ran::from(pidone.current_dir(&folder).output().expect("pidone starts"));
        assert_eq!(ran.out, format!("{}\n", folder.display()), "{ran:?}");
    }
}
