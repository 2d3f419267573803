//! The file systems in which the kernel speaks: /proc and /dev, with what is safe to have there.

use super::attach::{INERT, SAFE};
use super::known::Ground;
use super::view::{HERE, Place, View, mounting};
use crate::names::Sys;
use crate::plan::Arg;
use crate::strings::{ThinCStr, thin};
use crate::text::word;

/// What in /proc speaks to the whole kernel and can be written to.
const READ_ONLY: &str = "bus fs irq sys sysrq-trigger";

/// What in /proc shows the whole kernel to those who are privileged.
const MASKED: &str = "kcore keys latency_stats sched_debug timer_list";

/// Devices that every program may use.
const DEVICES: &str = "null zero full random urandom tty";

/// Links in /dev, each behind the name that it has.
const LINKS: [(ThinCStr, &str); 6] = [
    (thin!("/proc/self/fd"), "fd"),
    (thin!("/proc/self/fd/0"), "stdin"),
    (thin!("/proc/self/fd/1"), "stdout"),
    (thin!("/proc/self/fd/2"), "stderr"),
    (thin!("/proc/kcore"), "core"),
    (thin!("pts/ptmx"), "ptmx"),
];

impl<'p> View<'_, 'p> {
    /// procfs; when the root is not the caller's, without the ways through it to the whole kernel.
    #[inline(never)]
    pub fn proc(&mut self, target: ThinCStr<'p>) {
        let (place, base) = self.begin(target, thin!("proc"), INERT, None);
        if self.new_root {
            for name in words(READ_ONLY) {
                let path = self.below(base, name);
                self.bind_if_there(path, path);
                let flags = INERT | libc::MS_RDONLY;
                if self.host.new_mounts {
                    let args = self.attributes(HERE, path, flags, 0);
                    self.if_there(Sys::mount_setattr, &args);
                } else {
                    let flags = libc::MS_REMOUNT | libc::MS_BIND | flags;
                    let args = mounting([path, path], None, flags, None);
                    self.if_there(Sys::mount, &args);
                }
            }
            // In a user namespace they are root's outside.
            let masked = if self.in_user { "" } else { MASKED };
            for name in words(masked) {
                let path = self.below(base, name);
                self.bind_if_there(thin!("/dev/null"), path);
            }
        }
        self.settle(place, Ground::below(&[], None));
    }

    fn bind_if_there(&mut self, source: ThinCStr<'p>, path: ThinCStr<'p>) {
        let args = mounting([source, path], None, libc::MS_BIND, None);
        self.if_there(Sys::mount, &args);
    }

    /// A tmpfs with the usual devices, which are bound from the caller's /dev, and a private devpts.
    #[inline(never)]
    pub fn dev(&mut self, target: ThinCStr<'p>) {
        let (place, base) = self.begin(target, thin!("tmpfs"), SAFE, Some(thin!("mode=0755")));
        self.clear_mask();
        for name in words(DEVICES) {
            let device = self.words.join(&[b"/dev/", name.as_bytes()]);
            self.device(place, base, name, device);
        }
        if !self.host.terminal.is_empty() {
            let terminal = self.words.join(&[self.host.terminal]);
            self.device(place, base, "console", terminal);
        }
        for (target, name) in LINKS {
            let path = Arg::Text(self.fresh(place, base, name));
            self.plain(Sys::symlinkat, &[Arg::Text(target), HERE, path]);
        }
        for (name, mode) in [("shm", 0o1777), ("pts", 0o755)] {
            let path = Arg::Text(self.fresh(place, base, name));
            self.plain(Sys::mkdirat, &[HERE, path, Arg::Mode(mode)]);
        }
        let pts = [thin!("devpts"), self.below(base, "pts")];
        let flags = libc::MS_NOSUID | libc::MS_NOEXEC;
        let data = Some(thin!("newinstance,ptmxmode=0666,mode=0620"));
        self.mount(pts, Some(thin!("devpts")), flags, data);
        self.settle(place, Ground::Ours);
    }

    #[inline(never)]
    fn device(&mut self, place: Place<'p>, base: ThinCStr<'p>, name: &str, device: ThinCStr<'p>) {
        let path = self.fresh(place, base, name);
        let mode = Arg::Mode(libc::S_IFREG | 0o666);
        self.plain(Sys::mknodat, &[HERE, Arg::Text(path), mode]);
        self.mount([device, path], None, libc::MS_BIND, None);
    }

    /// The path of something that is made in a new file system, and is known from here on.
    #[inline(never)]
    fn fresh(&mut self, place: Place<'p>, base: ThinCStr<'p>, name: &str) -> ThinCStr<'p> {
        let inside = self.words.join(&[place.path, b"/", name.as_bytes()]);
        self.known.set(inside.bytes(), Ground::Ours);
        self.below(base, name)
    }

    #[inline(never)]
    fn below(&self, base: ThinCStr<'p>, name: &str) -> ThinCStr<'p> {
        self.words.join(&[base.bytes(), b"/", name.as_bytes()])
    }
}

/// The words of a list.
fn words(list: &'static str) -> impl Iterator<Item = &'static str> {
    (0..)
        .map(move |at| word(list, at))
        .take_while(|word| !word.is_empty())
}
