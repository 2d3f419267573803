//! Landlock, against a probe.

use crate::probe::{answers, probe, tried};
use crate::support::{Caller, Ran, Scratch, callers, pidone, run, skip};
use std::fs;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;

/// The version of Landlock that this kernel has; 0 if none, or not in use.
fn version() -> i64 {
    // SAFETY: no pointer is passed.
    unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0usize, 0usize, 1u32) }.max(0)
}

/// Whether this kernel has what a test needs; else the test is skipped.
fn has(wanted: i64) -> bool {
    let found = version();
    if found < wanted {
        skip(&format!("Landlock {found}, and {wanted} is needed"));
    }
    found >= wanted
}

/// Where the probe and what it is linked to are.
fn programs() -> Vec<String> {
    let own = Path::new(probe())
        .parent()
        .expect("a directory")
        .display()
        .to_string();
    let system = ["/usr", "/bin", "/lib", "/lib64"].map(str::to_string);
    let there = system
        .into_iter()
        .chain([own])
        .filter(|path| Path::new(path).exists());
    there.map(|path| format!("--landlock-rx={path}")).collect()
}

/// What comes of tries when these options are added to what the probe itself needs.
fn confined(caller: Caller, options: &[&str], tries: &[String]) -> Vec<i32> {
    let programs = programs();
    let mut all: Vec<&str> = programs.iter().map(String::as_str).collect();
    all.extend(options);
    tried(caller, &all, tries)
}

const WAYS: [&str; 6] = ["read", "write", "truncate", "execute", "make", "remove"];

/// Every way to use a file `f`, which can be executed; and `n` in the same directory, which is not there.
fn every_way(folder: &Path) -> Vec<String> {
    let file = |way: &str, name: &str| format!("{way}:{}", folder.join(name).display());
    let on_file = WAYS[..4].iter().map(|way| file(way, "f"));
    let on_new = WAYS[4..].iter().map(|way| file(way, "n"));
    on_file
        .chain(on_new)
        .chain([format!("list:{}", folder.display())])
        .collect()
}

fn folder(scratch: &Scratch, name: &str) -> std::path::PathBuf {
    let path = scratch.path.join(name);
    fs::create_dir(&path).expect("a directory can be made");
    crate::support::command(Caller::Root, "chmod")
        .arg("777")
        .arg(&path)
        .status()
        .expect("chmod");
    let file = path.join("f");
    fs::copy("/bin/true", &file).expect("a file can be copied");
    crate::support::command(Caller::Root, "chmod")
        .arg("777")
        .arg(&file)
        .status()
        .expect("chmod");
    path
}

#[test]
fn what_is_allowed_works_and_nothing_else() {
    if !has(5) {
        return;
    }
    const NO: i32 = libc::EACCES;
    for &caller in callers() {
        // read, write, truncate, execute, make, remove, list
        for (option, wanted) in [
            ("--landlock-ro", [0, NO, NO, NO, NO, libc::ENOENT, 0]),
            ("--landlock-rx", [0, NO, NO, 0, NO, libc::ENOENT, 0]),
            ("--landlock-rw", [0, 0, 0, NO, 0, 0, 0]),
        ] {
            let scratch = Scratch::new("landlock");
            let (inside, outside) = (folder(&scratch, "in"), folder(&scratch, "out"));
            let option = format!("{option}={}", inside.display());
            let mut tries = every_way(&inside);
            // What is emptied cannot be executed.
            tries.swap(2, 3);
            let mut wanted = wanted;
            wanted.swap(2, 3);
            let found = confined(caller, &[&option], &tries);
            assert_eq!(found, wanted, "{option}, {tries:?}, {caller:?}");
            let found = confined(caller, &[&option], &every_way(&outside));
            assert_eq!(
                found,
                [NO, NO, NO, NO, NO, libc::ENOENT, NO],
                "{option}, {caller:?}"
            );
            // The control.
            let mut tries = every_way(&outside);
            tries.swap(2, 3);
            assert_eq!(tried(caller, &[], &tries), [0; 7], "{caller:?}");
        }
    }
}

#[test]
fn rights_add_up() {
    if !has(5) {
        return;
    }
    for &caller in callers() {
        let scratch = Scratch::new("both");
        let path = folder(&scratch, "in");
        let both = ["rx", "rw"].map(|one| format!("--landlock-{one}={}", path.display()));
        let mut tries = every_way(&path);
        tries.swap(2, 3);
        let found = confined(caller, &[&both[0], &both[1]], &tries);
        assert_eq!(found, [0; 7], "{caller:?}");
    }
}

#[test]
fn one_file_can_be_allowed() {
    if !has(5) {
        return;
    }
    for &caller in callers() {
        let scratch = Scratch::new("file");
        let path = folder(&scratch, "in");
        let file = path.join("f").display().to_string();
        for (way, wanted) in [
            ("ro", [0, libc::EACCES, libc::EACCES]),
            ("rw", [0, 0, libc::EACCES]),
            ("rx", [0, libc::EACCES, 0]),
        ] {
            let tries = ["read", "write", "execute"].map(|way| format!("{way}:{file}"));
            let option = format!("--landlock-{way}={file}");
            assert_eq!(
                confined(caller, &[&option], &tries),
                wanted,
                "{way}, {caller:?}"
            );
        }
    }
}

/// A command that cannot be executed any more, and why.
#[test]
fn a_command_outside_is_told() {
    if !has(5) {
        return;
    }
    for &caller in callers() {
        let ran = run(caller, &["--landlock-ro=/", "/bin/true"]);
        assert_eq!(ran.code, Some(126), "{ran:?}");
        assert!(
            ran.err.contains("EACCES") && ran.err.contains("--landlock-rx"),
            "{ran:?}"
        );
        let ran = run(caller, &["--landlock-ro=/absent", "/bin/true"]);
        assert_eq!(ran.code, Some(125), "{ran:?}");
        assert!(
            ran.err
                .contains("openat(AT_FDCWD, \"/absent\", O_RDONLY|O_CLOEXEC|O_PATH): ENOENT"),
            "{ran:?}"
        );
    }
}

#[test]
fn ports_are_allowed_one_by_one() {
    if !has(4) {
        return;
    }
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port is free"));
    let [one, other] = listeners
        .each_ref()
        .map(|one| one.local_addr().expect("bound").port());
    for &caller in callers() {
        let tries = [
            format!("connect:{one}"),
            format!("connect:{other}"),
            "bind:0".to_string(),
        ];
        let connect = format!("--landlock-tcp-connect={one}");
        let no = libc::EACCES;
        assert_eq!(
            tried(caller, &[&connect], &tries),
            [0, no, no],
            "{caller:?}"
        );
        assert_eq!(
            tried(caller, &["--landlock-tcp-bind=0"], &tries),
            [no, no, 0],
            "{caller:?}"
        );
        let both = [connect.as_str(), "--landlock-tcp-bind=0"];
        assert_eq!(tried(caller, &both, &tries), [0, no, 0], "{caller:?}");
        // The control.
        assert_eq!(tried(caller, &[], &tries), [0; 3], "{caller:?}");
    }
}

#[test]
fn signals_and_abstract_sockets_stay_inside() {
    if !has(6) {
        return;
    }
    let name = format!("pidone-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).expect("a short name");
    let _listener = UnixListener::bind_addr(&address).expect("the name is free");
    for &caller in callers() {
        // A process of the same user, outside but not out of sight.
        let mut sleeper = crate::support::command(caller, "sleep")
            .arg("60")
            .spawn()
            .expect("sleep");
        let tries = [
            format!("abstract:{name}"),
            format!("signal:{}", sleeper.id()),
        ];
        let found = [&["--share=pid"][..], &["--share=pid", "--landlock-scope"]]
            .map(|options| tried(caller, options, &tries));
        let _ = sleeper.kill();
        let _ = sleeper.wait();
        assert_eq!(found, [[0, 0], [libc::EPERM; 2]], "{caller:?}");
    }
}

#[test]
fn rules_hold_without_no_new_privs() {
    if !has(5) {
        return;
    }
    for &caller in callers() {
        let options = ["--allow-new-privs", "--cap-drop=ALL", "--seccomp=default"];
        let tries = [
            "read:/etc/passwd".to_string(),
            "read:/usr/bin/env".to_string(),
        ];
        assert_eq!(
            confined(caller, &options, &tries),
            [libc::EACCES, 0],
            "{caller:?}"
        );
    }
}

/// Why a kernel does not do it: each of its answers has a cause of its own.
#[test]
fn the_reasons_are_told_apart() {
    if !crate::support::has("strace") {
        return skip("no strace");
    }
    for (errno, cause) in [
        ("ENOSYS", "this kernel is built without Landlock"),
        ("EOPNOTSUPP", "Landlock is disabled: name it in lsm="),
        ("EINVAL", "this kernel's Landlock is too old"),
        ("E2BIG", "this kernel's Landlock is too old"),
    ] {
        for option in [
            "--landlock-rx=/",
            "--landlock-tcp-bind=1",
            "--landlock-scope",
        ] {
            let fault = format!("inject=landlock_create_ruleset:error={errno}");
            let mut strace = crate::support::command(Caller::Root, "strace");
            strace
                .args(["-f", "-o", "/dev/null", "-e", &fault])
                .arg(crate::support::program());
            let output = strace.args(["run", option, "/bin/true"]).output();
            let ran = Ran::from(output.expect("strace can be started"));
            assert_eq!(ran.code, Some(125), "{ran:?}");
            assert!(
                ran.err.contains(&format!(": {errno}\nhint: {cause}")),
                "{ran:?}"
            );
        }
    }
}

/// Our own filter for the terminal, which comes with it, is not to blame for mounts that it refuses.
#[test]
fn landlock_around_us_is_named() {
    if !crate::support::is_root() {
        return skip("who is not root may not write its maps there");
    }
    if !has(5) {
        return;
    }
    let own = crate::support::program().to_str().expect("a plain name");
    let inside = [own, "run", "/bin/true"];
    for (options, cause) in [
        (&["--landlock-rx=/"][..], "Landlock around us"),
        (&["--landlock-rx=/", "--new-session"], "Landlock around us"),
        (&["--seccomp=default"], "a seccomp filter around us"),
    ] {
        let ran = run(Caller::Root, &[options, &inside].concat());
        assert_eq!(ran.code, Some(125), "{options:?}: {ran:?}");
        let (sentence, hint) = ran.err.split_once('\n').expect("a sentence");
        assert!(sentence.ends_with(": EPERM"), "{options:?}: {ran:?}");
        let cause = format!("hint: {cause}");
        assert!(hint.starts_with(&cause), "{options:?}: {ran:?}");
    }
}

/// The control of the tests above: without an option nothing is restricted, and the kernel is not asked.
#[test]
fn nothing_is_restricted_unless_it_is_wished_for() {
    for &caller in callers() {
        let words = ["run", probe(), "probe", "read:/etc/passwd"];
        let ran = Ran::from(
            pidone(caller, &words)
                .output()
                .expect("pidone can be started"),
        );
        assert_eq!(answers(&ran), [0], "{caller:?}");
    }
}
