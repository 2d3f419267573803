//! The long wait: one blocking call, no timer unless a time limit runs, no periodic wake-up.
//!
//! World on entry: all signals but the fault signals are blocked, in every thread, or another thread
//! would take them (a `SIGCHLD` too); the child is setting up or is the command already. Signals for the command go on to it; what its terminal sent to it and us alike
//! does not go a second time; when it stops, we stop, so that the caller's shell sees one job.

mod deadline;
mod stop;
mod tty;

use crate::host::probe;
use crate::launch::Child;
use crate::names::{Errno, Signal};
use crate::plan::Watch;
use crate::sys::process::{self, Change};
use crate::sys::signal::{self, Arrived, Disposition};
use deadline::Deadline;

/// How the command ended.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct End {
    /// Its own status.
    pub status: Status,
    /// Whether the time limit had passed.
    pub timed_out: bool,
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

/// Waits for the child's end, and serves it meanwhile. All threads must block the signals that it is
/// to serve, `SIGCHLD` among them.
pub fn supervise(child: &Child, watch: &Watch) -> End {
    let mut deadline = Deadline::new(watch);
    let mut end = End::default();
    // What ended it before there was a command.
    let mut obeyed = None;
    let mut look = false;
    loop {
        if look {
            match process::look_at(child.pid) {
                Ok(Some(Change::Exited(code))) => break end.status = Status::Exited(code),
                Ok(Some(Change::Killed(signal))) => {
                    let fault = Signal::FAULTS.iter().any(|one| one.number() == signal);
                    if !fault {
                        // Somebody wanted it, also if it was not the command yet.
                        child.excuse();
                    }
                    break end.status = Status::Killed(obeyed.unwrap_or(signal));
                }
                Ok(Some(Change::Stopped(signal))) => stop::with_child(child, signal),
                Ok(None) => {}
                Err(Errno::INTR) => continue,
                Err(errno) => {
                    end.status = Status::Exited(crate::error::FAILED);
                    break end.lost = Some(errno);
                }
            }
        }
        look = true;
        match signal::wait(deadline.remaining()) {
            Ok(arrived) if arrived.signal == Signal::CHLD => {}
            Ok(arrived) if ends_set_up(child, arrived.signal) => {
                obeyed = Some(arrived.signal.number());
                child.send(Signal::KILL);
            }
            Ok(arrived) => receive(child, watch, &mut deadline, arrived),
            Err(Errno::AGAIN) => deadline.pass(child),
            Err(_) => {}
        }
    }
    tty::restore();
    end.timed_out = deadline.timed_out();
    end
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

/// Passes a signal on, unless the command has got it already.
fn receive(child: &Child, watch: &Watch, deadline: &mut Deadline, arrived: Arrived) {
    let signal = arrived.signal;
    let from_keyboard = arrived.from_kernel
        && (stop::is_keyboard_stop(signal)
            || matches!(signal, Signal::INT | Signal::QUIT | Signal::WINCH)
            // Of a session's leader the kernel hangs up only the leader.
            || signal == Signal::HUP && !process::leads_session());
    let has_it = (watch.shares_terminal && from_keyboard) || arrived.sender == child.pid;
    let stops = (watch.shielded || !child.has_left()) && stop::is_keyboard_stop(signal);
    if stops && takes_default_action(child, signal) {
        stop::shielded(child, signal);
    } else if has_it {
        // From the keyboard, or sent by the command to its own group.
    } else if signal == Signal::TERM {
        deadline.ask(child);
    } else {
        child.send(signal);
    }
}
