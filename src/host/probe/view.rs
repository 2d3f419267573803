//! What the operations on the view of file systems name: sources, descriptors, and places inside.

use super::{concerns_others, read, read_all, restore};
use crate::compile::{clean, compile};
use crate::config::{Config, Identity, Ids, Namespaces, Operation, Range};
use crate::error::Error;
use crate::host::{Host, Kind, Seen};
use crate::launch::launch;
use crate::names::{Constant, Errno, Id, Ns, NsSet, Sys, flags};
use crate::plan::{Arg, Call, Slot, Step};
use crate::strings::{ThinCStr, thin};
use crate::sys::file::{self, Fd, STDOUT};
use crate::sys::{Result, process, tty};
use crate::text::{Text, put};
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
    for operation in config.mounts.each() {
        let mut one = Seen::default();
        match operation.option {
            Id::File | Id::BindData | Id::RoBindData => {
                one.data =
                    read_rest(words, Fd(operation.fd)).map_err(|errno| Error::Unreadable {
                        option: operation.option,
                        word: operation.word(0),
                        errno,
                    })?;
            }
            Id::BindIdmap => {
                one.idmap = operation
                    .idmap
                    .and_then(|map| user_namespace(host, map, words))
            }
            Id::Dev if tty::is_terminal(STDOUT) => host.terminal = link(words, c"/proc/self/fd/1"),
            _ => {}
        }
        seen.push(one);
    }
    host.operations = seen.finish();
    let has = |test: fn(Id) -> bool| config.mounts.each().any(|operation| test(operation.option));
    if has(|option| option == Id::Mask) {
        look_closer(host, config, words);
    } else if has(|option| {
        use Id::*;
        matches!(
            option,
            EmptyRoot | Tmpfs | TmpOverlay | Dir | BindTry | RoBindTry | DevBindTry
        )
    }) {
        look_at_each(host, config, words, &|_, operation, seen| {
            seen.kind = source(operation);
        });
    }
    Ok(())
}

/// A user namespace with a map for users and groups alike, which no process is in; nothing if there can be
/// none, which the kernel says again when it is used.
fn user_namespace(host: &Host, map: Range, words: &Words) -> Option<u32> {
    let ids = Ids {
        ranges: words.copy(&[map]),
        ..Ids::default()
    };
    let config = Config {
        namespaces: Namespaces {
            add: NsSet::of(Ns::User),
            share: NsSet::of(Ns::Pid).with(Ns::Mount),
            ..Namespaces::default()
        },
        identity: Identity {
            user: ids,
            group: ids,
            ..Identity::default()
        },
        ..Config::default()
    };
    let mut plan = compile(&config, host, words).ok()?;
    let mut steps = Array::new(words);
    for step in plan.steps {
        if step.call == Call::OpenGate {
            let flags = Arg::Flags(libc::O_CLOEXEC as u64, &flags::OPEN);
            let args = [
                Arg::Name(Constant::AT_FDCWD),
                Arg::OfChild(thin!("ns/user")),
                flags,
            ];
            let call = Call::opening(Slot::File, Sys::openat, words.copy(&args));
            steps.push(Step { call, ..*step });
        }
        steps.push(*step);
    }
    steps.retain(|step| !concerns_others(&step.call));
    plan.steps = steps.finish();
    let (outcome, notes) = launch(&plan, None, &mut |child| {
        let _ = process::wait_for(child.pid);
    });
    restore(notes);
    outcome.ok().and(notes.file)
}

/// What a refusal teaches: which places are not there. Whether that was not known before.
#[inline(never)]
pub fn look_closer<'w>(host: &mut Host<'w>, config: &Config, words: &'w Words) -> bool {
    if host.looked_closer || config.mounts.is_plain() {
        return false;
    }
    host.looked_closer = true;
    let mut paths = Array::new(words);
    for operation in config.mounts.each() {
        paths.push(clean(words, operation.target().bytes()));
    }
    look_at_each(host, config, words, &|at, operation, seen| {
        seen.kind = source(operation);
        let path = paths.get(at).copied().unwrap_or(&[]);
        let before = config.mounts.each().zip(paths.iter().copied()).take(at);
        let kind = find(before, path, seen);
        if operation.option == Id::Mask {
            seen.kind = kind;
        }
    });
    true
}

/// What is mounted below the sources, where it has to be told one by one.
#[inline(never)]
pub fn look_at_mounts<'w>(host: &mut Host<'w>, config: &Config, words: &'w Words) {
    if host.new_mounts || config.mounts.is_plain() {
        return;
    }
    host.mountinfo = read(words, &[b"/proc/self/mountinfo"]);
    look_at_each(host, config, words, &|_, operation, seen| {
        if !operation.binds() {
            return;
        }
        seen.kind = source(operation);
        let flags = (libc::O_PATH | libc::O_CLOEXEC) as u32;
        if let Ok(fd) = file::open(operation.word(0).as_cstr(), flags) {
            let mut path = Text::new(words);
            put!(&mut path, "/proc/self/fd/", fd.0);
            seen.real = link(words, words.join(&[path.bytes()]).as_cstr());
            file::close(fd);
        }
    });
}

fn look_at_each<'w>(
    host: &mut Host<'w>,
    config: &Config,
    words: &'w Words,
    work: &dyn Fn(usize, &Operation, &mut Seen<'w>),
) {
    let mut all = Array::new(words);
    for (at, operation) in config.mounts.each().enumerate() {
        let mut seen = host.operations.get(at).copied().unwrap_or_default();
        work(at, operation, &mut seen);
        all.push(seen);
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
fn find<'o, 'w: 'o>(
    before: impl Iterator<Item = (&'o Operation<'w>, &'w [u8])>,
    path: &[u8],
    seen: &mut Seen,
) -> Kind {
    let mut base = Some(ThinCStr::from(c"/"));
    let mut depth = 0;
    for (operation, above) in before {
        let inside = above.is_empty()
            || above == path
            || path
                .strip_prefix(above)
                .is_some_and(|rest| rest.starts_with(b"/"));
        if inside && operation.mounts() {
            base = operation.files();
            depth = above.len();
        }
    }
    let Some(base) = base.filter(|_| depth < path.len() || path.is_empty()) else {
        return Kind::Unknown;
    };
    let flags = (libc::O_PATH | libc::O_CLOEXEC) as u32;
    let Ok(root) = file::open(base.as_cstr(), flags) else {
        return Kind::Unknown;
    };
    let mut mode = Err(Errno::NOENT);
    let words = Words::default();
    let mut end = depth;
    while end < path.len() {
        let rest = path.get(end + 1..).unwrap_or(&[]);
        let next = end
            + 1
            + rest
                .iter()
                .position(|&byte| byte == b'/')
                .unwrap_or(rest.len());
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
    let mut buffer = [0; 1024];
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
