//! When pidone is killed, nothing of the sandbox stays.

use crate::support::{Caller, Scratch, callers, each_with, eventually, marked, pidone, send};
use std::fs;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How many times each set of options is killed at another moment of its first milliseconds.
const MOMENTS: u32 = 50;
const APART: Duration = Duration::from_micros(60);

/// Sets of options that take different ways through the set-up. Standard input is a pipe that
/// nobody writes to.
const OPTIONS: [&[&str]; 7] = [
    &[],
    &["--share", "pid"],
    &["--all"],
    &["--net", "--hostname", "inside"],
    &["--block-fd", "0"],
    &["--share", "pid,mount", "--user", "--info-fd", "2"],
    &["--share", "pid", "--init"],
];

#[test]
fn pidone_killed_at_any_moment_leaves_nothing() {
    for (caller, options) in each_with(&OPTIONS) {
        for moment in 0..MOMENTS {
            killed_after(APART * moment, caller, options);
        }
    }
}

#[test]
fn pidone_killed_at_the_gate_leaves_nothing() {
    let scratch = Scratch::new("gate");
    for &caller in callers() {
        let file = scratch.path.join(format!("{caller:?}"));
        let file = file.to_str().expect("a plain name");
        for moment in 0..MOMENTS {
            killed_after(
                APART * moment,
                caller,
                &["--pid-file", file, "--block-fd", "0"],
            );
        }
    }
}

/// The set-up child shares the memory, so the arguments, of pidone: a mark finds both.
#[test]
fn pidone_killed_while_the_child_waits_leaves_nothing() {
    for &caller in callers() {
        let mut sandbox = Sandbox::start(caller, &["--block-fd", "0"]);
        eventually("pidone and its child are found", || {
            (sandbox.processes().len() == 2).then_some(())
        });
        sandbox.kill_pidone();
        sandbox.ends("");
    }
}

/// Where no namespace ends with the reaper.
#[test]
fn a_reapers_command_dies_with_pidone() {
    for &caller in callers() {
        for options in [
            &["--share=pid", "--init"][..],
            &["--share=pid", "--init", "--tty"],
        ] {
            let mut sandbox = Sandbox::start(caller, options);
            sandbox.command();
            sandbox.kill_pidone();
            sandbox.ends(&format!("{options:?} of {caller:?}"));
        }
    }
}

/// The control: what is not to die with pidone is found, by the same means.
#[test]
fn with_no_kill_child_the_command_stays() {
    for (caller, options) in each_with(&OPTIONS[..2]) {
        let mut sandbox = Sandbox::start(caller, &[options, &["--no-kill-child"]].concat());
        let command = sandbox.command();
        sandbox.kill_pidone();
        // Long enough for the kernel to have killed it, if it were to.
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(sandbox.processes(), [command], "{caller:?} {options:?}");
        send(command, libc::SIGKILL);
        sandbox.ends("");
    }
}

#[test]
fn a_stopped_sandbox_dies_with_pidone() {
    for &caller in callers() {
        let mut sandbox = Sandbox::start(caller, &[]);
        send(sandbox.command(), libc::SIGSTOP);
        sandbox.kill_pidone();
        sandbox.ends("");
    }
}

fn killed_after(delay: Duration, caller: Caller, options: &[&str]) {
    let mut sandbox = Sandbox::start(caller, options);
    std::thread::sleep(delay);
    sandbox.kill_pidone();
    sandbox.ends(&format!("{options:?} killed by {caller:?} after {delay:?}"));
}

/// A `pidone run OPTIONS sleep TIME` whose time no other process sleeps.
struct Sandbox {
    pidone: Child,
    mark: String,
}

impl Sandbox {
    fn start(caller: Caller, options: &[&str]) -> Self {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let mark = format!("4000.{:08}{serial:06}", std::process::id());
        let mut command = pidone(caller, &["run"]);
        command.args(options).args(["sleep", &mark]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let pidone = command.spawn().expect("pidone can be started");
        Sandbox { pidone, mark }
    }

    /// pidone, and what it has started.
    fn processes(&self) -> Vec<u32> {
        marked(&self.mark)
    }

    /// The command, when it is executed.
    fn command(&self) -> u32 {
        let is_sleep = |pid: &u32| {
            let name = fs::read_to_string(format!("/proc/{pid}/comm"));
            name.is_ok_and(|name| name.trim() == "sleep")
        };
        eventually("the command runs", || {
            self.processes().into_iter().find(is_sleep)
        })
    }

    fn kill_pidone(&mut self) {
        let _ = self.pidone.kill();
        let _ = self.pidone.wait();
    }

    fn ends(&self, what: &str) {
        let what = format!("nothing is left of the sandbox {what}");
        eventually(&what, || self.processes().is_empty().then_some(()));
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.kill_pidone();
        self.processes()
            .into_iter()
            .for_each(|pid| send(pid, libc::SIGKILL));
    }
}
