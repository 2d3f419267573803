//! What was to be seen when a step was refused.

use super::{field, lacks, read};
use crate::compile::next_mount;
use crate::error::Refused;
use crate::host::{Evidence, SYS_ADMIN, facts::*};
use crate::names::{Errno, Ns, Resource, Sys};
use crate::plan::{Call, Step};
use crate::strings::thin;
use crate::sys::{file, mount, process};
use crate::text::{self, cut, has};
use crate::words::Words;

/// Looks around after a failure.
pub(crate) fn observe(words: &Words, refused: &Refused) -> Evidence {
    let status = read(words, thin!("/proc/self/status"));
    let mounts = read(words, thin!("/proc/self/mountinfo"));
    let profile = read(words, thin!("/proc/self/attr/current"));
    let new = refused.plan.watch.namespaces;
    let user = new.contains(Ns::User);
    let admin = process::capabilities().is_ok_and(|set| set >> SYS_ADMIN & 1 == 1);
    let unconfined = profile.is_empty()
        || profile.starts_with(b"unconfined")
        || profile.starts_with(b"unprivileged_userns");
    let mut evidence = Evidence {
        process_limit: process::limit(Resource::NPROC).map_or(u64::MAX, |[soft, _]| soft),
        pids_max: pids_max(words).unwrap_or(0),
        ..Evidence::default()
    };
    for ns in new.iter() {
        let path = [b"/proc/sys/user/max_", ns.file().as_bytes(), b"_namespaces"];
        if number(words, &path) == Some(0) {
            evidence.forbidden = evidence.forbidden.with(ns);
        }
        if lacks(words, ns) {
            evidence.missing = evidence.missing.with(ns);
        }
    }
    let is = |path: &[u8], value| number(words, &[b"/proc/sys/kernel/", path]) == Some(value);
    let (command, argv) = (refused.command(), refused.plan.argv);
    let called = argv.first().copied().flatten();
    let chrooted = !mounts.is_empty() && !mounted(mounts, b"/", false);
    // Landlock refuses mounts as well, and comes with our own filter for the terminal. One that answers with
    // something else than an errno is not asked again: it would end us.
    let is_mount = matches!(
        refused.call().and_then(Call::as_plain),
        Some((Sys::mount, _))
    );
    let answered = refused.failure.errno == Some(Errno::PERM) && is_mount && mount::is_answered();
    let restricted = is(b"apparmor_restrict_unprivileged_userns", 1);
    let mut note = |fact: u16, holds: bool| evidence.facts |= fact * u16::from(holds);
    note(SECCOMP, field(status, b"Seccomp") == b"2" && !answered);
    note(NO_ADMIN, !admin);
    note(USER, user);
    note(NO_USER, !user);
    note(NO_USERNS_CLONE, is(b"unprivileged_userns_clone", 0));
    note(USERNS_RESTRICTED, restricted);
    note(CONFINED, !unconfined);
    note(CHROOTED, chrooted);
    note(MASKED, mounted(mounts, b"/proc/", true));
    note(FORBIDDEN, !evidence.forbidden.is_empty());
    note(MISSING, !evidence.missing.is_empty());
    note(
        PROCESS_LIMIT,
        !admin && evidence.process_limit <= threads(words),
    );
    note(PIDS_MAX, evidence.pids_max > 0);
    let exists = command.is_some_and(|path| file::exists(path.as_cstr()));
    let goes_elsewhere = |step: &Step| {
        let call = step.call.as_plain();
        matches!(call, Some((Sys::pivot_root | Sys::chroot | Sys::setns, _)))
    };
    note(OTHER_ROOT, refused.plan.steps.iter().any(goes_elsewhere));
    note(FILE_EXISTS, exists);
    note(
        FROM_PATH,
        called.is_some_and(|name| !has(name.bytes(), b'/')),
    );
    evidence
}

/// Whether a mount point of mountinfo is this one, or begins with it.
#[inline(never)]
fn mounted(mut mounts: &[u8], point: &[u8], below: bool) -> bool {
    while let Some((this, _)) = next_mount(&mut mounts) {
        if this == point || below && this.starts_with(point) {
            return true;
        }
    }
    false
}

/// How many threads the machine has.
fn threads(words: &Words) -> u64 {
    let mut rest = read(words, thin!("/proc/loadavg"));
    cut(&mut rest, b'/');
    text::decimal(cut(&mut rest, b' ')).unwrap_or(0)
}

/// `pids.max` of our cgroup or one above it, if as many processes are there (cgroup v2 and v1).
fn pids_max(words: &Words) -> Option<u64> {
    let cgroups = read(words, thin!("/proc/self/cgroup"));
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
    text::decimal(read(words, words.join(path)).trim_ascii())
}
