//! The cause behind an errno, and the smallest remedy: one table, the first row that fits counts.

use super::Refused;
use crate::host::Evidence;
use crate::host::facts::*;
use crate::names::{Errno, Ns, NsSet};
use crate::plan::{Call, Path};
use crate::text::packed::{Packed, packed};
use crate::text::{Text, cut, put};

/// A cause: these calls, one of these errnos, and all of these facts.
struct Cause {
    kind: Kind,
    errnos: [u8; 2],
    facts: u16,
    /// With `%` for what the facts name.
    hint: Packed,
}

/// Calls that are refused for the same reasons.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Any call.
    Any,
    /// The clone.
    Clone,
    /// A mount of procfs.
    Proc,
    /// Another mount, and what else a profile refuses.
    Mount,
    Exec,
    Nice,
    Limit,
    /// A call with a descriptor that the caller named.
    TheirFd,
    /// An open of a file below /proc.
    ProcFile,
    Name,
}

macro_rules! causes {
    ($($kind:ident $one:ident $two:ident $facts:expr, $hint:literal)+) => { &[$(Cause {
        kind: Kind::$kind,
        errnos: [Errno::$one.number() as u8, Errno::$two.number() as u8],
        facts: $facts,
        hint: packed!($hint),
    }),+] };
}

/// From the most to the least certain.
const CAUSES: &[Cause] = causes! {
    Clone PERM NOSYS SECCOMP,
        "a seccomp filter around us refuses it; in a container: docker run --security-opt \
        seccomp=unconfined (a user namespace is then added by itself), or --cap-add SYS_ADMIN"
    Clone PERM PERM NO_USER | NO_ADMIN,
        "new namespaces need CAP_SYS_ADMIN; leave \"--share user\" out and a user namespace gives it"
    Clone PERM PERM USER | NO_USERNS_CLONE,
        "user namespaces are for root here: sysctl kernel.unprivileged_userns_clone=1"
    Clone PERM PERM USER | CHROOTED,
        "we are in a chroot, and the kernel makes no user namespace there: run it outside"
    Clone NOSPC USERS FORBIDDEN,
        "/proc/sys/user/max_%_namespaces is 0: no such namespace may be made here"
    Clone NOSPC USERS 0,
        "a limit in /proc/sys/user/max_*_namespaces is used up, or namespaces are nested 32 deep already"
    Clone AGAIN AGAIN PIDS_MAX,
        "the cgroup we are in has reached its pids.max of % processes"
    Clone AGAIN AGAIN PROCESS_LIMIT,
        "this user may have % processes (RLIMIT_NPROC): raise \"ulimit -u\", or end some"
    Clone INVAL INVAL MISSING,
        "this kernel is built without % namespaces"
    Exec NOENT NOENT FILE_EXISTS,
        "the file is there, its interpreter or dynamic loader is not: a scratch image needs a static program"
    Exec NOENT NOTDIR FROM_PATH,
        "there is no such file in the directories of PATH"
    Exec NOENT NOTDIR 0,
        "there is no such file"
    Exec ACCES ACCES 0,
        "it is no file, has no execute permission, or lies on a file system mounted noexec"
    Exec NOEXEC NOEXEC 0,
        "it is for another machine, or a script without a first line such as #!/bin/sh"
    Exec TOOBIG TOOBIG 0,
        "the arguments and the environment together are too long"
    Proc ACCES ACCES CONFINED,
        "an AppArmor profile confines us; in a container: docker run --security-opt apparmor=unconfined"
    Mount ACCES ACCES CONFINED,
        "an AppArmor profile confines us; in a container: docker run --security-opt apparmor=unconfined"
    Any PERM ACCES USER | USERNS_RESTRICTED,
        "AppArmor takes the rights of user namespaces away: sysctl \
        kernel.apparmor_restrict_unprivileged_userns=0, or a profile with \"userns,\" for this program"
    Proc PERM PERM MASKED,
        "/proc here has parts mounted over, so the kernel gives a user namespace no fresh one; in a \
        container: docker run --security-opt systempaths=unconfined, podman run --security-opt unmask=ALL"
    Proc PERM PERM SECCOMP,
        "a seccomp filter around us refuses it; in a container: docker run --security-opt \
        seccomp=unconfined (a user namespace is then added by itself), or --cap-add SYS_ADMIN"
    Mount PERM PERM SECCOMP,
        "a seccomp filter around us refuses it; in a container: docker run --security-opt \
        seccomp=unconfined (a user namespace is then added by itself), or --cap-add SYS_ADMIN"
    Proc NOENT NOENT 0,
        "there is no directory /proc to mount on: make one in the image"
    ProcFile NOENT NOENT 0,
        "/proc is not mounted here"
    Nice ACCES PERM 0,
        "a lower nice value needs CAP_SYS_NICE outside any new user namespace"
    Limit PERM PERM 0,
        "raising a hard limit needs CAP_SYS_RESOURCE outside any new user namespace"
    Limit INVAL INVAL 0,
        "the soft limit is above the hard one"
    TheirFd BADF BADF 0,
        "the caller did not pass this descriptor, or not for this direction"
    Name INVAL INVAL 0,
        "the name is longer than 64 bytes"
};

/// Writes a line with the reason why a step was refused, if what was observed tells.
pub fn hint(refused: &Refused, evidence: &Evidence, text: &mut Text) {
    let (Some(errno), Some(call)) = (refused.failure.errno, refused.call()) else {
        return;
    };
    let kind = kind(call);
    let cause = CAUSES.iter().find(|cause| {
        (cause.kind == kind || cause.kind == Kind::Any)
            && cause
                .errnos
                .iter()
                .any(|&one| u32::from(one) == errno.number())
            && cause.facts & !evidence.facts == 0
    });
    if let Some(cause) = cause {
        let mut unpacked = Text::new(text.words());
        put!(&mut unpacked, "hint: ", cause.hint);
        let mut rest = unpacked.bytes();
        text.raw(cut(&mut rest, b'%'));
        if !rest.is_empty() {
            name(cause.facts, evidence, text);
        }
        text.raw(rest);
        text.byte(b'\n');
    }
}

fn kind(call: &Call) -> Kind {
    match call {
        Call::Clone3(..) | Call::Clone(..) => Kind::Clone,
        Call::Mount {
            kind: Some(kind), ..
        } if kind.bytes() == b"proc" => Kind::Proc,
        Call::Mount { .. } | Call::Unshare(..) => Kind::Mount,
        Call::Exec(..) => Kind::Exec,
        Call::SetPriority(..) => Kind::Nice,
        Call::Prlimit { .. } => Kind::Limit,
        Call::Tell { .. } | Call::AwaitByte(..) | Call::CloseOnExec(..) => Kind::TheirFd,
        Call::Open {
            path: Path::Text(path),
            ..
        } if path.bytes().starts_with(b"/proc/") => Kind::ProcFile,
        Call::SetHostname(..) | Call::SetDomainname(..) => Kind::Name,
        _ => Kind::Any,
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
