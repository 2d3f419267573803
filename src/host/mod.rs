//! What this machine and our caller are: facts as data. `probe` reads them, `compile` and `error` use them.
//!
//! The facts of [`Host`] that cost a system call are believed to be favourable until something is
//! refused: the refusal teaches the fact, and the plan is made again.

mod hardware;
pub mod nslist;
pub mod probe;

pub use hardware::Hardware;

use crate::names::NsSet;
use crate::plan::Stack;
use crate::strings::{Strings, ThinCStr};

/// `CAP_SYS_ADMIN` (capabilities(7)).
const SYS_ADMIN: u32 = linux_raw_sys::general::CAP_SYS_ADMIN;

/// `CAP_SETGID`, with which groups are mapped that are not the caller's own.
pub const SETGID: u32 = linux_raw_sys::general::CAP_SETGID;

/// `CAP_SETUID`, with which users are mapped that are not the caller.
pub const SETUID: u32 = linux_raw_sys::general::CAP_SETUID;

/// What a plan depends on. In this order what is often asked for has a short address.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Host<'a> {
    /// Whether the caller ignores `SIGCHLD`, so that the kernel would throw exit statuses away.
    pub sigchld_ignored: bool,
    /// Whether clone3(2) is answered; container profiles refuse it because they cannot look inside.
    pub clone3: bool,
    /// The highest capability of this kernel.
    pub last_capability: u8,
    /// Whether the places that they act on have been looked for.
    pub looked_closer: bool,
    /// Whether the mount calls since Linux 5.12 are answered.
    pub new_mounts: bool,
    /// Whether pivot_root(2) works, which it does not from an initramfs.
    pub pivot_root: bool,
    /// Whether memfd_create(2) knows that a file may be for execution, which it wants to know since Linux 6.3.
    pub memfd_exec: bool,
    /// The caller's effective user id.
    pub euid: u32,
    /// The caller's effective group id.
    pub egid: u32,
    /// Effective capabilities; `None` while nobody has looked, which only root's may be.
    pub capabilities: Option<u64>,
    /// The environment of the caller.
    pub environment: &'a Strings<'a>,
    /// The caller's process id, if it may have other threads or a C library. Then its descriptors
    /// and its `clear_child_tid` address are not ours to use.
    pub shared_with: Option<u32>,
    /// Memory for the child's stack, which the caller brings.
    pub stack: Option<Stack>,
    /// What was read for each filter of the configuration that is not our own.
    pub filters: &'a [&'a [u8]],
    /// What is known of the operations on the view of file systems, each in its place.
    pub operations: &'a [Seen<'a>],
    /// The working directory, if an operation needs it.
    pub directory: &'a [u8],
    /// The terminal on standard output, if an operation needs it.
    pub terminal: &'a [u8],
    /// Our /proc/self/mountinfo, if the newer mount calls are not answered.
    pub mountinfo: &'a [u8],
    /// The program's own file in two parts; empty if it is another program's library.
    pub image: [&'a [u8]; 2],
    /// The signals that are blocked, if a copy of ours is to know them.
    pub blocked: u64,
    /// Whether we are the first process of a machine, or are to be looked at as one.
    pub machine: bool,
    /// Whether we are process 1 of our process-id namespace. Looked at for `init` alone, as is what follows.
    pub first: bool,
    /// Our parent's process id, 0 if it is in another namespace.
    pub parent: u32,
    /// The descriptor, 0 to 2, of a terminal whose foreground is ours to give.
    pub foreground: Option<u32>,
    /// The size of our terminal, if the command gets one: rows, columns and two more, of 16 bits each.
    pub window: u64,
    /// The pages that hold nothing but pointers to the arguments and variables: where they begin, and how
    /// many bytes.
    pub pointers: Option<(usize, usize)>,
    /// Where the command's cgroups are made, if it is to have any.
    pub cgroups: &'a [Cgroup<'a>],
    /// Namespaces that were tried because of `--try`, and refused.
    pub refused: NsSet,
    /// What is known of the process that is to be entered.
    pub target: Target<'a>,
    /// What stands in [`FILES`], as far as a configuration needs it.
    pub accounts: [&'a [u8]; 5],
    /// newgidmap(1) and newuidmap(1), if they are there and may be needed.
    pub mappers: [Option<ThinCStr<'a>>; 2],
}

/// A process whose namespaces are to be joined.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Target<'a> {
    /// Our own process id.
    pub own: u32,
    /// The types of which it has another namespace than we.
    pub differs: NsSet,
    /// Its bounding set of capabilities, a bit for each.
    pub bounding: u64,
    /// For each cgroup that it is in the file that takes processes into it.
    pub cgroups: &'a [ThinCStr<'a>],
}

/// Who is called what: the first two in the command's root, the others in ours.
pub const FILES: &str = "etc/passwd etc/group etc/passwd etc/subgid etc/subuid";

impl Host<'_> {
    /// The facts of a machine that allows everything, for a caller with these ids.
    pub const fn with_ids(euid: u32, egid: u32) -> Self {
        Host {
            euid,
            egid,
            capabilities: if euid == 0 { None } else { Some(0) },
            environment: &[],
            sigchld_ignored: false,
            shared_with: None,
            stack: None,
            operations: &[],
            looked_closer: false,
            directory: &[],
            terminal: &[],
            mountinfo: &[],
            new_mounts: true,
            pivot_root: true,
            clone3: true,
            last_capability: linux_raw_sys::general::CAP_LAST_CAP as u8,
            filters: &[],
            image: [&[]; 2],
            memfd_exec: true,
            blocked: 0,
            machine: false,
            first: false,
            parent: 0,
            foreground: None,
            window: 0,
            pointers: None,
            cgroups: &[],
            refused: NsSet::NONE,
            target: Target {
                own: 0,
                differs: NsSet::NONE,
                bounding: u64::MAX,
                cgroups: &[],
            },
            accounts: [&[]; 5],
            mappers: [None; 2],
        }
    }

    /// Our process id, if the child does not share our memory, or `clear_child_tid` is not ours to use.
    pub fn apart(&self) -> Option<u32> {
        let own = self.target.own;
        self.shared_with.or((own != 0).then_some(own))
    }

    /// Whether new namespaces need no new user namespace.
    pub fn privileged(&self) -> bool {
        self.can(SYS_ADMIN)
    }

    /// Effective group and user.
    pub fn caller(&self) -> [u32; 2] {
        [self.egid, self.euid]
    }

    /// Whether the caller has a capability.
    pub fn can(&self, capability: u32) -> bool {
        self.capabilities
            .is_none_or(|set| set >> capability & 1 == 1)
    }
}

/// What was seen of the things that an operation names.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seen<'a> {
    /// What its source is, or what a mask is to hide.
    pub kind: Kind,
    /// Its source without links, if mountinfo is known.
    pub real: &'a [u8],
    /// The user namespace with its map.
    pub idmap: Option<u32>,
    /// What could be read from its descriptor.
    pub data: &'a [u8],
    /// How long the part of its place is that is there, without the slash before it; all of it while
    /// nobody has looked.
    pub there: Option<usize>,
}

impl Seen<'_> {
    /// Nobody has looked.
    pub const NOTHING: Seen<'static> = Seen {
        kind: Kind::Unknown,
        real: &[],
        idmap: None,
        data: &[],
        there: None,
    };
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Kind {
    /// Nobody has looked.
    #[default]
    Unknown,
    /// Nothing, or nothing that the caller may see.
    Missing,
    /// A directory.
    Directory,
    /// Something else.
    File,
}

/// A hierarchy of cgroups in which one is made for the command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cgroup<'a> {
    /// The directory of the one in which it is made.
    pub parent: ThinCStr<'a>,
    /// Its own directory, which has a name that no other has.
    pub folder: ThinCStr<'a>,
    /// The one where the command is: with version 2 another, in it.
    pub inside: ThinCStr<'a>,
    /// The mount point below which the hierarchy is, perhaps with others.
    pub mount: ThinCStr<'a>,
    /// The nodes of memory of its parent, where it does not have them by itself.
    pub nodes: ThinCStr<'a>,
    /// Whether it is of version 2.
    pub unified: bool,
    /// Which of the controllers that are wanted are there, by the bits of `names::cgroup`.
    pub controllers: u8,
}

/// What was looked at after a failure, to name its cause.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Bits of [`facts`].
    pub facts: u16,
    /// Namespace types that were asked for, and of which `user.max_*_namespaces` allows none.
    pub forbidden: NsSet,
    /// Namespace types that were asked for, and that this kernel does not have.
    pub missing: NsSet,
    /// The soft `RLIMIT_NPROC`.
    pub process_limit: u64,
    /// `pids.max` of our cgroup, or of one above it, that has been reached.
    pub pids_max: u64,
}

/// What can be seen of a machine and a plan.
pub mod facts {
    /// A seccomp filter is installed, and may have refused the call.
    pub const SECCOMP: u16 = 1 << 0;
    /// The caller has no `CAP_SYS_ADMIN` in its own user namespace.
    pub const NO_ADMIN: u16 = 1 << 1;
    /// The plan makes a new user namespace.
    pub const USER: u16 = 1 << 2;
    /// It makes none.
    pub const NO_USER: u16 = 1 << 3;
    /// `kernel.unprivileged_userns_clone`, which some distributions have, is 0.
    pub const NO_USERNS_CLONE: u16 = 1 << 4;
    /// `kernel.apparmor_restrict_unprivileged_userns` is 1.
    pub const USERNS_RESTRICTED: u16 = 1 << 5;
    /// An AppArmor profile confines us that was not put on us because of a user namespace.
    pub const CONFINED: u16 = 1 << 6;
    /// Our root is not the root of our mount namespace.
    pub const CHROOTED: u16 = 1 << 7;
    /// Something is mounted over parts of /proc, as container engines do.
    pub const MASKED: u16 = 1 << 8;
    /// `Evidence::forbidden` has a member.
    pub const FORBIDDEN: u16 = 1 << 9;
    /// `Evidence::missing` has a member.
    pub const MISSING: u16 = 1 << 10;
    /// `Evidence::process_limit` is a limit for the caller, and may have been reached.
    pub const PROCESS_LIMIT: u16 = 1 << 11;
    /// `Evidence::pids_max` has been reached.
    pub const PIDS_MAX: u16 = 1 << 12;
    /// The file that was to be executed exists.
    pub const FILE_EXISTS: u16 = 1 << 13;
    /// It was looked for in the directories of `PATH`.
    pub const FROM_PATH: u16 = 1 << 14;
    /// The command is executed in another root than ours.
    pub const OTHER_ROOT: u16 = 1 << 15;
}
