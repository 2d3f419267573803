//! The namespaces of the machine, from one pass over /proc.
//!
//! What keeps a namespace is a process in it, a process that has it for its children, an open
//! descriptor, a bind mount, or a namespace below it; each is looked for. Processes come and go
//! meanwhile: what has gone is left out. What is read of a process stands on the stack, so that
//! memory grows with the namespaces alone.

use crate::host::probe::read_at;
use crate::names::{Errno, Ns};
use crate::strings::{ThinCStr, thin};
use crate::sys::file::{self, Fd, HERE, Names};
use crate::sys::namespace::{self, Relation};
use crate::text::escaped::unescape;
use crate::text::proc::of_descriptor;
use crate::text::{Text, cut, decimal, put};
use crate::words::{Array, Words};
use core::ffi::CStr;

/// A namespace, and how to get at it. Numbers that are not known are [`NONE`].
#[derive(Clone, Copy)]
pub struct Namespace<'w> {
    /// Its type.
    pub ns: Ns,
    /// Its inode number.
    pub inode: u32,
    /// How many processes are in it.
    pub processes: u32,
    /// The first of them.
    pub pid: u32,
    /// That one's user; without processes, who made a user namespace.
    pub uid: u32,
    /// That one's arguments, in printable characters.
    pub command: &'w [u8],
    /// A file that stands for it; empty if there is none.
    pub path: ThinCStr<'w>,
    /// Where it is mounted, or nothing.
    pub mount: ThinCStr<'w>,
    /// The one above it, for those that are nested.
    pub parent: u32,
    /// The user namespace that owns it, if that is ours to see.
    pub owner: u32,
    /// Whether the process that was asked about is in it.
    pub asked: bool,
    /// The next of its chain.
    next: u32,
}

/// No number.
pub const NONE: u32 = u32::MAX;

/// What was found.
pub struct Found<'w> {
    /// In the order in which they were met.
    pub namespaces: Array<'w, Namespace<'w>>,
    /// How many processes would not let us look.
    pub refused: u32,
    /// The process that is asked about.
    asked: u32,
    /// Our own mount namespace.
    ours: u32,
    /// The device number of nsfs.
    device: u64,
    /// The first of those whose numbers end alike.
    chains: [u32; CHAINS],
}

/// Numbers are given one after the other, so their ends differ.
const CHAINS: usize = 512;

const DIRECTORY: u32 = (libc::O_DIRECTORY | libc::O_CLOEXEC) as u32;
const PATH: u32 = (libc::O_PATH | libc::O_CLOEXEC) as u32;
const READ: u32 = libc::O_CLOEXEC as u32;

/// Looks at all processes. `asked` is one of them, or 0.
///
/// # Errors
///
/// /proc cannot be read.
#[inline(never)]
pub fn find(words: &Words, asked: u32) -> Result<Found<'_>, Errno> {
    let mut found = Found {
        namespaces: Array::new(words),
        refused: 0,
        asked,
        ours: 0,
        device: 0,
        chains: [NONE; CHAINS],
    };
    let proc = file::open(c"/proc", DIRECTORY)?;
    let stat = file::status(proc, c"self/ns/mnt")?;
    (found.ours, found.device) = (stat.st_ino as u32, stat.st_dev);
    let mut names = Names::of(proc);
    while let Some(name) = names.next() {
        if let Some(pid) = decimal(name.to_bytes())
            && let Ok(process) = file::open_at(proc, name, PATH)
        {
            match found.links(process, pid as u32, thin!("ns")) {
                Err(Errno::ACCES) => found.refused += 1,
                _ => _ = found.links(process, pid as u32, thin!("fd")),
            }
            file::close(process);
        }
    }
    file::close(proc);
    let mut at = 0;
    while let Some(&Namespace { path, inode, .. }) = found.namespaces.get(at) {
        if let Ok(seen) = file::open(path.as_cstr(), PATH) {
            found.look_closer(at, inode, seen);
            file::close(seen);
        }
        at += 1;
    }
    Ok(found)
}

/// The inode number of a process's namespace, or the number of an error, which is far below:
/// `EACCES` for a process that is not ours to look at, `ENOENT` for one that is not there.
#[inline(never)]
pub fn of_process(words: &Words, pid: u32, ns: Ns) -> u32 {
    let mut path = Text::new(words);
    put!(&mut path, "/proc/", pid, "/ns/", ns.file());
    match link(HERE, path.take_path().as_cstr()) {
        Ok((_, inode)) => inode,
        Err(errno) => errno.number(),
    }
}

/// The errno in place of a number.
pub fn unseen(number: u32) -> Option<Errno> {
    Errno::new(number).filter(|_| number < LAST_ERRNO)
}

/// Numbers of namespaces are above.
const LAST_ERRNO: u32 = 4095;

impl<'w> Found<'w> {
    /// The place of the one with this number, which is new if it was not met before.
    #[inline(never)]
    fn meet(&mut self, (ns, inode): (Ns, u32)) -> usize {
        let new = self.namespaces.len();
        let mut none = NONE;
        let first = self.chains.get_mut(inode as usize % CHAINS);
        let first = first.unwrap_or(&mut none);
        let mut at = *first;
        while let Some(one) = self.namespaces.get(at as usize) {
            if one.inode == inode {
                return at as usize;
            }
            at = one.next;
        }
        self.namespaces.push(Namespace {
            ns,
            inode,
            processes: 0,
            pid: NONE,
            uid: NONE,
            command: &[],
            path: thin!(""),
            mount: thin!(""),
            parent: NONE,
            owner: NONE,
            asked: false,
            next: core::mem::replace(first, new as u32),
        });
        new
    }

    /// What a process is in, or keeps: the links in one of its folders.
    #[inline(never)]
    fn links(&mut self, process: Fd, pid: u32, name: ThinCStr) -> Result<(), Errno> {
        let words = self.namespaces.words();
        let folder = file::open_at(process, name.as_cstr(), DIRECTORY)?;
        let mut result = Ok(());
        let mut command: &[u8] = &[];
        let mut names = Names::of(folder);
        while let Some(entry) = names.next() {
            let named = match link(folder, entry) {
                Ok(named) => named,
                Err(Errno::ACCES) => {
                    result = Err(Errno::ACCES);
                    break;
                }
                Err(_) => continue,
            };
            let at = self.meet(named);
            let Some(one) = self.namespaces.get_mut(at) else {
                break;
            };
            // Not a descriptor, and not pid_for_children.
            let member = named.0.file().as_bytes() == entry.to_bytes();
            let first = member && one.processes == 0;
            one.processes += u32::from(member);
            one.asked |= member && pid == self.asked;
            if first || one.path.bytes().is_empty() {
                let mut path = Text::new(words);
                put!(&mut path, "/proc/", pid, "/");
                path.raw(name.bytes());
                put!(&mut path, "/");
                path.raw(entry.to_bytes());
                one.path = path.take_path();
            }
            if first {
                if command.is_empty() {
                    command = arguments(words, process);
                }
                one.command = command;
                one.pid = pid;
                one.uid = file::status(process, c"").map_or(NONE, |stat| stat.st_uid);
                if named.0 == Ns::Mount {
                    self.mounts(process, pid, named.1);
                }
            }
        }
        file::close(folder);
        result
    }

    /// The namespaces that are mounted in a process's mount namespace (proc_pid_mountinfo(5)).
    fn mounts(&mut self, process: Fd, pid: u32, inode: u32) {
        let scratch = Words::default();
        let mounts = read_at(&scratch, process, c"mountinfo", usize::MAX);
        let mut rest = &*mounts;
        while !rest.is_empty() {
            let mut line = cut(&mut rest, b'\n');
            for _ in 0..3 {
                cut(&mut line, b' ');
            }
            let Some(named) = named(cut(&mut line, b' ')) else {
                continue;
            };
            let words = self.namespaces.words();
            let mut path = Text::new(words);
            // Paths in our own mount namespace need no detour.
            if inode != self.ours {
                put!(&mut path, "/proc/", pid, "/root");
            }
            path.raw(unescape(words, cut(&mut line, b' ')));
            let path = path.take_path();
            let at = self.meet(named);
            if let Some(one) = self.namespaces.get_mut(at) {
                one.mount = path;
                if one.processes == 0 {
                    one.path = path;
                }
            }
        }
    }

    /// The relations of what stands at the path of a namespace, if it is that one. By now it may be
    /// somebody's trap: a device acts when it is opened, so it is not yet.
    fn look_closer(&mut self, at: usize, inode: u32, seen: Fd) {
        let stat = file::status(seen, c"");
        if !stat.is_ok_and(|stat| (stat.st_dev, stat.st_ino) == (self.device, inode.into())) {
            return;
        }
        let path = of_descriptor(self.namespaces.words(), seen.0);
        if let Ok(fd) = file::open(path.as_cstr(), READ) {
            self.relate(at, fd);
            file::close(fd);
        }
    }

    /// The parent and the owner of an open namespace, and so on up to those that are not ours to see.
    fn relate(&mut self, at: usize, fd: Fd) {
        let Some(&Namespace { ns, pid, .. }) = self.namespaces.get(at) else {
            return;
        };
        let parent = self.above(fd, Relation::Parent, ns);
        let owner = self.above(fd, Relation::Owner, Ns::User);
        if let Some(one) = self.namespaces.get_mut(at) {
            (one.parent, one.owner) = (parent, owner);
            if pid == NONE && ns == Ns::User {
                one.uid = namespace::creator(fd).unwrap_or(NONE);
            }
        }
    }

    #[inline(never)]
    fn above(&mut self, fd: Fd, relation: Relation, ns: Ns) -> u32 {
        let Ok(above) = namespace::related(fd, relation) else {
            return NONE;
        };
        let inode = file::status(above, c"").map_or(0, |stat| stat.st_ino as u32);
        let known = self.namespaces.len();
        let at = self.meet((ns, inode));
        if at == known {
            self.relate(at, above);
        }
        file::close(above);
        inode
    }
}

/// What a link to a namespace says.
#[inline(never)]
fn link(folder: Fd, name: &CStr) -> Result<(Ns, u32), Errno> {
    named(file::read_link(folder, name, &mut [0; 32])?).ok_or(Errno::INVAL)
}

/// The type and the number in `net:[4026531833]`.
#[inline(never)]
fn named(mut text: &[u8]) -> Option<(Ns, u32)> {
    let ns = Ns::named(cut(&mut text, b':'))?;
    let number = decimal(text.strip_prefix(b"[")?.strip_suffix(b"]")?)?;
    Some((ns, number as u32))
}

/// About the most that is shown of a process's arguments.
const ARGUMENTS: usize = 4096;

/// The arguments of a process, or its name if it has none.
#[inline(never)]
fn arguments(words: &Words, process: Fd) -> &[u8] {
    let mut bytes = read_at(words, process, c"cmdline", ARGUMENTS);
    if bytes.is_empty() {
        bytes = read_at(words, process, c"comm", ARGUMENTS);
    }
    for byte in &mut *bytes {
        if let 0 | b'\n' = byte {
            *byte = b' ';
        }
    }
    bytes.finish().trim_ascii()
}
