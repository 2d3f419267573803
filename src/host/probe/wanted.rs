//! What only some options need to know.

use super::cgroups::usual;
use super::{MOST, above, field, open_place, places, read, read_all, read_of};
use crate::compile::{DEFAULT_PATH, variable};
use crate::config::{Account, Config, Filter};
use crate::error::Error;
use crate::host::nslist::of_process;
use crate::host::{FILES, Host};
use crate::names::{Caps, Id, Ns, NsSet};
use crate::strings::ThinCStr;
use crate::sys::file::{self, Fd, HERE};
use crate::sys::{namespace, process};
use crate::text::{Text, cut, decimal, number, put, word};
use crate::words::{Array, Words};

/// What only some options need to know, and the filters that are to be installed.
///
/// # Errors
///
/// A filter that cannot be read; nothing to be known of namespaces; something else than a file for the
/// process id.
#[inline(never)]
pub fn look_up<'a>(
    host: &mut Host<'a>,
    config: &Config<'a>,
    words: &'a Words,
) -> Result<(), Error<'a>> {
    if config.enter.pid != 0 {
        meet(host, config, words)?;
    }
    // It is removed at the end, and a device would be gone.
    if let Some(path) = config.reports.pid_file
        && file::mode(file::HERE, path.as_cstr())
            .is_ok_and(|mode| mode & libc::S_IFMT != libc::S_IFREG)
    {
        return Err(Error::Invalid {
            option: Id::PidFile,
            words: words.copy(&[path]),
        });
    }
    let privilege = &config.privilege;
    let caps = privilege.cap_add.union(privilege.cap_drop);
    let inherits = privilege.allow_new_privs && host.euid == 0;
    if !caps.is_empty() || privilege.disable_userns || inherits {
        if privilege.cap_drop != Caps::ALL && host.capabilities.is_none() {
            host.capabilities = process::capabilities().ok();
        }
        // A newer kernel has more of them, an older one less.
        while host.last_capability < 62 && process::has_capability(host.last_capability + 1) {
            host.last_capability += 1;
        }
        while !process::has_capability(host.last_capability) {
            host.last_capability -= 1;
        }
    }
    if config.resources.any() {
        host.cgroups = super::cgroups::cgroups(&config.resources, words);
    }
    let mut filters = Array::new(words);
    for filter in privilege.seccomp {
        let mut text = Text::new(words);
        let (option, word, opened) = match *filter {
            Filter::Default => continue,
            Filter::Fd(fd) => {
                put!(&mut text, fd);
                (Id::Seccomp, words.join(&[text.bytes()]), Ok(Fd(fd)))
            }
            Filter::File(path) => {
                let flags = (libc::O_RDONLY | libc::O_CLOEXEC) as u32;
                let opened = file::open(path.as_cstr(), flags);
                (Id::SeccompFile, path, opened)
            }
        };
        let mut program = Array::new(words);
        match opened.and_then(|fd| read_all(fd, &mut program, FILTER_SIZE + 1)) {
            Ok(()) if fits(program.len()) => filters.push(program.finish()),
            Ok(()) => {
                let words = words.copy(&[word]);
                return Err(Error::Invalid { option, words });
            }
            Err(errno) => {
                return Err(Error::Unreadable {
                    option,
                    word,
                    errno,
                });
            }
        }
    }
    host.filters = filters.finish();
    Ok(())
}

/// What stands in files about users and groups, and who may map ids for us, as far as that is needed.
#[inline(never)]
pub fn look_up_accounts<'w>(host: &mut Host<'w>, config: &Config<'w>, words: &'w Words) {
    let identity = &config.identity;
    let [user, group] = [&identity.user, &identity.group];
    let mut names = config
        .process
        .chdir
        .is_some_and(|path| path.bytes() == b"~");
    names |= matches!(user.command, Some(Account::Name(_)));
    names |= matches!(group.command, Some(Account::Name(_)));
    for one in identity.groups.unwrap_or(&[]) {
        names |= matches!(one, Account::Name(_));
    }
    for (at, place) in host.accounts.iter_mut().enumerate() {
        let file = word(FILES, at).as_bytes();
        match at {
            0 | 1 if names => *place = read_inside(config, words, file),
            2.. if identity.auto => *place = read(words, words.join(&[b"/", file])),
            _ => {}
        }
    }
    // A user namespace is joined once, so there is no second attempt to learn from the first.
    if config.namespaces.join[Ns::User as usize].is_some() {
        host.capabilities = host.capabilities.or(process::capabilities().ok());
        host.clone3 = namespace::has_clone3();
    }
    let more = identity.auto || !user.ranges.is_empty() || !group.ranges.is_empty();
    if more && host.capabilities.is_some() {
        let path = variable(host.environment, b"PATH").unwrap_or(DEFAULT_PATH);
        host.mappers = [
            program(words, path, b"newgidmap"),
            program(words, path, b"newuidmap"),
        ];
    }
}

/// A file of the command's root, whose contents may be hostile; nothing where nobody can look yet.
#[inline(never)]
fn read_inside<'w>(config: &Config<'w>, words: &'w Words, path: &'w [u8]) -> &'w [u8] {
    let mut root = Text::new(words);
    if config.enter.pid != 0 {
        put!(&mut root, "/proc/", config.enter.pid, "/root");
    }
    put!(&mut root, "/");
    let mut folder = Some(root.take_path());
    let depth = above(config, places(config, words), path, &mut folder);
    let rest = path.get(depth..).unwrap_or(&[]);
    let mut bytes = Array::new(words);
    let joined = config.namespaces.join[Ns::Mount as usize];
    let Some(folder) = folder.filter(|_| joined.is_none()) else {
        return &[];
    };
    let flags = libc::O_RDONLY | libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC;
    let root = open_place(folder);
    let opened = match (root, rest) {
        // A file that is bound by itself is the caller's choice.
        (_, []) => file::open(folder.as_cstr(), flags as u32),
        (Ok(root), rest) => file::open_inside(root, words.join(&[b"./", rest]).as_cstr(), flags),
        (errno, _) => errno,
    };
    if let Ok(fd) = opened
        && file::mode(fd, c"").is_ok_and(|mode| mode & libc::S_IFMT == libc::S_IFREG)
    {
        let _ = read_all(fd, &mut bytes, MOST);
    }
    for fd in [root, opened].into_iter().flatten() {
        file::close(fd);
    }
    bytes.finish()
}

/// The first file of a name in the directories of `PATH`.
#[inline(never)]
fn program<'w>(words: &'w Words, mut path: &[u8], name: &[u8]) -> Option<ThinCStr<'w>> {
    while !path.is_empty() {
        let file = words.join(&[cut(&mut path, b':'), b"/", name]);
        if file::exists(file.as_cstr()) {
            return Some(file);
        }
    }
    None
}

/// The most bytes that a filter has: the kernel takes so many instructions (`BPF_MAXINSNS`).
const FILTER_SIZE: usize = 4096 * 8;

/// Whether a filter has whole instructions, and as many as the kernel takes.
fn fits(bytes: usize) -> bool {
    bytes != 0 && bytes <= FILTER_SIZE && bytes.is_multiple_of(8)
}

/// What is known of a process that is to be entered. Before its pidfd is open it may be another one's
/// number; then what differs is a wrong guess, and not a wrong target.
#[inline(never)]
fn meet<'a>(host: &mut Host<'a>, config: &Config<'a>, words: &'a Words) -> Result<(), Error<'a>> {
    let pid = config.enter.pid;
    host.target.own = process::id().0 as u32;
    // Without a /proc nothing would differ, nor be joined, and in another PID namespace's we were somebody else.
    let mut digits = [0; 10];
    match file::read_link(HERE, c"/proc/self", &mut digits) {
        Err(errno) => return Err(Error::NoProc(errno)),
        Ok(digits) if decimal(digits) != Some(host.target.own.into()) => {
            return Err(Error::OthersProc);
        }
        Ok(_) => {}
    }
    for ns in NsSet::ALL.iter() {
        if of_process(words, pid, ns) != of_process(words, host.target.own, ns) {
            host.target.differs = host.target.differs.with(ns);
        }
    }
    let bounding = field(read_of(words, pid as i32, "status"), b"CapBnd");
    host.target.bounding = number(bounding, 16).unwrap_or(u64::MAX);
    if config.enter.environment {
        let mut rest = read_of(words, pid as i32, "environ");
        let mut all = Array::new(words);
        while !rest.is_empty() {
            all.push(Some(words.join(&[cut(&mut rest, 0)])));
        }
        all.push(None);
        host.environment = all.finish();
    }
    if config.enter.join_cgroup {
        host.target.cgroups = cgroups(words, read_of(words, pid as i32, "cgroup"));
    }
    Ok(())
}

/// The files that take processes into the cgroups of a /proc/PID/cgroup, each where it is usually
/// mounted (cgroups(7)). Beside others the one without controllers is `unified`.
fn cgroups<'a>(words: &'a Words, mut lines: &[u8]) -> &'a [ThinCStr<'a>] {
    let mut files = Array::new(words);
    while !lines.is_empty() {
        let mut path = cut(&mut lines, b'\n');
        cut(&mut path, b':');
        let names = match cut(&mut path, b':') {
            b"" if !files.is_empty() => b"unified",
            names => names,
        };
        files.push(words.join(&[usual(names, words), path, b"/cgroup.procs"]));
    }
    files.finish()
}
