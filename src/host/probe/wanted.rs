//! What only some options need to know.

use super::{read_all, read_at};
use crate::config::{Config, Filter};
use crate::error::Error;
use crate::host::Host;
use crate::host::nslist::of_process;
use crate::names::{Caps, Id, Ns};
use crate::strings::ThinCStr;
use crate::sys::file::{self, Fd, HERE};
use crate::sys::process;
use crate::text::{Text, cut, put};
use crate::words::{Array, Words};

/// What only some options need to know, and the filters that are to be installed.
///
/// # Errors
///
/// A filter that cannot be read.
pub fn look_up<'a>(
    host: &mut Host<'a>,
    config: &Config<'a>,
    words: &'a Words,
) -> Result<(), Error<'a>> {
    if config.enter.pid != 0 {
        meet(host, config, words);
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

/// The most bytes that a filter has: the kernel takes so many instructions (`BPF_MAXINSNS`).
const FILTER_SIZE: usize = 4096 * 8;

/// Whether a filter has whole instructions, and as many as the kernel takes.
fn fits(bytes: usize) -> bool {
    bytes != 0 && bytes <= FILTER_SIZE && bytes.is_multiple_of(8)
}

/// What is known of a process that is to be entered. Before its pidfd is open it may be another one's
/// number; then what differs is a wrong guess, and not a wrong target.
#[inline(never)]
fn meet<'a>(host: &mut Host<'a>, config: &Config<'a>, words: &'a Words) {
    let pid = config.enter.pid;
    host.target.own = process::id().0 as u32;
    for ns in Ns::ALL {
        if of_process(words, pid, ns) != of_process(words, host.target.own, ns) {
            host.target.differs = host.target.differs.with(ns);
        }
    }
    let file = |name: &str| {
        let mut path = Text::new(words);
        put!(&mut path, "/proc/", pid, "/", name);
        read_at(words, HERE, path.take_path().as_cstr(), usize::MAX).finish()
    };
    if config.enter.environment {
        let mut rest = file("environ");
        let mut all = Array::new(words);
        while !rest.is_empty() {
            all.push(Some(words.join(&[cut(&mut rest, 0)])));
        }
        all.push(None);
        host.environment = all.finish();
    }
    if config.enter.join_cgroup {
        host.target.cgroups = cgroups(words, file("cgroup"));
    }
}

/// The files that take processes into the cgroups of a /proc/PID/cgroup, each where it is usually
/// mounted (cgroups(7)). Beside others the one without controllers is `unified`.
fn cgroups<'a>(words: &'a Words, mut lines: &[u8]) -> &'a [ThinCStr<'a>] {
    let mut files = Array::new(words);
    while !lines.is_empty() {
        let mut path = cut(&mut lines, b'\n');
        cut(&mut path, b':');
        let mut mount = cut(&mut path, b':');
        mount = mount.strip_prefix(b"name=").unwrap_or(mount);
        let mut file = Text::new(words);
        put!(&mut file, "/sys/fs/cgroup/");
        if mount.is_empty() && !files.is_empty() {
            put!(&mut file, "unified");
        }
        file.raw(mount);
        file.raw(path);
        put!(&mut file, "/cgroup.procs");
        files.push(file.take_path());
    }
    files.finish()
}
