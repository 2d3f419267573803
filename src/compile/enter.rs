//! Another's namespaces. The order is the security argument: what is the host's is opened before, what is
//! inside sees us after everything else is done, and never our memory (CVE-2016-9962).

use super::namespaces::Resolved;
use super::phrase::phrase;
use super::steps::List;
use crate::config::Config;
use crate::host::Host;
use crate::names::{Errno, Id, Ns, NsSet, flags};
use crate::plan::{Arg, Call, Data, Refusal, Slot};
use crate::strings::thin;
use crate::text::{Text, put};

/// Nobody who is inside may trace us, or open what is ours in /proc.
#[inline(never)]
pub fn become_undumpable(list: &mut List, because: Id) {
    list.say_for(
        because,
        phrase!("prctl PR_SET_DUMPABLE SUID_DUMP_DISABLE"),
        &[],
    );
}

/// Opens the process and what is wanted of it, while paths are the caller's.
#[inline(never)]
pub fn open<'p>(config: &Config<'p>, host: &Host, resolved: &Resolved, before: &mut List<'p>) {
    let wish = &config.enter;
    if wish.pid == 0 {
        return;
    }
    // The caller's descriptors first, so that none is there inside; those of a library's caller are its own.
    if host.shared_with.is_none() {
        before.say_for(Id::Default, phrase!("close_range n3 max zero"), &[]);
    }
    let process = [Arg::Number(wish.pid.into())];
    before.say_for(Id::Target, phrase!("pidfd_open $0 zero =process"), &process);
    if wish.inode != 0 {
        let (slot, inode) = (Slot::Process, wish.inode);
        before.add(Call::Expect { slot, inode }, Id::Target);
    }
    if wish.root {
        let path = [below(config, "", "root", before)];
        before.say_for(Id::EnterRoot, phrase!("openat here $0 FOLDER =root"), &path);
    }
    if wish.directory {
        let path = [below(config, "", "cwd", before)];
        before.say_for(Id::Wd, phrase!("openat here $0 FOLDER =folder"), &path);
    }
    if let Some(ns) = owned(host, resolved) {
        let path = [below(config, "ns/", ns.file(), before)];
        let phrase = phrase!("openat here $0 READ =file; ioctl file NS_GET_USERNS =owner");
        before.say_for(Id::of(ns), phrase, &path);
    }
    become_undumpable(before, Id::Default);
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
#[inline(never)]
pub fn join<'p>(config: &Config<'p>, host: &Host<'p>, resolved: &Resolved, child: &mut List<'p>) {
    let wish = &config.enter;
    for path in host.target.cgroups {
        let open = phrase!("openat here $0 WRITE =proc");
        child.say_for(Id::JoinCgroup, open, &[Arg::Text(*path)]);
        let (slot, data) = (Slot::Proc, Data::Text(thin!("0")));
        child.add(Call::Write { slot, data }, Id::JoinCgroup);
    }
    let user = NsSet::of(Ns::User);
    let owned = owned(host, resolved).map_or(NsSet::NONE, |_| user);
    let joins_user = !resolved.joined.union(owned).both(user).is_empty();
    let becomes_root = joins_user && !wish.preserve_credentials;
    let (users, groups) = (&config.identity.user, &config.identity.group);
    let becomes_other = joins_user && (users.command.is_some() || groups.command.is_some());
    // It may be denied in there, where whoever traces the command would have them too.
    if (becomes_root || becomes_other) && host.privileged() {
        leave_groups(child);
    }
    // All in one call, which the kernel judges by the rights that we have before it.
    for (slot, set) in [(Slot::Owner, owned), (Slot::Process, resolved.joined)] {
        if !set.is_empty() {
            let flags = Arg::Flags(set.flags(), &flags::CLONE);
            child.say_for(
                Id::Default,
                phrase!("setns $0 $1"),
                &[Arg::Slot(slot), flags],
            );
        }
    }
    if wish.root {
        child.say_for(Id::EnterRoot, phrase!("fchdir root; chroot dot"), &[]);
    }
    if wish.directory {
        child.say_for(Id::Wd, phrase!("fchdir folder"), &[]);
        // The process may have let go of its own root (CVE-2024-21626).
        child.add(Call::StayInside, Id::Wd);
    }
    if becomes_root {
        leave_groups(child);
        child.say_for(Id::Default, phrase!("setgid zero; setuid zero"), &[]);
    }
}

/// Who may leave groups neither outside nor inside keeps them.
#[inline(never)]
fn leave_groups(child: &mut List) {
    child.refusal = Refusal::after(&[Errno::PERM]);
    child.say_for(Id::Default, phrase!("setgroups zero null"), &[]);
    child.refusal = Refusal::Fatal;
}

/// Hands over to a process that is in the process-id namespace, where whoever is inside sees it.
#[inline(never)]
pub fn hand_over(config: &Config, resolved: &Resolved, child: &mut List) {
    if config.enter.pid == 0 {
        return;
    }
    // The kernel may have undone it with the change of credentials (fs.suid_dumpable, proc_sys_fs(5)).
    become_undumpable(child, Id::Default);
    if resolved.joined.contains(Ns::Pid) && !config.enter.no_fork {
        child.add(Call::Fork(libc::CLONE_PARENT as u64), Id::of(Ns::Pid));
    }
    // Forgotten with the change of credentials, and by the clone.
    super::die_with_parent(true, child);
}
