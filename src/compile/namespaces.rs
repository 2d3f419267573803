//! Which namespaces are new, and the mounts of a new mount namespace.

use super::steps::List;
use crate::config::{Config, Propagation};
use crate::error::Error;
use crate::host::Host;
use crate::names::{Id, Ns, NsSet, Sys, flags};
use crate::plan::Arg;
use crate::strings::{ThinCStr, thin};

/// The set of new namespaces, and which of them an option asked for.
pub struct Resolved {
    pub new: NsSet,
    asked: NsSet,
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
    })
}

/// Options that act on a namespace, and would act on the host's if it were not new.
#[inline(never)]
fn implied(config: &Config) -> [Option<(Id, Ns)>; 9] {
    let (identity, process) = (&config.identity, &config.process);
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
        when(
            config.mounts.propagation.is_some(),
            Id::Propagation,
            Ns::Mount,
        ),
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

/// Propagation, and a /proc that shows the new process ids.
pub fn mounts(config: &Config, resolved: &Resolved, child: &mut List) {
    if !resolved.new.contains(Ns::Mount) {
        return;
    }
    let propagation = config.mounts.propagation;
    let flag = match propagation.unwrap_or(Propagation::Private) {
        Propagation::Private => Some(libc::MS_PRIVATE),
        Propagation::Slave => Some(libc::MS_SLAVE),
        Propagation::Shared => Some(libc::MS_SHARED),
        Propagation::Unchanged => None,
    };
    if let Some(flag) = flag {
        let because = propagation.map_or(Id::Default, |_| Id::Propagation);
        mount(
            child,
            [thin!("none"), thin!("/")],
            None,
            libc::MS_REC | flag,
            because,
        );
    }
    if resolved.new.contains(Ns::Pid) {
        if matches!(
            propagation,
            Some(Propagation::Shared | Propagation::Unchanged)
        ) {
            // Or the new /proc would appear on the host, where the one below it is shared.
            let private = libc::MS_REC | libc::MS_PRIVATE;
            mount(
                child,
                [thin!("none"), thin!("/proc")],
                None,
                private,
                Id::Propagation,
            );
        }
        // A process-id view is no program's source: nothing in it is to be executed or trusted.
        let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
        mount(
            child,
            [thin!("proc"), thin!("/proc")],
            Some(thin!("proc")),
            flags,
            Id::Default,
        );
    }
}

/// mount(2) of a source on a target, without data.
#[inline(never)]
fn mount<'p>(
    list: &mut List<'p>,
    [source, target]: [ThinCStr<'p>; 2],
    kind: Option<ThinCStr<'p>>,
    flags: u64,
    because: Id,
) {
    let args = [
        Arg::Text(source),
        Arg::Text(target),
        kind.map_or(Arg::Null, Arg::Text),
        Arg::Flags(flags, &flags::MOUNT),
        Arg::Null,
    ];
    list.plain(Sys::mount, &args, because);
}
