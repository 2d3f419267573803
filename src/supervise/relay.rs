//! The command's own terminal: what is typed into ours goes there, and what it writes comes here.

use super::Wait;
use super::stop::is_keyboard_stop;
use crate::names::{Errno, Signal};
use crate::sys::Result;
use crate::sys::file::{self, Fd, STDIN, STDOUT};
use crate::sys::poll::{self, IN, OUT, Poll};
use crate::sys::process;
use crate::sys::signal::{self, Arrived};
use crate::sys::tty::{self, Attributes};

/// What passes at once. A pipe that is ready for more takes that without a wait.
const SIZE: usize = 1024;

/// How often as much is fetched after the command's end: more than a terminal keeps.
const REST: usize = 256;

/// Takes turns until there are no more, and passes on what there is in between.
#[inline(never)]
pub fn serve(pty: Fd, signals: u64, turn: &mut dyn FnMut(&mut Wait) -> bool) {
    let mut relay = Relay {
        pty,
        signals,
        // Without it we look as often as a person would not mind.
        arrivals: signal::descriptor(signals).ok(),
        before: None,
        terminal: tty::is_terminal(STDIN),
        out: own_output(),
        asked: false,
        to: Passage::new(),
        from: Passage::new(),
        told: false,
        left: false,
    };
    relay.meet_terminal();
    while turn(&mut |time| relay.wait(time)) {}
    relay.finish();
}

struct Relay {
    pty: Fd,
    signals: u64,
    arrivals: Option<Fd>,
    /// The attributes of our terminal, when we have changed them.
    before: Option<Attributes>,
    /// Whether our input was a terminal.
    terminal: bool,
    /// Where the command's output goes.
    out: Fd,
    /// Whether somebody, or a limit of time, wanted an end.
    asked: bool,
    to: Passage,
    from: Passage,
    /// Whether the command knows that nothing more is typed.
    told: bool,
    /// Whether our terminal is as it was for now.
    left: bool,
}

/// Our output; our terminal once more, where a write does not wait for a reader: signals would wait with us. The
/// flag cannot be set on what others have open too, and of tty(4) nobody asks whose it is.
fn own_output() -> Fd {
    let flags = libc::O_WRONLY | libc::O_NOCTTY | libc::O_NONBLOCK | libc::O_CLOEXEC;
    let again = tty::foreground(STDOUT).and_then(|_| file::open(c"/dev/tty", flags as u32));
    again.unwrap_or(STDOUT)
}

/// What asks for an end.
fn ends(signal: Signal) -> bool {
    matches!(
        signal,
        Signal::TERM | Signal::INT | Signal::QUIT | Signal::HUP
    )
}

/// One way.
struct Passage {
    bytes: [u8; SIZE],
    start: usize,
    end: usize,
    /// Whether more can come.
    open: bool,
}

impl Passage {
    fn new() -> Self {
        Passage {
            bytes: [0; SIZE],
            start: 0,
            end: 0,
            open: true,
        }
    }

    fn is_empty(&self) -> bool {
        self.start == self.end
    }

    fn wants(&self) -> bool {
        self.is_empty() && self.open
    }

    fn fill(&mut self, from: Fd) {
        match file::read(from, &mut self.bytes) {
            Err(Errno::AGAIN | Errno::INTR) => {}
            Ok(0) | Err(_) => self.open = false,
            Ok(count) => (self.start, self.end) = (0, count),
        }
    }

    fn drain(&mut self, to: Fd) {
        let bytes = self.bytes.get(self.start..self.end).unwrap_or(&[]);
        match file::write(to, bytes) {
            Ok(count) => self.start += count,
            Err(Errno::AGAIN | Errno::INTR) => {}
            // Nobody reads any more.
            Err(_) => self.start = self.end,
        }
    }
}

impl Relay {
    /// The next signal. What is to be passed on meanwhile is; with a limit of time that counts as an interruption.
    fn wait(&mut self, time: Option<u64>) -> Result<Arrived> {
        if core::mem::take(&mut self.left) {
            self.meet_terminal();
        }
        loop {
            if !self.to.open && self.to.is_empty() && !self.told {
                self.tell_end();
            }
            let to_pty = if self.to.is_empty() { 0 } else { OUT };
            let from_pty = if self.from.wants() { IN } else { 0 };
            let mut all: [Poll; 4] = [
                Poll::new(self.arrivals.unwrap_or(Fd(u32::MAX)), IN),
                Poll::new(self.pty, to_pty | from_pty),
                Poll::new(STDIN, if self.to.wants() { IN } else { 0 }),
                Poll::new(self.out, if self.from.is_empty() { 0 } else { OUT }),
            ];
            let limit = match self.arrivals {
                None => Some(time.unwrap_or(LOOK).min(LOOK)),
                Some(_) => time,
            };
            let ready = poll::wait(&mut all, limit)?;
            if all[0].is(IN) || self.arrivals.is_none() {
                match signal::wait(self.signals, Some(0)) {
                    Err(Errno::AGAIN) => {}
                    // The kernel tells those in the foreground there.
                    Ok(arrived) if arrived.signal == Signal::WINCH => {
                        self.meet_terminal();
                        continue;
                    }
                    // Whoever waits for us to stop gets the terminal as it was.
                    Ok(arrived) if is_keyboard_stop(arrived.signal) => {
                        self.leave_terminal();
                        self.left = true;
                        return Ok(arrived);
                    }
                    arrived => {
                        self.meet_terminal();
                        self.asked |= arrived.is_ok_and(|arrived| ends(arrived.signal));
                        return arrived;
                    }
                }
            }
            if ready == 0 && self.arrivals.is_some() {
                self.asked = true;
                return Err(Errno::AGAIN);
            }
            if from_pty != 0 && all[1].is(!OUT) {
                self.from.fill(self.pty);
            }
            if all[1].is(OUT) {
                self.to.drain(self.pty);
            }
            if all[2].is(!0) {
                self.to.fill(STDIN);
                self.hang_up();
            }
            if all[3].is(!0) {
                self.from.drain(self.out);
            }
            if time.is_some() {
                return Err(Errno::INTR);
            }
        }
    }

    /// Bytes pass our terminal as they are while it is ours, and the command's is as large. Somebody may have
    /// changed that while we were stopped.
    fn meet_terminal(&mut self) {
        self.hang_up();
        let Ok(foreground) = tty::foreground(STDIN) else {
            return;
        };
        if foreground != process::group() {
            return;
        }
        if let Ok(now) = tty::attributes(STDIN) {
            let raw = tty::raw(&now);
            if raw != now {
                self.before = Some(now);
                let _ = tty::set_attributes(STDIN, &raw);
            }
        }
        if let Ok(size) = tty::window(STDIN) {
            let _ = tty::set_window(self.pty, size);
        }
    }

    /// When our terminal is gone, so is the command's: the kernel tells those who use it (tty_vhangup()).
    fn hang_up(&mut self) {
        if self.terminal && !tty::is_terminal(STDIN) {
            self.terminal = false;
            self.told = true;
            file::close(self.pty);
            self.pty = Fd(u32::MAX);
            for way in [&mut self.to, &mut self.from] {
                (way.open, way.start) = (false, way.end);
            }
        }
    }

    /// Where lines are edited, one character ends the line if one has begun, and another the input.
    fn tell_end(&mut self) {
        self.told = true;
        let edited = tty::attributes(self.pty).ok();
        if let Some(mark) = edited.and_then(|all| tty::end_of_file(&all)) {
            let begun = !matches!(
                self.to.bytes.get(self.to.end.wrapping_sub(1)),
                None | Some(b'\n')
            );
            self.to.bytes[..2].fill(mark);
            (self.to.start, self.to.end) = (0, 1 + usize::from(begun));
        }
    }

    /// Waits for a reader, but for none who does not come after an end was asked for.
    fn may_write(&mut self) -> bool {
        loop {
            let mut all = [
                Poll::new(self.out, OUT),
                Poll::new(self.arrivals.unwrap_or(Fd(u32::MAX)), IN),
            ];
            let limit = (self.asked || self.arrivals.is_none()).then_some(PATIENCE);
            let ready = poll::wait(&mut all, limit);
            if all[1].is(IN) {
                self.asked |= signal::wait(self.signals, Some(0)).is_ok_and(|one| ends(one.signal));
            } else if all[0].is(!0) || ready == Ok(0) {
                return all[0].is(!0);
            }
        }
    }

    /// What was written last, and our terminal as it was.
    fn finish(&mut self) {
        for _ in 0..REST {
            while !self.from.is_empty() {
                if !self.may_write() {
                    self.from.open = false;
                    break;
                }
                self.from.drain(self.out);
            }
            let mut pty = [Poll::new(self.pty, IN)];
            if !self.from.open || poll::wait(&mut pty, Some(0)) != Ok(1) {
                break;
            }
            self.from.fill(self.pty);
        }
        self.leave_terminal();
    }

    /// Our terminal as it was.
    fn leave_terminal(&self) {
        if let Some(before) = self.before
            && tty::foreground(STDIN) == Ok(process::group())
        {
            let _ = tty::set_attributes(STDIN, &before);
        }
    }
}

/// Milliseconds.
const LOOK: u64 = 100;

/// Milliseconds too.
const PATIENCE: u64 = 1000;
