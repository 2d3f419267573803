//! Filters of system calls, against a probe that tries what is refused.

use crate::probe::{answers, probe, tried};
use crate::support::{Caller, Ran, Scratch, callers, is_root, pidone, run, run_here, status_field};
use crate::support::{command, program, skip, through_shell};
use std::fs;
use std::path::Path;

const DEFAULT: &[&str] = &["--seccomp", "default"];

/// What container engines refuse by default. Of these calls wrong arguments do no harm either.
const REFUSED: [(&str, i64); 53] = [
    ("acct", libc::SYS_acct),
    ("add_key", libc::SYS_add_key),
    ("bpf", libc::SYS_bpf),
    ("clock_settime", libc::SYS_clock_settime),
    ("delete_module", libc::SYS_delete_module),
    ("fanotify_init", libc::SYS_fanotify_init),
    ("finit_module", libc::SYS_finit_module),
    ("fsconfig", libc::SYS_fsconfig),
    ("fsmount", libc::SYS_fsmount),
    ("fsopen", libc::SYS_fsopen),
    ("fspick", libc::SYS_fspick),
    ("get_mempolicy", libc::SYS_get_mempolicy),
    ("init_module", libc::SYS_init_module),
    ("io_uring_enter", libc::SYS_io_uring_enter),
    ("io_uring_register", libc::SYS_io_uring_register),
    ("io_uring_setup", libc::SYS_io_uring_setup),
    ("ioperm", libc::SYS_ioperm),
    ("iopl", libc::SYS_iopl),
    ("kcmp", libc::SYS_kcmp),
    ("kexec_file_load", libc::SYS_kexec_file_load),
    ("kexec_load", libc::SYS_kexec_load),
    ("keyctl", libc::SYS_keyctl),
    ("mbind", libc::SYS_mbind),
    ("migrate_pages", libc::SYS_migrate_pages),
    ("mount", libc::SYS_mount),
    ("mount_setattr", libc::SYS_mount_setattr),
    ("move_mount", libc::SYS_move_mount),
    ("move_pages", libc::SYS_move_pages),
    ("open_by_handle_at", libc::SYS_open_by_handle_at),
    ("open_tree", libc::SYS_open_tree),
    ("perf_event_open", libc::SYS_perf_event_open),
    ("pidfd_getfd", libc::SYS_pidfd_getfd),
    ("pivot_root", libc::SYS_pivot_root),
    ("process_madvise", libc::SYS_process_madvise),
    ("quotactl", libc::SYS_quotactl),
    ("quotactl_fd", libc::SYS_quotactl_fd),
    ("reboot", libc::SYS_reboot),
    ("request_key", libc::SYS_request_key),
    ("set_mempolicy", libc::SYS_set_mempolicy),
    ("set_mempolicy_home_node", libc::SYS_set_mempolicy_home_node),
    ("setdomainname", libc::SYS_setdomainname),
    ("sethostname", libc::SYS_sethostname),
    ("setns", libc::SYS_setns),
    ("settimeofday", libc::SYS_settimeofday),
    ("swapoff", libc::SYS_swapoff),
    ("swapon", libc::SYS_swapon),
    ("sysfs", libc::SYS_sysfs),
    ("syslog", libc::SYS_syslog),
    ("umount2", libc::SYS_umount2),
    ("unshare", libc::SYS_unshare),
    ("uselib", libc::SYS_uselib),
    ("userfaultfd", libc::SYS_userfaultfd),
    ("ustat", libc::SYS_ustat),
];

fn calls(numbers: impl Iterator<Item = i64>) -> Vec<String> {
    numbers.map(|number| format!("call:{number}")).collect()
}

#[test]
fn what_container_engines_refuse_is_refused() {
    let tries = calls(REFUSED.iter().map(|(_, number)| *number));
    for &caller in callers() {
        for options in [
            DEFAULT,
            &["-U", "--seccomp=default"],
            &["--seccomp=default", "--allow-new-privs"],
        ] {
            let found = tried(caller, options, &tries);
            for ((name, _), errno) in REFUSED.iter().zip(&found) {
                assert_eq!(*errno, libc::EPERM, "{name}, {options:?}, {caller:?}");
            }
        }
        // The control: with capabilities over a namespace of its own most of them say something else.
        let found = tried(caller, &["-U"], &tries);
        let others = found.iter().filter(|errno| **errno != libc::EPERM).count();
        assert!(others > REFUSED.len() / 2, "{found:?}, {caller:?}");
    }
    // This one has no arguments to be wrong.
    assert_eq!(
        tried(
            callers()[0],
            DEFAULT,
            &[format!("call:{}", libc::SYS_vhangup)]
        ),
        [libc::EPERM]
    );
}

#[test]
fn what_is_not_known_is_answered_as_by_an_older_kernel() {
    let clone3 = libc::SYS_clone3;
    let x32 = 1 << 30;
    let numbers = [
        clone3,
        335 + 20,
        467,
        500,
        1000,
        x32,
        x32 | 39,
        x32 | 514,
        -1,
    ];
    for &caller in callers() {
        let found = tried(
            caller,
            DEFAULT,
            &calls(numbers.into_iter().map(|one| one & 0xffff_ffff)),
        );
        assert_eq!(found, [libc::ENOSYS; 9], "{caller:?}");
        // The control: it is there without the filter.
        let found = tried(caller, &[], &calls([clone3].into_iter()));
        assert_ne!(found, [libc::ENOSYS], "{caller:?}");
    }
}

#[test]
fn other_architectures_are_ended() {
    for &caller in callers() {
        assert_eq!(
            tried(caller, DEFAULT, &["getpid32:"]),
            [libc::SIGSYS],
            "{caller:?}"
        );
    }
    // The control, if this kernel has such programs; one that has not ends them with another signal.
    let without = tried(callers()[0], &[], &["getpid32:"]);
    assert!(without == [0] || without == [libc::SIGSEGV], "{without:?}");
}

#[test]
fn namespaces_are_refused_by_argument() {
    let flags = [
        libc::CLONE_NEWNS,
        libc::CLONE_NEWUTS,
        libc::CLONE_NEWIPC,
        libc::CLONE_NEWUSER,
        libc::CLONE_NEWPID,
        libc::CLONE_NEWNET,
        libc::CLONE_NEWCGROUP,
    ];
    let mut tries: Vec<String> = flags.map(|flag| format!("clone:{}", flag as u32)).to_vec();
    for &caller in callers() {
        assert_eq!(
            tried(caller, &["-U", "--seccomp=default"], &tries),
            [libc::EPERM; 7],
            "{caller:?}"
        );
        // The control, from a namespace in which that is allowed.
        assert_eq!(tried(caller, &["-U"], &tries), [0; 7], "{caller:?}");
    }
    tries = vec![
        "clone:0".into(),
        "personality:0".into(),
        "personality:4294967295".into(),
    ];
    tries.extend([
        "personality:131080".into(),
        "socket:1".into(),
        "socket:2".into(),
    ]);
    assert_eq!(tried(callers()[0], DEFAULT, &tries), [0; 6]);
    let refused = [
        "personality:262144",
        "personality:1048576",
        "socket:40",
        "unshare:0",
    ];
    assert_eq!(tried(callers()[0], DEFAULT, &refused), [libc::EPERM; 4]);
}

/// Programs with threads, children and a C library work under the filter.
#[test]
fn ordinary_programs_work() {
    for &caller in callers() {
        let script = "set -e; x=$(ls / | sort | head -n 1); test -n \"$x\"; sleep 0.01 & wait; \
            trap 'echo trapped' USR1; kill -s USR1 $$; test -e /etc/passwd";
        let ran = run(
            caller,
            &[
                "--seccomp=default",
                "--cap-drop=ALL",
                "/bin/sh",
                "-c",
                script,
            ],
        );
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (Some(0), "trapped\n"),
            "{ran:?}"
        );
        if crate::support::has("python3") {
            let script = "import threading, subprocess; t = threading.Thread(target=print, \
                args=('thread',)); t.start(); t.join(); subprocess.run(['true'], check=True)";
            let words = ["--seccomp=default", "/usr/bin/env", "python3", "-c", script];
            let ran = run(caller, &words);
            assert_eq!(
                (ran.code, ran.out.as_str()),
                (Some(0), "thread\n"),
                "{ran:?}"
            );
        }
    }
}

/// A `struct sock_filter`.
fn instruction(code: u16, jt: u8, jf: u8, k: u32) -> Vec<u8> {
    let mut bytes = code.to_ne_bytes().to_vec();
    bytes.extend([jt, jf]);
    bytes.extend(k.to_ne_bytes());
    bytes
}

/// A filter that answers one call with an errno.
fn refusing(number: i64, errno: i32) -> Vec<u8> {
    [
        instruction(0x20, 0, 0, 0),
        instruction(0x15, 0, 1, number as u32),
        instruction(0x06, 0, 0, libc::SECCOMP_RET_ERRNO | errno as u32),
        instruction(0x06, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
    .concat()
}

/// `--seccomp-file` with a file of these bytes.
fn file(scratch: &Scratch, name: &str, bytes: &[u8]) -> String {
    let path = scratch.path.join(name);
    fs::write(&path, bytes).expect("a file can be written");
    format!("--seccomp-file={}", path.display())
}

#[test]
fn filters_of_the_caller_stack() {
    let scratch = Scratch::new("filters");
    let one = file(&scratch, "one", &refusing(libc::SYS_getppid, libc::ERANGE));
    let two = file(&scratch, "two", &refusing(libc::SYS_getsid, libc::EDOM));
    let tries = calls([libc::SYS_getppid, libc::SYS_getsid, libc::SYS_mount].into_iter());
    for &caller in callers() {
        let found = tried(caller, &["-U", &one], &tries);
        assert_eq!(found[..2], [libc::ERANGE, libc::ESRCH], "{caller:?}");
        assert_ne!(found[2], libc::EPERM, "{caller:?}");
        for options in [
            ["-U", &one, &two, "--seccomp=default"],
            ["-U", "--seccomp=default", &two, &one],
        ] {
            let found = tried(caller, &options, &tries);
            assert_eq!(found, [libc::ERANGE, libc::EDOM, libc::EPERM], "{caller:?}");
        }
    }
}

#[test]
fn a_filter_comes_from_a_descriptor_too() {
    let scratch = Scratch::new("descriptor");
    fs::write(
        scratch.path.join("f"),
        refusing(libc::SYS_getppid, libc::ERANGE),
    )
    .expect("a file");
    let path = scratch.path.join("f").display().to_string();
    let number = format!("call:{}", libc::SYS_getppid);
    for &caller in callers() {
        for (script, fd) in [
            (format!("exec 9<{path}"), "9"),
            (format!("exec <{path}"), "0"),
            // In pieces, and from another process.
            (
                format!(
                    "mkfifo {path}.$$; (dd if={path} bs=3 status=none >{path}.$$)& exec 7<{path}.$$"
                ),
                "7",
            ),
        ] {
            let words = ["run", "--seccomp", fd, probe(), "probe", &number];
            let output = through_shell(caller, &script, &words).output();
            let ran = Ran::from(output.expect("sh can be started"));
            assert_eq!(answers(&ran), [libc::ERANGE], "{script}, {caller:?}");
        }
    }
}

#[test]
fn a_filters_descriptor_does_not_reach_the_command() {
    let scratch = Scratch::new("closed");
    fs::write(scratch.path.join("f"), refusing(libc::SYS_getppid, 1)).expect("a file");
    let script = format!("exec 9<{}", scratch.path.join("f").display());
    let words = ["run", "--seccomp=9", "/bin/ls", "/proc/self/fd"];
    let output = through_shell(callers()[0], &script, &words).output();
    let ran = Ran::from(output.expect("sh can be started"));
    assert!(!ran.out.contains('9') && ran.code == Some(0), "{ran:?}");
}

#[test]
fn what_is_no_filter_is_refused() {
    let scratch = Scratch::new("sizes");
    let wanted = "wanted is 1 to 4096 instructions of 8 bytes\n";
    let long = refusing(libc::SYS_getppid, 1).repeat(1025);
    for (name, bytes) in [
        ("none", &[][..]),
        ("half", &[0; 12]),
        ("one", &[6]),
        ("long", &long),
    ] {
        let option = file(&scratch, name, bytes);
        let (start, path) = option.split_once('=').expect("an option with a value");
        for &caller in callers() {
            let ran = run(caller, &[&option, "/bin/true"]);
            let sentence = format!("pidone: {start} {path:?}: {wanted}");
            assert_eq!((ran.code, ran.err), (Some(125), sentence), "{caller:?}");
        }
    }
    let wanted_of_both = "wanted is default, or a descriptor of 1 to 4096 instructions of 8 bytes";
    let output = through_shell(
        callers()[0],
        "exec 9</dev/null",
        &["run", "--seccomp=9", "/bin/true"],
    )
    .output();
    let ran = Ran::from(output.expect("sh can be started"));
    let sentence = format!("pidone: --seccomp \"9\": {wanted_of_both}\n");
    assert_eq!((ran.code, ran.err), (Some(125), sentence));
    // Of a file without an end not everything is read.
    for (words, sentence) in [
        (
            ["--seccomp-file=/dev/zero", "/bin/true"],
            "--seccomp-file \"/dev/zero\": wanted is 1 to 4096 instructions of 8 bytes",
        ),
        (
            ["--seccomp-file=/absent", "/bin/true"],
            "--seccomp-file \"/absent\": ENOENT",
        ),
        (
            ["--seccomp-file=/", "/bin/true"],
            "--seccomp-file \"/\": EISDIR",
        ),
        (["--seccomp=77", "/bin/true"], "--seccomp \"77\": EBADF"),
    ] {
        let ran = run_here(&words);
        assert_eq!(
            (ran.code, ran.err),
            (Some(125), format!("pidone: {sentence}\n"))
        );
    }
}

#[test]
fn what_the_kernel_takes_for_no_filter_is_explained() {
    let scratch = Scratch::new("invalid");
    // A jump out of the program; no return; an instruction that is none.
    let jump = instruction(0x15, 9, 9, 0);
    for bytes in [jump, instruction(0x20, 0, 0, 0), instruction(0xff, 0, 0, 0)] {
        let option = file(&scratch, "f", &bytes);
        for &caller in callers() {
            let ran = run(caller, &[&option, "/bin/true"]);
            assert_eq!(ran.code, Some(125), "{ran:?}");
            let says = "seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=1, filter=&filter}): EINVAL\nhint: this is no filter";
            assert!(ran.err.contains(says), "{ran:?}");
        }
    }
}

/// It is installed last: a filter may refuse everything that pidone has done before.
#[test]
fn a_filter_may_refuse_all_that_comes_before_it() {
    let scratch = Scratch::new("last");
    let mut program = instruction(0x20, 0, 0, 0);
    let refused = [
        libc::SYS_close_range,
        libc::SYS_rt_sigprocmask,
        libc::SYS_prctl,
        libc::SYS_capset,
        libc::SYS_mount,
        libc::SYS_setsid,
    ];
    for (at, number) in refused.iter().enumerate() {
        program.extend(instruction(
            0x15,
            (refused.len() - at) as u8,
            0,
            *number as u32,
        ));
    }
    program.extend(instruction(0x06, 0, 0, libc::SECCOMP_RET_ALLOW));
    program.extend(instruction(0x06, 0, 0, libc::SECCOMP_RET_KILL_PROCESS));
    let option = file(&scratch, "f", &program);
    let options = [&option, "--new-session", "--cap-drop=ALL", "--map-user=5"];
    for &caller in callers() {
        let ran = run(caller, &[&options[..], &[env_free_command()]].concat());
        assert_eq!(ran.code, Some(7), "{ran:?}, {caller:?}");
        // The control: the filter does what it says.
        let ran = run(
            caller,
            &[&options[..], &[probe(), "probe", "call:165"]].concat(),
        );
        assert_eq!(ran.code, Some(128 + libc::SIGSYS), "{ran:?}, {caller:?}");
    }
}

/// A program that exits with 7 and makes no other system call.
fn env_free_command() -> &'static str {
    static PATH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    PATH.get_or_init(|| {
        let path = Path::new(probe()).with_file_name("seven");
        let source = path.with_extension("c");
        let code = "void _start(void) { __asm__ volatile (\"syscall\" : : \"a\"(231), \"D\"(7)); }";
        fs::write(&source, code).expect("a file can be written");
        let built = std::process::Command::new("cc")
            .args(["-static", "-nostdlib", "-o"])
            .args([&path, &source])
            .status();
        assert!(built.expect("cc can be started").success());
        path.display().to_string()
    })
}

#[test]
fn a_filter_that_refuses_execution_is_told() {
    let scratch = Scratch::new("execution");
    let option = file(&scratch, "f", &refusing(libc::SYS_execve, libc::EACCES));
    for &caller in callers() {
        let ran = run(caller, &[&option, "/bin/true"]);
        assert_eq!(ran.code, Some(126), "{ran:?}");
        assert!(ran.err.contains("execve(\"/bin/true\""), "{ran:?}");
    }
}

/// Neither the child nor pidone waits for a call that never ends it.
#[test]
fn a_filter_that_refuses_the_exit_too_is_told() {
    let scratch = Scratch::new("exit");
    let errno = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
    let option = file(&scratch, "all", &instruction(0x06, 0, 0, errno));
    for &caller in callers() {
        for options in [&[][..], &["--init"], &["--allow-new-privs", "-U"]] {
            let mut command = command(caller, "timeout");
            command.args(["-k", "1", "20"]).arg(program());
            let words = [&["run", &option], options, &["true"]].concat();
            let ran = Ran::from(command.args(words).output().expect("it can be started"));
            assert!(
                matches!(ran.code, Some(125 | 126)) && ran.err.contains(": EPERM\n"),
                "{options:?} {ran:?}"
            );
        }
    }
}

#[test]
fn nothing_is_filtered_unless_it_is_wished_for() {
    let script = ["/bin/cat", "/proc/self/status"];
    let mode = |options: &[&str]| {
        let ran = run_here(&[options, &script].concat());
        status_field(&ran.out, "Seccomp").unwrap_or_else(|| panic!("{ran:?}"))
    };
    if fs::read_to_string("/proc/self/status").is_ok_and(|own| !own.contains("Seccomp:\t0")) {
        return skip("these tests are filtered already");
    }
    assert_eq!(mode(&[]), "0");
    assert_eq!(mode(&["--allow-new-privs", "-n"]), "0");
    assert_eq!(mode(DEFAULT), "2");
    if is_root() {
        assert_eq!(status_of(Caller::Ordinary), "0");
    }
}

fn status_of(caller: Caller) -> String {
    let ran = Ran::from(
        pidone(caller, &["run", "/bin/cat", "/proc/self/status"])
            .output()
            .expect("pidone can be started"),
    );
    status_field(&ran.out, "Seccomp").unwrap_or_else(|| panic!("{ran:?}"))
}
