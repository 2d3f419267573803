//! The operations on the view, each as the calls that it takes.

use super::attach::{INERT, SAFE, mount_flags};
use super::known::Ground;
use super::older::DATA;
use super::paths::clean;
use super::view::{Make, View};
use crate::compile::phrase::phrase;
use crate::config::Operation;
use crate::error::Error;
use crate::host::Kind;
use crate::names::Id;
use crate::plan::{Arg, Call, Data, Slot};
use crate::strings::{ThinCStr, thin};
use crate::text::{Text, has, put};

/// Files of others that are in nobody's way when they stay.
const ELSEWHERE: Ground = Ground::Foreign {
    source: None,
    depth: 0,
};

impl<'p> View<'_, 'p> {
    /// Adds the steps of an operation.
    #[inline(never)]
    pub fn operation(&mut self, operation: &Operation<'p>) {
        let (option, target) = (operation.option, operation.target());
        self.child.about(option, operation.words);
        self.source = operation.word(0);
        // As bubblewrap: whom a mode keeps out is kept out on the way too.
        let kept_out = |bits| match operation.mode {
            Some(mode) if mode & bits == 0 => bits,
            _ => 0,
        };
        self.parents = 0o755 & !kept_out(0o070) & !kept_out(0o007);
        let mode = |default| Arg::Mode(operation.mode.unwrap_or(default));
        let mut flags = match option {
            // Set-user-ID programs are to work, so those of the root are.
            Id::Root if self.config.privilege.allow_new_privs => libc::MS_NODEV,
            Id::RoBind | Id::RoBindTry | Id::RoBindData => SAFE | libc::MS_RDONLY,
            Id::DevBind | Id::DevBindTry => libc::MS_NOSUID,
            Id::Sys => INERT | libc::MS_RDONLY,
            Id::Mqueue => INERT,
            _ => SAFE,
        };
        match option {
            Id::BindTry | Id::RoBindTry | Id::DevBindTry if self.seen.kind == Kind::Missing => {}
            Id::EmptyRoot | Id::Tmpfs => self.tmpfs(operation),
            Id::Proc => self.proc(target),
            Id::Dev => self.dev(target),
            Id::Sys | Id::Mqueue => {
                let kind = match option {
                    Id::Sys => thin!("sysfs"),
                    _ => thin!("mqueue"),
                };
                self.begin(target, kind, flags, Arg::Null);
                self.settle(ELSEWHERE);
            }
            Id::Dir => self.dir(target, operation.mode.unwrap_or(0o755)),
            Id::Symlink => self.symlink(target),
            Id::File => self.file(target, mode(0o666)),
            Id::BindData | Id::RoBindData => self.bind_data(target, mode(0o600), flags),
            Id::OverlaySrc => self.layers.push(self.source),
            _ if operation.is_overlay() => self.overlay(operation),
            Id::RemountRo => self.remount_ro(target),
            Id::Chmod => self.chmod(target, mode(0)),
            Id::Mask if !self.masks_file(target) => {}
            _ => {
                if option == Id::Mask {
                    flags = libc::MS_RDONLY | libc::MS_NOSUID | libc::MS_NOEXEC;
                    self.source = thin!("/dev/null");
                }
                self.bind(target, flags);
            }
        }
    }

    #[inline(never)]
    fn tmpfs(&mut self, operation: &Operation<'p>) {
        let mut data = Text::new(self.words);
        put!(&mut data, "mode=0");
        data.number(operation.mode.unwrap_or(0o755).into(), 8, 3);
        if let Some(size) = operation.size {
            put!(&mut data, ",size=", size);
        }
        let data = Arg::Text(self.words.join(&[data.bytes()]));
        self.begin(operation.target(), thin!("tmpfs"), SAFE, data);
        self.settle(Ground::Ours);
    }

    #[inline(never)]
    fn dir(&mut self, target: ThinCStr<'p>, mode: u32) {
        self.go_to(target, Some(Make::Directory(mode)));
        if !matches!(self.known.get(self.path), Some(Ground::Ours)) {
            // It is believed to be there, and to be a directory.
            self.resolve_place(libc::O_PATH | libc::O_DIRECTORY);
            self.close(Slot::Target);
        }
    }

    #[inline(never)]
    fn symlink(&mut self, link: ThinCStr<'p>) {
        self.go_to(link, None);
        let mut parts = [Arg::Null, Arg::Null, Arg::Text(self.source)];
        self.enter(&mut parts);
        self.say(phrase!("symlinkat $2 $0 $1"), &parts);
        self.remember(0);
        self.leave(&parts);
        self.stands_on(Ground::Link(self.source));
    }

    #[inline(never)]
    fn file(&mut self, target: ThinCStr<'p>, mode: Arg<'p>) {
        self.go_to(target, None);
        let mut parts = [Arg::Null, Arg::Null, mode];
        self.enter(&mut parts);
        self.say(phrase!("openat $0 $1 NEW $2 =file"), &parts);
        self.remember(0);
        self.fill();
        self.leave(&parts);
        self.stands_on(Ground::File);
    }

    /// Writes the new file, and closes it.
    #[inline(never)]
    fn fill(&mut self) {
        if !self.seen.data.is_empty() {
            let call = Call::Write {
                slot: Slot::File,
                data: Data::Bytes(self.seen.data),
            };
            self.child.add(call, self.child.because);
        }
        self.close(Slot::File);
    }

    /// A file system on top of the root, for what is used from there and never seen.
    #[inline(never)]
    pub fn stage(&mut self) {
        self.say_all(phrase!("mount tmpfs root_path tmpfs SAFE mode_0700"));
        self.clear_mask();
    }

    /// Takes away what is on top of the root.
    pub fn unstage(&mut self) {
        self.say_all(phrase!("umount2 top DETACH"));
    }

    #[inline(never)]
    fn bind_data(&mut self, target: ThinCStr<'p>, mode: Arg<'p>, flags: u64) {
        self.go_to(target, Some(Make::File));
        // Before the tree, as for every bind, and before something lies on top of the root.
        self.open_root();
        let mut way = [Arg::Null; 3];
        if !self.host.new_mounts {
            self.enter(&mut way);
        }
        self.stage();
        self.say(phrase!("openat here data NEW $0 =file"), &[mode]);
        self.fill();
        self.source = DATA;
        if !self.host.new_mounts {
            return self.bind_file(&way, flags);
        }
        let attributes = [self.attributes(flags)];
        self.say(
            phrase!(
                "open_tree here data COPY =tree; umount2 top DETACH; \
                mount_setattr tree empty AT_IT $0 n32"
            ),
            &attributes,
        );
        self.place_tree();
        self.stands_on(Ground::File);
    }

    #[inline(never)]
    fn overlay(&mut self, operation: &Operation<'p>) {
        let option = operation.option;
        let least = if option == Id::RoOverlay { 2 } else { 1 };
        if self.layers.len() < least {
            return self.child.refuse(Error::NoLayers(option));
        }
        let mut data = Text::new(self.words);
        let mut between = "lowerdir=";
        for layer in self.layers.iter().rev() {
            escape(&mut data, between, self.outside(*layer));
            between = ":";
        }
        self.layers.retain(|_| false);
        let [upper, work] = match option {
            Id::Overlay => [0, 1].map(|at| self.outside(operation.word(at))),
            _ => [thin!("/../upper"), thin!("/../work")],
        };
        if option != Id::RoOverlay {
            escape(&mut data, ",upperdir=", upper);
            escape(&mut data, ",workdir=", work);
        }
        if self.in_user {
            put!(&mut data, ",userxattr");
        }
        let data = Arg::Text(self.words.join(&[data.bytes()]));
        let temporary = option == Id::TmpOverlay;
        if temporary {
            self.stage();
            let parts = [upper, work].map(Arg::Text);
            self.say(
                phrase!("mkdirat here $0 m0755; mkdirat here $1 m0755"),
                &parts,
            );
        }
        self.begin(operation.target(), thin!("overlay"), SAFE, data);
        let stays = (option == Id::Overlay).then_some(upper);
        self.settle(Ground::below(self.path, stays));
        match (temporary, self.path.is_empty()) {
            (true, true) => self.roots_below += 1,
            (true, false) => self.unstage(),
            _ => {}
        }
    }

    #[inline(never)]
    fn remount_ro(&mut self, target: ThinCStr<'p>) {
        self.go_to(target, None);
        self.resolve_place(libc::O_PATH);
        let phrase = match self.host.new_mounts {
            true => phrase!("mount_setattr target empty AT_IT READ_ONLY n32; close target"),
            false => {
                phrase!("fchdir target; mount none dot null $0 null; fchdir root; close target")
            }
        };
        let flags = libc::MS_REMOUNT | libc::MS_BIND | libc::MS_RDONLY | SAFE;
        self.say(phrase, &[mount_flags(flags)]);
    }

    #[inline(never)]
    fn chmod(&mut self, target: ThinCStr<'p>, mode: Arg<'p>) {
        self.go_to(target, None);
        // A FIFO without a reader, or a device, must not keep us waiting.
        self.resolve_place(libc::O_NONBLOCK);
        self.say(phrase!("fchmod target $0; close target"), &[mode]);
    }

    /// Hides a directory behind an empty one; whether it is a file instead, to be hidden in the same way.
    #[inline(never)]
    fn masks_file(&mut self, target: ThinCStr<'p>) -> bool {
        let path = clean(self.words, target.bytes());
        self.seen.kind = match self.known.get(path) {
            Some(Ground::File) => Kind::File,
            Some(_) => Kind::Directory,
            None if self.is_ours(path) => Kind::Missing,
            None => self.seen.kind,
        };
        if matches!(self.seen.kind, Kind::Directory | Kind::Unknown) {
            let mode = Arg::Text(thin!("mode=0555"));
            self.begin(target, thin!("tmpfs"), INERT | libc::MS_RDONLY, mode);
            self.settle(Ground::Ours);
        }
        self.seen.kind == Kind::File
    }
}

/// A path in the options of an overlay, where three characters mean something.
#[inline(never)]
fn escape(data: &mut Text, before: &str, path: ThinCStr) {
    put!(data, before);
    for &byte in path.bytes() {
        if has(b":,\\", byte) {
            data.byte(b'\\');
        }
        data.byte(byte);
    }
}
