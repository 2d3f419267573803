//! The view of file systems: propagation, the root, /proc, the operations in their order, and the
//! switch to the new root.

mod attach;
mod kernel;
mod known;
mod older;
mod operations;
mod paths;
mod view;

pub use older::next_mount;
pub use paths::{clean, next, undo};
pub use view::Made;

use crate::compile::cgroup;
use crate::compile::namespaces::Resolved;
use crate::compile::phrase::phrase;
use crate::compile::steps::List;
use crate::config::{Config, Propagation};
use crate::error::Error;
use crate::host::{Host, Seen};
use crate::names::{Errno, Id, Ns};
use crate::plan::{Arg, Call, Refusal, Slot};
use crate::strings::{ThinCStr, thin};
use crate::words::{Array, Words};
use attach::mount_flags;
use known::{Ground, Known};
use paths::FOLDER;
use view::{TOP, View};

/// The steps for a new mount namespace; and what they make among the files of others.
#[inline(never)]
pub fn mounts<'p>(
    config: &Config<'p>,
    host: &Host<'p>,
    resolved: &Resolved,
    words: &'p Words,
    child: &mut List<'p>,
) -> &'p [Made<'p>] {
    if !resolved.new.contains(Ns::Mount) {
        return &[];
    }
    let wish = &config.mounts;
    let mut view = View {
        config,
        host,
        words,
        child,
        source: thin!(""),
        seen: Seen::NOTHING,
        path: &[],
        ground: Ground::Ours,
        parents: 0o755,
        roots_below: 0,
        other_root: wish.replaces_root(),
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
    if let Some(because) = cgroup::because(config) {
        view.child.about(because, &[]);
        view.cover();
    }
    if !wish.replaces_root() && view.covers_sources() {
        // A source is the caller's, also if something lies over it inside: the root becomes a copy.
        view.say_all(phrase!("mount root_path root_path null BIND_ALL null"));
        view.settle(view.root);
    }
    for (at, operation) in wish.each().enumerate() {
        view.seen = *host.operations.get(at).unwrap_or(&Seen::NOTHING);
        match operation.option {
            // It shows process ids, and is fresh where those are.
            Id::Default if resolved.new.union(resolved.others).contains(Ns::Pid) => {
                view.default_proc(wish.propagation)
            }
            Id::Default => {}
            _ => view.operation(operation),
        }
    }
    view.child.about(Id::Default, &[]);
    if !view.layers.is_empty() {
        view.child.refuse(Error::Unused(Id::OverlaySrc));
    }
    // After everything that makes a place to mount on.
    if wish.read_only {
        view.child.because = Id::ReadOnly;
        view.read_only();
    }
    if view.new_root {
        view.switch();
    } else if !wish.is_plain() {
        view.come_back();
    }
    if !wish.is_plain() && wish.propagation == Some(Propagation::Shared) {
        view.child.because = Id::Propagation;
        let flags = mount_flags(libc::MS_REC | libc::MS_SHARED);
        view.say(phrase!("mount none root_path null $0 null"), &[flags]);
    }
    if view.mask_cleared {
        view.child.add(Call::RestoreUmask, Id::Default);
    }
    view.made.finish()
}

impl<'p> View<'_, 'p> {
    #[inline(never)]
    fn propagation(&mut self, propagation: Option<Propagation>) {
        let flag = match propagation.unwrap_or(Propagation::Private) {
            Propagation::Private => Some(libc::MS_PRIVATE),
            // What is under construction must not appear outside.
            Propagation::Shared if self.config.mounts.is_plain() => Some(libc::MS_SHARED),
            Propagation::Unchanged if self.config.mounts.is_plain() => None,
            _ => Some(libc::MS_SLAVE),
        };
        if let Some(flag) = flag {
            self.child.because = propagation.map_or(Id::Default, |_| Id::Propagation);
            let flags = mount_flags(libc::MS_REC | flag);
            self.say(phrase!("mount none root_path null $0 null"), &[flags]);
        }
    }

    /// Nobody inside is to change its own limits, or to name the program that a release agent is.
    fn cover(&mut self) {
        // The others are usually below the same.
        let mount = self
            .host
            .cgroups
            .first()
            .map_or(thin!("/"), |one| one.mount);
        match self.host.new_mounts {
            true => self.say(
                phrase!("mount_setattr here $0 AT_ALL READ_ONLY n32"),
                &[Arg::Text(mount)],
            ),
            false => {
                self.seen.real = mount.bytes();
                self.remount_all(mount, libc::MS_RDONLY);
            }
        }
    }

    /// A /proc that shows the new process ids.
    #[inline(never)]
    fn default_proc(&mut self, propagation: Option<Propagation>) {
        let shared = matches!(
            propagation,
            Some(Propagation::Shared | Propagation::Unchanged)
        );
        if shared && self.config.mounts.is_plain() {
            // Or the new /proc would appear on the host, where the one below it is shared.
            let parts = [
                Arg::Text(thin!("/proc")),
                mount_flags(libc::MS_REC | libc::MS_PRIVATE),
            ];
            self.child.because = Id::Propagation;
            self.say(phrase!("mount none $0 null $1 null"), &parts);
        }
        const PROC: ThinCStr = thin!("/proc");
        // Whether it can be there is up to somebody else's root.
        let operands: &[ThinCStr] = if self.new_root { &[PROC] } else { &[] };
        self.child.about(Id::Default, operands);
        self.proc(PROC);
    }

    fn read_only(&mut self) {
        match (self.host.new_mounts, self.new_root) {
            (true, true) => self.say_all(phrase!("mount_setattr here top zero READ_ONLY n32")),
            (true, false) => {
                self.say_all(phrase!("mount_setattr here root_path AT_ALL READ_ONLY n32"));
            }
            (false, true) => self.remount(TOP, libc::MS_RDONLY),
            (false, false) => self.remount(thin!("/"), libc::MS_RDONLY),
        }
    }

    /// Whether an operation covers the source of a later one. Where links lead is not looked at: who was refused
    /// a source is on the safe side.
    #[inline(never)]
    fn covers_sources(&mut self) -> bool {
        let mut covered = Known::new(self.words);
        let (mut any, mut layers) = (false, false);
        for operation in self.config.mounts.each() {
            let option = operation.option;
            let target = clean(self.words, operation.target().bytes());
            layers |= option == Id::OverlaySrc;
            if option == Id::Dev {
                // It binds them in a file system of its own.
                covered.set(target, Ground::Ours);
            }
            for source in operation.sources() {
                let source = clean(self.words, source.bytes());
                let mut end = 0;
                while end < source.len() {
                    end = next(source, end);
                    let above = covered.get(source.get(..end).unwrap_or(source));
                    if above.is_some() || any && self.host.looked_closer {
                        return true;
                    }
                }
            }
            if operation.mounts() {
                // Layers are used later than they are named.
                if core::mem::take(&mut layers) && !operation.is_overlay() {
                    return true;
                }
                covered.set(target, Ground::Ours);
                any |= option != Id::Default;
            }
        }
        false
    }

    /// The working directory may be below something by now, and would be a way around that.
    fn come_back(&mut self) {
        self.child.because = Id::Default;
        self.child.refusal = Refusal::Else(1);
        let directory = self.words.join(&[self.host.directory]);
        self.say(phrase!("chdir $0"), &[Arg::Text(directory)]);
        self.child.refusal = Refusal::Fatal;
        self.say_all(phrase!("chdir root_path"));
    }

    /// The new root becomes the root, and nothing refers to the old one any more.
    #[inline(never)]
    fn switch(&mut self) {
        self.child.because = Id::Default;
        let phrase = match self.host.pivot_root {
            true => phrase!("pivot_root dot dot"),
            // It already lies over the old root: whoever leaves it upwards arrives in it again.
            false => phrase!("chroot dot"),
        };
        self.say_all(phrase);
        // They lie on top of it now.
        for _ in 0..self.roots_below * usize::from(self.host.pivot_root) {
            self.say_all(phrase!("umount2 dot DETACH"));
        }
        self.say_all(phrase!("chdir root_path"));
        let (wish, directory) = (self.config, self.host.directory);
        if let Some(path) = self.child.directory.filter(|_| self.other_root) {
            // By a link in /proc it could be a directory of the caller's (CVE-2024-21626).
            self.child.because = Id::Chdir;
            let path = clean(self.words, path.bytes());
            self.resolve(Slot::Target, path, FOLDER);
            self.say_all(phrase!("fchdir target; close target"));
        } else if self.child.directory.is_none() && wish.mounts.root.is_none() {
            // The caller's own files may be there, in the same place.
            const ELSEWHERE: Refusal =
                Refusal::after(&[Errno::NOENT, Errno::NOTDIR, Errno::ACCES, Errno::BADF]);
            self.child.refusal = ELSEWHERE;
            let directory = clean(self.words, directory);
            self.resolve(Slot::Target, directory, FOLDER);
            self.say_all(phrase!("fchdir target; close target"));
            self.child.refusal = Refusal::Fatal;
        }
    }
}
