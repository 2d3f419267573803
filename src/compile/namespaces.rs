//! Which namespaces are new, and the mounts of a new mount namespace.

use super::cgroup;
use super::phrase::phrase;
use super::steps::List;
use crate::config::{Config, Files};
use crate::error::Error;
use crate::host::Host;
use crate::names::{Id, Ns, NsSet, flags};
use crate::plan::Arg;
use crate::strings::ThinCStr;

/// The set of new namespaces, and which of them an option asked for.
#[derive(Default)]
pub struct Resolved {
    pub new: NsSet,
    /// Those that the child makes itself.
    pub later: NsSet,
    asked: NsSet,
    /// Those of the process that is entered.
    pub joined: NsSet,
    /// Others' that are joined one by one.
    pub others: NsSet,
    /// Those of them that the parent joins. Its children are born in the process-id namespace; a time
    /// namespace is for who shares no memory; what is made new belongs to the user namespace that is
    /// joined, and from a new one there is no way into others.
    pub by_parent: NsSet,
    /// New ones that are bound to files.
    pub persisted: NsSet,
}

impl Resolved {
    /// Who asked for a namespace of this type.
    pub fn because(&self, ns: Ns) -> Id {
        if self.asked.contains(ns) {
            Id::of(ns)
        } else {
            Id::Default
        }
    }
}

/// New are the default pair, those asked for, and those that an option needs to have an effect; not
/// those that are shared or joined. Without privilege a user namespace gives the right to make the others.
#[inline(never)]
pub fn resolve(config: &Config, host: &Host) -> Result<Resolved, Error<'static>> {
    let wish = &config.namespaces;
    if config.enter.pid != 0 {
        let differs = host.target.differs;
        return Ok(Resolved {
            new: NsSet::NONE,
            later: NsSet::NONE,
            asked: wish.add,
            joined: if wish.add.is_empty() {
                differs
            } else {
                wish.add
            },
            others: NsSet::NONE,
            by_parent: NsSet::NONE,
            persisted: NsSet::NONE,
        });
    }
    let (others, persisted) = (types(&wish.join), types(&wish.persist));
    let kept = wish.share.union(others);
    let mut asked = wish.add.union(persisted);
    if persisted.contains(Ns::Time) && !host.clone3 {
        return Err(Error::MadeLater);
    }
    let bound = persisted.both(kept).iter().next();
    let bound = bound.map(|ns| (Id::Persist, ns));
    for (option, ns) in implied(config).into_iter().chain([bound]).flatten() {
        if kept.contains(ns) {
            let by = if others.contains(ns) {
                Id::Join
            } else {
                Id::Share
            };
            return Err(Error::KeptButNeeded { option, ns, by });
        }
        asked = asked.with(ns);
    }
    let attempted = wish.attempt.without(host.refused);
    let default = NsSet::of(Ns::Pid).with(Ns::Mount);
    let mut new = default.union(asked).union(attempted).without(kept);
    let needs_privilege = !new.without(NsSet::of(Ns::User)).is_empty();
    if needs_privilege && !host.privileged() && !kept.contains(Ns::User) {
        new = new.with(Ns::User);
    }
    let ours = NsSet::of(Ns::Pid).with(Ns::Time).both(others);
    let first = !new.is_empty() || !host.privileged() && !ours.is_empty();
    let by_parent = if first && others.union(new).contains(Ns::User) {
        others.without(NsSet::of(Ns::Mount))
    } else {
        ours
    };
    // What is tried is made more than once.
    if !wish.attempt.is_empty() && by_parent.contains(Ns::User) {
        return Err(Error::Contradiction(Id::Try, Id::Join));
    }
    // clone(2) has no room for the flag of one: its bit is part of the exit signal's. The root of the
    // other is the cgroup that one is in, and clone3(2) takes the parent's for that.
    let mut later = NsSet::NONE;
    for (late, ns) in [
        (!host.clone3, Ns::Time),
        (config.resources.any(), Ns::Cgroup),
    ] {
        if late && new.contains(ns) {
            later = later.with(ns);
        }
    }
    Ok(Resolved {
        new,
        later,
        asked: asked.union(attempted),
        joined: NsSet::NONE,
        others,
        by_parent,
        persisted,
    })
}

/// The types for which there is a file.
fn types(files: &Files) -> NsSet {
    let mut types = NsSet::NONE;
    each(files, &mut |ns, _| types = types.with(ns));
    types
}

/// Calls `with` for each type for which there is a file.
#[inline(never)]
pub fn each<'p>(files: &Files<'p>, with: &mut dyn FnMut(Ns, ThinCStr<'p>)) {
    for (ns, file) in Ns::ALL.into_iter().zip(files) {
        if let Some(file) = file {
            with(ns, *file);
        }
    }
}

/// Options that act on a namespace, and would act on the host's if it were not new.
#[inline(never)]
fn implied(config: &Config) -> [Option<(Id, Ns)>; 15] {
    let (identity, mounts, process) = (&config.identity, &config.mounts, &config.process);
    let operation = mounts.root.iter().chain(mounts.operations).next();
    let when = |given: bool, option, ns| given.then_some((option, ns));
    [
        when(identity.user.own.is_some(), Id::MapUser, Ns::User),
        when(identity.group.own.is_some(), Id::MapGroup, Ns::User),
        when(!identity.user.ranges.is_empty(), Id::MapUsers, Ns::User),
        when(!identity.group.ranges.is_empty(), Id::MapGroups, Ns::User),
        when(identity.auto, Id::MapAuto, Ns::User),
        when(identity.setgroups.is_some(), Id::Setgroups, Ns::User),
        when(config.privilege.disable_userns, Id::DisableUserns, Ns::User),
        cgroup::because(config).map(|option| (option, Ns::Cgroup)),
        when(process.hostname.is_some(), Id::Hostname, Ns::Uts),
        when(process.domainname.is_some(), Id::Domainname, Ns::Uts),
        when(process.monotonic.is_some(), Id::Monotonic, Ns::Time),
        when(process.boottime.is_some(), Id::Boottime, Ns::Time),
        when(mounts.propagation.is_some(), Id::Propagation, Ns::Mount),
        when(mounts.read_only, Id::ReadOnly, Ns::Mount),
        operation.map(|operation| (operation.option, Ns::Mount)),
    ]
}

/// Those that the clone could not make. A time namespace is for the program executed next.
pub fn unshare(resolved: &Resolved, child: &mut List) {
    if let Some(first) = resolved.later.iter().next() {
        let flags = Arg::Flags(resolved.later.flags(), &flags::CLONE);
        child.say_for(resolved.because(first), phrase!("unshare $0"), &[flags]);
    }
}
