//! Other programs: what they are told, what they are waited for, and which descriptors stay open.

use super::steps::List;
use crate::config::Config;
use crate::names::{Constant, Errno, Id, NsSet, Sys, flags};
use crate::plan::{Arg, Call, Data, Refusal, Slot};

/// The first descriptor that is not standard input, output or error.
const FIRST: u32 = 3;

/// Whether the child must wait until the parent has reported it.
#[inline(never)]
pub fn needs_gate(config: &Config) -> bool {
    let reports = &config.reports;
    reports.pid_file.is_some() || reports.info_fd.is_some() || reports.json_status_fd.is_some()
}

/// Writes the child's process id, and the namespaces that the clone made, where they are wanted: what the
/// child makes itself is beyond what can be looked at here.
#[inline(never)]
pub fn announce<'p>(config: &Config<'p>, new: NsSet, during: &mut List<'p>) {
    let reports = &config.reports;
    if let Some(path) = reports.pid_file {
        let slot = Slot::PidFile;
        let flags = (libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC) as u64
            | (libc::O_NOFOLLOW | libc::O_CLOEXEC) as u64;
        let args = [
            Arg::Name(Constant::AT_FDCWD),
            Arg::Text(path),
            Arg::Flags(flags, &flags::OPEN),
            Arg::Mode(0o644),
        ];
        during.opening(slot, Sys::openat, &args, Id::PidFile);
        during.add(
            Call::Write {
                slot,
                data: Data::ChildPid,
            },
            Id::PidFile,
        );
    }
    let readers = [
        (Id::InfoFd, reports.info_fd),
        (Id::JsonStatusFd, reports.json_status_fd),
    ];
    if let Some(&(because, _)) = readers.iter().find(|(_, fd)| fd.is_some()) {
        for ns in new.iter() {
            during.add(Call::LookAt(ns), because);
        }
    }
    for (because, fd) in readers {
        if let Some(fd) = fd {
            during.add(
                Call::Tell {
                    fd,
                    data: Data::Info,
                },
                because,
            );
        }
    }
}

/// Waits for the caller's word that the command may start.
pub fn await_release(config: &Config, child: &mut List) {
    if let Some(fd) = config.reports.block_fd {
        child.add(Call::AwaitByte(fd), Id::BlockFd);
    }
}

/// Closes everything from 3 on that nobody asked to keep. With shared descriptors the parent's are
/// closed by the same call, so those that it needs later are kept, and closed for the command alone.
/// `later` is when the command is executed.
pub fn close_descriptors(config: &Config, child: &mut List, later: bool) {
    let reports = &config.reports;
    let mut first = preserved(config);
    let because = if first > FIRST {
        Id::PreserveFds
    } else {
        Id::Default
    };
    let (status, sync) = (reports.json_status_fd, reports.sync_fd);
    for fd in [status.min(sync), status.max(sync)] {
        if let Some(fd) = fd.filter(|&fd| fd >= first) {
            let last = fd.wrapping_sub(1);
            if fd > first {
                close_range(child, first, last, later, because);
            }
            first = fd.saturating_add(1);
        }
    }
    close_range(child, first, u32::MAX, later, because);
}

fn close_range(child: &mut List, first: u32, last: u32, later: bool, because: Id) {
    let [first, last] = [first, last].map(|fd| Arg::Number(fd.into()));
    let how = match later {
        true => Arg::Name(Constant::CLOSE_RANGE_CLOEXEC),
        false => Arg::Number(0),
    };
    child.plain(Sys::close_range, &[first, last, how], because);
}

/// The first descriptor that is not the command's.
fn preserved(config: &Config) -> u32 {
    FIRST.saturating_add(config.process.preserve_fds)
}

/// Keeps the caller's descriptors that are for us from the command; which also tells whether they are
/// there, before one of ours could be taken for one that is not.
#[inline(never)]
pub fn keep_descriptors(config: &Config, before: &mut List) {
    let reports = &config.reports;
    for (because, fd) in [
        (Id::InfoFd, reports.info_fd),
        (Id::JsonStatusFd, reports.json_status_fd),
        (Id::BlockFd, reports.block_fd),
        (Id::SyncFd, reports.sync_fd),
    ] {
        if let Some(fd) = fd.filter(|&fd| fd >= preserved(config)) {
            let args = [
                Arg::Number(fd.into()),
                Arg::Name(Constant::F_SETFD),
                Arg::Name(Constant::FD_CLOEXEC),
            ];
            before.plain(Sys::fcntl, &args, because);
        }
    }
}

/// What must not outlive the command.
pub fn withdraw<'p>(config: &Config<'p>, after: &mut List<'p>) {
    if let Some(path) = config.reports.pid_file {
        // Somebody may have been quicker.
        let call = Call::Unlink {
            path,
            only_if: Slot::PidFile,
        };
        after.push(call, Refusal::after(&[Errno::NOENT]), Id::PidFile);
    }
}
