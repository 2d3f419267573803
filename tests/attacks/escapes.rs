//! Ways back to the old root: descriptors, working directories, processes, mounts.

use crate::hostile::Hostile;
use crate::place::{make_folder, text};
use crate::support::{Ran, callers, command, copy_program, each_with, has, program, run, skip};
use std::fs;
use std::path::Path;
use std::process::Command;

const WAYS: [&str; 6] = [
    "descriptors",
    "processes",
    "chroot",
    "unmount",
    "pivot",
    "up",
];

/// Puts the inmate and its libraries into the root.
fn imprison(hostile: &Hostile) {
    let inmate = std::env::current_exe().expect("a program has a file");
    let output = Command::new("ldd")
        .arg(&inmate)
        .output()
        .expect("ldd can be started");
    let list = String::from_utf8(output.stdout).expect("text");
    let libraries = list.split_whitespace().filter(|word| word.starts_with('/'));
    for library in libraries.map(Path::new) {
        let copy = hostile
            .root()
            .join(library.strip_prefix("/").expect("a whole path"));
        make_folder(copy.parent().expect("a directory"));
        copy_program(library, &copy);
    }
    copy_program(&inmate, &hostile.root().join("bin/inmate"));
}

fn mark(hostile: &Hostile) -> String {
    text(&hostile.outside().join("victim"))
}

#[test]
fn no_way_leads_out_of_the_root() {
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        imprison(&hostile);
        let (root, mark) = (text(&hostile.root()), mark(&hostile));
        let inside = ["/bin/inmate", "inmate"];
        for way in WAYS {
            for root in [
                &["--root", &root][..],
                &[
                    "--root",
                    &root,
                    "--read-only",
                    "--tmpfs",
                    "/tmp",
                    "--dev",
                    "/dev",
                ],
                &["--empty-root", "--bind", &root, "/", "--proc", "/proc"],
                &[
                    "--empty-root",
                    "--overlay-src",
                    &root,
                    "--tmp-overlay",
                    "/",
                    "--proc",
                    "/proc",
                ],
                &["--root", &root, "--propagation", "slave"],
                &["--root", &root, "-a"],
            ] {
                let ran = hostile.run_words(&[&["run"], root, &inside, &[way, &mark]].concat());
                assert_eq!(
                    (ran.code, ran.out.as_str()),
                    (Some(0), "in\n"),
                    "{caller:?}, {way}, {root:?}: {ran:?}"
                );
            }
        }
    }
}

/// The control: a naive chroot holds nobody who is root in it.
#[test]
fn these_ways_lead_out_of_a_naive_root() {
    let hostile = Hostile::new(callers()[0]);
    imprison(&hostile);
    let (root, mark) = (text(&hostile.root()), mark(&hostile));
    for way in ["descriptors", "processes", "chroot"] {
        let ran = hostile.naive(&format!(
            "mount -t proc proc {root}/proc 2>/dev/null || mount --rbind /proc {root}/proc
            cd /; exec chroot {root} /bin/inmate inmate {way} {mark}"
        ));
        assert_eq!(ran.out, "out\n", "{way}: {ran:?}");
    }
}

#[test]
fn no_way_leads_out_where_pivot_root_is_refused() {
    if !has("strace") {
        return skip("no strace");
    }
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        imprison(&hostile);
        let (root, mark) = (text(&hostile.root()), mark(&hostile));
        for way in ["descriptors", "processes", "chroot", "up"] {
            let mut strace = command(caller, "strace");
            strace.args([
                "-f",
                "-qq",
                "-o",
                "/dev/null",
                "-e",
                "inject=pivot_root:error=EPERM",
            ]);
            strace.arg(program()).args([
                "run",
                "--root",
                &root,
                "/bin/inmate",
                "inmate",
                way,
                &mark,
            ]);
            let ran = Ran::from(strace.output().expect("strace can be started"));
            assert_eq!(
                (ran.code, ran.out.as_str()),
                (Some(0), "in\n"),
                "{caller:?}, {way}: {ran:?}"
            );
        }
    }
}

/// A working directory that the root names by a descriptor of ours (CVE-2024-21626).
#[test]
fn the_working_directory_is_never_outside() {
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        let mut targets: Vec<String> = (3..20).map(|fd| format!("/proc/self/fd/{fd}")).collect();
        targets.extend((3..10).map(|fd| format!("/proc/1/fd/{fd}")));
        targets.extend(["/proc/self/cwd".into(), "/proc/self/fd/../cwd".into()]);
        targets.extend(hostile.targets());
        let script = "ls -d outside ../outside ../../outside victim ../victim 2>/dev/null; readlink /proc/self/cwd";
        for (number, target) in targets.iter().enumerate() {
            let link = format!("work{number}");
            hostile.link(&link, target);
            for place in [&format!("/{link}"), target] {
                for more in [&[][..], &["--preserve-fds", "10"]] {
                    let options = [&["--chdir", place], more].concat();
                    let ran = hostile.run(&options, script);
                    match ran.code {
                        Some(125) => assert!(ran.err.starts_with("pidone: "), "{ran:?}"),
                        _ => assert_eq!(
                            (ran.code, ran.out.as_str()),
                            (Some(0), "/\n"),
                            "{options:?} {ran:?}"
                        ),
                    }
                }
            }
        }
    }
}

/// The control: this is how it was done.
#[test]
fn a_naive_working_directory_is_outside() {
    let hostile = Hostile::new(callers()[0]);
    let root = text(&hostile.root());
    hostile.link("work", "/proc/self/fd/9");
    let ran = hostile.naive(&format!(
        "mount -t proc proc {root}/proc 2>/dev/null || mount --rbind /proc {root}/proc
        exec chroot {root} /bin/sh -c 'cd /work && cat outside/victim'"
    ));
    assert_eq!(ran.out, "untouched\n", "{ran:?}");
}

#[test]
fn no_descriptor_of_the_host_is_left() {
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        let list = "cd /proc/self/fd; for fd in *; do echo $fd $(readlink $fd); done; :";
        let lines = |options: &[&str]| {
            let ran = hostile.run(options, list);
            assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{options:?}");
            let lines = ran.out.lines().map(str::to_string).collect::<Vec<_>>();
            lines
                .into_iter()
                .filter(|line| {
                    line.contains('/') && !line.contains("/dev/null") && !line.contains("/proc/")
                })
                .collect::<Vec<_>>()
        };
        let source = text(&hostile.outside());
        let options = [
            "--bind", &source, "/run/a", "--file", "7", "/run/b", "--tmpfs", "/run/c", "--dev",
            "/dev",
        ];
        assert_eq!(lines(&options), [""; 0], "{caller:?}");
        assert_eq!(lines(&[]), [""; 0], "{caller:?}");
        // The control: what is asked for is there, beside what the tests themselves were given.
        assert!(lines(&["--preserve-fds", "7"]).len() >= 3, "{caller:?}");
    }
}

/// What the caller has closed stays closed in namespaces that are made inside (CVE-2014-5206).
#[test]
fn a_nested_namespace_opens_nothing_again() {
    for &caller in callers() {
        let hostile = Hostile::new(caller);
        let source = text(&hostile.outside());
        fs::write(hostile.root().join("etc/key"), "secret\n").expect("a file can be written");
        let options = [
            "--ro-bind",
            &source,
            "/run/d",
            "--mask",
            "/etc/key",
            "--dir",
            "/run/d",
        ];
        let attempt = "mount -o remount,rw,bind /run/d; umount /run/d; umount /etc/key; \
            touch /run/d/new && echo written; cat /etc/key";
        let nested = format!("unshare -Urm /bin/sh -c '{attempt}' 2>&1; exit 0");
        let ran = hostile.run(&options, &nested);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(
            !ran.out.contains("written") && !ran.out.contains("secret"),
            "{caller:?}: {ran:?}"
        );
        // The control: who may mount may unmake them.
        let options = [&options[..], &["--cap-add", "SYS_ADMIN"]].concat();
        let ran = hostile.run(&options, &format!("{{ {attempt}; }} 2>&1; exit 0"));
        assert!(ran.out.contains("secret"), "{caller:?}: {ran:?}");
    }
}

/// What made it is not there any more when the command is.
#[test]
fn a_view_in_a_user_namespace_stays_as_it_is() {
    for (caller, (options, attempt)) in each_with(&[
        ("--read-only", "mount -o remount,rw,bind /"),
        ("--ro-bind / /", "mount -o remount,rw,bind /"),
        ("--tmpfs /etc", "umount /etc"),
        ("--mask /etc/passwd", "umount /etc/passwd"),
        (
            "--ro-bind / / --cap-drop NET_RAW",
            "mount -o remount,rw,bind /",
        ),
        (
            "--ro-bind / / --cap-drop ALL --cap-add CHOWN",
            "mount -o remount,rw,bind /",
        ),
    ]) {
        let attempt = format!("{attempt} && echo undone; exit 0");
        let options: Vec<&str> = ["-U"].into_iter().chain(options.split(' ')).collect();
        let run_with =
            |more: &[&str]| run(caller, &[&options, more, &["sh", "-c", &attempt]].concat());
        let ran = run_with(&[]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{options:?}");
        // The control.
        let ran = run_with(&["--cap-add", "SYS_ADMIN"]);
        assert_eq!(ran.out, "undone\n", "{options:?}");
    }
}
