//! The view of file systems: propagation, the root, /proc, the operations in their order, and the
//! switch to the new root.

mod attach;
mod kernel;
mod known;
mod older;
mod operations;
mod paths;
mod view;

pub use paths::{clean, undo};
pub use view::Made;

use crate::compile::namespaces::Resolved;
use crate::compile::steps::List;
use crate::config::{Config, Propagation};
use crate::error::Error;
use crate::host::Host;
use crate::names::{Errno, Id, Ns, Sys, flags};
use crate::plan::{Arg, Call};
use crate::strings::thin;
use crate::words::{Array, Words};
use known::{Ground, Known};
use view::{HERE, TOP, View};

/// The steps for a new mount namespace; and what they make among the files of others.
pub fn mounts<'p>(
    config: &Config<'p>,
    host: &Host<'p>,
    resolved: &Resolved,
    words: &'p Words,
    child: &mut List<'p>,
) -> Result<&'p [Made<'p>], Error<'static>> {
    if !resolved.new.contains(Ns::Mount) {
        return Ok(&[]);
    }
    let wish = &config.mounts;
    let mut view = View {
        config,
        host,
        words,
        child,
        because: Id::Default,
        there: usize::MAX,
        in_user: resolved.new.contains(Ns::User),
        new_root: false,
        root_is_open: false,
        root: Ground::Foreign {
            source: Some(thin!("/")),
            depth: 0,
        },
        known: Known::new(words),
        layers: Array::new(words),
        mask_cleared: false,
        made: Array::new(words),
    };
    // Propagation before the first mount, or that mount would appear on the host.
    view.propagation(wish.propagation);
    for (at, operation) in wish.each().enumerate() {
        let seen = host.operations.get(at).copied().unwrap_or_default();
        view.there = seen.there.unwrap_or(usize::MAX);
        match operation.option {
            // It shows process ids, and is fresh where those are.
            Id::Default if resolved.new.contains(Ns::Pid) => view.default_proc(wish.propagation),
            Id::Default => {}
            _ => view.operation(operation, seen)?,
        }
    }
    view.child.about(&[]);
    if !view.layers.is_empty() {
        return Err(Error::Unused(Id::OverlaySrc));
    }
    // After everything that makes a place to mount on.
    if wish.read_only {
        view.because = Id::ReadOnly;
        view.read_only();
    }
    if view.new_root {
        view.switch();
    }
    if view.mask_cleared {
        view.child.add(Call::RestoreUmask, Id::Default);
    }
    Ok(view.made.finish())
}

impl<'p> View<'_, 'p> {
    fn propagation(&mut self, propagation: Option<Propagation>) {
        let flag = match propagation.unwrap_or(Propagation::Private) {
            Propagation::Private => Some(libc::MS_PRIVATE),
            Propagation::Slave => Some(libc::MS_SLAVE),
            Propagation::Shared => Some(libc::MS_SHARED),
            Propagation::Unchanged => None,
        };
        if let Some(flag) = flag {
            self.because = propagation.map_or(Id::Default, |_| Id::Propagation);
            self.mount([thin!("none"), thin!("/")], None, libc::MS_REC | flag, None);
        }
    }

    /// A /proc that shows the new process ids.
    fn default_proc(&mut self, propagation: Option<Propagation>) {
        let shared = matches!(
            propagation,
            Some(Propagation::Shared | Propagation::Unchanged)
        );
        if shared && !self.new_root {
            // Or the new /proc would appear on the host, where the one below it is shared.
            let private = libc::MS_REC | libc::MS_PRIVATE;
            self.because = Id::Propagation;
            self.mount([thin!("none"), thin!("/proc")], None, private, None);
        }
        self.because = Id::Default;
        self.proc(thin!("/proc"));
    }

    fn read_only(&mut self) {
        let (target, at) = match self.new_root {
            true => (TOP, 0),
            false => (thin!("/"), libc::AT_RECURSIVE),
        };
        match self.host.new_mounts {
            true => self.set_attributes(HERE, target, libc::MS_RDONLY, at),
            false => self.remount(target, libc::MS_RDONLY),
        }
    }

    /// The new root becomes the root, and nothing refers to the old one any more.
    fn switch(&mut self) {
        let (here, because) = (Arg::Text(thin!(".")), Id::Default);
        self.because = because;
        if self.host.pivot_root {
            self.plain(Sys::pivot_root, &[here, here]);
            let detach = Arg::Flags(libc::MNT_DETACH as u64, &flags::UMOUNT);
            self.plain(Sys::umount2, &[here, detach]);
        } else {
            // It already lies over the old root: whoever leaves it upwards arrives in it again.
            self.plain(Sys::chroot, &[here]);
        }
        self.plain(Sys::chdir, &[Arg::Text(thin!("/"))]);
        let (wish, directory) = (self.config, self.host.directory);
        if wish.process.chdir.is_none() && wish.mounts.root.is_none() && !directory.is_empty() {
            // The caller's own files may be there, in the same place.
            let directory = Arg::Text(self.words.join(&[directory]));
            let call = self.child.call(Sys::chdir, &[directory]);
            let elsewhere = &[Errno::NOENT, Errno::NOTDIR, Errno::ACCES];
            self.child.add_tolerant(call, elsewhere, because);
        }
    }
}
