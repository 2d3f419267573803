//! Another's namespaces. The order is the security argument: what is the host's is opened before, what is
//! inside sees us after everything else is done, and never our memory (CVE-2016-9962).

use super::namespaces::Resolved;
use super::steps::List;
use crate::config::Config;
use crate::host::Host;
use crate::names::{Constant, Errno, Id, Ns, NsSet, Sys, flags};
use crate::plan::{Arg, Call, Data, Slot};
use crate::strings::thin;
use crate::text::{Text, put};

/// Nobody who is inside may trace us, or open what is ours in /proc.
const NOT_DUMPABLE: Call = Call::plain(
    Sys::prctl,
    &[
        Arg::Name(Constant::PR_SET_DUMPABLE),
        Arg::Name(Constant::SUID_DUMP_DISABLE),
    ],
);

/// Everything from 3 on.
const CLOSE: Call = Call::plain(
    Sys::close_range,
    &[Arg::Number(3), Arg::Number(u32::MAX as i64), Arg::Number(0)],
);

/// Opens the process and what is wanted of it, while paths are the caller's.
pub fn open<'p>(config: &Config<'p>, host: &Host, resolved: &Resolved, before: &mut List<'p>) {
    let wish = &config.enter;
    if wish.pid == 0 {
        return;
    }
    // The caller's descriptors first, so that none is there inside; those of a library's caller are its own.
    before.add_if(host.shared_with.is_none(), CLOSE, Id::Default);
    let process = [Arg::Number(wish.pid.into()), Arg::Number(0)];
    before.opening(Slot::Process, Sys::pidfd_open, &process, Id::Target);
    if wish.inode != 0 {
        let (slot, inode) = (Slot::Process, wish.inode);
        before.add(Call::Expect { slot, inode }, Id::Target);
    }
    let directory = (libc::O_PATH | libc::O_DIRECTORY) as u64;
    if wish.root {
        let path = below(config, "", "root", before);
        before.open(Slot::Root, path, directory, Id::EnterRoot);
    }
    if wish.directory {
        let path = below(config, "", "cwd", before);
        before.open(Slot::Folder, path, directory, Id::Wd);
    }
    if let Some(ns) = owned(host, resolved) {
        let path = below(config, "ns/", ns.file(), before);
        before.open(Slot::File, path, libc::O_RDONLY as u64, Id::of(ns));
        let owner = [Arg::Slot(Slot::File), Arg::Name(Constant::NS_GET_USERNS)];
        before.opening(Slot::Owner, Sys::ioctl, &owner, Id::of(ns));
    }
    before.add(NOT_DUMPABLE, Id::Default);
}

/// A path below /proc/PID.
#[inline(never)]
fn below<'p>(config: &Config, folder: &str, name: &str, list: &List<'p>) -> Arg<'p> {
    let mut path = Text::new(list.words());
    put!(&mut path, "/proc/", config.enter.pid, "/", folder, name);
    Arg::Text(path.take_path())
}

/// One of the namespaces whose owner has to be joined for the right to join them.
fn owned(host: &Host, resolved: &Resolved) -> Option<Ns> {
    let needs = !resolved.joined.contains(Ns::User) && !host.privileged();
    resolved.joined.iter().next().filter(|_| needs)
}

/// Joins, and becomes root of a user namespace that is joined.
pub fn join<'p>(config: &Config<'p>, host: &Host<'p>, resolved: &Resolved, child: &mut List<'p>) {
    let wish = &config.enter;
    for path in host.target.cgroups {
        let flags = libc::O_WRONLY as u64;
        child.open(Slot::Proc, Arg::Text(*path), flags, Id::JoinCgroup);
        let (slot, data) = (Slot::Proc, Data::Text(thin!("0")));
        child.add(Call::Write { slot, data }, Id::JoinCgroup);
    }
    let user = NsSet::of(Ns::User);
    let owned = owned(host, resolved).map_or(NsSet::NONE, |_| user);
    // All in one call, which the kernel judges by the rights that we have before it.
    for (slot, set) in [(Slot::Owner, owned), (Slot::Process, resolved.joined)] {
        if !set.is_empty() {
            let flags = Arg::Flags(set.flags(), &flags::CLONE);
            child.plain(Sys::setns, &[Arg::Slot(slot), flags], Id::Default);
        }
    }
    if wish.root {
        go(child, Slot::Root, Id::EnterRoot);
        child.plain(Sys::chroot, &[Arg::Text(thin!("."))], Id::EnterRoot);
    }
    if wish.directory {
        go(child, Slot::Folder, Id::Wd);
        // The process may have let go of its own root (CVE-2024-21626).
        child.add(Call::StayInside, Id::Wd);
    }
    if !resolved.joined.union(owned).both(user).is_empty() && !wish.preserve_credentials {
        // Who may not leave groups outside may not inside either.
        let groups = child.call(Sys::setgroups, &[Arg::Number(0), Arg::Null]);
        child.add_tolerant(groups, &[Errno::PERM], Id::Default);
        child.plain(Sys::setgid, &[Arg::Number(0)], Id::Default);
        child.plain(Sys::setuid, &[Arg::Number(0)], Id::Default);
    }
}

fn go(child: &mut List, slot: Slot, because: Id) {
    child.plain(Sys::fchdir, &[Arg::Slot(slot)], because);
}

/// Hands over to a process that is in the process-id namespace, where whoever is inside sees it.
pub fn hand_over(config: &Config, resolved: &Resolved, child: &mut List) {
    if config.enter.pid == 0 {
        return;
    }
    // The kernel may have undone it with the change of credentials (fs.suid_dumpable, proc_sys_fs(5)).
    child.add(NOT_DUMPABLE, Id::Default);
    if resolved.joined.contains(Ns::Pid) && !config.enter.no_fork {
        child.add(Call::Fork(libc::CLONE_PARENT as u64), Id::of(Ns::Pid));
    }
    // Forgotten with the change of credentials, and by the clone.
    super::die_with_parent(true, child);
}
