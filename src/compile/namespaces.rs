//! Which namespaces are new, and the mounts of a new mount namespace.

use super::steps::List;
use crate::config::Config;
use crate::error::Error;
use crate::host::Host;
use crate::names::{Id, Ns, NsSet, Sys, flags};
use crate::plan::Arg;

/// The set of new namespaces, and which of them an option asked for.
pub struct Resolved {
    pub new: NsSet,
    asked: NsSet,
    /// Those of the process that is entered.
    pub joined: NsSet,
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
/// those that are shared. Without privilege a user namespace gives the right to make the others.
pub fn resolve(config: &Config, host: &Host) -> Result<Resolved, Error<'static>> {
    let wish = &config.namespaces;
    if config.enter.pid != 0 {
        let differs = host.target.differs;
        return Ok(Resolved {
            new: NsSet::NONE,
            asked: wish.add,
            joined: if wish.add.is_empty() {
                differs
            } else {
                wish.add
            },
        });
    }
    let mut asked = wish.add;
    for (option, ns) in implied(config).into_iter().flatten() {
        if wish.share.contains(ns) {
            return Err(Error::SharedButNeeded { option, ns });
        }
        asked = asked.with(ns);
    }
    let attempted = wish.attempt.without(host.refused);
    let default = NsSet::of(Ns::Pid).with(Ns::Mount);
    let mut new = default.union(asked).union(attempted).without(wish.share);
    let needs_privilege = !new.without(NsSet::of(Ns::User)).is_empty();
    if needs_privilege && !host.privileged() && !wish.share.contains(Ns::User) {
        new = new.with(Ns::User);
    }
    Ok(Resolved {
        new,
        asked: asked.union(attempted),
        joined: NsSet::NONE,
    })
}

/// Options that act on a namespace, and would act on the host's if it were not new.
#[inline(never)]
fn implied(config: &Config) -> [Option<(Id, Ns)>; 11] {
    let (identity, mounts, process) = (&config.identity, &config.mounts, &config.process);
    let operation = mounts.root.iter().chain(mounts.operations).next();
    let when = |given: bool, option, ns| given.then_some((option, ns));
    [
        when(identity.user.is_some(), Id::MapUser, Ns::User),
        when(identity.group.is_some(), Id::MapGroup, Ns::User),
        when(identity.setgroups.is_some(), Id::Setgroups, Ns::User),
        when(config.privilege.disable_userns, Id::DisableUserns, Ns::User),
        when(process.hostname.is_some(), Id::Hostname, Ns::Uts),
        when(process.domainname.is_some(), Id::Domainname, Ns::Uts),
        when(process.monotonic.is_some(), Id::Monotonic, Ns::Time),
        when(process.boottime.is_some(), Id::Boottime, Ns::Time),
        when(mounts.propagation.is_some(), Id::Propagation, Ns::Mount),
        when(mounts.read_only, Id::ReadOnly, Ns::Mount),
        operation.map(|operation| (operation.option, Ns::Mount)),
    ]
}

/// clone(2) cannot make a time namespace; unshare(2) makes it for the program executed next.
pub fn unshare_time(host: &Host, resolved: &Resolved, child: &mut List) {
    let wanted = resolved.new.contains(Ns::Time) && !host.clone3;
    if wanted {
        let flag = Arg::Flags(Ns::Time.flag(), &flags::CLONE);
        child.plain(Sys::unshare, &[flag], resolved.because(Ns::Time));
    }
}
