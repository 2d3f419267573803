//! Landlock (landlock(7)): what the command may do with files and TCP, whoever it is.
//!
//! A kind of access is forbidden as soon as one rule is about it, and allowed where a rule says so. The
//! kernel is asked for all that the rules mean or for nothing: one that is too old for a part of it
//! refuses the whole, and the errno tells which of its reasons it was.

use super::steps::List;
use crate::config::{Allowed, Config};
use crate::names::{Constant, Errno, Id, Sys, flags};
use crate::plan::{Arg, Member, Refusal, Slot};
use crate::text::packed::packed;
use linux_raw_sys::landlock::*;

/// The rights that a rule for a file that is no directory can have.
const OF_FILES: u32 = LANDLOCK_ACCESS_FS_EXECUTE
    | LANDLOCK_ACCESS_FS_WRITE_FILE
    | LANDLOCK_ACCESS_FS_READ_FILE
    | LANDLOCK_ACCESS_FS_TRUNCATE
    | LANDLOCK_ACCESS_FS_IOCTL_DEV;

/// All rights that Linux 6.10 knows.
const ALL: u32 = 2 * LANDLOCK_ACCESS_FS_IOCTL_DEV - 1;

const READ: u32 = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

/// What rules allow, and the options; by [`Access`](crate::config::Access) and then by
/// [`Tcp`](crate::config::Tcp).
const RULES: [(u32, Id); 5] = [
    (READ, Id::LandlockRo),
    (ALL & !LANDLOCK_ACCESS_FS_EXECUTE, Id::LandlockRw),
    (READ | LANDLOCK_ACCESS_FS_EXECUTE, Id::LandlockRx),
    (LANDLOCK_ACCESS_NET_CONNECT_TCP, Id::LandlockTcpConnect),
    (LANDLOCK_ACCESS_NET_BIND_TCP, Id::LandlockTcpBind),
];

const NET: u32 = LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP;
const SCOPES: u32 = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL;

fn rule(allowed: &Allowed) -> (u32, Id) {
    let at = match *allowed {
        Allowed::Path(access, _) => access as usize,
        Allowed::Port(tcp, _) => 3 + tcp as usize,
    };
    RULES.get(at).copied().unwrap_or((0, Id::Default))
}

/// Makes a set of rules, adds them, and lives by them from then on.
#[inline(never)]
pub fn restrict<'p>(config: &Config<'p>, child: &mut List<'p>) {
    let privilege = &config.privilege;
    let (mut of_files, mut of_net, mut because) = (0, 0, Id::LandlockScope);
    // How many words a kernel must know that there are: older ones refuse more.
    let mut length = if privilege.landlock_scope { 3 } else { 0 };
    for allowed in privilege.landlock.iter().rev() {
        because = rule(allowed).1;
        match allowed {
            Allowed::Path(..) => (of_files, length) = (ALL, length.max(1)),
            Allowed::Port(..) => (of_net, length) = (NET, length.max(2)),
        }
    }
    if length == 0 {
        return;
    }
    let members = [
        (packed!("handled_access_fs"), files(of_files)),
        (packed!("handled_access_net"), net(of_net)),
        (
            packed!("scoped"),
            Arg::Flags(SCOPES.into(), &flags::LANDLOCK_SCOPE),
        ),
    ];
    let args = [
        child.record(members.get(..length).unwrap_or(&[])),
        Arg::Number(length as i64 * 8),
        Arg::Number(0),
    ];
    child.opening(Slot::Ruleset, Sys::landlock_create_ruleset, &args, because);
    for allowed in privilege.landlock {
        let (rights, because) = rule(allowed);
        match *allowed {
            Allowed::Path(_, path) => {
                let flags = libc::O_PATH as u64;
                child.open(Slot::Path, Arg::Text(path), flags, because);
                let kind = Constant::LANDLOCK_RULE_PATH_BENEATH;
                let path = (packed!("parent_fd"), Arg::Slot(Slot::Path));
                add(
                    child,
                    kind,
                    files(rights & OF_FILES),
                    path,
                    because,
                    Refusal::Fatal,
                );
                // What only directories have: for another file this is wrong, and was not meant.
                let folders = files(rights & !OF_FILES);
                add(
                    child,
                    kind,
                    folders,
                    path,
                    because,
                    Refusal::after(&[Errno::INVAL]),
                );
            }
            Allowed::Port(_, port) => {
                let port = (packed!("port"), Arg::Number(port.into()));
                let kind = Constant::LANDLOCK_RULE_NET_PORT;
                add(child, kind, net(rights), port, because, Refusal::Fatal);
            }
        }
    }
    let args = [Arg::Slot(Slot::Ruleset), Arg::Number(0)];
    child.plain(Sys::landlock_restrict_self, &args, because);
}

#[inline(never)]
fn add<'p>(
    child: &mut List<'p>,
    kind: Constant,
    rights: Arg<'p>,
    what: Member<'p>,
    because: Id,
    refusal: Refusal,
) {
    let args = [
        Arg::Slot(Slot::Ruleset),
        Arg::Name(kind),
        child.record(&[(packed!("allowed_access"), rights), what]),
        Arg::Number(0),
    ];
    let call = child.call(Sys::landlock_add_rule, &args);
    child.push(call, refusal, because);
}

fn files(bits: u32) -> Arg<'static> {
    Arg::Flags(bits.into(), &flags::LANDLOCK_FS)
}

fn net(bits: u32) -> Arg<'static> {
    Arg::Flags(bits.into(), &flags::LANDLOCK_NET)
}
