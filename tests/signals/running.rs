//! A pidone that runs while a test looks at it. It ends with the test, whatever the outcome.
#![allow(dead_code)]

use crate::support::{Caller, children, eventually, pidone, send};
use crate::witness::witness;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A signal that marks the end of others: it is the highest number, so both pidone and the command
/// get it after all that were sent before it.
pub const FENCE: i32 = 64;

pub struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("pidone can be started");
        let out = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            out.lines()
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        Running { child, lines }
    }

    /// A witness (see there) under `pidone run OPTIONS`, when both are ready.
    pub fn witness(caller: Caller, options: &[&str], words: &[&str]) -> Self {
        Running::ready(&mut reporting(caller, options, words))
    }

    pub fn ready(command: &mut Command) -> Self {
        let running = Running::start(command);
        assert_eq!(running.line(), "ready");
        running
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The process that is or becomes the command, once there is one.
    pub fn command(&self) -> u32 {
        eventually("pidone has a child", || {
            children(self.pid()).first().copied()
        })
    }

    /// Sends pidone a signal.
    pub fn send(&self, signal: i32) {
        send(self.pid(), signal);
    }

    /// The command's next line.
    pub fn line(&self) -> String {
        self.lines
            .recv_timeout(Duration::from_secs(10))
            .expect("a line")
    }

    /// The same, where that takes longer.
    pub fn line_within(&self, seconds: u64) -> String {
        self.lines
            .recv_timeout(Duration::from_secs(seconds))
            .expect("a line")
    }

    /// Ends the command's input, if that is a pipe.
    pub fn close_input(&mut self) {
        drop(self.child.stdin.take());
    }

    /// What a witness says up to the fence, which is sent now.
    pub fn up_to_fence(&self) -> Vec<String> {
        self.send(FENCE);
        let fence = format!("got {FENCE}");
        std::iter::repeat_with(|| self.line())
            .take_while(|line| *line != fence)
            .collect()
    }

    /// How pidone ends.
    pub fn end(&mut self) -> ExitStatus {
        eventually("pidone ends", || {
            self.child.try_wait().expect("it is our child")
        })
    }

    /// Its exit status, or minus the signal that ended it.
    pub fn code(&mut self) -> i32 {
        let status = self.end();
        status
            .code()
            .or(status.signal().map(|signal| -signal))
            .expect("it has ended")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `pidone run OPTIONS` of a witness that reports its signals, not started yet.
pub fn reporting(caller: Caller, options: &[&str], words: &[&str]) -> Command {
    let mut command = pidone(caller, &["run"]);
    command
        .args(options)
        .args([witness(), "witness", "report"])
        .args(words);
    command
}
