//! Wishes that cannot be fulfilled: one sentence, and nothing is left behind.

use crate::place::{Place, ROOTS, Root, make_folder, places, text};
use crate::support::{Caller, is_root, skip};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

/// Everything below a directory: names, kinds, modes, owners, sizes.
fn tree(path: &Path) -> Vec<String> {
    let mut all = vec![];
    let mut folders = vec![path.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("it can be read").flatten() {
            let (path, data) = (entry.path(), entry.metadata().expect("it is there"));
            all.push(format!(
                "{path:?} {:o} {} {} {}",
                data.mode(),
                data.uid(),
                data.size(),
                data.mtime_nsec()
            ));
            if data.is_dir() {
                folders.push(path);
            }
        }
    }
    all.sort();
    all
}

/// Asserts that a run is refused in one sentence with these parts, and leaves nothing behind.
#[track_caller]
fn refused_after(place: &Place, before: &str, options: &[&str], parts: &[&str]) {
    let (tree_before, mounts) = (
        tree(&place.scratch.path),
        fs::read_to_string("/proc/self/mountinfo"),
    );
    let ran = place.run_after(before, options, "echo it runs");
    let about = format!("{options:?}, {:?}, {:?}: {ran:?}", place.caller, place.root);
    assert_eq!((ran.code, ran.out.as_str()), (Some(125), ""), "{about}");
    let (sentence, hint) = ran.err.split_once('\n').expect("a sentence");
    assert!(sentence.starts_with("pidone: "), "{about}");
    assert!(
        hint.is_empty() || hint.starts_with("hint: ") && hint.lines().count() == 1,
        "{about}"
    );
    for part in parts {
        assert!(ran.err.contains(part), "no {part} in {about}");
    }
    let now = tree(&place.scratch.path);
    let changed: Vec<_> = now
        .iter()
        .filter(|one| !tree_before.contains(one))
        .collect();
    assert_eq!(changed, [""; 0], "{about}");
    assert_eq!(tree_before.len(), now.len(), "{about}");
    assert_eq!(
        mounts.ok(),
        fs::read_to_string("/proc/self/mountinfo").ok(),
        "{about}"
    );
}

#[track_caller]
fn refused(place: &Place, options: &[&str], parts: &[&str]) {
    refused_after(place, "", options, parts);
}

#[test]
fn a_missing_source_is_named_with_its_destination() {
    for place in places(&ROOTS) {
        let (absent, point) = (place.host("absent"), place.folder("d"));
        for option in ["--bind", "--ro-bind", "--dev-bind"] {
            refused(
                &place,
                &[option, &absent, &point],
                &[&absent, &point, "ENOENT"],
            );
        }
    }
}

#[test]
fn a_file_and_a_directory_do_not_go_together() {
    for place in places(&ROOTS) {
        let (source, made) = (place.source("one"), place.folder("made"));
        let which = source.clone() + "/which";
        let (file, folder) = (place.file("f"), place.folder("d"));
        let setup = ["--bind", &which, &file, "--bind", &source, &folder];
        let wrong = [&setup[..], &["--bind", &source, &file]].concat();
        refused(&place, &wrong, &[&source, &file]);
        let wrong = [&setup[..], &["--bind", &which, &folder]].concat();
        refused(&place, &wrong, &[&which, &folder]);
        refused(
            &place,
            &[&setup[..], &["--tmpfs", &file]].concat(),
            &[&file],
        );
        refused(&place, &[&setup[..], &["--dir", &file]].concat(), &[&file]);
        refused(&place, &["--dir", &made, "--file", "0", &made], &[&made]);
    }
}

#[test]
fn a_destination_below_a_file_cannot_be_made() {
    for place in places(&ROOTS) {
        let source = place.source("one");
        let which = source.clone() + "/which";
        let file = place.file("f");
        let below = file.clone() + "/a/b";
        let setup = ["--bind", &which, &file];
        for rest in [
            &["--bind", &source, &below][..],
            &["--tmpfs", &below],
            &["--dir", &below],
            &["--symlink", "x", &below],
            &["--file", "0", &below],
        ] {
            refused(&place, &[&setup[..], rest].concat(), &[&below]);
        }
    }
}

#[test]
fn a_loop_of_links_is_a_loop() {
    for place in places(&[Root::Host, Root::Directory]) {
        let folder = place.outside("").expect("a directory");
        symlink("loop", folder.join("loop")).expect("a link can be made");
        let (source, below) = (place.source("one"), place.inside("loop") + "/x");
        refused(&place, &["--bind", &source, &below], &[&below, "ELOOP"]);
        refused(&place, &["--tmpfs", &below], &[&below, "ELOOP"]);
        let loops = text(&folder.join("loop"));
        let point = place.folder("d");
        refused(
            &place,
            &["--bind", &loops, &point],
            &[&loops, &point, "ELOOP"],
        );
    }
}

#[test]
fn a_modifier_needs_an_operation_that_it_suits() {
    for place in places(&[Root::Host, Root::Empty]) {
        let (source, point) = (place.source("one"), place.folder("d"));
        refused(&place, &["--perms", "700"], &["--perms"]);
        refused(&place, &["--size", "4096"], &["--size"]);
        refused(&place, &["--tmpfs", &point, "--perms", "700"], &["--perms"]);
        refused(&place, &["--size", "4096", "--dir", &point], &["--size"]);
        refused(
            &place,
            &["--size", "4096", "--bind", &source, &point],
            &["--size"],
        );
        refused(&place, &["--overlay-src", &source], &["--overlay-src"]);
        refused(
            &place,
            &["--overlay-src", &source, "--tmpfs", &point],
            &["--overlay-src"],
        );
        for word in ["800", "17777", "x", "-1", ""] {
            refused(&place, &["--perms", word, "--tmpfs", &point], &["--perms"]);
            refused(&place, &["--chmod", word, &point], &["--chmod"]);
        }
        for word in ["x", "-1", "0", "99999999999999999999", ""] {
            refused(&place, &["--size", word, "--tmpfs", &point], &["--size"]);
        }
    }
}

#[test]
fn an_overlay_needs_layers() {
    for place in places(&[Root::Host, Root::Empty]) {
        let (source, point) = (place.source("one"), place.folder("d"));
        for words in [
            &["--tmp-overlay", &point][..],
            &["--ro-overlay", &point],
            &["--overlay", &source, &source, &point],
        ] {
            refused(&place, words, &[words[0], "--overlay-src"]);
        }
        // There would be nothing to lay over it.
        let words = ["--overlay-src", &source, "--ro-overlay", &point];
        refused(
            &place,
            &words,
            &["--ro-overlay", "--overlay-src S", "twice"],
        );
        let absent = place.host("absent");
        let words = [
            "--overlay-src",
            &absent,
            "--overlay-src",
            &source,
            "--ro-overlay",
            &point,
        ];
        refused(&place, &words, &[&point, "ENOENT"]);
    }
}

/// What nobody asked for is told by its place.
#[test]
fn a_link_in_the_place_of_proc_is_named() {
    for place in places(&[Root::Directory]) {
        let proc = place.directory().join("proc");
        let _ = fs::remove_dir(&proc);
        std::os::unix::fs::symlink("etc", proc).expect("a link can be made");
        refused(&place, &[], &["pidone: default \"/proc\": step "]);
    }
}

#[test]
fn layers_that_cannot_be_are_explained() {
    for place in places(&[Root::Host, Root::Empty]) {
        let (source, point) = (place.source("one"), place.folder("d"));
        let words = [
            "--overlay-src",
            "/usr",
            "--overlay",
            &source,
            &source,
            &point,
        ];
        refused(
            &place,
            &words,
            &["EINVAL\nhint: RW and WORK must lie apart"],
        );
    }
    for place in places(&[Root::Host]) {
        let words = ["-U", "--overlay-src", "/", "--tmp-overlay", "/"];
        refused(
            &place,
            &words,
            &["EINVAL\nhint: ", "nothing may be mounted below a layer"],
        );
    }
}

#[test]
fn a_descriptor_must_be_open() {
    for place in places(&ROOTS) {
        let new = place.inside("new");
        let old = place.file("f");
        for (option, file) in [
            ("--file", new),
            ("--bind-data", old.clone()),
            ("--ro-bind-data", old),
        ] {
            refused_after(&place, "exec 9<&-", &[option, "9", &file], &[option, "9"]);
            for word in ["x", "-1", "4294967296", ""] {
                refused(&place, &[option, word, &file], &[option]);
            }
            // Open, but not for reading.
            let before = "exec 9>/dev/null";
            refused_after(&place, before, &[option, "9", &file], &["EBADF"]);
            refused_after(&place, "exec 9</", &[option, "9", &file], &["EISDIR"]);
        }
    }
}

#[test]
fn what_is_not_there_is_neither_changed_nor_closed() {
    for place in places(&ROOTS) {
        let (absent, folder) = (place.inside("absent"), place.folder("d"));
        refused(&place, &["--chmod", "700", &absent], &[&absent, "ENOENT"]);
        refused(&place, &["--remount-ro", &absent], &[&absent, "ENOENT"]);
        refused(
            &place,
            &["--mask", &(absent.clone() + "/x"), "--chmod", "7", &absent],
            &[&absent],
        );
        if place.root != Root::Empty {
            // It is no mount point.
            let says = [&folder, "EINVAL\nhint: it is no mount point"];
            refused(&place, &["--remount-ro", &folder], &says);
        }
    }
}

#[test]
fn a_root_must_be_a_directory() {
    for place in places(&[Root::Host]) {
        let (source, absent) = (place.source("one"), place.host("absent"));
        let file = source + "/which";
        let says = "ENOENT\nhint: there is no such source; --bind-try";
        refused(&place, &["--root", &absent], &[&absent, says]);
        refused(&place, &["--root", &file], &[&file, "ENOTDIR"]);
        refused(&place, &["--root", ""], &["--root"]);
        refused(
            &place,
            &["--root", "/tmp", "--empty-root"],
            &["--root", "--empty-root"],
        );
        refused(
            &place,
            &["--share", "mount", "--tmpfs", &file],
            &["--share", "--tmpfs"],
        );
        refused(
            &place,
            &["--share", "mount", "--empty-root"],
            &["--share", "--empty-root"],
        );
    }
}

#[test]
fn a_root_without_the_command_says_so() {
    for place in places(&[Root::Directory, Root::Empty]) {
        let ran = place.run(&[], "exec /absent");
        assert_eq!(ran.code, Some(127));
        let mut words = vec!["run".to_string()];
        words.extend(place.options());
        words.push("/usr/bin/absent".into());
        let ran = crate::support::pidone(place.caller, &words).output();
        let ran = crate::support::Ran::from(ran.expect("pidone can be started"));
        assert_eq!(ran.code, Some(127), "{ran:?}");
        assert!(ran.err.contains("\"/usr/bin/absent\""), "{ran:?}");
    }
}

/// Steps before the one that fails have made directories, files and mounts.
#[test]
fn a_failure_halfway_leaves_nothing() {
    for place in places(&ROOTS) {
        let (source, absent) = (place.source("one"), place.host("absent"));
        let [folder, file] = ["d", "f"].map(|name| {
            if name == "d" {
                place.folder(name)
            } else {
                place.file(name)
            }
        });
        let options = [
            "--bind",
            &source,
            &folder,
            "--tmpfs",
            &folder,
            "--dir",
            &format!("{folder}/x"),
            "--bind-data",
            "0",
            &file,
            "--symlink",
            "x",
            &format!("{folder}/y"),
            "--bind",
            &absent,
            &folder,
        ];
        refused(&place, &options, &[&absent]);
    }
}

#[test]
fn an_ordinary_user_needs_the_right_to_a_destination() {
    if !is_root() {
        return skip("not root");
    }
    for place in places(&[Root::Directory]).filter(|place| place.caller == Caller::Ordinary) {
        let closed = place.outside("closed").expect("a directory");
        make_folder(&closed);
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).expect("a mode");
        refused(
            &place,
            &["--tmpfs", "/in/closed/x"],
            &["/in/closed/x", "EACCES"],
        );
        refused(
            &place,
            &["--dir", "/in/closed/x"],
            &["/in/closed/x", "EACCES"],
        );
        // On what is there already it may mount.
        place.says(
            &["--tmpfs", "/in/closed", "--dir", "/in/closed/x"],
            "ls /in/closed",
            "x\n",
        );
    }
}

#[test]
fn sysfs_in_a_net_namespace_of_others_is_refused() {
    for place in places(&ROOTS).filter(|place| place.caller == Caller::Ordinary) {
        let sys = place.folder("sys");
        refused(&place, &["--sys", &sys], &[&sys, "EPERM", "--net"]);
        refused(&place, &["--mqueue", &sys], &[&sys, "EPERM", "--ipc"]);
    }
}

/// The kernel mounts nothing twice in the same place, and of a namespace there is one.
#[test]
fn what_shows_a_namespace_is_not_mounted_over_itself() {
    for place in places(&[Root::Host]).filter(|place| place.caller == Caller::Root) {
        let point = place.folder("d");
        for (option, remedy) in [("--sys", "--net"), ("--mqueue", "--ipc")] {
            let words = [option, &point, option, &point];
            refused(&place, &words, &[&point, "EBUSY\nhint: ", remedy]);
            place.says(
                &[remedy, option, &point],
                "echo it is there",
                "it is there\n",
            );
        }
    }
}
