//! The file systems in which the kernel speaks: /proc and /dev, with what is safe to have there.

use super::attach::{INERT, SAFE, mount_flags};
use super::known::Ground;
use super::view::View;
use crate::compile::phrase::phrase;
use crate::plan::Arg;
use crate::strings::{ThinCStr, thin};
use crate::text::word;

/// What in /proc speaks to the whole kernel and can be written to.
const READ_ONLY: &str = "bus fs irq sys sysrq-trigger";

/// What in /proc shows the whole kernel to those who are privileged.
const MASKED: &str = "kcore keys latency_stats sched_debug timer_list";

/// Devices that every program may use.
const DEVICES: &str = "null zero full random urandom tty";

/// Links in /dev, and what each says.
const LINKS: &str = "fd stdin stdout stderr core ptmx";
const LINKED: [ThinCStr; 6] = [
    thin!("/proc/self/fd"),
    thin!("/proc/self/fd/0"),
    thin!("/proc/self/fd/1"),
    thin!("/proc/self/fd/2"),
    thin!("/proc/kcore"),
    thin!("pts/ptmx"),
];

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
            for name in words(READ_ONLY) {
                let parts = [self.below(base, name), mount_flags(flags)];
                self.say_if_there(phrase, &parts);
            }
            // In a user namespace they are root's outside.
            let masked = if self.in_user { "" } else { MASKED };
            for name in words(masked) {
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
        for name in words(DEVICES) {
            let device = self.words.join(&[b"/dev/", name.as_bytes()]);
            self.device(base, name, device);
        }
        if !self.host.terminal.is_empty() {
            let terminal = self.words.join(&[self.host.terminal]);
            self.device(base, "console", terminal);
        }
        for (name, says) in words(LINKS).zip(LINKED) {
            let parts = [Arg::Text(says), self.inside(base, name)];
            self.say(phrase!("symlinkat $0 here $1"), &parts);
        }
        let shm = [self.inside(base, "shm"), Arg::Mode(0o1777)];
        self.say(phrase!("mkdirat here $0 $1"), &shm);
        let pts = [
            self.inside(base, "pts"),
            Arg::Text(thin!("devpts")),
            mount_flags(libc::MS_NOSUID | libc::MS_NOEXEC),
            Arg::Text(thin!("newinstance,ptmxmode=0666,mode=0620")),
        ];
        self.say(phrase!("mkdirat here $0 m0755; mount $1 $0 $1 $2 $3"), &pts);
        self.settle(Ground::Ours);
    }

    #[inline(never)]
    fn device(&mut self, base: ThinCStr<'p>, name: &str, device: ThinCStr<'p>) {
        let parts = [self.inside(base, name), Arg::Text(device)];
        self.say(
            phrase!("mknodat here $0 device; mount $1 $0 null BIND null"),
            &parts,
        );
    }

    /// The path of something that is made in a new file system, and is known from here on.
    #[inline(never)]
    fn inside(&mut self, base: ThinCStr<'p>, name: &str) -> Arg<'p> {
        let inside = self.words.join(&[self.path, b"/", name.as_bytes()]);
        self.known.set(inside.bytes(), Ground::Ours);
        self.below(base, name)
    }

    #[inline(never)]
    fn below(&self, base: ThinCStr<'p>, name: &str) -> Arg<'p> {
        Arg::Text(self.words.join(&[base.bytes(), b"/", name.as_bytes()]))
    }
}

/// The words of a list.
fn words(list: &'static str) -> impl Iterator<Item = &'static str> {
    (0..)
        .map(move |at| word(list, at))
        .take_while(|word| !word.is_empty())
}
