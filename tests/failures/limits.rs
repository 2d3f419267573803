//! What is used up or forbidden by a number, and the number that is named.

use crate::attempt::{Attempt, Refusal, can_fail};
use crate::support::{Caller, callers, has, is_root, skip};
use std::fs;
use std::path::PathBuf;

/// The options, and the names of the kernel's limits.
const TYPES: [(&str, &str); 8] = [
    ("--mount", "mnt"),
    ("--uts", "uts"),
    ("--ipc", "ipc"),
    ("--net", "net"),
    ("--pid", "pid"),
    ("--user", "user"),
    ("--cgroup", "cgroup"),
    ("--time", "time"),
];

/// A user namespace in which only so many namespaces of a type may be made.
fn with_limit(name: &str, limit: u32) -> String {
    format!(
        "unshare -Ur /bin/sh -c 'echo {limit} >/proc/sys/user/max_{name}_namespaces && exec \"$@\"' sh"
    )
}

#[test]
fn a_forbidden_namespace_is_named_with_its_file() {
    if !can_fail() {
        return;
    }
    for &caller in callers() {
        for (option, name) in TYPES {
            let starter = with_limit(name, 0);
            let attempt = Attempt {
                starter: &starter,
                ..Attempt::new(caller)
            };
            let hint = format!("/proc/sys/user/max_{name}_namespaces is 0");
            attempt.is_refused(
                &[option, "true"],
                &Refusal::of("clone3(", "ENOSPC").because(&hint),
            );
            attempt.is_refused(
                &["--all", "true"],
                &Refusal::of("clone3(", "ENOSPC").because(&hint),
            );
        }
    }
}

#[test]
fn a_forbidden_namespace_that_nobody_wants_is_no_matter() {
    if !can_fail() {
        return;
    }
    for &caller in callers() {
        for (_, name) in TYPES
            .into_iter()
            .filter(|(_, name)| !matches!(*name, "mnt" | "pid"))
        {
            let starter = with_limit(name, 0);
            let attempt = Attempt {
                starter: &starter,
                ..Attempt::new(caller)
            };
            let ran = attempt.run(&["/bin/sh", "-c", "exit 7"]);
            assert_eq!(
                (ran.code, ran.err.as_str()),
                (Some(7), ""),
                "{name}, {caller:?}"
            );
        }
    }
}

#[test]
fn a_limit_that_is_used_up_is_named() {
    if !can_fail() {
        return;
    }
    let hint = "max_*_namespaces is used up";
    for &caller in callers() {
        let starter = format!("{} unshare -u", with_limit("uts", 1));
        let attempt = Attempt {
            starter: &starter,
            ..Attempt::new(caller)
        };
        attempt.is_refused(
            &["--uts", "true"],
            &Refusal::of("clone3(", "ENOSPC").because(hint),
        );
    }
}

#[test]
fn the_limit_on_processes_is_named() {
    if !can_fail() {
        return;
    }
    if !has("prlimit") {
        return skip("no prlimit");
    }
    let hint = "1 processes (RLIMIT_NPROC)";
    let attempt = Attempt {
        starter: "prlimit --nproc=1:5",
        ..Attempt::new(Caller::Ordinary)
    };
    for words in [&["true"][..], &["-a", "true"]] {
        attempt.is_refused(words, &Refusal::of("clone3(", "EAGAIN").because(hint));
    }
}

#[test]
fn used_up_descriptors_are_reported() {
    if !can_fail() {
        return;
    }
    for &caller in callers() {
        for (most, file) in [(3, "setgroups"), (4, "gid_map"), (5, "uid_map")] {
            let close = "exec 3>&- 4>&- 5>&- 6>&-";
            let starter = format!("/bin/sh -c '{close}; ulimit -n {most}; exec \"$@\"' sh");
            let attempt = Attempt {
                starter: &starter,
                ..Attempt::new(caller)
            };
            let call = format!("openat(AT_FDCWD, \"/proc/self/{file}\"");
            let refusal = Refusal::of(&call, "EMFILE").because("RLIMIT_NOFILE");
            attempt.is_refused(&["-U", "true"], &refusal);
        }
    }
}

/// A cgroup for so many processes, removed when dropped.
struct Cgroup {
    folder: PathBuf,
}

impl Cgroup {
    /// In the hierarchy of either version that has the controller.
    fn new(name: &str, most: u32) -> Option<Cgroup> {
        let roots = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"].map(PathBuf::from);
        let folder = roots.iter().find_map(|root| {
            let _ = fs::write(root.join("cgroup.subtree_control"), "+pids");
            let folder = root.join(format!("pidone-{name}-{}", std::process::id()));
            fs::create_dir(&folder).ok()?;
            Some(folder)
        })?;
        let cgroup = Cgroup { folder };
        fs::write(cgroup.folder.join("pids.max"), most.to_string()).ok()?;
        Some(cgroup)
    }

    /// A way into it for a shell, which goes on as another user.
    fn entering(&self) -> String {
        format!("echo $$ >{}/cgroup.procs", self.folder.display())
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // It is busy until the last of its processes has been waited for.
        crate::support::eventually("the cgroup is empty", || fs::remove_dir(&self.folder).ok());
    }
}

#[test]
fn the_limit_of_the_cgroup_is_named() {
    if !can_fail() {
        return;
    }
    if !is_root() {
        return skip("not root");
    }
    let Some(cgroup) = Cgroup::new("limit", 1) else {
        return skip("no cgroup with a limit on processes");
    };
    let identities = [
        ("", Caller::Root),
        (
            "setpriv --reuid 54321 --regid 54321 --clear-groups",
            Caller::Ordinary,
        ),
    ];
    for (identity, caller) in identities {
        // The shell that waits is outside; the one that becomes pidone uses up the only place.
        let starter = format!(
            "/bin/sh -c '{}; exec \"$@\"' sh {identity}",
            cgroup.entering()
        );
        let attempt = Attempt {
            starter: &starter,
            ..Attempt::new(Caller::Root)
        };
        let hint = "pids.max of 1";
        let refusal = Refusal::of("clone3(", "EAGAIN").because(hint);
        for words in [&["true"][..], &["-a", "true"]] {
            attempt.is_refused(words, &refusal);
        }
        assert!(attempt.announced(&["true"]).contains("uid_map") == (caller == Caller::Ordinary));
    }
}
