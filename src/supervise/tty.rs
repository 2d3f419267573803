//! Our terminal: its foreground process group and its attributes, as they were found.

use crate::launch::Child;
use crate::plan::Watch;
use crate::sys::file::{Fd, STDERR, STDIN, STDOUT};
use crate::sys::process::{self, Pid};
use crate::sys::{signal, tty};

/// Takes the foreground back from a group that has ended with the command, or that we have put there.
/// Another that is alive was put there by the caller's shell. What a machine has to say is not held up there.
pub fn restore(child: &Child, watch: &Watch) {
    if watch.machine {
        tty::resume(STDERR);
    }
    if let Some((terminal, foreground)) = terminal() {
        let ours = process::group();
        let ended = !signal::group_exists(foreground);
        if foreground != ours && (ended || watch.has_own_group() && foreground == child.pid) {
            // SIGTTOU is blocked, so this works from the background.
            let _ = tty::set_foreground(terminal, ours);
        }
    }
}

/// Where the command has a terminal of its own, bytes pass ours as they are while it is ours, and that one is as
/// large. Somebody may have changed this while we were stopped.
#[inline(never)]
pub fn meet(child: &Child) {
    let Some(pty) = child.pty.filter(|_| is_ours()) else {
        return;
    };
    if let Ok(now) = tty::attributes(STDIN) {
        let raw = tty::raw(&now);
        if raw != now {
            child.before.set(Some(now));
            let _ = tty::set_attributes(STDIN, &raw);
        }
    }
    if let Ok(size) = tty::window(STDIN) {
        let _ = tty::set_window(pty, size);
    }
}

/// Our terminal as we have met it.
#[inline(never)]
pub fn leave(child: &Child) {
    if let Some(before) = child.before.get().filter(|_| is_ours()) {
        let _ = tty::set_attributes(STDIN, &before);
    }
}

/// Whether our process group is in the foreground.
fn is_ours() -> bool {
    tty::foreground(STDIN) == Ok(process::group())
}

/// Hands the foreground from one group to another, if that one has it.
pub fn pass(from: Pid, to: Pid) {
    if let Some((terminal, foreground)) = terminal()
        && foreground == from
    {
        let _ = tty::set_foreground(terminal, to);
    }
}

/// Our terminal, and the group in its foreground.
fn terminal() -> Option<(Fd, Pid)> {
    let mut streams = [STDIN, STDOUT, STDERR].into_iter();
    streams.find_map(|stream| Some((stream, tty::foreground(stream).ok()?)))
}
