//! The five sets of capabilities (capabilities(7)), and that none of them can grow again.
//!
//! Without an option there is nothing to do: what root inside has is the caller's, or all that its new user
//! namespace knows, but for the one that could undo a view of file systems there; others lose theirs when the
//! command is executed; and what is inheritable is worth nothing with no_new_privs. With one, or without that, all
//! sets are set: the bounding set to what is not dropped, permitted and effective to what the command has, and
//! inheritable and ambient, by which it survives the execution, to the same if the command is not root's, to
//! nothing if it is (CVE-2022-24769).

use super::cgroup;
use super::identity::write_file;
use super::namespaces::Resolved;
use super::phrase::phrase;
use super::steps::List;
use crate::config::Config;
use crate::error::Error;
use crate::host::Host;
use crate::names::{Caps, Constant, Errno, Id, Ns, Sys};
use crate::plan::{Arg, Call, Refusal};
use crate::strings::thin;

/// What is left of each set.
pub struct Sets {
    /// What the bounding set loses.
    dropped: Caps,
    /// The permitted and the effective set.
    permitted: Caps,
    /// The inheritable and the ambient set.
    inheritable: Caps,
    because: Id,
}

/// The sets that a configuration wants, if it wants any changed, for a command that is root's or not.
#[inline(never)]
pub fn sets(
    config: &Config,
    host: &Host,
    resolved: &Resolved,
    root: bool,
) -> Result<Option<Sets>, Error<'static>> {
    let privilege = &config.privilege;
    let (mut add, mut drop) = (privilege.cap_add, privilege.cap_drop);
    // Who made a view in a user namespace could unmake it: what is read-only, masked or covered would not be.
    let unmakes = resolved.new.contains(Ns::User)
        && (!config.mounts.is_plain()
            || config.mounts.read_only
            || cgroup::because(config).is_some())
        && add.both(Caps::SYS_ADMIN).is_empty();
    let known = Caps::up_to(host.last_capability);
    // Who is inside may trace what enters, and has by that what it has.
    let lost = known
        .without(Caps::from_bits(host.target.bounding))
        .without(add);
    let because = match () {
        () if !drop.is_empty() => Id::CapDrop,
        () if !add.is_empty() => Id::CapAdd,
        () if privilege.disable_userns => Id::DisableUserns,
        () if unmakes => Id::Default,
        () if !lost.is_empty() => Id::Target,
        // A file's capabilities could make something of what root inherits from its caller.
        () if privilege.allow_new_privs && host.euid == 0 && !resolved.new.contains(Ns::User) => {
            Id::AllowNewPrivs
        }
        () => return Ok(None),
    };
    let user = resolved.new.union(resolved.joined).contains(Ns::User);
    let own = match host.capabilities {
        Some(own) if !user => Caps::from_bits(own),
        _ => known,
    };
    if unmakes {
        drop = drop.union(Caps::SYS_ADMIN);
    }
    drop = drop.union(lost);
    if privilege.disable_userns {
        // Who has it could raise the limit again.
        if add != Caps::ALL && !add.both(Caps::SYS_RESOURCE).is_empty() {
            return Err(Error::Contradiction(Id::CapAdd, Id::DisableUserns));
        }
        drop = drop.union(Caps::SYS_RESOURCE);
    }
    match (add == Caps::ALL, drop == Caps::ALL) {
        (true, false) => add = own.without(drop),
        (false, true) => drop = known.without(add),
        _ => {}
    }
    if !add.both(drop).is_empty() {
        return Err(Error::Contradiction(Id::CapAdd, Id::CapDrop));
    }
    if let Some(cap) = add.without(known).iter().next() {
        return Err(Error::NoSuchCapability(cap));
    }
    let kept = if root { own.without(drop) } else { Caps::NONE };
    let permitted = kept.union(add);
    Ok(Some(Sets {
        dropped: known.both(drop),
        permitted,
        inheritable: if root { Caps::NONE } else { permitted },
        because,
    }))
}

/// Keeps what another user than root would lose with the ids, up to the execution.
pub const KEEP: Call = Call::plain(
    Sys::prctl,
    &[Arg::Name(Constant::PR_SET_KEEPCAPS), Arg::Number(1)],
);

impl Sets {
    /// Takes what is dropped from the bounding set.
    pub fn bound(&self, child: &mut List) {
        if self.because == Id::Target {
            // Who may not take it away among those who are entered has it not.
            child.refusal = Refusal::after(&[Errno::PERM]);
        }
        for cap in self.dropped.iter() {
            child.say_for(
                self.because,
                phrase!("prctl PR_CAPBSET_DROP $0"),
                &[Arg::Cap(cap)],
            );
        }
        child.refusal = Refusal::Fatal;
    }

    /// Sets the others.
    pub fn set(&self, child: &mut List) {
        let call = Call::SetCapabilities {
            permitted: self.permitted,
            inheritable: self.inheritable,
        };
        child.add(call, self.because);
        // After it: what is ambient must be permitted and inheritable.
        for cap in self.inheritable.iter() {
            let raise = phrase!("prctl PR_CAP_AMBIENT PR_CAP_AMBIENT_RAISE $0 zero zero");
            child.say_for(self.because, raise, &[Arg::Cap(cap)]);
        }
    }
}

/// The limit of the new user namespace, which only `CAP_SYS_RESOURCE` in it could raise again.
pub fn disable_userns(config: &Config, child: &mut List) {
    if config.privilege.disable_userns {
        let path = Arg::Text(thin!("/proc/sys/user/max_user_namespaces"));
        write_file(child, path, thin!("0"), Id::DisableUserns);
    }
}
