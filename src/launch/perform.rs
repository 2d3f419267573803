//! The interpreter: one step, one system call. Parent and child use the same one.

#![allow(unsafe_code)]
// Unsafety here: the addresses that plain calls, madvise(2) and set_tid_address(2) are given.

use super::cell::Cell;
use super::clone::{clone, fork};
use super::short::Short;
use super::{cgroup, timeline::Timeline};
use crate::names::{Errno, Ns};
use crate::plan::{Call, Data, Failure, Plan, Refusal, Slot, Who, entry};
use crate::strings::{Strings, ThinCStr};
use crate::sys::file::{self, Fd};
use crate::sys::process::{self, Pid};
use crate::sys::{Result, memory, removal, signal};

/// One process's view of a plan while it is carried out.
#[derive(Clone, Copy)]
pub struct Performer<'a> {
    pub plan: &'a Plan<'a>,
    pub cell: &'a Cell,
    pub is_child: bool,
    /// Whether the child has memory of its own.
    pub apart: bool,
    /// Known to the parent after the clone.
    pub child: Option<Pid>,
    timeline: Option<&'a Timeline>,
    /// The step behind which it goes on.
    pub after: usize,
    /// Descriptors, or 0, which is always somebody else's.
    pub slots: [u32; Slot::COUNT],
    /// The signals that were blocked before we blocked more.
    pub mask: Option<u64>,
    /// The mask before it was cleared.
    umask: u32,
    /// What was looked at of the child's namespaces: the inode numbers.
    inodes: [u64; 8],
    /// How many processes were killed for want of memory.
    pub kills: u64,
}

impl<'a> Performer<'a> {
    pub fn new(plan: &'a Plan<'a>, cell: &'a Cell, timeline: Option<&'a Timeline>) -> Self {
        Performer {
            plan,
            cell,
            is_child: false,
            apart: plan.forks(Who::Clone),
            child: None,
            timeline,
            after: 0,
            slots: [0; Slot::COUNT],
            mask: None,
            umask: 0,
            inodes: [0; 8],
            kills: 0,
        }
    }

    #[inline(never)]
    pub fn stamp(&self, number: usize) {
        if let Some(timeline) = self.timeline {
            timeline.stamp(number);
        }
    }

    /// The way through one's steps, up to the first refusal that matters.
    pub fn perform_all(&mut self, who: Who) -> core::result::Result<(), Failure> {
        let mut needless = self.after;
        for (number, step) in self.plan.by(who) {
            if number <= needless {
                continue;
            }
            self.stamp(number);
            let executes = matches!(step.call, Call::Exec(..) | Call::ExecCopy);
            if self.is_child {
                // While it executes, a death by signal may be the command's own.
                self.cell.at(if executes { 0 } else { number });
                if executes && self.apart {
                    self.cell.forget_child();
                }
            }
            let Err(errno) = self.perform(&step.call) else {
                if let Refusal::Else(count) = step.refusal {
                    needless = number + usize::from(count);
                }
                continue;
            };
            let failure = Failure {
                step: number,
                errno: Some(errno),
            };
            match step.refusal {
                Refusal::Else(_) => {}
                Refusal::Warn => self.cell.warn(failure),
                Refusal::Tolerate(answers) if answers.iter().any(|answer| answer == errno) => {
                    if executes && errno == Errno::ACCES {
                        self.cell.deny(failure);
                    }
                }
                _ => return Err(failure),
            }
        }
        Ok(())
    }

    /// Undoes what was made by the steps before the one of this number.
    pub fn undo(&mut self, reached: usize) {
        for step in self.plan.steps {
            match step.who {
                Who::Undo(made) if (made as usize) < reached => {
                    // What is no longer there, or in use by somebody else, is not ours to remove.
                    let _ = self.perform(&step.call);
                }
                _ => {}
            }
        }
    }

    /// Makes one system call.
    pub fn perform(&mut self, call: &Call) -> Result<()> {
        match call {
            Call::Plain(plain) => self.plain(plain),
            Call::SetAction { signal, ignore } => signal::set_action(*signal, *ignore),
            // SAFETY: the kernel writes there only while the child uses this memory too, and `launch`
            // keeps the cell for that long; `compile` asks for it only if no C library does.
            Call::ShowDeath => unsafe { memory::set_tid_address(&self.cell.life) },
            Call::Clone3(flags) => clone(self, *flags, true).map(|pid| self.child = Some(pid)),
            Call::Clone(flags) => clone(self, *flags, false).map(|pid| self.child = Some(pid)),
            Call::Fork(flags) => fork(self, *flags),
            Call::Expect { slot, inode } => match file::status(self.fd(*slot)?, c"")?.st_ino {
                found if found == *inode => Ok(()),
                _ => Err(Errno::SRCH),
            },
            Call::Empty(slot) => {
                removal::empty(self.fd(*slot)?);
                Ok(())
            }
            Call::StayInside => match file::is_inside()? {
                true => Ok(()),
                false => Err(Errno::NOENT),
            },
            Call::BlockSignals => {
                signal::block(signal::all_but_faults()).map(|old| self.mask = Some(old))
            }
            Call::BlockAll => signal::block(signal::ALL).map(|old| self.mask = Some(old)),
            Call::SetSignals(set) => signal::set_mask(*set),
            Call::RestoreSignals => self.mask.map_or(Ok(()), signal::set_mask),
            Call::Write { slot, data } => self.write(self.fd(*slot)?, data),
            Call::Tell { fd, data } => self.write(Fd(*fd), data),
            Call::ClearUmask => {
                self.umask = process::set_umask(0);
                Ok(())
            }
            Call::RestoreUmask => {
                process::set_umask(self.umask);
                Ok(())
            }
            Call::Run { path, argv } => self.run(*path, argv),
            Call::LookAt(ns) => self.look_at(*ns),
            Call::OpenGate => self.cell.open_gate(),
            Call::PassGate => {
                self.cell.pass_gate();
                Ok(())
            }
            // SAFETY: the range holds pointers for execve(2) alone, which is done: nobody reads them again.
            Call::Discard(start, length) => unsafe { memory::discard(*start, *length) },
            Call::CheckOldParent(parent, signal) => match process::parent().0 as u32 {
                now if now == *parent => Ok(()),
                _ => signal::send(process::id(), *signal),
            },
            Call::DieWithParent => process::die_with_parent().map(|()| self.follow_parent()),
            Call::CheckParent(slot) => match process::has_ended(self.fd(*slot)?) {
                Ok(false) => Ok(()),
                _ => process::exit(0),
            },
            Call::SetCapabilities {
                permitted,
                inheritable,
            } => process::set_capabilities(permitted.bits(), inheritable.bits()),
            Call::AwaitFile(path) => file::wait_for(path.as_cstr()),
            Call::AwaitByte(fd) => file::read(Fd(*fd), &mut [0]).map(|_| ()),
            Call::AwaitAnswer(slot) => file::read(self.fd(*slot)?, &mut [0]).map(|_| ()),
            Call::ExecCopy => {
                process::execute_file(self.fd(Slot::Copy)?, self.plan.argv, self.plan.env)
            }
            Call::Exec(path) => process::execute(*path, self.plan.argv, self.plan.env),
            Call::CountKills(slot) => cgroup::kills(self.fd(*slot)?).map(|n| self.kills += n),
            Call::RemoveCgroup(path) => cgroup::remove(*path),
            Call::Unlink { path, only_if } => match self.fd(*only_if) {
                Ok(_) => file::unlink(path.as_cstr()),
                Err(_) => Ok(()),
            },
        }
    }

    /// Has another program do something with the child.
    #[inline(never)]
    fn run(&self, path: ThinCStr, argv: &Strings) -> Result<()> {
        let mut child = Short::new();
        child.number(self.child.map_or(0, |pid| pid.0 as u64));
        let mut arguments = [None; ARGUMENTS];
        if argv.len() > ARGUMENTS {
            return Err(Errno::TOOBIG);
        }
        for (place, argument) in arguments.iter_mut().zip(argv) {
            *place = *argument;
        }
        arguments[1] = Some(child.path().into());
        process::run(path, &arguments, self.mask.unwrap_or(0))
    }

    #[inline(never)]
    fn look_at(&mut self, ns: Ns) -> Result<()> {
        let (_, inode) = file::identity(self.of_child(b"ns/", entry(ns).as_bytes()).path())?;
        if let Some(place) = self.inodes.get_mut(ns as usize) {
            *place = inode;
        }
        Ok(())
    }

    /// `/proc/CHILD/` and what follows.
    pub fn of_child(&self, folder: &[u8], name: &[u8]) -> Short {
        let mut text = Short::new();
        text.push(b"/proc/");
        text.number(self.child.map_or(0, |pid| pid.0 as u64));
        text.push(b"/");
        text.push(folder);
        text.push(name);
        text
    }

    #[inline(never)]
    fn write(&self, fd: Fd, data: &Data) -> Result<()> {
        let mut text = Short::new();
        let bytes = match data {
            Data::Text(text) => text.bytes(),
            Data::Bytes(bytes) => bytes,
            Data::ChildPid => {
                text.number(self.child.map_or(0, |pid| pid.0 as u64));
                text.push(b"\n");
                text.bytes()
            }
            Data::Info => {
                self.describe(&mut text);
                text.bytes()
            }
        };
        // One write: id maps are taken whole or not at all.
        match file::write(fd, bytes)? {
            count if count == bytes.len() => Ok(()),
            _ => Err(Errno::NOSPC),
        }
    }

    /// The object that bubblewrap's `--info-fd` writes.
    fn describe(&self, text: &mut Short) {
        text.push(b"{\"child-pid\": ");
        text.number(self.child.map_or(0, |pid| pid.0 as u64));
        for ns in self.plan.watch.namespaces.iter() {
            let inode = self.inodes.get(ns as usize).copied().unwrap_or(0);
            if inode != 0 {
                text.push(b", \"");
                text.push(ns.file().as_bytes());
                text.push(b"-namespace\": ");
                text.number(inode);
            }
        }
        text.push(b"}\n");
    }

    /// Ends this process if the parent died before it could be told to die with it.
    fn follow_parent(&self) {
        if !self.cell.parent_is_alive() {
            process::exit(0);
        }
    }
}

/// How many arguments a helper has at most: its name, the process, three for each of 340 lines, and the end.
const ARGUMENTS: usize = 2 + 3 * 340 + 1;
