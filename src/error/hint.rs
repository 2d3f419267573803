//! The cause behind an errno, and the smallest remedy.

use super::Refused;
use crate::host::Evidence;
use crate::names::{Errno, Ns};
use crate::plan::{Call, Path};
use crate::strings::ThinCStr;
use crate::text::{Text, has, put};

/// Writes a line with the reason why a step was refused, if what was observed tells.
pub fn hint(refused: &Refused, evidence: &Evidence, text: &mut Text) {
    let mut hint = Text::default();
    put!(&mut hint, "hint: ");
    if let Some(end) = reason(refused, evidence, &mut hint) {
        put!(&mut hint, end, "\n");
        text.raw(hint.bytes());
    }
}

/// The end of the line; what stands before it is in the text already.
fn reason(refused: &Refused, evidence: &Evidence, text: &mut Text) -> Option<&'static str> {
    let errno = refused.failure.errno?;
    match refused.call()? {
        Call::Clone3(flags) | Call::Clone(flags) => of_clone(*flags, errno, evidence, text),
        Call::Exec(path) => of_exec(*path, errno, evidence),
        _ if in_new_user_namespace(refused) && denied(errno) && restricted(evidence) => {
            Some(APPARMOR_USERNS)
        }
        Call::Mount {
            kind: Some(kind), ..
        } if kind.bytes() == b"proc" => of_proc(errno, evidence),
        Call::Mount { .. } if errno == Errno::ACCES && evidence.apparmor_confined => Some(APPARMOR),
        Call::Mount { .. } | Call::Unshare(..)
            if errno == Errno::PERM && evidence.seccomp_filter =>
        {
            Some(SECCOMP)
        }
        call => of_call(call, errno),
    }
}

const SECCOMP: &str = "a seccomp filter around us refuses it; in a container: \
    docker run --security-opt seccomp=unconfined (a user namespace is then added by itself), or --cap-add SYS_ADMIN";
const APPARMOR: &str = "an AppArmor profile confines us; in a container: docker run --security-opt apparmor=unconfined";
const APPARMOR_USERNS: &str = "AppArmor takes the rights of user namespaces away: \
    sysctl kernel.apparmor_restrict_unprivileged_userns=0, or a profile with \"userns,\" for this program";
const PROC_MASKED: &str = "/proc here has parts mounted over, so the kernel gives a user namespace no fresh one; \
    in a container: docker run --security-opt systempaths=unconfined, podman run --security-opt unmask=ALL";

fn denied(errno: Errno) -> bool {
    matches!(errno, Errno::PERM | Errno::ACCES)
}

fn restricted(evidence: &Evidence) -> bool {
    evidence.apparmor_restricts_userns == Some(1)
}

fn in_new_user_namespace(refused: &Refused) -> bool {
    refused.plan.watch.namespaces.contains(Ns::User)
}

fn of_clone(
    flags: u64,
    errno: Errno,
    evidence: &Evidence,
    text: &mut Text,
) -> Option<&'static str> {
    let asked = |ns: &Ns| flags & ns.flag() != 0;
    let user = asked(&Ns::User);
    let fixed = match errno {
        Errno::PERM | Errno::NOSYS if evidence.seccomp_filter => SECCOMP,
        Errno::PERM if !user && !evidence.admin => {
            "new namespaces need CAP_SYS_ADMIN; leave \"--share user\" out and a user namespace gives it"
        }
        Errno::PERM if user && evidence.unprivileged_userns_clone == Some(0) => {
            "user namespaces are for root here: sysctl kernel.unprivileged_userns_clone=1"
        }
        Errno::PERM if user && evidence.chrooted => {
            "we are in a chroot, and the kernel makes no user namespace there: run it outside"
        }
        Errno::ACCES if user && restricted(evidence) => APPARMOR_USERNS,
        Errno::NOSPC | Errno::USERS => of_limits(flags, evidence, text),
        Errno::AGAIN => of_process_limits(evidence, text)?,
        Errno::INVAL => {
            let absent = Ns::ALL
                .into_iter()
                .filter(asked)
                .find(|ns| evidence.missing.contains(*ns))?;
            put!(text, "this kernel is built without ", absent.name());
            " namespaces"
        }
        _ => return None,
    };
    Some(fixed)
}

fn of_limits(flags: u64, evidence: &Evidence, text: &mut Text) -> &'static str {
    let mut asked = Ns::ALL.into_iter().filter(|ns| flags & ns.flag() != 0);
    match asked.find(|ns| evidence.forbidden.contains(*ns)) {
        Some(ns) => {
            put!(text, "/proc/sys/user/max_", ns.file());
            "_namespaces is 0: no such namespace may be made here"
        }
        None => {
            "a limit in /proc/sys/user/max_*_namespaces is used up, or namespaces are nested 32 deep already"
        }
    }
}

fn of_process_limits(evidence: &Evidence, text: &mut Text) -> Option<&'static str> {
    if let Some(limit) = evidence.pids_max {
        put!(
            text,
            "the cgroup we are in has reached its pids.max of ",
            limit
        );
        return Some("");
    }
    put!(
        text,
        "this user may have ",
        evidence.process_limit?,
        " processes"
    );
    Some(" (RLIMIT_NPROC): raise \"ulimit -u\", or end some")
}

fn of_proc(errno: Errno, evidence: &Evidence) -> Option<&'static str> {
    Some(match errno {
        Errno::PERM if evidence.proc_masked => PROC_MASKED,
        Errno::PERM if evidence.seccomp_filter => SECCOMP,
        Errno::ACCES if evidence.apparmor_confined => APPARMOR,
        Errno::NOENT => "there is no directory /proc to mount on: make one in the image",
        _ => return None,
    })
}

fn of_exec(path: ThinCStr, errno: Errno, evidence: &Evidence) -> Option<&'static str> {
    Some(match errno {
        Errno::NOENT if evidence.file_exists => {
            "the file is there, its interpreter or dynamic loader is not: a scratch image needs a static program"
        }
        Errno::NOENT if has(path.bytes(), b'/') => "there is no such file",
        Errno::NOENT => "there is no such file in the directories of PATH",
        Errno::ACCES => {
            "it is no file, has no execute permission, or lies on a file system mounted noexec"
        }
        Errno::NOEXEC => {
            "it is for another machine, or a script without a first line such as #!/bin/sh"
        }
        Errno::TOOBIG => "the arguments and the environment together are too long",
        _ => return None,
    })
}

fn of_call(call: &Call, errno: Errno) -> Option<&'static str> {
    Some(match (call, errno) {
        (Call::SetPriority(_), Errno::ACCES) => {
            "a lower nice value needs CAP_SYS_NICE outside any new user namespace"
        }
        (Call::Prlimit { .. }, Errno::PERM) => {
            "raising a hard limit needs CAP_SYS_RESOURCE outside any new user namespace"
        }
        (Call::Prlimit { .. }, Errno::INVAL) => "the soft limit is above the hard one",
        (Call::Tell { .. } | Call::AwaitByte(..) | Call::CloseOnExec(..), Errno::BADF) => {
            "the caller did not pass this descriptor, or not for this direction"
        }
        (
            Call::Open {
                path: Path::Text(path),
                ..
            },
            Errno::NOENT,
        ) if path.bytes().starts_with(b"/proc/") => "/proc is not mounted here",
        (Call::SetHostname(_) | Call::SetDomainname(_), Errno::INVAL) => {
            "the name is longer than 64 bytes"
        }
        _ => return None,
    })
}
