//! The cause behind an errno, and the smallest remedy: one table, the first row that fits counts.

use super::Refused;
use super::kind::*;
use crate::host::Evidence;
use crate::host::facts::*;
use crate::names::{Errno, Id, Ns, NsSet};
use crate::text::packed::{Packed, packed};
use crate::text::{Show, Text, cut, put};

/// A cause: these calls, one of these errnos, and all of these facts.
struct Cause {
    kinds: u32,
    errnos: [u8; 2],
    facts: u16,
}

/// Makes the table of causes, and of what is said of each one line, with `%` for what the facts name.
macro_rules! causes {
    ($($($kind:ident)|+: $one:ident $two:ident, $facts:expr, $hint:literal)+) => {
        const CAUSES: &[Cause] = &[$(Cause {
            kinds: $($kind)|+,
            errnos: [Errno::$one.number() as u8, Errno::$two.number() as u8],
            facts: $facts,
        }),+];

        const HINTS: Packed = packed!($($hint, "\n"),+);
    };
}

// From the most to the least certain.
causes! {
    CLONE: PERM NOSYS, SECCOMP,
        "a seccomp filter around us refuses it; in a container: docker run --security-opt \
        seccomp=unconfined (a user namespace is then added by itself), or --cap-add SYS_ADMIN"
    CLONE: PERM PERM, NO_USER | NO_ADMIN,
        "new namespaces need CAP_SYS_ADMIN; leave \"--share user\" out and a user namespace gives it"
    CLONE: PERM PERM, USER | NO_USERNS_CLONE,
        "user namespaces are for root here: sysctl kernel.unprivileged_userns_clone=1"
    CLONE: PERM PERM, USER | CHROOTED,
        "we are in a chroot, and the kernel makes no user namespace there: run it outside"
    CLONE: NOSPC USERS, FORBIDDEN,
        "/proc/sys/user/max_%_namespaces is 0: no such namespace may be made here"
    CLONE: NOSPC USERS, 0,
        "a limit in /proc/sys/user/max_*_namespaces is used up, or namespaces are nested 32 deep already"
    CLONE: AGAIN AGAIN, PIDS_MAX,
        "the cgroup we are in has reached its pids.max of % processes"
    CLONE: AGAIN AGAIN, PROCESS_LIMIT,
        "this user may have % processes (RLIMIT_NPROC): raise \"ulimit -u\", or end some"
    CLONE: AGAIN AGAIN, 0,
        "a limit on processes is reached: --pids-limit, pids.max of another cgroup, or RLIMIT_NPROC (\"ulimit -u\")"
    CLONE: INVAL INVAL, MISSING,
        "this kernel is built without % namespaces"
    EXEC: NOENT NOENT, OTHER_ROOT,
        "in the root of the command there is no such file, or its interpreter or dynamic loader is missing there"
    EXEC: NOENT NOENT, FILE_EXISTS,
        "the file is there, its interpreter or dynamic loader is not: a scratch image needs a static program"
    EXEC: NOENT NOTDIR, FROM_PATH,
        "there is no such file in the directories of PATH"
    EXEC: NOENT NOTDIR, 0,
        "there is no such file"
    EXEC: ACCES ACCES, 0,
        "it is no file, has no execute permission, lies on a file system mounted noexec, or outside --landlock-rx"
    EXEC: NOEXEC NOEXEC, 0,
        "it is for another machine, or a script without a first line such as #!/bin/sh"
    EXEC: TOOBIG TOOBIG, 0,
        "the arguments and the environment together are too long"
    PROC | MOUNT: ACCES ACCES, CONFINED,
        "an AppArmor profile confines us; in a container: docker run --security-opt apparmor=unconfined"
    ANY: PERM ACCES, USER | USERNS_RESTRICTED,
        "AppArmor takes the rights of user namespaces away: sysctl \
        kernel.apparmor_restrict_unprivileged_userns=0, or a profile with \"userns,\" for this program"
    PROC: PERM PERM, MASKED,
        "/proc here has parts mounted over, so the kernel gives a user namespace no fresh one; in a \
        container: docker run --security-opt systempaths=unconfined, podman run --security-opt unmask=ALL"
    PROC | MOUNT: PERM PERM, SECCOMP,
        "a seccomp filter around us refuses it; in a container: docker run --security-opt \
        seccomp=unconfined (a user namespace is then added by itself), or --cap-add SYS_ADMIN"
    ROOT: PERM PERM, 0,
        "Landlock around us, or another security module, allows no mounts: run it outside"
    PROC: NOENT NOENT, 0,
        "there is no directory /proc to mount on: make one in the image"
    SYSFS: PERM BUSY, 0,
        "it shows a namespace that is not ours, or shown there already: make a new one, --net for sysfs, --ipc for \
        mqueue"
    OVERLAY: INVAL INVAL, 0,
        "RW and WORK must lie apart in one mount; in a user namespace nothing may be mounted below a layer, as \
        below /"
    IDMAP: INVAL PERM, 0,
        "ids can be mapped by who has CAP_SYS_ADMIN where the file system was mounted, and not by every file system"
    SOURCE: NOENT NOENT, 0,
        "there is no such source; --bind-try and the like do without one"
    ROOT: INVAL INVAL, 0,
        "the root of this chroot is no mount point: mount --bind DIR DIR before chroot DIR"
    POINT: INVAL INVAL, 0,
        "it is no mount point: bind something there first"
    SOURCE | PLACE: NOTDIR INVAL, 0,
        "a directory is mounted on a directory, and a file on a file"
    PLACE: LOOP LOOP, 0,
        "a link on the way leads out through /proc, or in circles"
    MAKE: ROFS ACCES, 0,
        "nothing is there yet, and it cannot be made in this place"
    MAKE: EXIST EXIST, 0,
        "something is there already"
    JOIN: SRCH NOENT, 0,
        "there is no such process"
    PROC_FILE: NOENT NOENT, 0,
        "/proc is not mounted here"
    ANY: MFILE MFILE, 0,
        "RLIMIT_NOFILE allows no more open files: raise \"ulimit -n\""
    NICE: ACCES PERM, 0,
        "a lower nice value needs CAP_SYS_NICE outside any new user namespace"
    LIMIT: PERM PERM, 0,
        "nofile goes up to fs.nr_open, and raising a hard limit needs CAP_SYS_RESOURCE outside any new user namespace"
    LIMIT: ACCES ACCES, 0,
        "a lower --oom-score-adj needs CAP_SYS_RESOURCE outside any new user namespace"
    LIMIT: INVAL INVAL, 0,
        "the soft limit is above the hard one"
    CAPS: PERM PERM, 0,
        "the caller has no such capability to give, or no CAP_SETPCAP to take one away: in a new user \
        namespace (-U) it has"
    RULES: NOSYS NOSYS, 0,
        "this kernel is built without Landlock, or a seccomp filter around us refuses it"
    RULES: OPNOTSUPP OPNOTSUPP, 0,
        "Landlock is disabled: name it in lsm= on the kernel's command line"
    RULES: INVAL TOOBIG, 0,
        "this kernel's Landlock is too old for it: files need Linux 6.10, TCP 6.7, --landlock-scope 6.12"
    FILTER: ACCES PERM, 0,
        "with --allow-new-privs it needs CAP_SYS_ADMIN"
    FILTER: NOSYS NOSYS, 0,
        "this kernel has no seccomp filters; for the terminal's sake alone none is needed with --new-session \
        --cap-drop SYS_ADMIN"
    FILTER: INVAL INVAL, 0,
        "this is no filter: wanted are classic BPF instructions of which each way ends in a return"
    JOIN: PERM ACCES, 0,
        "it takes CAP_SYS_ADMIN in the user namespaces of the process and of what is joined"
    JOIN: INVAL INVAL, 0,
        "it is of another type, or the user namespace that we are in"
    MAP: PERM PERM, 0,
        "ids outside must be mapped in our own user namespace, and 0 needs CAP_SETFCAP"
    MAP | MAPPER: INVAL TOOBIG, 0,
        "a map has at most 340 ranges in 4095 bytes, of which no two overlap"
    MAPPER: PERM PERM, 0,
        "its own words are above; /etc/subuid and /etc/subgid say who may map what"
    IDS: INVAL INVAL, 0,
        "no such id is mapped in this user namespace"
    IDS: PERM PERM, 0,
        "it takes CAP_SETUID and CAP_SETGID, and setgroups(2) is denied where only one's own group is mapped"
    BIND: INVAL INVAL, 0,
        "a mount namespace is bound only where mounts are private; Linux 6.18 refuses it at random there too"
    BIND: PERM PERM, 0,
        "it takes CAP_SYS_ADMIN outside any new user namespace"
    CGROUP | CLONE: ACCES ACCES, 0,
        "this is for root, or who owns the cgroup: \"systemd-run --user --scope pidone run\" is in one"
    CGROUP: ROFS ROFS, 0,
        "cgroups are mounted read-only here; in a container: docker run --privileged"
    CGROUP: NOENT NOENT, 0,
        "there is no such cgroup, or this kernel has no such limit"
    CGROUP_FILE | CLONE: BUSY OPNOTSUPP, 0,
        "with processes in it a cgroup gives controllers to none inside: name another with --cgroup-path"
    CGROUP_FILE: NOENT NOENT, 0,
        "the cgroup above has no such controller: name another with --cgroup-path, or be in a systemd unit with \
        Delegate=yes"
    CGROUP_FILE: ACCES RANGE, 0,
        "the cgroup above does not have that"
    CGROUP_FILE: INVAL INVAL, 0,
        "the kernel takes no such value"
    DEVICE: NOENT NODEV, 0,
        "there is no such device, or its driver is a module that nobody has loaded: --modules"
    THEIR_FD: BADF BADF, 0,
        "the caller did not pass this descriptor, or not for this direction"
}

/// Writes a line with the reason why a step was refused, if what was observed tells.
pub fn hint(refused: &Refused, evidence: &Evidence, text: &mut Text) {
    let (Some(errno), Some(call)) = (refused.failure.errno, refused.call()) else {
        return;
    };
    let step = refused.plan.step(refused.failure.step);
    let kind = kind_of(call, step.map_or(Id::Default, |step| step.because));
    let mut hints = Text::new(text.words());
    HINTS.show(&mut hints);
    let mut rest = hints.bytes();
    for cause in CAUSES {
        let mut hint = cut(&mut rest, b'\n');
        let fits = cause.kinds & kind != 0 && cause.facts & !evidence.facts == 0;
        if fits
            && cause
                .errnos
                .iter()
                .any(|&one| u32::from(one) == errno.number())
        {
            put!(text, "hint: ");
            text.raw(cut(&mut hint, b'%'));
            if !hint.is_empty() {
                name(cause.facts, evidence, text);
            }
            text.raw(hint);
            return text.byte(b'\n');
        }
    }
}

/// What a fact is about.
fn name(facts: u16, evidence: &Evidence, text: &mut Text) {
    let mut first = |set: NsSet, name: fn(Ns) -> &'static str| {
        if let Some(ns) = set.iter().next() {
            put!(text, name(ns));
        }
    };
    match facts {
        FORBIDDEN => first(evidence.forbidden, Ns::file),
        MISSING => first(evidence.missing, Ns::name),
        PIDS_MAX => put!(text, evidence.pids_max),
        _ => put!(text, evidence.process_limit),
    }
}
