//! What a refused call was for: its arguments tell it from others with the same number.

use crate::names::{Id, Sys};
use crate::plan::{Arg, Call, Data, Plain, Slot};
use crate::text::{has, position};

// Calls that are refused for the same reasons, a bit for each.
pub const CLONE: u32 = 1 << 0;
/// A mount of procfs.
pub const PROC: u32 = 1 << 1;
/// Another mount, and what else a profile refuses.
pub const MOUNT: u32 = 1 << 2;
pub const EXEC: u32 = 1 << 3;
pub const NICE: u32 = 1 << 4;
pub const LIMIT: u32 = 1 << 5;
/// A call with a descriptor that the caller named.
pub const THEIR_FD: u32 = 1 << 6;
/// An open of a file below /proc.
pub const PROC_FILE: u32 = 1 << 7;
pub const CAPS: u32 = 1 << 8;
pub const FILTER: u32 = 1 << 9;
pub const RULES: u32 = 1 << 10;
/// A mount of sysfs or of message queues.
pub const SYSFS: u32 = 1 << 11;
/// A copy or a mount of something that the caller named.
pub const SOURCE: u32 = 1 << 12;
/// Where a mount goes.
pub const PLACE: u32 = 1 << 13;
/// What makes a place to mount on, or a file.
pub const MAKE: u32 = 1 << 14;
/// Another process, and joining its namespaces.
pub const JOIN: u32 = 1 << 15;
/// A write of an id map.
pub const MAP: u32 = 1 << 16;
/// A program that writes one for us.
pub const MAPPER: u32 = 1 << 17;
/// A change of user and groups.
pub const IDS: u32 = 1 << 18;
/// A bind mount of a namespace.
pub const BIND: u32 = 1 << 19;
/// A mount with ids of its own.
pub const IDMAP: u32 = 1 << 20;
/// Making a cgroup, and opening its files.
pub const CGROUP: u32 = 1 << 21;
/// Writing one of those.
pub const CGROUP_FILE: u32 = 1 << 22;
/// A mount of an overlay.
pub const OVERLAY: u32 = 1 << 23;
/// A device that is waited for, or that a socket speaks of.
pub const DEVICE: u32 = 1 << 24;
/// A change of a mount that is there.
pub const POINT: u32 = 1 << 25;
/// A change of the root, which comes before any other mount.
pub const ROOT: u32 = 1 << 26;
pub const OTHER: u32 = 1 << 27;
pub const ANY: u32 = u32::MAX;

/// The kinds of a call that was made because of this option.
pub fn kind_of(call: &Call, because: Id) -> u32 {
    let because = because as u8;
    match because {
        _ if (Id::Memory as u8..=Id::CgroupPath as u8).contains(&because) => resource_kind(call),
        _ if because == Id::OomScoreAdj as u8 && matches!(call, Call::Write { .. }) => LIMIT,
        _ => kind(call),
    }
}

fn kind(call: &Call) -> u32 {
    match call {
        Call::Clone3(..) | Call::Clone(..) | Call::Fork(..) => CLONE,
        Call::Expect { .. } => JOIN,
        Call::Exec(..) => EXEC,
        Call::SetCapabilities { .. } => CAPS,
        Call::Run { .. } => MAPPER,
        Call::AwaitFile(..) => DEVICE,
        Call::Write {
            slot: Slot::Proc,
            data: Data::Text(text),
        } if is_map(text.bytes()) => MAP,
        Call::Tell { .. } | Call::AwaitByte(..) => THEIR_FD,
        Call::Plain(plain) => plain_kind(plain),
        _ => OTHER,
    }
}

/// Of a step that an option for resources asked for.
fn resource_kind(call: &Call) -> u32 {
    match (call, call.as_plain()) {
        (_, Some((Sys::mkdirat | Sys::openat, _))) => CGROUP,
        (Call::Write { .. }, _) | (_, Some((Sys::write, _))) => CGROUP_FILE,
        _ => kind(call),
    }
}

/// What calls are refused for, whatever their arguments are.
const KINDS: &[(Sys, u32)] = &[
    (Sys::setgroups, IDS),
    (Sys::setgid, IDS),
    (Sys::setuid, IDS),
    (Sys::open_tree, SOURCE | MOUNT),
    (Sys::move_mount, PLACE | MOUNT),
    (Sys::openat2, PLACE | MOUNT),
    (Sys::mkdirat, MAKE),
    (Sys::mknodat, MAKE),
    (Sys::symlinkat, MAKE),
    (Sys::unshare, CLONE),
    (Sys::mount, MOUNT),
    // A profile that refuses the one refuses the other.
    (Sys::setns, MOUNT | JOIN),
    (Sys::pidfd_open, JOIN),
    (Sys::setpriority, NICE),
    (Sys::fcntl, THEIR_FD),
    (Sys::prlimit64, LIMIT),
    (Sys::ioctl, DEVICE),
    (Sys::seccomp, FILTER),
    (Sys::landlock_restrict_self, FILTER),
    (Sys::landlock_create_ruleset, RULES),
];

/// Flags of what makes no mount.
const CHANGES: u64 = libc::MS_REMOUNT | libc::MS_PRIVATE | libc::MS_SLAVE | libc::MS_SHARED;

fn plain_kind(plain: &Plain) -> u32 {
    match (plain.number, plain.args) {
        (Sys::mount, [Arg::OfChild(_), ..]) => BIND,
        (Sys::mount, [_, _, Arg::Text(kind), ..]) => file_system_kind(kind.bytes()),
        (
            Sys::mount,
            [
                Arg::Text(_),
                Arg::Text(path),
                Arg::Null,
                Arg::Flags(flags, _),
                ..,
            ],
        ) if flags & CHANGES != 0 => match path.bytes() {
            b"/" => ROOT | MOUNT,
            _ => POINT | MOUNT,
        },
        (Sys::mount, [_, _, Arg::Null, ..]) => SOURCE | MOUNT,
        // The last member is the user namespace with the ids.
        (Sys::mount_setattr, [.., Arg::Record([.., (_, Arg::Number(0))]), _]) => POINT | MOUNT,
        (Sys::mount_setattr, _) => IDMAP | MOUNT,
        (Sys::prctl, args) if args.iter().any(|arg| matches!(arg, Arg::Cap(_))) => CAPS,
        (Sys::openat, [_, Arg::Text(path), ..]) => match proc_kind(path.bytes()) {
            OTHER if plain.yields == Some(Slot::File) => MAKE,
            kind => kind,
        },
        (number, _) => {
            let known = KINDS.iter().find(|(known, _)| *known == number);
            known.map_or(OTHER, |(_, kind)| *kind)
        }
    }
}

/// Whether what is written to /proc begins with two numbers.
fn is_map(data: &[u8]) -> bool {
    has(data, b' ') && data.first().is_some_and(u8::is_ascii_digit)
}

/// A file below /proc: of our own, or of the process that is to be joined. A parameter is no process's.
fn proc_kind(path: &[u8]) -> u32 {
    match path.strip_prefix(b"/proc/") {
        Some(rest) if rest.starts_with(b"sys/") => OTHER,
        Some(rest) if rest.starts_with(b"self/") => PROC_FILE,
        Some(_) => PROC_FILE | JOIN,
        None => OTHER,
    }
}

/// A mount of a new file system.
fn file_system_kind(name: &[u8]) -> u32 {
    match position("proc sysfs mqueue overlay", name) {
        Some(0) => PROC,
        Some(1 | 2) => SYSFS | MOUNT,
        Some(3) => OVERLAY | MOUNT,
        _ => MOUNT,
    }
}
