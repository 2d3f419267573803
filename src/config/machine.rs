//! What the first process of a virtual machine makes of it, and how it ends.

use crate::strings::ThinCStr;

/// A virtual machine, if we are its first process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Machine<'a> {
    /// Whether it was said that this is one.
    pub wanted: bool,
    /// 0 is as fits the machine, then reboot, power off, halt.
    pub end: u8,
    /// Whether the command is started again when it ends.
    pub respawn: bool,
    /// Whether the power button ends it.
    pub power_button: bool,
    /// The directory of modules that are loaded.
    pub modules: Option<ThinCStr<'a>>,
    /// What replaces the first root.
    pub root: Option<Root<'a>>,
    /// What is made writable over the root: `tmpfs`, or a block device.
    pub overlay: Option<ThinCStr<'a>>,
    /// Who the command is, if nothing else says that: a file with a process of the OCI runtime specification.
    pub config: Option<ThinCStr<'a>>,
    /// What else it is given.
    pub gifts: &'a [Gift<'a>],
}

impl Default for Machine<'_> {
    fn default() -> Self {
        Machine::NONE
    }
}

impl Machine<'_> {
    /// Nothing is wished for.
    pub const NONE: Self = Machine {
        wanted: false,
        end: 0,
        respawn: false,
        power_button: false,
        modules: None,
        root: None,
        overlay: None,
        config: None,
        gifts: &[],
    };

    /// Whether anything is wished for that is of no use in a container.
    pub fn any(&self) -> bool {
        let files = self.modules.or(self.overlay).or(self.config).is_some() || self.root.is_some();
        files || self.power_button || self.end != 0 || !self.gifts.is_empty()
    }
}

/// A file system.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Root<'a> {
    /// As it was written.
    pub word: ThinCStr<'a>,
    /// A block device, or the tag of a shared directory.
    pub source: ThinCStr<'a>,
    /// Its type; empty if that is to be found out.
    pub kind: ThinCStr<'a>,
    /// For mount(2).
    pub flags: u64,
    /// What the type wants to know.
    pub data: ThinCStr<'a>,
}

/// What a machine gets, or gives at its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gift<'a> {
    /// A parameter of the kernel, below /proc/sys, and its value.
    Parameter {
        /// As it was written.
        word: ThinCStr<'a>,
        /// Its file.
        path: ThinCStr<'a>,
        /// What is written there.
        value: ThinCStr<'a>,
    },
    /// What the clock says: seconds since 1970.
    Time(u64),
    /// A network device.
    Link(Link<'a>),
    /// Who knows names.
    Server(ThinCStr<'a>),
    /// Who is told the exit code.
    Report(Report<'a>),
}

/// A network device with an address.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link<'a> {
    /// As it was written.
    pub word: ThinCStr<'a>,
    /// What it is called.
    pub name: [u8; 16],
    /// Its own address, in the order of the network: 4 bytes, or 16.
    pub address: [u8; 16],
    /// Who knows the way to other networks; all zeroes if nobody does.
    pub gateway: [u8; 16],
    /// Whether these addresses have 16 bytes.
    pub long: bool,
    /// How many bits of its own are the network's.
    pub prefix: u8,
    /// The largest packet, in bytes; 0 for what it is.
    pub mtu: u32,
}

/// Who is told the exit code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Report<'a> {
    /// The console.
    Console,
    /// The program that runs the machine: by an I/O port, such as that of QEMU's isa-debug-exit, or where there
    /// are none by semihosting.
    Monitor(u16),
    /// A file.
    File(ThinCStr<'a>),
    /// A file of a device.
    Device(ThinCStr<'a>),
    /// libkrun, through the root that it shares with the machine.
    Krun,
    /// A port of a virtio console, by its name.
    Virtio(ThinCStr<'a>),
    /// Who listens on a port of another machine: mostly the host, which is 2 (vsock(7)).
    Vsock {
        /// As it was written.
        word: ThinCStr<'a>,
        /// `struct sockaddr_vm`.
        address: [u32; 4],
    },
}
