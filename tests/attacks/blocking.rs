//! Things that block whoever opens them, or never end.

use crate::hostile::Hostile;
use crate::place::{make_folder, text};
use crate::support::{callers, is_root, skip};
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

fn make_fifo(path: &Path) {
    assert!(
        Command::new("mkfifo")
            .args(["-m", "666"])
            .arg(path)
            .status()
            .expect("it starts")
            .success()
    );
}

#[test]
fn sources_are_not_opened_for_reading() {
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        let fifo = hostile.scratch.path.join("fifo");
        make_fifo(&fifo);
        let listener = std::os::unix::net::UnixListener::bind(hostile.scratch.path.join("socket"));
        let (fifo, socket) = (text(&fifo), text(&hostile.scratch.path.join("socket")));
        for (source, kind) in [
            (&fifo, "fifo"),
            (&socket, "socket"),
            (&"/dev/ptmx".into(), "character special file"),
            (&"/dev/zero".into(), "character special file"),
        ] {
            for option in ["--bind", "--ro-bind", "--dev-bind", "--ro-bind-try"] {
                let ran = hostile.run(&[option, source, "/run/it"], "stat -c %F /run/it");
                assert_eq!(
                    (ran.code, ran.out.trim()),
                    (Some(0), kind),
                    "{caller:?} {option} {source}: {ran:?}"
                );
            }
        }
        drop(listener);
    }
}

/// As root of the host, who may make devices, so that the root may have them.
fn deny_an_end(hostile: &Hostile, name: &str) {
    let file = hostile.root().join("etc").join(name);
    for kind in ["fifo", "zero", "tty", "endless", "huge", "folder", "loop"] {
        match kind {
            "fifo" => make_fifo(&file),
            "zero" | "tty" if !is_root() => continue,
            "zero" | "tty" => {
                let numbers = if kind == "zero" {
                    ["1", "5"]
                } else {
                    ["5", "0"]
                };
                let made = Command::new("mknod")
                    .arg(&file)
                    .arg("c")
                    .args(numbers)
                    .status();
                assert!(made.expect("it starts").success());
            }
            "endless" => {
                let endless = File::create(&file).expect("a file can be made");
                endless.set_len(1 << 40).expect("it has holes");
            }
            "huge" => fs::write(&file, "a:x:1:1:".repeat(1 << 20)).expect("it can be written"),
            "folder" => fs::create_dir(&file).expect("it can be made"),
            _ => std::os::unix::fs::symlink(name, &file).expect("it can be made"),
        }
        let ran = hostile.run(&["--chdir", "~"], "readlink /proc/self/cwd");
        assert!([Some(0), Some(125)].contains(&ran.code), "{kind} {ran:?}");
        if kind == "folder" {
            fs::remove_dir(&file).expect("it was made");
        } else {
            fs::remove_file(&file).expect("it was made");
        }
    }
}

#[test]
fn a_list_of_users_that_never_ends_is_given_up() {
    for &caller in callers() {
        deny_an_end(&Hostile::new(caller), "passwd");
    }
}

#[test]
fn a_destination_is_not_opened_for_writing() {
    if !is_root() {
        return skip("not root");
    }
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        make_fifo(&hostile.root().join("run/fifo"));
        for option in ["--file", "--bind-data", "--ro-bind-data"] {
            let ran = hostile.run(
                &[option, "7", "/run/fifo"],
                "head -c 5 /run/fifo 2>/dev/null",
            );
            assert!(
                [Some(0), Some(125)].contains(&ran.code),
                "{caller:?} {option} {ran:?}"
            );
        }
        for options in [
            &["--mask", "/run/fifo"][..],
            &["--chmod", "0600", "/run/fifo"],
        ] {
            let ran = hostile.run(options, "[ -p /run/fifo ] || cat /run/fifo");
            assert!(
                [Some(0), Some(125)].contains(&ran.code),
                "{caller:?} {options:?} {ran:?}"
            );
        }
    }
}

#[test]
fn a_fake_proc_that_blocks_is_not_opened() {
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        make_folder(&hostile.root().join("proc/self"));
        make_fifo(&hostile.root().join("proc/self/oom_score_adj"));
        for options in [
            &["--oom-score-adj", "7"][..],
            &["--no-proc", "--oom-score-adj", "7"],
        ] {
            let ran = hostile.run(options, "exit 0");
            assert!(
                [Some(0), Some(125)].contains(&ran.code),
                "{caller:?} {options:?} {ran:?}"
            );
        }
    }
}
