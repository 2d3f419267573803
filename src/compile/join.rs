//! Others' namespaces, and files that outlive the command.

use super::enter::become_undumpable;
use super::namespaces::{Resolved, each};
use super::phrase::phrase;
use super::steps::List;
use crate::config::Config;
use crate::host::Host;
use crate::names::{Id, Ns, NsSet, flags};
use crate::plan::{Arg, Slot, Who, entry};
use crate::text::decimal;

/// Opens all of them, while paths and rights are still the caller's.
#[inline(never)]
pub fn open<'p>(config: &Config<'p>, resolved: &Resolved, before: &mut List<'p>) {
    let joined = resolved.others;
    if joined.contains(Ns::User) || joined.contains(Ns::Pid) {
        // Whoever is in there could trace what is ours otherwise (CVE-2016-9962).
        become_undumpable(before, Id::Join);
    }
    each(&config.namespaces.join, &mut |ns, path| {
        let parts = [b"/proc/", path.bytes(), b"/ns/", ns.file().as_bytes()];
        let path = match decimal(path.bytes()) {
            Some(_) => before.words().join(&parts),
            None => path,
        };
        // A named pipe in its place would be waited for.
        let flags = libc::O_NONBLOCK as u64;
        before.open(Slot::of(ns), Arg::Text(path), flags, Id::Join);
    });
}

/// Joins those that are this one's. A user namespace gives rights over what was made in it, and takes
/// those over all others: it comes last for who has them, and first for who needs them.
#[inline(never)]
pub fn join(host: &Host, resolved: &Resolved, list: &mut List, by_parent: bool) {
    let privileged = host.privileged();
    let ours = if by_parent {
        resolved.by_parent
    } else {
        resolved.others.without(resolved.by_parent)
    };
    let user = NsSet::of(Ns::User);
    if !privileged {
        join_all(ours.both(user), list);
    }
    join_all(ours.without(user), list);
    if privileged && ours.contains(Ns::User) {
        // It may be denied in there.
        list.say_for(Id::Join, phrase!("setgroups zero null"), &[]);
        join_all(user, list);
    }
}

/// The kernel may have undone it with a change of credentials (fs.suid_dumpable, proc_sys_fs(5)).
pub fn stay_undumpable(joined: NsSet, list: &mut List) {
    if joined.contains(Ns::User) {
        become_undumpable(list, Id::Join);
    }
}

#[inline(never)]
fn join_all(set: NsSet, list: &mut List) {
    for ns in set.iter() {
        let flag = Arg::Flags(ns.flag(), &flags::CLONE);
        let parts = [Arg::Slot(Slot::of(ns)), flag];
        list.say_for(Id::Join, phrase!("setns $0 $1"), &parts);
    }
}

/// Binds new namespaces to files; the number of the first step that does.
pub fn persist<'p>(config: &Config<'p>, during: &mut List<'p>) -> usize {
    let first = during.steps.len() + 1;
    each(&config.namespaces.persist, &mut |ns, file| {
        let name = during.words().join(&[b"ns/", entry(ns).as_bytes()]);
        let parts = [Arg::OfChild(name), Arg::Text(file)];
        during.say_for(Id::Persist, phrase!("mount $0 $1 null BIND null"), &parts);
    });
    first
}

/// Takes them off again, if there was no command for them.
pub fn unbind<'p>(config: &Config<'p>, mut bound: usize, after: &mut List<'p>) {
    each(&config.namespaces.persist, &mut |_, path| {
        after.turn(Who::Undo(bound as u32));
        after.say_for(
            Id::Persist,
            phrase!("umount2 $0 DETACH"),
            &[Arg::Text(path)],
        );
        bound += 1;
    });
}
