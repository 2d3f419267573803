//! The long wait: one blocking call, no timer unless a time limit runs, no periodic wake-up.
//!
//! World on entry: all signals but the fault signals are blocked, in every thread, or another thread would take
//! them (a `SIGCHLD` too); the child is setting up or is the command already. Signals for the command go on to it;
//! what its terminal sent to it and us alike does not go a second time; when it stops, we stop, so that the
//! caller's shell sees one job.

mod crowd;
mod deadline;
mod relay;
mod stop;
mod tty;

use crate::host::probe;
use crate::launch::Child;
use crate::names::{Errno, Signal};
use crate::plan::{Init, Target, Watch};
use crate::sys::Result;
use crate::sys::process::{self, Change, Pid};
use crate::sys::signal::{self, Arrived, Disposition};
use crowd::Crowd;
use deadline::Deadline;

/// How the command ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct End {
    /// Its own status.
    pub status: Status,
    /// Whether the time limit had passed.
    pub timed_out: bool,
    /// Whether it was asked to end.
    pub asked: bool,
    /// Why its end could not be waited for.
    pub lost: Option<Errno>,
}

/// The command's own status.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Status {
    /// It exited with this.
    Exited(u8),
    /// This signal killed it.
    Killed(u8),
}

impl Default for Status {
    fn default() -> Self {
        Status::Exited(0)
    }
}

impl Status {
    /// As a shell counts: the exit status, or 128 + the signal.
    pub fn code(self) -> u8 {
        match self {
            Status::Exited(code) => code,
            Status::Killed(signal) => 128 + (signal & 0x7f),
        }
    }
}

/// What may be said of what goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// An orphan with this process id was reaped.
    Reaped(i32),
    /// A signal was passed on.
    Passed(Signal),
}

/// Waits for the child's end, and serves it meanwhile. All threads must block the signals that it is
/// to serve, `SIGCHLD` among them. `say` is told what the watch asks for.
#[inline(never)]
pub fn supervise(child: &Child, watch: &Watch, say: &dyn Fn(Event)) -> End {
    let mut service = Service {
        child,
        watch,
        say,
        deadline: Deadline::new(watch),
        end: End::default(),
        obeyed: None,
        ended: false,
        asks: false,
        waited_for: child.pid,
        reaped: 0,
    };
    let mut signals = signal::all_but_faults();
    if let Some(init) = watch.init {
        child.aim(init.target);
        (service.waited_for, signals) = (process::ANY, signal::ALL);
    }
    match child.pty {
        None if watch.init.is_some() => {
            let mut crowd = Crowd::new(signals);
            while service.turn(&mut |time| crowd.wait(time)) {
                crowd.learn(service.reaped);
            }
        }
        None => while service.turn(&mut |time| signal::wait(signals, time)) {},
        Some(pty) => relay::serve(child, pty, signals, &mut |wait| service.turn(wait)),
    }
    tty::restore(child, watch);
    service.end.timed_out = service.deadline.timed_out();
    service.end.asked = service.deadline.asked;
    service.end
}

/// Kills all processes but us, and waits for their ends; not for long for one that the kernel holds up.
pub fn end_all() {
    loop {
        match process::look_at(process::ANY, false) {
            Ok(None) => {
                let _ = signal::send(process::ANY, Signal::KILL);
                if signal::wait(Signal::CHLD.bit(), Some(1000)).is_err() {
                    return;
                }
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

/// What is known of a command while it runs.
struct Service<'a> {
    child: &'a Child<'a>,
    watch: &'a Watch<'a>,
    say: &'a dyn Fn(Event),
    deadline: Deadline,
    end: End,
    /// What ended it before there was a command.
    obeyed: Option<u8>,
    /// Whether it has ended, and others are waited for.
    ended: bool,
    /// Whether those are still to be asked to end.
    asks: bool,
    /// It, or all children.
    waited_for: Pid,
    /// How many others were reaped last.
    reaped: u32,
}

/// Waits for a signal, at most so many milliseconds.
type Wait<'a> = dyn FnMut(Option<u64>) -> Result<Arrived> + 'a;

impl Service<'_> {
    /// Serves one signal, or a time that is over; whether there is more to wait for.
    fn turn(&mut self, wait: &mut Wait) -> bool {
        match wait(self.deadline.remaining()) {
            Ok(arrived) if arrived.signal == Signal::CHLD => return self.reap(),
            Ok(arrived) if ends_set_up(self.child, arrived.signal) => {
                self.obeyed = Some(arrived.signal.number());
                self.child.send(Signal::KILL);
            }
            // There is nobody to pass anything on to.
            Ok(arrived) if self.watch.pauses() => {
                return arrived.signal.bit() & Signal::ENDS == 0;
            }
            Ok(arrived) => self.receive(arrived),
            Err(Errno::AGAIN) => return !self.deadline.pass(self.child),
            // We have been stopped and continued; the command's stop may be what did not wake us.
            Err(_) => {}
        }
        // One look for each wake-up, as nothing tells which children one signal stands for.
        self.watch.init.is_some() || self.reap()
    }

    /// Takes what has become of children, until there is nothing more; whether any is worth waiting for.
    fn reap(&mut self) -> bool {
        self.reaped = 0;
        loop {
            match process::look_at(self.waited_for, true) {
                Ok(Some((pid, change))) if pid == self.child.pid => {
                    if self.changed(change) {
                        return false;
                    }
                }
                Ok(Some((pid, _))) => {
                    self.reaped += 1;
                    self.say(Event::Reaped(pid.0), |init| init.warn_reap);
                }
                Ok(None) => {
                    self.ask_others();
                    return true;
                }
                Err(Errno::INTR) => continue,
                // Nobody is left.
                Err(_) if self.ended => return false,
                Err(_) if self.watch.pauses() => return true,
                Err(errno) => {
                    self.end.status = Status::Exited(crate::error::FAILED);
                    self.end.lost = Some(errno);
                    return false;
                }
            }
            if self.waited_for == self.child.pid {
                return true;
            }
        }
    }

    /// The command has stopped or ended; whether that is all.
    fn changed(&mut self, change: Change) -> bool {
        self.end.status = match change {
            Change::Stopped(signal) => {
                // Nobody could continue process 1, which does not stop: the command goes on, as without us. Who sent
                // another stop will know.
                if !self.watch.first || signal == Signal::TSTP.number() {
                    stop::with_child(self.child, self.watch, signal);
                }
                return false;
            }
            Change::Exited(code) => Status::Exited(code),
            Change::Killed(signal) => {
                let fault = Signal::FAULTS.iter().any(|one| one.number() == signal);
                if !fault {
                    // Somebody wanted it, also if it was not the command yet.
                    self.child.excuse();
                }
                Status::Killed(self.obeyed.unwrap_or(signal))
            }
        };
        match self.watch.init {
            Some(init) if init.grace.is_some() || init.wait_all => self.stay(init),
            _ => return true,
        }
        false
    }

    /// The command has ended, and the others matter. Its process id may soon be somebody else's.
    fn stay(&mut self, init: &Init) {
        self.ended = true;
        self.deadline.leave(init.grace);
        self.child.aim(if self.watch.first {
            Target::All
        } else {
            Target::Group
        });
        self.asks = init.grace.is_some();
    }

    /// There are others when the command has ended: they are to end as well.
    fn ask_others(&mut self) {
        if core::mem::take(&mut self.asks) {
            self.child.send(Signal::TERM);
            self.child.send(Signal::CONT);
        }
    }

    fn say(&self, event: Event, wanted: fn(&Init) -> bool) {
        if self
            .watch
            .init
            .is_some_and(|init| init.verbose || wanted(init))
        {
            (self.say)(event);
        }
    }

    /// Passes a signal on, unless the command has got it already.
    fn receive(&mut self, arrived: Arrived) {
        let (child, watch) = (self.child, self.watch);
        let signal = arrived.signal;
        let from_keyboard = arrived.from_kernel
            && (stop::is_keyboard_stop(signal)
                || matches!(signal, Signal::INT | Signal::QUIT | Signal::WINCH)
                // Of a session's leader the kernel hangs up only the leader.
                || signal == Signal::HUP && !process::leads_session());
        // Sent by the command to its own group.
        let from_child =
            arrived.sender == child.pid && watch.init.is_none_or(|init| init.single_child);
        let has_it = watch.shares_terminal && from_keyboard || from_child;
        // Nor does the kernel stop the first of a session. Who has rules for it gets what they say.
        let leads = child.pty.is_some() && !watch.first && self.rewritten(signal) == Some(signal);
        let stops =
            (watch.shielded || leads || !child.has_left()) && stop::is_keyboard_stop(signal);
        // What the command would do with it, our copy does not say.
        let hides = watch.reaped && (from_keyboard || leads);
        if stops && (hides || takes_default_action(child, signal)) {
            return stop::shielded(child, signal);
        }
        let Some(other) = self.rewritten(signal).filter(|_| !has_it) else {
            return;
        };
        // In a machine others mean the same.
        let stops = watch.machine && other == watch.stop_signal.unwrap_or(Signal::TERM);
        let waits = watch.init.is_some_and(|init| init.wait_all);
        if (signal == Signal::TERM || stops) && (!self.ended || waits) {
            self.deadline.ask(child, other);
        } else {
            child.send(other);
        }
        self.say(Event::Passed(other), |_| false);
    }

    /// What is passed on for a signal.
    fn rewritten(&self, signal: Signal) -> Option<Signal> {
        let rules = self.watch.init.map_or(&[][..], |init| init.rewrite);
        match rules.iter().rfind(|(from, _)| *from == signal) {
            Some((_, to)) => *to,
            None if signal == Signal::TERM => self.watch.stop_signal.or(Some(signal)),
            None => Some(signal),
        }
    }
}

/// Whether a signal ends a program that has not even started.
fn ends_set_up(child: &Child, signal: Signal) -> bool {
    let harmless = matches!(signal, Signal::CONT | Signal::URG | Signal::WINCH);
    !child.has_left()
        && !harmless
        && !stop::is_keyboard_stop(signal)
        && takes_default_action(child, signal)
}

/// Whether the command, or who becomes it, would leave a signal to the kernel.
fn takes_default_action(child: &Child, signal: Signal) -> bool {
    if child.has_left() {
        return probe::has_default_action(child.pid, signal);
    }
    // The child has everything blocked until it executes; what it will have then is our caller's.
    child.inherits & signal.bit() == 0 && signal::disposition(signal) != Ok(Disposition::Ignored)
}
