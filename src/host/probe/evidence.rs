//! What was to be seen when a step was refused.

use super::{field, lacks, read};
use crate::error::Refused;
use crate::host::{Evidence, SYS_ADMIN, facts::*};
use crate::names::{Ns, NsSet, Resource};
use crate::sys::{file, process};
use crate::text::{self, cut, has};
use crate::words::Words;

/// Looks around after a failure.
pub(crate) fn observe(words: &Words, refused: &Refused) -> Evidence {
    let status = read(words, &[b"/proc/self/status"]);
    let mounts = read(words, &[b"/proc/self/mountinfo"]);
    let profile = read(words, &[b"/proc/self/attr/current"]);
    let new = refused.plan.watch.namespaces;
    let user = new.contains(Ns::User);
    let admin = process::capabilities().is_ok_and(|set| set >> SYS_ADMIN & 1 == 1);
    let unconfined = profile.is_empty()
        || profile.starts_with(b"unconfined")
        || profile.starts_with(b"unprivileged_userns");
    let limit = process::limit(Resource::NPROC).map_or(u64::MAX, |[soft, _]| soft);
    let mut evidence = Evidence {
        facts: 0,
        forbidden: types(new, |ns| {
            number(
                words,
                &[b"/proc/sys/user/max_", ns.file().as_bytes(), b"_namespaces"],
            ) == Some(0)
        }),
        missing: types(new, |ns| lacks(words, ns)),
        process_limit: limit,
        pids_max: pids_max(words).unwrap_or(0),
    };
    let is = |path: &[u8], value| number(words, &[b"/proc/sys/kernel/", path]) == Some(value);
    let command = refused.command();
    let seen = [
        (SECCOMP, field(status, b"Seccomp") == b"2"),
        (NO_ADMIN, !admin),
        (USER, user),
        (NO_USER, !user),
        (NO_USERNS_CLONE, is(b"unprivileged_userns_clone", 0)),
        (
            USERNS_RESTRICTED,
            is(b"apparmor_restrict_unprivileged_userns", 1),
        ),
        (CONFINED, !unconfined),
        (
            CHROOTED,
            !mounts.is_empty() && !mounted(mounts, b"/", false),
        ),
        (MASKED, mounted(mounts, b"/proc/", true)),
        (FORBIDDEN, !evidence.forbidden.is_empty()),
        (MISSING, !evidence.missing.is_empty()),
        (PROCESS_LIMIT, limit != u64::MAX),
        (PIDS_MAX, evidence.pids_max > 0),
        (
            FILE_EXISTS,
            command.is_some_and(|path| file::exists(path.as_cstr())),
        ),
        (
            FROM_PATH,
            refused
                .plan
                .argv
                .first()
                .copied()
                .flatten()
                .is_some_and(|name| !has(name.bytes(), b'/')),
        ),
    ];
    for (fact, holds) in seen {
        if holds {
            evidence.facts |= fact;
        }
    }
    evidence
}

/// The members of a set for which a test holds.
fn types(set: NsSet, test: impl Fn(Ns) -> bool) -> NsSet {
    set.iter().fold(
        NsSet::NONE,
        |found, ns| if test(ns) { found.with(ns) } else { found },
    )
}

/// Whether a mount point of mountinfo is this one, or begins with it.
fn mounted(mut mounts: &[u8], point: &[u8], below: bool) -> bool {
    while !mounts.is_empty() {
        let mut line = cut(&mut mounts, b'\n');
        for _ in 0..4 {
            cut(&mut line, b' ');
        }
        let this = cut(&mut line, b' ');
        if this == point || below && this.starts_with(point) {
            return true;
        }
    }
    false
}

/// `pids.max` of our cgroup or one above it, if as many processes are there (cgroup v2 and v1).
fn pids_max(words: &Words) -> Option<u64> {
    let cgroups = read(words, &[b"/proc/self/cgroup"]);
    let mut rest = cgroups;
    while !rest.is_empty() {
        let mut line = cut(&mut rest, b'\n');
        cut(&mut line, b':');
        let mount: &[u8] = match cut(&mut line, b':') {
            b"" => b"/sys/fs/cgroup",
            b"pids" => b"/sys/fs/cgroup/pids",
            _ => continue,
        };
        // From our own cgroup up to the root, which has no limit.
        while let Some(parent) = line.iter().rposition(|&byte| byte == b'/') {
            let of = |name| number(words, &[mount, line, name]);
            if let (Some(most), Some(now)) = (of(b"/pids.max"), of(b"/pids.current"))
                && now >= most
            {
                return Some(most);
            }
            line = line.get(..parent)?;
        }
    }
    None
}

/// A decimal number alone in a file.
fn number(words: &Words, path: &[&[u8]]) -> Option<u64> {
    text::decimal(read(words, path).trim_ascii())
}
