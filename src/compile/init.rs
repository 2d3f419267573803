//! `init`: the same steps wherever it runs. It needs no capability, no /proc, and no newer call than
//! clone(2), which no filter refuses.

use super::namespaces::Resolved;
use super::steps::List;
use super::{be_watched, command, credentials, die_with_parent, environment};
use super::{process, reports, set_sigchld, terminal};
use crate::config::{Config, Init, Target};
use crate::error::Error;
use crate::host::Host;
use crate::names::{Constant, Errno, Id, NsSet, Signal, Sys};
use crate::plan::{Arg, Call, Plan, Refusal, Watch, Who};
use crate::strings::thin;
use crate::words::{Array, Words};

/// Makes the plan of a process that cares for others.
#[inline(never)]
pub fn compile<'p>(
    config: &Config<'p>,
    init: &Init<'p>,
    host: &Host<'p>,
    words: &'p Words,
) -> Result<Plan<'p>, Error<'p>> {
    if init.target == Target::All && !host.first {
        return Err(Error::NotFirst);
    }
    if init.machine.any() && !host.machine {
        return Err(Error::NoMachine);
    }
    match (init.pause, config.command.is_empty()) {
        (true, false) => return Err(Error::Contradiction(Id::Pause, Id::Command)),
        (false, true) => return Err(Error::NoCommand),
        _ => {}
    }
    let own_session =
        config.process.new_session || host.machine || init.own_session && host.foreground.is_none();
    let terminal = host
        .foreground
        .filter(|_| !own_session && !init.single_child);
    let env = environment::environment(config, host, words);
    let mut list = List::new(words);
    let nothing = Resolved::default();
    let credentials = credentials::credentials(config, host, &nothing, &None, &mut list);
    list.directory = credentials.home.or(config.process.chdir);
    // In as few pages as can be, for as long as it waits.
    let of_terminal = if config.process.tty {
        MOST_OF_TERMINAL
    } else {
        0
    };
    list.steps
        .reserve(MOST + of_terminal + command::candidates(config, env));
    // Before anything else: what comes from now on is kept for the command.
    list.add(Call::BlockAll, Id::Default);
    list.add_if(host.sigchld_ignored, set_sigchld(false), Id::Default);
    reports::keep_descriptors(config, &mut list);
    adopt(init, host, &mut list);
    // What holds those in a process-id namespace of ours together does not hold a sandbox without one.
    let dies_with_us = init.mask.is_some() && !host.first;
    if dies_with_us {
        be_watched(host, &mut list);
    }
    terminal::open(config, host, &mut list);
    process::names(config, &mut list);
    let mut argv = config.command;
    if init.pause {
        leave_alone(config, host, &mut list);
    } else {
        list.turn(Who::Clone);
        list.add(spawn(terminal.is_some()), Id::Default);
        list.turn(Who::During);
        reports::announce(config, NsSet::NONE, &mut list);
        leave_alone(config, host, &mut list);
        // After the last use of them, which was the command's start.
        if let Some((start, length)) = host.pointers {
            list.add(Call::Discard(start, length), Id::Default);
        }
        list.turn(Who::Child);
        place(config, host, init, own_session, terminal, &mut list);
        process::attributes(config, &mut list);
        if host.machine {
            credentials.give_output(&mut list);
        }
        credentials.take_commands(&mut list);
        if dies_with_us {
            die_with_parent(host.apart().is_some(), &mut list);
        }
        list.add_if(host.sigchld_ignored, set_sigchld(true), Id::Default);
        match init.mask {
            Some(mask) => list.add(Call::SetSignals(mask), Id::Blocked),
            None => list.add(Call::RestoreSignals, Id::Default),
        }
        argv = command::execute(config, env, words, &mut list)?;
    }
    if let Some(error) = list.error {
        return Err(error);
    }
    Ok(Plan {
        steps: list.steps.finish(),
        argv,
        env,
        stack: None,
        watch: watch(config, init, own_session, host, words),
    })
}

/// How many steps there are at most without a candidate for the command.
const MOST: usize = 14;

/// And with a terminal of the command's own.
const MOST_OF_TERMINAL: usize = 8;

const SUBREAPER: Call = Call::plain(
    Sys::prctl,
    &[Arg::Name(Constant::PR_SET_CHILD_SUBREAPER), Arg::Number(1)],
);
const TO_ROOT: Call = Call::plain(Sys::chdir, &[Arg::Text(thin!("/"))]);
const OWN_GROUP: Call = Call::plain(Sys::setpgid, &[Arg::Number(0), Arg::Number(0)]);

/// Who asked for a step that is there anyway.
fn asked(given: bool, option: Id) -> Id {
    if given { option } else { Id::Default }
}

/// Orphans come to us, and a signal when our own parent ends.
fn adopt(init: &Init, host: &Host, list: &mut List) {
    let because = asked(init.subreaper, Id::Subreaper);
    list.add_if(!host.first || init.subreaper, SUBREAPER, because);
    if let Some(signal) = init.parent_death {
        let args = [Arg::Name(Constant::PR_SET_PDEATHSIG), Arg::Signal(signal)];
        list.plain(Sys::prctl, &args, Id::ParentDeath);
        // It may have ended just before.
        list.add(Call::CheckOldParent(host.parent, signal), Id::ParentDeath);
    }
}

/// The child has what is free of our stack, and we go on when it has become the command or failed. The
/// kernel tells it its process id where the terminal is to be told.
fn spawn(with_terminal: bool) -> Call<'static> {
    let mut flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_CHILD_CLEARTID;
    if with_terminal {
        flags |= libc::CLONE_CHILD_SETTID;
    }
    Call::Clone(flags as u64)
}

/// We keep no mount busy, and no pipe or socket open.
#[inline(never)]
fn leave_alone(config: &Config, host: &Host, list: &mut List) {
    // A machine's first process is there.
    list.add_if(!host.machine, TO_ROOT, Id::Default);
    // The terminal is ours to keep, and what a machine has open is.
    if !config.process.tty && !host.machine {
        reports::close_descriptors(config, list, false);
    }
}

/// What the terminal's calls answer where there is none any more, or it is another session's.
const NO_TERMINAL: Refusal = Refusal::after(&[
    Errno::NOTTY,
    Errno::IO,
    Errno::NXIO,
    Errno::BADF,
    Errno::PERM,
]);

/// The command's session or process group, and the terminal.
fn place(
    config: &Config,
    host: &Host,
    init: &Init,
    own_session: bool,
    terminal: Option<u32>,
    list: &mut List,
) {
    let because = asked(config.process.new_session, Id::NewSession);
    terminal::take(config, host, own_session, because, list);
    list.add_if(!own_session && !init.single_child, OWN_GROUP, Id::Default);
    let of_terminal = match terminal {
        Some(terminal) => Some((terminal, Constant::TIOCSPGRP, Arg::ChildId)),
        // A sandbox's terminal is nobody's yet. The command is to lead its session: nobody outside could continue
        // what the keyboard would stop, and so the kernel does not stop it.
        None if own_session && init.mask.is_some() => {
            Some((0, Constant::TIOCSCTTY, Arg::Number(0)))
        }
        None => None,
    };
    if let Some((terminal, request, value)) = of_terminal {
        let args = [Arg::Number(terminal.into()), Arg::Name(request), value];
        let call = list.call(Sys::ioctl, &args);
        list.push(call, NO_TERMINAL, Id::Default);
    }
}

/// Milliseconds that a machine's workload has between the signal that stops it and `SIGKILL`, and that everybody
/// else has when it has ended.
const GRACE: u64 = 5_000;

fn watch<'p>(
    config: &Config,
    init: &Init<'p>,
    own_session: bool,
    host: &Host,
    words: &'p Words,
) -> Watch<'p> {
    let mut init = *init;
    if own_session && init.own_session {
        // The kernel would discard these: nobody outside the session could continue its group.
        let mut rules = Array::new(words);
        for signal in [Signal::TSTP, Signal::TTIN, Signal::TTOU] {
            rules.push((signal, Some(Signal::STOP)));
        }
        rules.extend(init.rewrite);
        init.rewrite = rules.finish();
    }
    if host.machine {
        let stop = config.life.stop_signal.or(Some(Signal::TERM));
        let mut rules = Array::new(words);
        for signal in Signal::STOPS {
            rules.push((signal, stop));
        }
        rules.extend(init.rewrite);
        init.rewrite = rules.finish();
        init.grace = init.grace.or((!init.wait_all).then_some(GRACE));
    }
    Watch {
        shares_terminal: init.single_child,
        timeout: config.life.timeout,
        stop_signal: config.life.stop_signal,
        stop_timeout: config.life.stop_timeout.or(host.machine.then_some(GRACE)),
        status_fd: config.reports.json_status_fd,
        init: Some(words.keep(init)),
        first: host.first,
        machine: host.machine,
        ..Watch::default()
    }
}
