//! A competitor that may hang: it leads a process group, and the group dies with this value. When
//! this program is interrupted instead, the competitor dies by its parent-death signal.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::system;

/// A peer needs half a minute for 2,000 binds.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub struct Group(Child);

impl Group {
    pub fn spawn(command: &mut Command) -> Result<Group, String> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0);
        // SAFETY: the function makes one system call, which is all a forked child may do.
        unsafe { command.pre_exec(system::die_with_parent) };
        let child = command
            .spawn()
            .map_err(|error| format!("{command:?}: {error}"))?;
        Ok(Group(child))
    }

    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            system::kill_group(self.0.id());
            let _ = self.0.wait();
        }
    }
}

/// Runs a command once; anything but success in time is an error that quotes it.
pub fn run(command: &mut Command) -> Result<(), String> {
    let mut group = Group::spawn(command)?;
    let status = poll(|| group.0.try_wait().ok().flatten());
    match status {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("{command:?}: {status}")),
        None => Err(format!("{command:?}: not finished after {PATIENCE:?}")),
    }
}

/// Asks until there is an answer or patience ends.
pub fn poll<T>(mut question: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + PATIENCE;
    loop {
        match question() {
            None if Instant::now() < end => sleep(Duration::from_millis(1)),
            answer => return answer,
        }
    }
}
