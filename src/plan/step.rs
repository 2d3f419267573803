//! One step: a system call with its arguments, and what a refusal means.

use super::Slot;
use crate::names::flags::Bits;
use crate::names::{Cap, Caps, Constant, Errno, Errnos, Id, Ns, Resource, Signal, Sys};
use crate::strings::{Strings, ThinCStr};
use crate::text::packed::Packed;

/// An argument of a system call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arg<'p> {
    /// A null pointer.
    Null,
    /// A C string.
    Text(ThinCStr<'p>),
    /// The path `/proc/CHILD/…`, which is known when the child is there.
    OfChild(ThinCStr<'p>),
    /// A whole number.
    Number(i64),
    /// A file mode, or a mask for one.
    Mode(u32),
    /// A number that has a name.
    Name(Constant),
    /// A flag word.
    Flags(u64, &'static Bits),
    /// A signal's number.
    Signal(Signal),
    /// A capability's number.
    Cap(Cap),
    /// The number of a resource that is limited.
    Resource(Resource),
    /// A limit; `u64::MAX` is none.
    Limit(u64),
    /// The descriptor in a slot.
    Slot(Slot),
    /// The instructions of a filter.
    Filter(&'p [u8]),
    /// A structure, and what is shown of it.
    Block(&'p [u64; 15], ThinCStr<'p>),
    /// Numbers of 32 bits: user or group ids, an address.
    Ids(&'p [u32]),
    /// The address of the child's process id.
    ChildId,
    /// A structure of words.
    Record(&'p [Member<'p>]),
}

/// A member of a structure: its name, by which it is shown if it has one, and its value.
pub type Member<'p> = (Packed, Arg<'p>);

/// The most words that a structure has.
pub const RECORD: usize = 8;

/// A system call of which the kernel only reads what the arguments point to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plain<'p> {
    /// Which one.
    pub number: Sys,
    /// Its arguments; those that are left out are 0.
    pub args: &'p [Arg<'p>],
    /// Where the descriptor goes that it returns.
    pub yields: Option<Slot>,
}

/// What a write(2) writes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Data<'p> {
    /// As it is.
    Text(ThinCStr<'p>),
    /// Any bytes.
    Bytes(&'p [u8]),
    /// The child's process id and a newline.
    ChildPid,
    /// A JSON object: the child's process id and the namespaces that were looked at.
    Info,
}

/// A system call, with the arguments that differ between plans.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Call<'p> {
    /// One that needs nothing but its arguments.
    Plain(Plain<'p>),
    /// rt_sigaction(2): default, or ignored.
    SetAction {
        /// The signal.
        signal: Signal,
        /// Ignored, instead of the default.
        ignore: bool,
    },
    /// set_tid_address(2): our death becomes visible in memory that the child reads.
    ShowDeath,
    /// clone3(2).
    Clone3(u64),
    /// clone(2).
    Clone(u64),
    /// clone(2) of a child with memory of its own, as fork(2) makes it. A child hands its further steps,
    /// and its place beside its parent's other children, over to the child that it makes.
    Fork(u64),
    /// newfstatat(2) of a slot's descriptor: its inode number must be this one.
    Expect {
        /// Where the descriptor is.
        slot: Slot,
        /// The number.
        inode: u64,
    },
    /// unlinkat(2) of all that is below a slot's directory, where nothing is mounted.
    Empty(Slot),
    /// getcwd(2): the working directory must be below the root.
    StayInside,
    /// rt_sigprocmask(2): everything but the fault signals.
    BlockSignals,
    /// The same: everything.
    BlockAll,
    /// rt_sigprocmask(2): as it was before `BlockSignals`.
    RestoreSignals,
    /// rt_sigprocmask(2): these.
    SetSignals(u64),
    /// write(2) to a slot.
    Write {
        /// Where the descriptor is.
        slot: Slot,
        /// What is written, at once.
        data: Data<'p>,
    },
    /// write(2) to a descriptor of the caller's.
    Tell {
        /// The caller's descriptor.
        fd: u32,
        /// What is written, at once.
        data: Data<'p>,
    },
    /// umask(2): 0, so that what is made gets the mode that is asked for.
    ClearUmask,
    /// umask(2): as it was before `ClearUmask`.
    RestoreUmask,
    /// newuidmap(1) or its twin, in a process of its own: clone(2), rt_sigprocmask(2), execve(2) and
    /// wait4(2). Its exit status is taken for an errno.
    Run {
        /// The program.
        path: ThinCStr<'p>,
        /// Its arguments, of which the second stands for the child's process id.
        argv: &'p Strings<'p>,
    },
    /// newfstatat(2) of the child's namespace, for [`Data::Info`].
    LookAt(Ns),
    /// futex(2): lets the child pass.
    OpenGate,
    /// futex(2): waits for the parent.
    PassGate,
    /// madvise(2): the pages of the pointers to arguments and variables, which the command has now; where
    /// they begin, and how many bytes they are.
    Discard(usize, usize),
    /// getppid(2): if it is not this one any more, the signal that its end was to bring.
    CheckOldParent(u32, Signal),
    /// prctl(2): die with the parent; ends the child if the parent is dead already.
    DieWithParent,
    /// poll(2) of the parent's pidfd; ends the child if the parent is dead already.
    CheckParent(Slot),
    /// capset(2) of the process itself.
    SetCapabilities {
        /// The permitted and the effective set.
        permitted: Caps,
        /// The inheritable set.
        inheritable: Caps,
    },
    /// faccessat(2), again for ten seconds as long as there is no such file.
    AwaitFile(ThinCStr<'p>),
    /// read(2) of one byte.
    AwaitByte(u32),
    /// The same of a slot.
    AwaitAnswer(Slot),
    /// execve(2) with the plan's arguments and environment.
    Exec(ThinCStr<'p>),
    /// execveat(2) of our copy, with the same.
    ExecCopy,
    /// read(2) of a cgroup's events.
    CountKills(Slot),
    /// rmdir(2) of a cgroup, again for about a second as long as somebody is in it, who is killed.
    RemoveCgroup(ThinCStr<'p>),
    /// unlink(2).
    Unlink {
        /// The file.
        path: ThinCStr<'p>,
        /// Only if a step filled this slot.
        only_if: Slot,
    },
}

impl<'p> Call<'p> {
    /// A system call with these arguments.
    pub const fn plain(number: Sys, args: &'p [Arg<'p>]) -> Self {
        Call::Plain(Plain {
            number,
            args,
            yields: None,
        })
    }

    /// A system call whose result is a descriptor.
    pub const fn opening(slot: Slot, number: Sys, args: &'p [Arg<'p>]) -> Self {
        Call::Plain(Plain {
            number,
            args,
            yields: Some(slot),
        })
    }

    /// Which system call it is, with which arguments, if it is a plain one.
    pub fn as_plain(&self) -> Option<(Sys, &'p [Arg<'p>])> {
        match self {
            Call::Plain(plain) => Some((plain.number, plain.args)),
            _ => None,
        }
    }
}

/// Who performs a step, and when. In the order of the numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Who {
    /// The parent, before the clone.
    Before,
    /// The parent: the clone itself.
    Clone,
    /// The parent, while the child sets up, or waits at its gate if a step opens one.
    During,
    /// The child, in the parent's memory until the last step replaces it.
    Child,
    /// The parent, when the child has ended or could not be made.
    After,
    /// The parent, when there is no command because of a step behind the one of this number: what
    /// that one made must not stay.
    Undo(u32),
}

/// What it means when the kernel says no.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Refusal {
    /// The run fails.
    Fatal,
    /// These errnos are an answer like any other, and the next step is next.
    Tolerate(Errnos),
    /// The command can do without: a warning is printed.
    Warn,
    /// Then the next steps, so many, do it instead; else they are left out.
    Else(u8),
}

impl Refusal {
    /// Goes on after these.
    pub const fn after(errnos: &[Errno]) -> Refusal {
        Refusal::Tolerate(Errnos::of(errnos))
    }
}

/// A system call in its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step<'p> {
    /// Who makes it.
    pub who: Who,
    /// The call.
    pub call: Call<'p>,
    /// What it means when it is refused.
    pub refusal: Refusal,
    /// The option that asked for it.
    pub because: Id,
    /// The words of the option, where they tell more than the call does.
    pub operands: &'p [ThinCStr<'p>],
}
