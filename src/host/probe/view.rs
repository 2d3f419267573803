//! What the operations on the view of file systems name: sources, descriptors, and places inside.

use super::{above, open_place, places, read, read_all, rehearse};
use crate::compile::{compile, next};
use crate::config::{Config, Operation, Range};
use crate::error::Error;
use crate::host::{Host, Kind, Seen};
use crate::names::{Constant, Errno, Id, Ns, NsSet, Sys, flags};
use crate::plan::{Arg, Call, Slot};
use crate::strings::thin;
use crate::sys::file::{self, Fd, STDOUT};
use crate::sys::{Result, tty};
use crate::text::proc::of_descriptor;
use crate::words::{Array, Words};
use core::ffi::CStr;

/// What the plan depends on from the beginning: what descriptors hold; and of what kind the sources
/// are, where one may be missing, or something may have to be made to mount it on.
///
/// # Errors
///
/// A descriptor that cannot be read.
#[inline(never)]
pub fn look<'w>(
    host: &mut Host<'w>,
    config: &Config<'w>,
    words: &'w Words,
) -> core::result::Result<(), Error<'w>> {
    if config.mounts.is_plain() {
        return Ok(());
    }
    host.directory = link(words, c"/proc/self/cwd");
    let mut seen = Array::new(words);
    let (mut masks, mut makes) = (false, false);
    for operation in config.mounts.each() {
        use Id::*;
        let mut one = Seen::NOTHING;
        match operation.option {
            File | BindData | RoBindData => match read_rest(words, Fd(operation.fd)) {
                Ok(data) => one.data = data,
                Err(errno) => {
                    return Err(Error::Unreadable {
                        option: operation.option,
                        word: operation.word(0),
                        errno,
                    });
                }
            },
            BindIdmap => {
                one.idmap = operation
                    .idmap
                    .and_then(|map| user_namespace(host, map, words))
            }
            // With a terminal of its own the command has nothing to do with ours.
            Dev if !config.process.tty && tty::is_terminal(STDOUT) => {
                host.terminal = link(words, c"/proc/self/fd/1")
            }
            Mask => masks = true,
            EmptyRoot | Tmpfs | TmpOverlay | Dir | BindTry | RoBindTry | DevBindTry => makes = true,
            _ => {}
        }
        seen.push(one);
    }
    host.operations = seen.finish();
    if masks {
        look_closer(host, config, words);
    } else if makes {
        look_at_each(host, config, words, Sources);
    }
    Ok(())
}

/// A user namespace with a map for users and groups alike, which no process is in; nothing if there can be
/// none, which the kernel says again when it is used.
fn user_namespace(host: &Host, map: Range, words: &Words) -> Option<u32> {
    let mut config = Config::default();
    config.namespaces.add = NsSet::of(Ns::User);
    config.namespaces.share = NsSet::of(Ns::Pid).with(Ns::Mount);
    config.identity.user.ranges = words.copy(&[map]);
    config.identity.group.ranges = config.identity.user.ranges;
    let mut plan = compile(&config, host, words).ok()?;
    let args = [
        Arg::Name(Constant::AT_FDCWD),
        Arg::OfChild(thin!("ns/user")),
        Arg::Flags(libc::O_CLOEXEC as u64, &flags::OPEN),
    ];
    let open = Call::opening(Slot::File, Sys::openat, words.copy(&args));
    let (outcome, file) = rehearse(&mut plan, words, Some(open));
    outcome.ok().and(file)
}

/// What a refusal teaches: which places are not there. Whether that was not known before.
#[inline(never)]
pub fn look_closer<'w>(host: &mut Host<'w>, config: &Config<'w>, words: &'w Words) -> bool {
    if host.looked_closer || config.mounts.is_plain() {
        return false;
    }
    host.looked_closer = true;
    look_at_each(host, config, words, Places);
    true
}

/// What is mounted below the sources, where it has to be told one by one.
#[inline(never)]
pub fn look_at_mounts<'w>(host: &mut Host<'w>, config: &Config<'w>, words: &'w Words) {
    if host.new_mounts || config.mounts.is_plain() {
        return;
    }
    host.mountinfo = read(words, thin!("/proc/self/mountinfo"));
    look_at_each(host, config, words, Mounts);
}

/// What is looked at of each operation.
#[derive(PartialEq)]
enum Of {
    /// Its source.
    Sources,
    /// And its place.
    Places,
    /// Its source, and what that is without links.
    Mounts,
}
use Of::*;

#[inline(never)]
fn look_at_each<'w>(host: &mut Host<'w>, config: &Config<'w>, words: &'w Words, of: Of) {
    let places = places(config, words);
    let mut all = Array::new(words);
    all.extend(host.operations);
    for ((at, operation), seen) in config.mounts.each().enumerate().zip(all.iter_mut()) {
        if operation.binds() || of != Mounts {
            seen.kind = source(operation);
        }
        if of == Places {
            let (before, from) = places.split_at_checked(at).unwrap_or_default();
            let path = from.first().copied().unwrap_or(&[]);
            let kind = find(config, before, path, seen);
            if operation.option == Id::Mask {
                seen.kind = kind;
            }
        } else if of == Mounts
            && operation.binds()
            && let Ok(fd) = open_place(operation.word(0))
        {
            seen.real = link(words, of_descriptor(words, fd.0).as_cstr());
            file::close(fd);
        }
    }
    host.operations = all.finish();
}

fn source(operation: &Operation) -> Kind {
    match operation.binds() {
        true => kind(file::mode(file::HERE, operation.word(0).as_cstr())),
        false => Kind::Unknown,
    }
}

fn kind(mode: Result<u32>) -> Kind {
    match mode.map(|mode| mode & libc::S_IFMT) {
        Ok(libc::S_IFDIR) => Kind::Directory,
        Ok(_) => Kind::File,
        Err(Errno::NOENT | Errno::NOTDIR) => Kind::Missing,
        Err(_) => Kind::Unknown,
    }
}

/// How much of a path is there before its operation, and what it leads to: among the files of the
/// operation that was last to put some above it, or else among the caller's.
#[inline(never)]
fn find(config: &Config, before: &[&[u8]], path: &[u8], seen: &mut Seen) -> Kind {
    let mut base = Some(thin!("/"));
    let mut end = above(config, before, path, &mut base);
    let depth = end;
    let Some(base) = base.filter(|_| depth < path.len() || path.is_empty()) else {
        return Kind::Unknown;
    };
    let Ok(root) = open_place(base) else {
        return Kind::Unknown;
    };
    let mut mode = file::mode(root, c"");
    let words = Words::default();
    while end < path.len() {
        let next = next(path, end);
        let part = path.get(depth..next).unwrap_or(path);
        mode = file::mode_inside(root, words.join(&[b"./", part]).as_cstr());
        if mode == Err(Errno::NOENT) {
            break;
        }
        end = next;
    }
    file::close(root);
    seen.there = Some(end);
    kind(mode)
}

/// What a symbolic link says.
fn link<'w>(words: &'w Words, path: &CStr) -> &'w [u8] {
    let mut buffer = [0; libc::PATH_MAX as usize];
    words.copy(file::read_link(file::HERE, path, &mut buffer).unwrap_or(&[]))
}

/// What is left to read.
fn read_rest(words: &Words, fd: Fd) -> Result<&[u8]> {
    let mut bytes = Array::new(words);
    loop {
        match read_all(fd, &mut bytes, usize::MAX) {
            Err(Errno::INTR) => {}
            answer => return answer.map(|()| bytes.finish()),
        }
    }
}
