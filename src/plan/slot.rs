//! Places for descriptors.

use crate::names::Ns;
use crate::text::packed::packed;
use crate::text::{Show, Text, put};

/// Makes the slots, and their names as `--explain` writes them.
macro_rules! slots {
    ($($(#[$about:meta])+ $slot:ident $name:ident)+) => {
        /// A place for a descriptor that one step yields and later steps use.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Slot {
            $($(#[$about])+ $slot,)+
        }

        impl Slot {
            /// All of them.
            pub const ALL: &'static [Slot] = &[$(Slot::$slot),+];

            /// How many there are.
            pub const COUNT: usize = Slot::ALL.len();

            /// Their names, in order.
            pub(crate) const NAMES: &'static str = concat!($(stringify!($name), " "),+);
        }
    };
}

slots! {
    /// An id map, time offsets, or another file below /proc.
    Proc proc
    /// The socket that the loopback device is raised through.
    Socket socket
    /// The file that holds the command's process id.
    PidFile pidfile
    /// The parent, when it may not be watched through memory.
    Parent parent
    /// A copy of our program.
    Copy copy
    /// Rules for Landlock.
    Ruleset ruleset
    /// What such a rule is about; before, the cgroup that the child is made in.
    Path path
    /// The new root.
    Root root
    /// The place that a mount or a change is for.
    Target target
    /// A mount that is nowhere yet.
    Tree tree
    /// The directory in which something is made.
    Folder folder
    /// A file that is made.
    File file
    /// Our side of the command's terminal.
    Pty pty
    /// The command's side.
    Peer peer
    /// The process whose namespaces are joined.
    Process process
    /// The user namespace that owns them.
    Owner owner
    /// A mount namespace to be joined.
    Mount mount
    /// A UTS namespace to be joined.
    Uts uts
    /// An IPC namespace to be joined.
    Ipc ipc
    /// A net namespace to be joined.
    Net net
    /// A process-id namespace to be joined.
    Pid pid
    /// A user namespace to be joined.
    User user
    /// A cgroup namespace to be joined.
    Cgroup cgroup
    /// A time namespace to be joined.
    Time time
}

impl Slot {
    /// The place for a namespace to be joined.
    pub fn of(ns: Ns) -> Slot {
        match ns {
            Ns::Mount => Slot::Mount,
            Ns::Uts => Slot::Uts,
            Ns::Ipc => Slot::Ipc,
            Ns::Net => Slot::Net,
            Ns::Pid => Slot::Pid,
            Ns::User => Slot::User,
            Ns::Cgroup => Slot::Cgroup,
            Ns::Time => Slot::Time,
        }
    }
}

/// As `--explain` names the descriptor in it.
impl Show for Slot {
    fn show(&self, text: &mut Text) {
        put!(text, "&");
        packed!(const Slot::NAMES).show_word(*self as usize, text);
    }
}
