//! Reads the facts. The only reader of /proc, /sys and /etc.

mod cgroups;
mod evidence;
pub(crate) mod kernel;
pub mod view;
mod wanted;

pub(crate) use evidence::observe;
pub use wanted::{look_up, look_up_accounts};

use super::{Host, SETGID, SETUID};
use crate::compile::{clean, compile};
use crate::config::Config;
use crate::error::Error;
use crate::launch::launch;
use crate::names::{Errno, Ns, NsSet, Signal, Sys};
use crate::plan::{Arg, Call, Failure, Plan, Slot, Step, Who};
use crate::strings::{Strings, ThinCStr, thin};
use crate::sys::file::{self, Fd, STDIN, STDOUT};
use crate::sys::process::{self, Pid};
use crate::sys::signal::{self, Disposition};
use crate::sys::{self, mount, namespace, tty};
use crate::text::{self, Text, cut, put};
use crate::words::{Array, Words};
use core::ffi::CStr;

/// The facts of a program that has one thread and no C library, from what the kernel handed to it:
/// effective user and group id, and the environment.
pub fn of_program(ids: [u32; 2], environment: &'static Strings<'static>) -> Host<'static> {
    let mut host = Host {
        environment,
        ..Host::with_ids(ids[0], ids[1])
    };
    host.sigchld_ignored = signal::disposition(Signal::CHLD) == Ok(Disposition::Ignored);
    host
}

/// What a configuration depends on besides: where we stand, or what we may do.
pub fn look(host: &mut Host, config: &Config) {
    if config.life.init {
        host.blocked = signal::block(0).unwrap_or(0);
    }
    if config.process.tty {
        host.window = tty::window(STDIN).or(tty::window(STDOUT)).unwrap_or(0);
    }
    if let Some(init) = &config.init {
        host.first = process::id() == Pid(1);
        host.machine = init.machine.wanted || host.first && kernel::is_ours();
        if init.parent_death.is_some() {
            host.parent = process::parent().0 as u32;
        }
        // A machine's workload has a session of its own.
        if !host.machine {
            let group = process::group();
            let ours = |&fd: &u32| tty::foreground(Fd(fd)) == Ok(group);
            host.foreground = (0..3).find(ours);
        }
    } else if host.capabilities.is_some() {
        host.capabilities = process::capabilities().ok();
    }
}

/// The facts for a caller that may have threads and a C library. It has to bring a stack, such as
/// [`map_stack`](crate::launch::map_stack) makes.
pub fn of_library() -> Host<'static> {
    let [_, euid, _, egid] = process::ids();
    let mut host = Host {
        shared_with: Some(process::id().0 as u32),
        ..of_program([euid, egid], &[])
    };
    look(&mut host, &Config::default());
    host
}

/// The facts that a run would learn when something is refused, for a plan that is only printed.
pub fn look_closer<'w>(host: &mut Host<'w>, config: &Config<'w>, words: &'w Words) {
    host.capabilities = process::capabilities().ok();
    host.clone3 = namespace::has_clone3();
    host.new_mounts = mount::has_new_calls();
    view::look_at_mounts(host, config, words);
    view::look_closer(host, config, words);
    try_each(host, config, words);
}

/// Learns from a refusal; whether another plan may do better now.
#[inline(never)]
pub fn learn<'w>(
    host: &mut Host<'w>,
    config: &Config<'w>,
    words: &'w Words,
    plan: &Plan,
    failure: Failure,
) -> bool {
    let who = plan.step(failure.step).map(|step| step.who);
    let at_clone = who == Some(Who::Clone);
    let denied = failure.errno == Some(Errno::PERM);
    let by_us = matches!(who, Some(Who::Before | Who::Clone | Who::During));
    if by_us && denied && host.capabilities.is_none() {
        host.capabilities = process::capabilities().ok().or(Some(u64::MAX));
        if !host.privileged() || !host.can(SETUID) || !host.can(SETGID) {
            return true;
        }
    }
    // Some filters answer EPERM where others answer ENOSYS.
    if at_clone && host.clone3 && (denied || failure.errno == Some(Errno::NOSYS)) {
        host.clone3 = false;
        return true;
    }
    let call = plan
        .step(failure.step)
        .and_then(|step| step.call.as_plain());
    match (call, failure.errno) {
        (
            Some((Sys::openat2 | Sys::open_tree | Sys::move_mount | Sys::mount_setattr, _)),
            Some(Errno::NOSYS),
        ) if host.new_mounts => {
            host.new_mounts = false;
            view::look_at_mounts(host, config, words);
            return true;
        }
        (Some((Sys::memfd_create, _)), Some(Errno::INVAL)) if host.memfd_exec => {
            host.memfd_exec = false;
            return true;
        }
        (Some((Sys::pivot_root, _)), _) if host.pivot_root => {
            host.pivot_root = false;
            return true;
        }
        (Some(_), Some(Errno::NOENT)) if view::look_closer(host, config, words) => return true,
        _ => {}
    }
    try_each(host, config, words)
}

/// Learns which of the namespaces of `--try` this machine refuses: each is made as the plan would, for
/// a child that ends where it would execute the command. Whether there are such.
#[inline(never)]
fn try_each<'w>(host: &mut Host<'w>, config: &Config<'w>, words: &'w Words) -> bool {
    let attempt = config.namespaces.attempt;
    let known = host.refused;
    let mut refused = known;
    for ns in attempt.without(refused).iter() {
        host.refused = attempt.without(NsSet::of(ns));
        let plan = compile(config, host, words);
        if !plan.is_ok_and(|mut plan| rehearse(&mut plan, words, None).0.is_ok()) {
            refused = refused.with(ns);
        }
    }
    host.refused = refused;
    refused != known
}

/// Carries a plan out for a child that ends where it would execute the command; what was refused.
#[inline(never)]
pub(crate) fn attempt<'p>(
    host: &Host<'p>,
    config: &Config<'p>,
    words: &'p Words,
    plan: &mut Plan<'p>,
) -> Result<Option<Failure>, Error<'p>> {
    *plan = compile(config, host, words)?;
    Ok(rehearse(plan, words, None).0.err())
}

/// The same for a plan that is made, with another call before the child is released; and what that opened.
#[inline(never)]
fn rehearse<'p>(
    plan: &mut Plan<'p>,
    words: &'p Words,
    before_release: Option<Call<'p>>,
) -> (Result<(), Failure>, Option<u32>) {
    let mut steps = Array::new(words);
    for step in plan.steps {
        if let (Call::OpenGate, Some(call)) = (step.call, before_release) {
            steps.push(Step { call, ..*step });
        }
        if !concerns_others(&step.call) {
            steps.push(*step);
        }
    }
    plan.steps = steps.finish();
    let (outcome, notes) = launch(plan, None, &mut |child| {
        let _ = process::wait_for(child.pid);
    });
    restore(notes.mask);
    (outcome, notes.file)
}

/// Gives the next child the caller's mask, which a launch changes for its supervisor.
pub(crate) fn restore(mask: Option<u64>) {
    if let Some(mask) = mask {
        let _ = signal::set_mask(mask);
    }
}

/// What a trial must leave out: the command, and everything that another program would notice.
#[inline(never)]
fn concerns_others(call: &Call) -> bool {
    match call {
        Call::Exec(..)
        | Call::ExecCopy
        | Call::AwaitByte(..)
        | Call::Tell { .. }
        | Call::Unlink { .. } => true,
        Call::Write { slot, .. } => *slot == Slot::PidFile,
        Call::Plain(plain) => {
            let binds = matches!(plain.args, [Arg::OfChild(_), ..]);
            binds || plain.number == Sys::close_range || plain.yields == Some(Slot::PidFile)
        }
        _ => false,
    }
}

/// Whether a process would leave a signal to the kernel: it neither handles, ignores nor blocks it,
/// nor waits for it in sigwait(3), which does not show as blocked.
pub(crate) fn has_default_action(process: Pid, signal: Signal) -> bool {
    let words = &Words::default();
    let status = read_of(words, process.0, "status");
    let mut call = read_of(words, process.0, "syscall");
    [b"SigIgn", b"SigCgt", b"SigBlk"].iter().all(|name| {
        let set = text::number(field(status, *name), 16).unwrap_or(0);
        set & signal.bit() == 0
    }) && text::decimal(cut(&mut call, b' ')) != Some(signal::WAIT)
}

/// Whether this kernel has no namespaces of a type.
#[inline(never)]
pub(crate) fn lacks(words: &Words, ns: Ns) -> bool {
    let folder: &[u8] = b"/proc/self/ns/";
    exists(words, &[folder]) && !exists(words, &[folder, ns.file().as_bytes()])
}

/// Whether a file is there; its path in parts.
fn exists(words: &Words, path: &[&[u8]]) -> bool {
    file::exists(words.join(path).as_cstr())
}

/// The name of a user in /etc/passwd; nothing if there is none.
#[inline(never)]
pub(crate) fn user_name(mut accounts: &[u8], id: u32) -> &[u8] {
    while !accounts.is_empty() {
        let mut line = cut(&mut accounts, b'\n');
        let name = cut(&mut line, b':');
        cut(&mut line, b':');
        if text::decimal(cut(&mut line, b':')) == Some(id.into()) {
            return name;
        }
    }
    accounts
}

/// The places that the operations act on, without what means nothing in their paths.
#[inline(never)]
fn places<'w>(config: &Config, words: &'w Words) -> &'w [&'w [u8]] {
    let mut places = Array::new(words);
    for operation in config.mounts.each() {
        places.push(clean(words, operation.target().bytes()));
    }
    places.finish()
}

/// Among whose files a path is: those of the operation that was last to put some above it, of those
/// with these places. `files` is where they are outside; and the length of the path that stands for it.
#[inline(never)]
fn above<'w>(
    config: &Config<'w>,
    places: &[&[u8]],
    path: &[u8],
    files: &mut Option<ThinCStr<'w>>,
) -> usize {
    let mut depth = 0;
    for (operation, place) in config.mounts.each().zip(places) {
        if let Some(rest) = path.strip_prefix(*place)
            && (place.is_empty() || matches!(rest, [] | [b'/', ..]))
            && operation.mounts()
        {
            (*files, depth) = (operation.files(), place.len());
        }
    }
    depth
}

/// What user names are looked up in.
pub(crate) fn accounts(words: &Words) -> &[u8] {
    read(words, thin!("/etc/passwd"))
}

/// A file of a process.
#[inline(never)]
fn read_of<'w>(words: &'w Words, process: i32, name: &str) -> &'w [u8] {
    let mut path = Text::new(words);
    put!(&mut path, "/proc/", process, "/", name);
    read(words, path.take_path())
}

/// A whole file, or the beginning of one that has no end; nothing if it cannot be read.
#[inline(never)]
fn read<'w>(words: &'w Words, path: ThinCStr) -> &'w [u8] {
    read_at(words, file::HERE, path.as_cstr(), MOST).finish()
}

/// Something to look from, or to look at.
#[inline(never)]
fn open_place(path: ThinCStr) -> sys::Result<Fd> {
    file::open(path.as_cstr(), (libc::O_PATH | libc::O_CLOEXEC) as u32)
}

/// The same, in an open directory, up to a length.
#[inline(never)]
pub(super) fn read_at<'w>(words: &'w Words, folder: Fd, name: &CStr, most: usize) -> Array<'w, u8> {
    let mut bytes = Array::new(words);
    if let Ok(fd) = file::open_at(folder, name, (libc::O_RDONLY | libc::O_CLOEXEC) as u32) {
        let _ = read_all(fd, &mut bytes, most);
        file::close(fd);
    }
    bytes
}

/// The most that is read of a file of somebody else's.
const MOST: usize = 16 << 20;

/// What can be read from a descriptor, up to the end or to about a length.
#[inline(never)]
fn read_all(fd: Fd, bytes: &mut Array<u8>, most: usize) -> core::result::Result<(), Errno> {
    let mut count = Ok(1);
    while bytes.len() < most && !matches!(count, Ok(0) | Err(_)) {
        let length = bytes.len();
        count = file::read(fd, bytes.spare(1024));
        bytes.cut_to(length + count.unwrap_or(0));
    }
    bytes.trim();
    count.map(|_| ())
}

/// The value of a line `Name:\tvalue`; empty if there is none.
fn field<'a>(mut text: &'a [u8], name: &[u8]) -> &'a [u8] {
    while !text.is_empty() {
        let mut line = cut(&mut text, b'\n');
        if cut(&mut line, b':') == name {
            return line.trim_ascii();
        }
    }
    &[]
}
