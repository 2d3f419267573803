//! An init and its command, with the init as process 1 of a sandbox or among the machine's processes.

use crate::running::Running;
use crate::support::{Caller, children, command, eventually, program};
use crate::witness::witness;
use std::process::Command;

/// What an init is to the other processes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Role {
    First,
    Subreaper,
}

pub const ROLES: [Role; 2] = [Role::First, Role::Subreaper];

pub struct Watched {
    pub running: Running,
    /// The init.
    pub init: u32,
}

impl Role {
    /// A command line under this role, not started yet.
    pub fn command(self, caller: Caller, words: &[&str]) -> Command {
        let mut command = match self {
            Role::Subreaper => command(caller, words[0]),
            Role::First => {
                let mut command = command(caller, program());
                command.args(["run", words[0]]);
                command
            }
        };
        command.args(&words[1..]);
        command
    }

    /// `pidone init` with these words, not started yet.
    pub fn init(self, caller: Caller, words: &[&str]) -> Command {
        let pidone = program().to_str().expect("a plain name");
        self.command(caller, &[&[pidone, "init"], words].concat())
    }

    /// A witness (see there) under `pidone init OPTIONS`, when both are ready.
    pub fn witness(self, caller: Caller, options: &[&str], words: &[&str]) -> Watched {
        let line = [options, &[witness(), "witness", "report", "die=9"], words].concat();
        self.ready(&mut self.init(caller, &line))
    }

    /// Something that says `ready`, when it has.
    pub fn ready(self, command: &mut Command) -> Watched {
        let running = Running::ready(command);
        let init = match self {
            Role::Subreaper => running.pid(),
            Role::First => running.command(),
        };
        Watched { running, init }
    }
}

impl Watched {
    /// Sends the init a signal.
    pub fn send(&self, signal: i32) {
        crate::support::send(self.init, signal);
    }

    /// The init's first child.
    pub fn main(&self) -> u32 {
        eventually("the init has a child", || {
            children(self.init).into_iter().min()
        })
    }

    /// What a witness says up to the highest signal, which is sent now.
    pub fn up_to_fence(&self) -> Vec<String> {
        self.send(crate::running::FENCE);
        let fence = format!("got {}", crate::running::FENCE);
        std::iter::repeat_with(|| self.running.line())
            .take_while(|line| *line != fence)
            .collect()
    }
}

/// A subreaper that is killed leaves what it has.
impl Drop for Watched {
    fn drop(&mut self) {
        let mut all = vec![self.init];
        let mut at = 0;
        while let Some(&pid) = all.get(at) {
            all.extend(children(pid));
            at += 1;
        }
        all.into_iter()
            .skip(1)
            .for_each(|pid| crate::support::send(pid, libc::SIGKILL));
    }
}
