//! The command's own terminal: what is typed into ours goes there, and what it writes comes here.

use super::{Wait, tty};
use crate::launch::Child;
use crate::names::{Errno, Signal};
use crate::sys::Result;
use crate::sys::file::{self, Fd, STDIN, STDOUT};
use crate::sys::poll::{self, ERR, IN, OUT, Poll};
use crate::sys::signal::{self, Arrived};
use crate::sys::tty::{attributes, end_of_file, foreground};

/// What passes at once. A pipe that is ready for more takes that without a wait.
const SIZE: usize = 1024;

/// How often as much is fetched after the command's end: more than a terminal keeps.
const REST: usize = 256;

/// Takes turns until there are no more, and passes on what there is in between.
#[inline(never)]
pub fn serve(child: &Child, pty: Fd, signals: u64, turn: &mut dyn FnMut(&mut Wait) -> bool) {
    let mut relay = Relay {
        child,
        pty,
        signals,
        // Without it we look as often as a person would not mind.
        arrivals: signal::descriptor(signals).ok(),
        input: of_our_own(STDIN),
        output: of_our_own(STDOUT),
        to: Passage::new(),
        from: Passage::new(),
        told: false,
        asked: false,
    };
    tty::meet(child);
    while turn(&mut |time| relay.wait(time)) {}
    relay.finish();
    tty::leave(child);
}

/// Our terminal once more, if this is it: reads and writes that do not wait, for signals would wait with us. That
/// cannot be set where others have the same open, and of tty(4) nobody asks whose it is.
#[inline(never)]
fn of_our_own(fd: Fd) -> Fd {
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_NONBLOCK | libc::O_CLOEXEC;
    let again = foreground(fd).and_then(|_| file::open(c"/dev/tty", flags as u32));
    again.unwrap_or(fd)
}

struct Relay<'a> {
    child: &'a Child<'a>,
    pty: Fd,
    signals: u64,
    arrivals: Option<Fd>,
    input: Fd,
    output: Fd,
    to: Passage,
    from: Passage,
    /// Whether the command knows that nothing more is typed.
    told: bool,
    /// Whether somebody, or a limit of time, wanted an end.
    asked: bool,
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

impl Relay<'_> {
    /// The next signal. What is to be passed on meanwhile is; with a limit of time that counts as an interruption.
    fn wait(&mut self, time: Option<u64>) -> Result<Arrived> {
        loop {
            if !self.to.open && self.to.is_empty() && !self.told {
                self.tell_end();
            }
            let to_pty = if self.to.is_empty() { 0 } else { OUT };
            let from_pty = if self.from.wants() { IN } else { 0 };
            let mut all: [Poll; 4] = [
                Poll::new(self.arrivals.unwrap_or(Fd(u32::MAX)), IN),
                Poll::new(self.pty, to_pty | from_pty),
                Poll::new(self.input, if self.to.wants() { IN } else { 0 }),
                Poll::new(self.output, if self.from.is_empty() { 0 } else { OUT }),
            ];
            let limit = match self.arrivals {
                None => Some(time.unwrap_or(LOOK).min(LOOK)),
                Some(_) => time,
            };
            let ready = poll::wait(&mut all, limit)?;
            if all[0].is(IN) || self.arrivals.is_none() {
                match signal::wait(self.signals, Some(0)) {
                    Err(Errno::AGAIN) => {}
                    arrived => {
                        tty::meet(self.child);
                        match arrived {
                            // The kernel tells those in the foreground there.
                            Ok(one) if one.signal == Signal::WINCH => continue,
                            Ok(one) => self.asked |= Signal::INTERRUPTS & one.signal.bit() != 0,
                            Err(_) => {}
                        }
                        return arrived;
                    }
                }
            }
            if ready == 0 && limit == time {
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
                self.read_typed();
            }
            if all[3].is(!0) {
                self.from.drain(self.output);
            }
            if all[3].is(ERR) {
                self.hang_up();
            }
            if time.is_some() {
                return Err(Errno::INTR);
            }
        }
    }

    /// What is typed. In the background the kernel stops us for that, as it does anybody; our terminal has no other
    /// end than that it hangs up.
    fn read_typed(&mut self) {
        if self.input == STDIN {
            return self.to.fill(STDIN);
        }
        // Perhaps it has become ours without a word.
        tty::meet(self.child);
        let blocked = signal::block(0).unwrap_or(signal::ALL);
        let _ = signal::set_mask(blocked & !Signal::TTIN.bit());
        self.to.fill(self.input);
        let _ = signal::set_mask(blocked);
        if !self.to.open {
            self.hang_up();
        }
    }

    /// Nobody is there any more to type or to read: so it is for the command, and the kernel tells those who use
    /// its terminal.
    fn hang_up(&mut self) {
        file::close(self.pty);
        self.pty = Fd(u32::MAX);
        self.from.open = false;
        self.end_input();
    }

    /// Nothing more is typed.
    fn end_input(&mut self) {
        (self.to.open, self.to.start, self.told) = (false, self.to.end, true);
    }

    /// Where lines are edited, one character ends the line if one has begun, and another the input.
    fn tell_end(&mut self) {
        self.told = true;
        let edited = attributes(self.pty).ok();
        if let Some(mark) = edited.and_then(|all| end_of_file(&all)) {
            let begun = !matches!(
                self.to.bytes.get(self.to.end.wrapping_sub(1)),
                None | Some(b'\n')
            );
            self.to.bytes[..2].fill(mark);
            (self.to.start, self.to.end) = (0, 1 + usize::from(begun));
        }
    }

    /// What was written last. It waits for its reader, but for none who does not come when an end is wanted.
    fn finish(&mut self) {
        self.end_input();
        for _ in 0..REST {
            loop {
                let time = match (self.from.is_empty(), self.asked) {
                    (true, _) => 0,
                    (_, true) => self.arrivals.map_or(LOOK, |_| PATIENCE),
                    _ => FOREVER,
                };
                match self.wait(Some(time)) {
                    Ok(_) | Err(Errno::INTR) => {}
                    Err(_) => return,
                }
                if self.from.is_empty() {
                    break;
                }
            }
        }
    }
}

/// Milliseconds.
const LOOK: u64 = 100;

/// How long somebody who wants an end waits for who reads.
const PATIENCE: u64 = 1000;

/// Days.
const FOREVER: u64 = u32::MAX as u64;
