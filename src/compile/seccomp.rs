//! Filters of system calls (seccomp(2)): the caller's, our own, and a small one for the terminal's sake.

mod calls;
mod program;

use super::namespaces::Resolved;
use super::steps::List;
use crate::config::{Config, Filter};
use crate::host::Host;
use crate::names::{Caps, Constant, Id, Ns, NsSet, Sys};
use crate::plan::Arg;
use crate::text::packed::packed;
pub use program::DEFAULT_BYTES as DEFAULT_FILTER;
use program::TERMINAL_BYTES;

/// Whether a command that may do less than its caller has the caller's terminal, into which it could
/// type for the caller's shell (CVE-2017-5226), and no filter that refuses that.
fn exposes_terminal(config: &Config, host: &Host, resolved: &Resolved) -> bool {
    let privilege = &config.privilege;
    let mounts = &config.mounts;
    let user = resolved.new.union(resolved.others).contains(Ns::User);
    let restricted = !privilege.cap_drop.is_empty()
        || !privilege.seccomp.is_empty()
        || !privilege.landlock.is_empty()
        || privilege.landlock_scope
        || privilege.disable_userns
        || mounts.root.is_some()
        || !mounts.operations.is_empty()
        || mounts.read_only
        || config.identity.user.command.is_some()
        || host.euid == 0 && user;
    // What is executed inside is not ours, whoever it runs as.
    let theirs = NsSet::of(Ns::User).with(Ns::Mount);
    let entered = !resolved
        .joined
        .union(resolved.others)
        .both(theirs)
        .is_empty();
    // Who has CAP_SYS_ADMIN outside may type into a terminal that is another session's (TIOCSTI(2const)).
    let process = &config.process;
    let dropped = privilege.cap_drop.without(privilege.cap_add);
    let powerless = user || !host.privileged() || !dropped.both(Caps::SYS_ADMIN).is_empty();
    let apart = process.new_session && powerless;
    (restricted || entered)
        && !apart
        && !privilege
            .seccomp
            .iter()
            .any(|filter| matches!(filter, Filter::Default))
}

/// Installs the filters of a configuration, after the one that every command with less privilege gets.
#[inline(never)]
pub fn install<'p>(config: &Config, host: &Host<'p>, resolved: &Resolved, child: &mut List<'p>) {
    if exposes_terminal(config, host, resolved) {
        add(child, TERMINAL_BYTES, Id::Default);
    }
    let mut read = host.filters.iter();
    for filter in config.privilege.seccomp {
        // What was not read has no instructions, which the kernel refuses.
        let mut program = || read.next().copied().unwrap_or(&[]);
        match filter {
            Filter::Default => add(child, DEFAULT_FILTER, Id::Seccomp),
            Filter::Fd(_) => add(child, program(), Id::Seccomp),
            Filter::File(_) => add(child, program(), Id::SeccompFile),
        }
    }
}

#[inline(never)]
fn add<'p>(child: &mut List<'p>, program: &'p [u8], because: Id) {
    let program = child.record(&[
        (packed!("len"), Arg::Number(program.len() as i64 / 8)),
        (packed!("filter"), Arg::Filter(program)),
    ]);
    let mode = Arg::Name(Constant::SECCOMP_SET_MODE_FILTER);
    child.plain(Sys::seccomp, &[mode, Arg::Number(0), program], because);
}
