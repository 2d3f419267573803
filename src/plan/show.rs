//! A plan as text: each step as strace(1) writes it, numbered, with who asked for it.
//!
//! `&name` stands for an address or descriptor and `CHILD` for a process id that only the run knows;
//! `...` for what follows from them.

use super::{Call, Data, Plan, Refusal, Step, Who};
use crate::names::flags::{self, Named};
use crate::names::{Caps, Ns, Signal};
use crate::strings::{Strings, ThinCStr, iterate};
use crate::text::packed::{Packed, packed};
use crate::text::{Quoted, Show, Text, display, put};

/// A whole plan, one line for each step.
pub struct Shown<'a>(pub &'a Plan<'a>);

/// One step of a plan, without its number.
pub struct Line<'a> {
    /// The step.
    pub step: &'a Step<'a>,
    /// Its plan, which holds the command's arguments.
    pub plan: &'a Plan<'a>,
}

display!(Shown<'_>, Line<'_>);

impl Show for Shown<'_> {
    fn show(&self, text: &mut Text) {
        let plan = self.0;
        let mut last = None;
        for (number, step) in (1usize..).zip(plan.steps) {
            // What undoes has one heading, whichever step it undoes.
            let who = match step.who {
                Who::Undo(_) => Who::Undo(0),
                who => who,
            };
            if last != Some(who) {
                put!(text, heading(who, plan.forks(Who::Clone)));
                last = Some(who);
            }
            text.raw(if number < 10 { b"   " } else { b"  " });
            put!(
                text,
                number,
                "  ",
                Line { step, plan },
                "  # ",
                step.because
            );
            match step.refusal {
                Refusal::Fatal => {}
                Refusal::Warn => put!(text, "; a refusal is a warning"),
                Refusal::Else(1) => put!(text, "; else the next one"),
                Refusal::Else(count) => put!(text, "; else the next ", count),
                Refusal::Tolerate(errnos) => {
                    put!(text, "; goes on after");
                    for errno in errnos.iter() {
                        put!(text, " ", errno);
                    }
                }
            }
            text.byte(b'\n');
        }
    }
}

fn heading(who: Who, apart: bool) -> Packed {
    match who {
        Who::Before => packed!("pidone, before the child exists\n"),
        Who::Clone => packed!("pidone makes the child\n"),
        Who::During => packed!("pidone, beside the child\n"),
        Who::Child if apart => packed!("child, in memory of its own\n"),
        Who::Child => packed!("child, in pidone's memory until it executes the command\n"),
        // There always is one: the caller's mask is given back.
        Who::After => packed!(
            "pidone, while the command runs\n      rt_sigtimedwait, wait4\n\
            pidone, after the command has ended\n"
        ),
        Who::Undo(_) => packed!("pidone, if a step after what this undoes has failed\n"),
    }
}

impl Show for Line<'_> {
    fn show(&self, text: &mut Text) {
        match &self.step.call {
            Call::Plain(plain) => plain.show(text),
            Call::SetAction { signal, ignore } => {
                let action = if *ignore { "IGN" } else { "DFL" };
                put!(
                    text,
                    "rt_sigaction(",
                    signal,
                    ", {sa_handler=SIG_",
                    action,
                    ", sa_mask=[], sa_flags=0}, NULL, 8)"
                );
            }
            Call::ShowDeath => put!(text, "set_tid_address(&life)"),
            Call::Clone3(flags) => {
                put!(text, "clone3({flags=", Named(*flags, &flags::CLONE));
                put!(text, ", child_tid=&tid, exit_signal=SIGCHLD");
                put!(text, ", stack=&stack, stack_size=0x");
                text.number(super::Stack::SIZE as u64, 16, 1);
                if flags & flags::INTO_CGROUP != 0 {
                    put!(text, ", cgroup=&path");
                }
                put!(text, "}, 88)");
            }
            Call::Clone(flags) => {
                let shared = flags & libc::CLONE_VFORK as u64 != 0;
                let stack = if shared { "NULL" } else { "&stack" };
                put!(
                    text,
                    "clone(child_stack=",
                    stack,
                    ", flags=",
                    Named(*flags, &flags::CLONE),
                    "|SIGCHLD, child_tidptr=&tid)"
                );
            }
            Call::Fork(flags) => {
                put!(text, "clone(child_stack=NULL, flags=");
                if *flags != 0 {
                    put!(text, Named(*flags, &flags::CLONE), "|");
                }
                put!(text, "SIGCHLD)");
            }
            Call::Expect { slot, .. } => {
                put!(text, "newfstatat(", slot, ", \"\", &stat, AT_EMPTY_PATH)");
            }
            Call::Empty(slot) => put!(text, "unlinkat(", slot, ", ..., 0)"),
            Call::StayInside => put!(text, "getcwd(&path, 4096)"),
            Call::BlockSignals => {
                put!(text, "rt_sigprocmask(SIG_BLOCK, ~[");
                fault_signals(text);
                put!(text, "], &mask, 8)");
            }
            Call::BlockAll => put!(text, "rt_sigprocmask(SIG_BLOCK, ~[], &mask, 8)"),
            Call::RestoreSignals | Call::SetSignals(_) => {
                put!(text, "rt_sigprocmask(SIG_SETMASK, &mask, NULL, 8)")
            }
            Call::ClearUmask => put!(text, "umask(000)"),
            Call::RestoreUmask => put!(text, "umask(&umask)"),
            Call::Write { slot, data } => put!(text, "write(", slot, ", ", data),
            Call::Tell { fd, data } => put!(text, "write(", fd, ", ", data),
            Call::Run { path, argv } => {
                put!(text, "clone, rt_sigprocmask, ");
                execute(text, path, argv, &[]);
                put!(text, ", wait4");
            }
            Call::LookAt(ns) => {
                put!(
                    text,
                    "newfstatat(AT_FDCWD, \"/proc/CHILD/ns/",
                    entry(*ns),
                    "\", &stat, 0)"
                );
            }
            Call::OpenGate => put!(text, "futex(&gate, FUTEX_WAKE, 1)"),
            Call::PassGate => put!(text, "futex(&gate, FUTEX_WAIT, 0, NULL)"),
            // How many pages they are is another number each time.
            Call::Discard(..) => put!(text, "madvise(&pointers, &length, MADV_DONTNEED)"),
            Call::CheckOldParent(..) => put!(text, "getppid()"),
            Call::DieWithParent => put!(text, "prctl(PR_SET_PDEATHSIG, SIGKILL)"),
            Call::CheckParent(slot) => {
                put!(
                    text,
                    "ppoll([{fd=",
                    slot,
                    ", events=POLLIN}], 1, {tv_sec=0, tv_nsec=0}, NULL, 0)"
                );
            }
            Call::SetCapabilities {
                permitted,
                inheritable,
            } => put!(
                text,
                "capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=",
                permitted,
                ", permitted=",
                permitted,
                ", inheritable=",
                inheritable,
                "})"
            ),
            Call::AwaitFile(path) => put!(text, "faccessat(AT_FDCWD, ", path, ", F_OK)"),
            Call::AwaitByte(fd) => put!(text, "read(", fd, ", &byte, 1)"),
            Call::AwaitAnswer(slot) => put!(text, "read(", slot, ", &byte, 1)"),
            Call::ExecCopy => {
                put!(text, "execveat(&copy, \"\", ");
                arguments(text, self.plan.argv, self.plan.env);
                put!(text, ", AT_EMPTY_PATH)");
            }
            Call::Exec(path) => execute(text, path, self.plan.argv, self.plan.env),
            Call::CountKills(slot) => put!(text, "read(", slot, ", &events, 512)"),
            Call::RemoveCgroup(at) => put!(text, "unlinkat(AT_FDCWD, ", at, ", AT_REMOVEDIR)"),
            Call::Unlink { path, .. } => put!(text, "unlinkat(AT_FDCWD, ", path, ", 0)"),
        }
    }
}

fn execute(text: &mut Text, path: &ThinCStr, argv: &Strings, env: &Strings) {
    put!(text, "execve(", path, ", ");
    arguments(text, argv, env);
    text.byte(b')');
}

fn arguments(text: &mut Text, argv: &Strings, env: &Strings) {
    put!(text, "[");
    let mut between = "";
    for argument in iterate(argv) {
        put!(text, between, argument);
        between = ", ";
    }
    let count = iterate(env).count();
    put!(text, "], &environ /* ", count, " vars */");
}

/// The entry of /proc/PID/ns that shows a new namespace already before the command is executed.
pub(crate) fn entry(ns: Ns) -> &'static str {
    match ns {
        // A child that shares its parent's memory enters its time namespace only at execve(2).
        Ns::Time => "time_for_children",
        _ => ns.file(),
    }
}

/// The members of a set, which strace writes without `SIG`.
fn fault_signals(text: &mut Text) {
    let mut between = "";
    for signal in (1..32).filter_map(Signal::new) {
        if Signal::FAULTS.contains(&signal) {
            put!(text, between);
            signal.show_name(text);
            between = " ";
        }
    }
}

/// How much of a file's content is shown.
const SHOWN: usize = 64;

/// The data of a write(2), its length, and the closing parenthesis.
impl Show for Data<'_> {
    fn show(&self, text: &mut Text) {
        match self {
            Data::Text(data) => put!(text, data, ", ", data.bytes().len(), ")"),
            Data::Bytes(data) => {
                let begin = data.get(..SHOWN).unwrap_or(data);
                put!(text, Quoted(begin));
                if begin.len() < data.len() {
                    put!(text, "...");
                }
                put!(text, ", ", data.len(), ")");
            }
            Data::ChildPid => put!(text, "\"CHILD\\n\", ...)"),
            Data::Info => put!(text, "\"{\\\"child-pid\\\": CHILD...}\\n\", ...)"),
        }
    }
}

/// A set of capabilities.
impl Show for Caps {
    fn show(&self, text: &mut Text) {
        let mut between = "1<<";
        for cap in self.iter() {
            put!(text, between, cap);
            between = "|1<<";
        }
        if self.is_empty() {
            text.byte(b'0');
        }
    }
}
