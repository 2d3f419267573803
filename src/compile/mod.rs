//! From a wish and the facts to a plan. Touches nothing but its two arguments.
//!
//! [`compile`] is the order of everything. Each line that must stand before another says why.

mod command;
mod environment;
mod identity;
mod namespaces;
mod process;
mod reports;
mod steps;


use crate::config::Config;
use crate::error::Error;
use crate::host::Host;
use crate::names::flags::CLEAR_SIGHAND;
use crate::names::{Ns, NsSet, Signal};
use crate::plan::{Call, Plan, Slot, Watch};
use namespaces::Resolved;
use steps::{DEFAULT, List, step};

/// Makes the plan for a configuration on a host.
///
/// # Errors
///
/// A configuration that contradicts itself or the caller's privileges, and a command that is in
/// none of the directories of an empty `PATH`.
pub fn compile<'p>(config: &'p Config<'p>, host: &'p Host<'p>) -> Result<Plan<'p>, Error<'static>> {
    let resolved = namespaces::resolve(config, host)?;
    let maps = identity::maps(config, host, &resolved)?;
    let env = environment::environment(config, host);
    let (argv, candidates) = command::candidates(config, &env)?;
    let gate = reports::needs_gate(config) || maps.by_parent();

    let mut before = List::new();
    // An ignored SIGCHLD would have the kernel throw the exit status away, so this is the first.
    before.add_if(host.sigchld_ignored, set_sigchld(false), DEFAULT);
    before.add(Call::MapStack, DEFAULT);
    // Before the clone, or the child could look for our death where nobody writes it.
    if !config.life.no_kill_child {
        before.add(watched(host), DEFAULT);
    }
    // Without clone3 the child inherits handlers, which must not run in it.
    before.add_if(!host.clone3, Call::BlockSignals, DEFAULT);

    let mut during = List::new();
    // As soon as there is a child to pass signals on to. The child's mask is not touched, nor are
    // its dispositions: what the command inherits is the caller's because nobody changed it.
    during.add_if(host.clone3, Call::BlockSignals, DEFAULT);
    reports::announce(config, &resolved, &mut during);
    maps.write_by_parent(&mut during);
    // After everything that the child, or a reader of the reports, has to find done.
    during.add_if(gate, Call::OpenGate, DEFAULT);

    let mut child = List::new();
    // First of all, so that no step below outlives the parent, or waits for a dead one.
    if !config.life.no_kill_child {
        child.add(Call::DieWithParent, DEFAULT);
        child.add_if(host.shared_with.is_some(), Call::CheckParent { slot: Slot::Parent }, DEFAULT);
    }
    child.add_if(gate, Call::PassGate, DEFAULT);
    // Before anything that needs an identity: without a map every id is the overflow id.
    maps.write_by_child(&mut child);
    namespaces::unshare_time(host, &resolved, &mut child);
    process::clocks(config, &mut child);
    process::names(config, &mut child);
    process::loopback(&resolved, &mut child);
    // Propagation before the first mount, or that mount would appear on the host.
    namespaces::mounts(config, &resolved, &mut child)?;
    // After the mounts: the directory is one of the new view.
    process::attributes(config, &mut child);
    // After what may need a privilege, and before foreign code.
    child.add_if(!config.privilege.allow_new_privs, Call::NoNewPrivs, DEFAULT);
    // Waits for the caller with everything set up, so that it sees the finished world.
    reports::await_release(config, &mut child);
    // After the last step that opens something (CVE-2024-21626: a directory of the host left open).
    reports::close_descriptors(config, &mut child);
    child.add_if(host.sigchld_ignored, set_sigchld(true), DEFAULT);
    child.add_if(!host.clone3, Call::RestoreSignals, DEFAULT);
    child.append(candidates);

    let mut after = List::new();
    reports::withdraw(config, &mut after);

    Ok(Plan {
        before: before.steps,
        clone: step(clone(host, resolved.new), resolved.because(Ns::Pid)),
        during: during.steps,
        child: child.steps,
        after: after.steps,
        argv,
        env,
        watch: watch(config, &resolved),
    })
}

fn set_sigchld(ignore: bool) -> Call<'static> {
    Call::SetAction { signal: Signal::CHLD, ignore }
}

/// How the child will see that we are dead: in memory where that is ours, else through a descriptor.
fn watched(host: &Host) -> Call<'static> {
    match host.shared_with {
        None => Call::ShowDeath,
        Some(pid) => Call::PidfdOpen { pid, slot: Slot::Parent },
    }
}

fn clone(host: &Host, new: NsSet) -> Call<'static> {
    let mut flags = new.flags() | (libc::CLONE_VM | libc::CLONE_CHILD_CLEARTID) as u64;
    if host.shared_with.is_none() {
        flags |= libc::CLONE_FILES as u64;
    }
    if host.clone3 {
        Call::Clone3 { flags: flags | CLEAR_SIGHAND }
    } else {
        // clone(2) has no room for this flag: its bit is part of the exit signal's.
        Call::Clone { flags: flags & !Ns::Time.flag() }
    }
}

fn watch(config: &Config, resolved: &Resolved) -> Watch {
    Watch {
        shares_terminal: !config.process.new_session,
        shielded: resolved.new.contains(Ns::Pid),
        timeout: config.life.timeout,
        stop_signal: config.life.stop_signal,
        stop_timeout: config.life.stop_timeout,
        status_fd: config.reports.json_status_fd,
        namespaces: resolved.new,
    }
}
