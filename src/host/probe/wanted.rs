//! What only some options need to know.

use super::read_all;
use crate::config::{Config, Filter};
use crate::error::Error;
use crate::host::Host;
use crate::names::{Caps, Id};
use crate::sys::file::{self, Fd};
use crate::sys::process;
use crate::text::{Text, put};
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
