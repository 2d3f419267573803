//! From a wish and the facts to a plan. Touches nothing but its two arguments.
//!
//! [`compile`] is the order of everything. Each line that must stand before another says why.

mod accounts;
pub mod boot;
mod caps;
mod cgroup;
mod command;
mod copy;
mod credentials;
mod enter;
mod environment;
mod identity;
mod init;
mod join;
mod landlock;
mod mounts;
mod namespaces;
mod phrase;
mod process;
mod reports;
mod seccomp;
mod steps;
mod terminal;

pub use seccomp::DEFAULT_FILTER;

use crate::config::Config;
use crate::error::Error;
use crate::host::Host;
use crate::names::flags::CLEAR_SIGHAND;
use crate::names::{Id, Ns, Signal};
use crate::plan::{Arg, Call, Plan, Slot, Watch, Who};
use crate::words::Words;
use cgroup::Cgroups;
pub(crate) use mounts::{clean, next, next_mount};
use namespaces::Resolved;

pub use command::DEFAULT_PATH;
pub(crate) use environment::variable;

use phrase::phrase;
use steps::List;

/// Makes the plan for a configuration on a host. The strings that it has to make live in `words`.
///
/// # Errors
///
/// A configuration that contradicts itself or the caller's privileges, and a command without a name.
pub fn compile<'p>(
    config: &Config<'p>,
    host: &Host<'p>,
    words: &'p Words,
) -> Result<Plan<'p>, Error<'p>> {
    match &config.init {
        Some(init) => init::compile(config, init, host, words),
        None => sandbox(config, host, words),
    }
}

/// Room for as many steps as most plans have, and pages that nobody touches for those that have less.
const USUAL: usize = 64;

/// The plan of a command in new namespaces, or in another's.
#[inline(never)]
fn sandbox<'p>(
    config: &Config<'p>,
    host: &Host<'p>,
    words: &'p Words,
) -> Result<Plan<'p>, Error<'p>> {
    let resolved = namespaces::resolve(config, host)?;
    let env = environment::environment(config, host, words);
    let cgroups = cgroup::cgroups(config, host)?;
    let mut list = List::new(words);
    // A list that grows leaves pages behind that it was in.
    list.steps.reserve(USUAL);
    list.closes_files = config.mounts.read_only;
    let maps = identity::maps(config, host, &resolved, &mut list);
    let credentials = credentials::credentials(config, host, &resolved, &maps, &mut list);
    let capabilities = caps::sets(config, host, &resolved, credentials.root)?;
    let by_parent = maps.as_ref().is_some_and(|maps| maps.by_parent);
    let gate = reports::needs_gate(config)
        || by_parent
        || !resolved.persisted.is_empty()
        || cgroups.move_child();
    list.directory = credentials.home.or(config.process.chdir);

    // An ignored SIGCHLD would have the kernel throw the exit status away, so this is the first.
    list.add_if(host.sigchld_ignored, set_sigchld(false), Id::Default);
    reports::keep_descriptors(config, &mut list);
    terminal::open(config, host, &mut list);
    join::open(config, &resolved, &mut list);
    join::join(host, &resolved, &mut list, true);
    join::stay_undumpable(resolved.by_parent, &mut list);
    enter::open(config, host, &resolved, &mut list);
    // Before the clone, or the child could look for our death where nobody writes it.
    if !config.life.no_kill_child {
        be_watched(host, &mut list);
    }
    // From before the clone, so that every signal finds somebody who keeps it for the command.
    list.add(Call::BlockSignals, Id::Default);
    // After that, or a signal could leave it behind.
    cgroups.make(config, &mut list);

    list.turn(Who::Clone);
    let flags = clone(config, host, &resolved, &cgroups);
    list.add(flags, resolved.because(Ns::Pid));

    list.turn(Who::During);
    if let Some(maps) = &maps {
        maps.write(&mut list, true, host);
    }
    let bound = join::persist(config, &mut list);
    let now = resolved.new.without(resolved.later);
    reports::announce(config, now, &mut list);
    cgroups.enter(&mut list);
    // The child has descriptors of its own then.
    if config.life.init && !config.process.tty && host.shared_with.is_none() {
        reports::close_descriptors(config, &mut list, false);
    }
    // After everything that the child, or a reader of the reports, has to find done.
    list.add_if(gate, Call::OpenGate, Id::Default);

    list.turn(Who::Child);
    // First of all, so that no step below outlives the parent, or waits for a dead one.
    let apart = host.apart().is_some();
    if !config.life.no_kill_child {
        die_with_parent(apart, &mut list);
    }
    list.add_if(gate, Call::PassGate, Id::Default);
    // Before anything that needs an identity: without a map every id is the overflow id.
    if let Some(maps) = &maps {
        maps.write(&mut list, false, host);
    }
    enter::join(config, host, &resolved, &mut list);
    join::join(host, &resolved, &mut list, false);
    // Files are made from here on, and nobody may own one who is nobody. The kernel forgets the wish to die
    // with the parent when ids change (PR_SET_PDEATHSIG(2const)).
    if credentials.take_childs(&mut list) && !config.life.no_kill_child {
        die_with_parent(apart, &mut list);
    }
    join::stay_undumpable(resolved.others, &mut list);
    caps::disable_userns(config, &mut list);
    // The root of a new cgroup namespace is where the child is by now.
    namespaces::unshare(&resolved, &mut list);
    process::clocks(config, words, &mut list);
    process::names(config, &mut list);
    process::loopback(&resolved, &mut list);
    process::oom_score(config, words, &mut list);
    // Before the attributes, of which the directory is one of the new view.
    let made = mounts::mounts(config, host, &resolved, words, &mut list);
    process::attributes(config, &mut list);
    terminal::take(
        config,
        host,
        config.process.new_session,
        Id::NewSession,
        &mut list,
    );
    // After what may need a privilege, and before foreign code.
    let allow = config.privilege.allow_new_privs || config.enter.pid != 0;
    if !allow {
        let phrase = phrase!("prctl PR_SET_NO_NEW_PRIVS n1 zero zero zero");
        list.say_for(Id::Default, phrase, &[]);
    }
    // Before capabilities and ids go: it opens files, and needs CAP_SYS_ADMIN without no_new_privs.
    landlock::restrict(config, &mut list);
    // A filter needs the one or the other too, and so cannot be last without no_new_privs.
    if allow {
        seccomp::install(config, host, &resolved, &mut list);
    }
    if let Some(sets) = &capabilities {
        // Before what takes CAP_SETPCAP away.
        sets.bound(&mut list);
        let another = config.identity.user.command.is_some();
        list.add_if(another, caps::KEEP, Id::Uid);
    }
    // After everything that takes a privilege, which goes with the ids, or opens a file of its own in
    // /proc, which is root's from then on; and before CAP_SETUID goes.
    if credentials.take_commands(&mut list) && !config.life.no_kill_child {
        die_with_parent(apart, &mut list);
    }
    if let Some(sets) = &capabilities {
        sets.set(&mut list);
    }
    // Waits for the caller with everything set up, so that it sees the finished world.
    reports::await_release(config, &mut list);
    enter::hand_over(config, &resolved, &mut list);
    copy::make(config, host, &mut list)?;
    // After the last step that opens something (CVE-2024-21626: a directory of the host left open).
    reports::close_descriptors(config, &mut list, config.life.init);
    list.add_if(host.sigchld_ignored, set_sigchld(true), Id::Default);
    // As late as can be: what comes before is for the parent to judge. A copy of ours keeps them blocked,
    // so that none is lost.
    list.add_if(!config.life.init, Call::RestoreSignals, Id::Default);
    // Last, because it may forbid all the others.
    if !allow {
        seccomp::install(config, host, &resolved, &mut list);
    }
    let argv = match config.life.init {
        true => copy::execute(config, host, env, words, &mut list)?,
        false => command::execute(config, env, words, &mut list)?,
    };

    list.turn(Who::After);
    // Before what may fail: nothing of ours is to be left.
    cgroups.remove(&mut list);
    reports::withdraw(config, &mut list);
    join::unbind(config, bound, &mut list);
    // A program of our own ends here, and a signal that is pending must not do that for it.
    if host.shared_with.is_some() {
        list.add_if(host.sigchld_ignored, set_sigchld(true), Id::Default);
        list.add(Call::RestoreSignals, Id::Default);
    }
    mounts::undo(made, host.new_mounts, &mut list);

    if let Some(error) = list.error {
        return Err(error);
    }
    Ok(Plan {
        steps: list.steps.finish(),
        argv,
        env,
        stack: host.stack,
        watch: watch(config, &resolved),
    })
}

fn set_sigchld(ignore: bool) -> Call<'static> {
    Call::SetAction {
        signal: Signal::CHLD,
        ignore,
    }
}

/// Ends the child with its parent, also if that has ended already.
#[inline(never)]
fn die_with_parent(apart: bool, child: &mut List) {
    child.add(Call::DieWithParent, Id::Default);
    child.add_if(apart, Call::CheckParent(Slot::Parent), Id::Default);
}

/// How the child will see that we are dead: in memory where that is ours, else through a descriptor.
fn be_watched(host: &Host, list: &mut List) {
    match host.apart() {
        None => list.add(Call::ShowDeath, Id::Default),
        Some(pid) => {
            let parent = [Arg::Number(pid.into())];
            list.say_for(Id::Default, phrase!("pidfd_open $0 zero =parent"), &parent);
        }
    }
}

fn clone(config: &Config, host: &Host, resolved: &Resolved, cgroups: &Cgroups) -> Call<'static> {
    if host.target.own != 0 {
        return Call::Fork(0);
    }
    let new = resolved.new.without(resolved.later);
    let mut flags = new.flags() | (libc::CLONE_VM | libc::CLONE_CHILD_CLEARTID) as u64;
    if host.shared_with.is_none() && !config.life.init && !config.process.tty {
        flags |= libc::CLONE_FILES as u64;
    }
    if host.clone3 {
        Call::Clone3(flags | CLEAR_SIGHAND | cgroups.flag())
    } else {
        Call::Clone(flags)
    }
}

#[inline(never)]
fn watch(config: &Config, resolved: &Resolved) -> Watch<'static> {
    Watch {
        shares_terminal: !config.process.new_session,
        shielded: resolved.new.contains(Ns::Pid),
        reaped: config.life.init,
        timeout: config.life.timeout,
        stop_signal: config.life.stop_signal,
        stop_timeout: config.life.stop_timeout,
        status_fd: config.reports.json_status_fd,
        namespaces: resolved.new,
        ..Watch::default()
    }
}
