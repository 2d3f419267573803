//! What a kernel really refuses, and the cause that is named.

use crate::attempt::{Attempt, Refusal, can_fail};
use crate::support::{Caller, Scratch, callers, is_root, skip};

/// Asserts a refusal after this has been done by a shell, as each caller.
fn assert_refused(setup: &str, words: &[&str], refusal: &Refusal) {
    if can_fail() {
        for &caller in callers() {
            Attempt {
                setup,
                ..Attempt::new(caller)
            }
            .is_refused(words, refusal);
        }
    }
}

const THEIR_FD: &str = "did not pass this descriptor";

#[test]
fn a_descriptor_that_is_not_open_is_refused() {
    for (option, fd) in [
        ("--info-fd", 9),
        ("--json-status-fd", 9),
        ("--sync-fd", 9),
        ("--block-fd", 9),
        ("--info-fd", i32::MAX),
    ] {
        let call = format!("fcntl({fd}, F_SETFD, ");
        let refusal = Refusal::of(&call, "EBADF").because(THEIR_FD);
        assert_refused("exec 9>&-", &[option, &fd.to_string(), "true"], &refusal);
    }
}

#[test]
fn a_descriptor_for_the_other_direction_is_refused() {
    let write = Refusal::of("write(9, ", "EBADF").because(THEIR_FD);
    assert_refused("exec 9</dev/null", &["--info-fd=9", "true"], &write);
    assert_refused("exec 9</dev/null", &["--json-status-fd=9", "true"], &write);
    let read = Refusal::of("read(9, ", "EBADF").because(THEIR_FD);
    assert_refused("exec 9>/dev/null", &["--block-fd=9", "true"], &read);
    let folder = Refusal::of("read(9, ", "EISDIR");
    assert_refused("exec 9</", &["--block-fd=9", "true"], &folder);
}

#[test]
fn a_report_that_does_not_fit_is_refused() {
    let refusal = Refusal::of("write(9, ", "ENOSPC");
    assert_refused("exec 9>/dev/full", &["--info-fd=9", "true"], &refusal);
    assert_refused(
        "exec 9>/dev/full",
        &["--json-status-fd=9", "-a", "true"],
        &refusal,
    );
}

#[test]
fn a_directory_that_cannot_be_entered_is_refused() {
    for (folder, errno) in [
        ("/absent", "ENOENT"),
        ("/etc/passwd", "ENOTDIR"),
        ("", "ENOENT"),
    ] {
        assert_refused(
            "",
            &["--chdir", folder, "true"],
            &Refusal::of("chdir(", errno),
        );
    }
    assert_refused(
        "",
        &["-w", &"x".repeat(256), "true"],
        &Refusal::of("chdir(", "ENAMETOOLONG"),
    );
}

#[test]
fn a_pid_file_in_a_place_that_is_not_there_is_refused() {
    for (file, errno) in [("/absent/pid", "ENOENT"), ("/etc/passwd/pid", "ENOTDIR")] {
        let word = format!("--pid-file={file}");
        let call = format!("openat(AT_FDCWD, {file:?}");
        assert_refused("", &[&word, "true"], &Refusal::of(&call, errno));
    }
}

/// A starter with a small file system of its own on a directory; at the end it lists what is left.
fn on_small_file_system(scratch: &Scratch, options: &str, prepare: &str) -> String {
    let folder = scratch.path.display();
    format!(
        "unshare -Urm /bin/sh -c 'mount -t tmpfs -o {options} none {folder} || exit 99; cd {folder}; {prepare} \
        \"$@\"; code=$?; ls; exit $code' sh"
    )
}

#[test]
fn a_pid_file_on_a_full_file_system_is_refused_and_removed() {
    if !can_fail() {
        return;
    }
    for &caller in callers() {
        let scratch = Scratch::new("full");
        let starter = on_small_file_system(&scratch, "size=4k", "head -c 4096 /dev/zero >.full;");
        let attempt = Attempt {
            starter: &starter,
            ..Attempt::new(caller)
        };
        let refusal = Refusal::of("write(&pidfile, ", "ENOSPC");
        attempt.is_refused(&["--pid-file=pid", "true"], &refusal);
    }
}

#[test]
fn a_pid_file_on_a_read_only_file_system_is_refused() {
    if !can_fail() {
        return;
    }
    for &caller in callers() {
        let scratch = Scratch::new("readonly");
        let starter = on_small_file_system(&scratch, "ro", "");
        let attempt = Attempt {
            starter: &starter,
            ..Attempt::new(caller)
        };
        attempt.is_refused(
            &["--pid-file=pid", "true"],
            &Refusal::of("openat(AT_FDCWD, \"pid\"", "EROFS"),
        );
    }
}

#[test]
fn a_pid_file_in_somebody_elses_directory_is_refused() {
    if !can_fail() {
        return;
    }
    let attempt = Attempt::new(Caller::Ordinary);
    let refusal = Refusal::of("openat(AT_FDCWD, \"/etc/pid\"", "EACCES");
    attempt.is_refused(&["--pid-file=/etc/pid", "true"], &refusal);
}

#[test]
fn a_map_for_root_without_the_right_to_it_is_refused() {
    if !can_fail() {
        return;
    }
    if !is_root() {
        return skip("not root");
    }
    // Since Linux 5.12 (user_namespaces(7), CAP_SETFCAP).
    let starter = "setpriv --bounding-set -setfcap";
    let attempt = Attempt {
        starter,
        ..Attempt::new(Caller::Root)
    };
    attempt.is_refused(
        &["-U", "true"],
        &Refusal::of("write(&proc, \"0 0 1\\n\", 6)", "EPERM").because("CAP_SETFCAP"),
    );
}

#[test]
fn an_offset_out_of_range_is_refused() {
    for word in [
        "--monotonic=9223372036854775807",
        "--boottime=-9223372036854775807",
    ] {
        assert_refused("", &[word, "true"], &Refusal::of("write(&proc, ", "ERANGE"));
    }
}

#[test]
fn a_nicer_nice_value_than_allowed_is_refused() {
    let hint = "CAP_SYS_NICE";
    let refusal = Refusal::of("setpriority(PRIO_PROCESS, 0, -1)", "EACCES").because(hint);
    assert_refused("", &["-U", "--nice", "-1", "true"], &refusal);
}

#[test]
fn an_oom_adjustment_below_the_least_is_refused() {
    let hint = "--oom-score-adj needs CAP_SYS_RESOURCE";
    let refusal = Refusal::of("write(&proc, \"-1000\\n\", 6)", "EACCES").because(hint);
    assert_refused("", &["-U", "--oom-score-adj=-1000", "true"], &refusal);
}

#[test]
fn limits_that_cannot_be_are_refused() {
    let hint = "soft limit is above the hard";
    let refusal = Refusal::of("prlimit64(0, RLIMIT_NOFILE, ", "EINVAL").because(hint);
    assert_refused("", &["--rlimit=nofile=11:10", "true"], &refusal);
    let hint = "CAP_SYS_RESOURCE";
    let refusal = Refusal::of("prlimit64(0, RLIMIT_NOFILE, ", "EPERM").because(hint);
    assert_refused(
        "ulimit -n 100",
        &["-U", "--rlimit=nofile=101", "true"],
        &refusal,
    );
    assert_refused(
        "ulimit -n 100",
        &["-U", "--rlimit=nofile=5:inf", "true"],
        &refusal,
    );
    // More than the kernel can be told to allow, also for root.
    let refusal = Refusal::of("prlimit64(0, RLIMIT_NOFILE, ", "EPERM").because("fs.nr_open");
    assert_refused("", &["--rlimit=nofile=4294967295", "true"], &refusal);
}

#[test]
fn a_command_without_its_interpreter_is_not_found() {
    let scratch = Scratch::new("interpreter");
    let script = scratch.file("script", "#!/absent/interpreter\n", 0o755);
    let script = script.to_str().expect("a plain name");
    let hint = "the file is there, its interpreter";
    let refusal = Refusal {
        code: 127,
        ..Refusal::of("execve(", "ENOENT").because(hint)
    };
    assert_refused("", &[script], &refusal);
    let refusal = Refusal {
        code: 127,
        ..Refusal::of("execve(", "ENOENT").because("no such file")
    };
    assert_refused("", &["/absent"], &refusal);
}

#[test]
fn too_long_arguments_are_refused() {
    let hint = "too long";
    let refusal = Refusal {
        code: 126,
        ..Refusal::of("execve(", "E2BIG").because(hint)
    };
    let long = format!("A={}", "a".repeat(100_000));
    // A quarter of the stack is for arguments, and never less than 128 KiB (execve(2)).
    let words = ["--rlimit=stack=200000", "-e", &long, "/bin/true", &long];
    assert_refused("", &words, &refusal);
}

#[test]
fn namespaces_without_the_right_to_them_are_refused() {
    if can_fail() {
        let ran = Attempt::new(Caller::Ordinary).run(&["--share", "user", "true"]);
        let (sentence, said) = ran.err.split_once('\n').expect("a sentence");
        assert!(
            sentence.contains(": clone(") && sentence.ends_with(": EPERM"),
            "{ran:?}"
        );
        Refusal::of("clone(", "EPERM")
            .because("--share user")
            .assert_hint(said);
    }
}

/// A starter that changes the root to a directory with nothing but the program, and what is mounted.
fn in_a_root_of_its_own(scratch: &Scratch, prepare: &str) -> String {
    let root = scratch.path.display();
    format!(
        "unshare -Urm /bin/sh -c '{prepare} mkdir -p {root}${{1%/*}} {root}/bin && cp $1 {root}$1 && \
        cp $1 {root}/bin/true && exec chroot {root} \"$@\"' sh"
    )
}

/// The same, with the caller's /proc.
fn in_a_root_with_proc(scratch: &Scratch) -> String {
    let root = scratch.path.display();
    let prepare = format!("mkdir -p {root}/proc && mount --rbind /proc {root}/proc &&");
    in_a_root_of_its_own(scratch, &prepare)
}

#[test]
fn a_user_namespace_in_a_chroot_is_refused() {
    if !can_fail() {
        return;
    }
    for &caller in callers() {
        let scratch = Scratch::new("chroot");
        let starter = in_a_root_with_proc(&scratch);
        let attempt = Attempt {
            starter: &starter,
            ..Attempt::new(caller)
        };
        // The older clone is tried too, since some filters answer EPERM to the newer one.
        let ran = attempt.run(&["-U", "/bin/true"]);
        let (_, said) = ran.err.split_once(": EPERM\n").expect("the errno");
        assert_eq!(ran.code, Some(125), "{caller:?}: {ran:?}");
        Refusal::of("clone(", "EPERM")
            .because("in a chroot")
            .assert_hint(said);
        assert!(ran.err.contains(": clone("), "{caller:?}: {ran:?}");
    }
}

#[test]
fn mounts_in_a_root_that_is_no_mount_point_are_refused() {
    if !can_fail() {
        return;
    }
    for &caller in callers() {
        let scratch = Scratch::new("nomount");
        let root = scratch.path.display();
        let starter = in_a_root_with_proc(&scratch);
        let attempt = Attempt {
            starter: &starter,
            ..Attempt::new(caller)
        };
        let hint = "the root of this chroot is no mount point";
        let refusal = Refusal::of("mount(\"none\", \"/\", NULL, ", "EINVAL").because(hint);
        attempt.is_refused(&["/bin/true"], &refusal);
        // The remedy.
        let starter = in_a_root_of_its_own(
            &scratch,
            &format!("mount --rbind {root} {root} && mount --rbind /proc {root}/proc &&"),
        );
        let attempt = Attempt {
            starter: &starter,
            ..attempt
        };
        let ran = attempt.run(&["/bin/true", "--version"]);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{caller:?}");
    }
}

#[test]
fn a_root_without_proc_is_refused() {
    if !can_fail() {
        return;
    }
    for &caller in callers() {
        let scratch = Scratch::new("noproc");
        let starter = in_a_root_of_its_own(
            &scratch,
            &format!("mount -t tmpfs none {} &&", scratch.path.display()),
        );
        let attempt = Attempt {
            starter: &starter,
            ..Attempt::new(caller)
        };
        let hint = "no directory /proc";
        attempt.is_refused(
            &["/bin/true"],
            &Refusal::of("mount(\"proc\"", "ENOENT").because(hint),
        );
        let refusal = Refusal::of("openat(AT_FDCWD, \"/proc/self/oom_score_adj\"", "ENOENT");
        attempt.is_refused(
            &["--share=pid", "--oom-score-adj=5", "/bin/true"],
            &refusal.because("/proc is not mounted here"),
        );
    }
}

#[test]
fn a_fresh_proc_beside_a_masked_one_is_refused() {
    if !can_fail() {
        return;
    }
    let hint = "systempaths=unconfined";
    let starter = "unshare -Urm /bin/sh -c 'mount -t tmpfs none /proc/sys && exec \"$@\"' sh";
    for &caller in callers() {
        let attempt = Attempt {
            starter,
            ..Attempt::new(caller)
        };
        attempt.is_refused(
            &["-U", "true"],
            &Refusal::of("mount(\"proc\"", "EPERM").because(hint),
        );
    }
}
