//! The file systems in which the kernel speaks: /proc and /dev, with what is safe to have there.

use super::attach::{INERT, SAFE, mount_flags};
use super::known::Ground;
use super::view::View;
use crate::compile::phrase::phrase;
use crate::plan::Arg;
use crate::strings::{ThinCStr, thin};
use crate::text::cut;

/// What in /proc speaks to the whole kernel and can be written to.
const READ_ONLY: &str = "bus fs irq sys sysrq-trigger";

/// What in /proc shows the whole kernel to those who are privileged.
const MASKED: &str = "kcore keys latency_stats sched_debug timer_list";

/// Devices that every program may use.
const DEVICES: &str = "null zero full random urandom tty";

/// Links in /dev, and what each says.
const LINKS: &str = "fd=/proc/self/fd stdin=/proc/self/fd/0 stdout=/proc/self/fd/1 \
    stderr=/proc/self/fd/2 core=/proc/kcore ptmx=pts/ptmx";

impl<'p> View<'_, 'p> {
    /// procfs; when the root is not the caller's, without the ways through it to the whole kernel.
    #[inline(never)]
    pub fn proc(&mut self, target: ThinCStr<'p>) {
        let base = self.begin(target, thin!("proc"), INERT, Arg::Null);
        if self.other_root {
            let flags = libc::MS_REMOUNT | libc::MS_BIND | libc::MS_RDONLY | INERT;
            let phrase = match self.host.new_mounts {
                true => phrase!("mount $0 $0 null BIND null; mount_setattr here $0 zero INERT n32"),
                false => phrase!("mount $0 $0 null BIND null; mount none $0 null $1 null"),
            };
            let mut names = READ_ONLY.as_bytes();
            while !names.is_empty() {
                let name = cut(&mut names, b' ');
                let parts = [self.below(base, name), mount_flags(flags)];
                self.say_if_there(phrase, &parts);
            }
            // In a user namespace they are root's outside, if that is another.
            let theirs = self.in_user && self.host.euid != 0;
            names = if theirs { b"" } else { MASKED.as_bytes() };
            while !names.is_empty() {
                let name = cut(&mut names, b' ');
                let parts = [self.below(base, name), Arg::Text(thin!("/dev/null"))];
                self.say_if_there(phrase!("mount $1 $0 null BIND null"), &parts);
            }
        }
        self.settle(Ground::below(&[], None));
    }

    /// A tmpfs with the usual devices, which are bound from the caller's /dev, and a private devpts.
    #[inline(never)]
    pub fn dev(&mut self, target: ThinCStr<'p>) {
        let mode = Arg::Text(thin!("mode=0755"));
        let base = self.begin(target, thin!("tmpfs"), SAFE, mode);
        self.clear_mask();
        let mut names = DEVICES.as_bytes();
        while !names.is_empty() {
            let name = cut(&mut names, b' ');
            let device = self.words.join(&[b"/dev/", name]);
            self.device(base, name, device);
        }
        if !self.host.terminal.is_empty() {
            let terminal = self.words.join(&[self.host.terminal]);
            self.device(base, b"console", terminal);
        }
        let mut links = LINKS.as_bytes();
        while !links.is_empty() {
            let mut says = cut(&mut links, b' ');
            let place = self.inside(base, cut(&mut says, b'='));
            let parts = [Arg::Text(self.words.join(&[says])), place];
            self.say(phrase!("symlinkat $0 here $1"), &parts);
        }
        let shm = [self.inside(base, b"shm"), Arg::Mode(0o1777)];
        self.say(phrase!("mkdirat here $0 $1"), &shm);
        let pts = [
            self.inside(base, b"pts"),
            Arg::Text(thin!("devpts")),
            mount_flags(libc::MS_NOSUID | libc::MS_NOEXEC),
            Arg::Text(thin!("newinstance,ptmxmode=0666,mode=0620")),
        ];
        self.say(phrase!("mkdirat here $0 m0755; mount $1 $0 $1 $2 $3"), &pts);
        self.settle(Ground::Ours);
    }

    #[inline(never)]
    fn device(&mut self, base: ThinCStr<'p>, name: &[u8], device: ThinCStr<'p>) {
        let parts = [self.inside(base, name), Arg::Text(device)];
        self.say(
            phrase!("mknodat here $0 device; mount $1 $0 null BIND null"),
            &parts,
        );
    }

    /// The path of something that is made in a new file system, and is known from here on.
    #[inline(never)]
    fn inside(&mut self, base: ThinCStr<'p>, name: &[u8]) -> Arg<'p> {
        let inside = self.words.join(&[self.path, b"/", name]);
        self.known.set(inside.bytes(), Ground::Ours);
        self.below(base, name)
    }

    #[inline(never)]
    fn below(&self, base: ThinCStr<'p>, name: &[u8]) -> Arg<'p> {
        Arg::Text(self.words.join(&[base.bytes(), b"/", name]))
    }
}
