//! The operations on the view, each as the calls that it takes.

use super::attach::{INERT, SAFE, mount_flags};
use super::known::Ground;
use super::older::DATA;
use super::paths::clean;
use super::view::{Make, View};
use crate::compile::phrase::phrase;
use crate::config::Operation;
use crate::error::Error;
use crate::host::{Kind, Seen};
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
    pub fn operation(
        &mut self,
        operation: &Operation<'p>,
        seen: Seen<'p>,
    ) -> Result<(), Error<'static>> {
        let (option, source, target) = (operation.option, operation.word(0), operation.target());
        self.child.about(option, operation.words);
        // As bubblewrap: whom a mode keeps out is kept out on the way too.
        let kept_out = |bits| match operation.mode {
            Some(mode) if mode & bits == 0 => bits,
            _ => 0,
        };
        self.parents = 0o755 & !kept_out(0o070) & !kept_out(0o007);
        let read_only = INERT | libc::MS_RDONLY;
        let flags = match option {
            // Set-user-ID programs are to work, so those of the root are.
            Id::Root if self.config.privilege.allow_new_privs => libc::MS_NODEV,
            Id::RoBind | Id::RoBindTry | Id::RoBindData => SAFE | libc::MS_RDONLY,
            Id::DevBind | Id::DevBindTry => libc::MS_NOSUID,
            _ => SAFE,
        };
        let mode = |default| Arg::Mode(operation.mode.unwrap_or(default));
        match option {
            Id::BindTry | Id::RoBindTry | Id::DevBindTry if seen.kind == Kind::Missing => {}
            Id::EmptyRoot | Id::Tmpfs => self.tmpfs(target, operation.mode, operation.size),
            Id::Proc => self.proc(target),
            Id::Dev => self.dev(target),
            Id::Sys => self.attach(target, thin!("sysfs"), read_only, Arg::Null, ELSEWHERE),
            Id::Mqueue => self.attach(target, thin!("mqueue"), INERT, Arg::Null, ELSEWHERE),
            Id::Dir => self.dir(target, operation.mode.unwrap_or(0o755)),
            Id::Symlink => self.symlink(source, target),
            Id::File => self.file(target, mode(0o666), seen.data),
            Id::BindData | Id::RoBindData => self.bind_data(target, mode(0o600), seen.data, flags),
            Id::OverlaySrc => self.layers.push(source),
            Id::Overlay | Id::TmpOverlay | Id::RoOverlay => self.overlay(operation)?,
            Id::RemountRo => self.remount_ro(target),
            Id::Chmod => self.chmod(target, mode(0)),
            Id::Mask => self.mask(target, seen),
            _ => self.bind(source, target, seen, flags),
        }
        Ok(())
    }

    #[inline(never)]
    fn tmpfs(&mut self, target: ThinCStr<'p>, mode: Option<u32>, size: Option<u64>) {
        let mut data = Text::new(self.words);
        put!(&mut data, "mode=0");
        data.number(mode.unwrap_or(0o755).into(), 8, 3);
        if let Some(size) = size {
            put!(&mut data, ",size=", size);
        }
        let data = Arg::Text(self.words.join(&[data.bytes()]));
        self.attach(target, thin!("tmpfs"), SAFE, data, Ground::Ours);
    }

    #[inline(never)]
    fn dir(&mut self, target: ThinCStr<'p>, mode: u32) {
        let place = self.place(target, Some(Make::Directory(mode)));
        if !matches!(self.known.get(place.path), Some(Ground::Ours)) {
            // It is believed to be there, and to be a directory.
            self.resolve(Slot::Target, place.path, libc::O_PATH | libc::O_DIRECTORY);
            self.close(Slot::Target);
        }
    }

    #[inline(never)]
    fn symlink(&mut self, says: ThinCStr<'p>, link: ThinCStr<'p>) {
        let place = self.place(link, None);
        let (folder, name) = self.enter(place);
        let parts = [Arg::Text(says), Arg::Slot(folder), name];
        self.say(phrase!("symlinkat $0 $1 $2"), &parts);
        self.remember(place, 0);
        self.leave(folder);
        self.known.set(place.path, Ground::Link(says.bytes()));
    }

    #[inline(never)]
    fn file(&mut self, target: ThinCStr<'p>, mode: Arg<'p>, data: &'p [u8]) {
        let place = self.place(target, None);
        let (folder, name) = self.enter(place);
        let parts = [Arg::Slot(folder), name, mode];
        self.say(phrase!("openat $0 $1 NEW $2 =file"), &parts);
        self.remember(place, 0);
        self.fill(data);
        self.leave(folder);
        self.known.set(place.path, Ground::File);
    }

    /// Writes the new file, and closes it.
    #[inline(never)]
    fn fill(&mut self, data: &'p [u8]) {
        if !data.is_empty() {
            let call = Call::Write {
                slot: Slot::File,
                data: Data::Bytes(data),
            };
            self.child.add(call, self.child.because);
        }
        self.close(Slot::File);
    }

    /// A file system on top of the root, for what is used from there and never seen.
    #[inline(never)]
    pub fn stage(&mut self) {
        self.say(phrase!("mount tmpfs root_path tmpfs SAFE mode_0700"), &[]);
        self.clear_mask();
    }

    /// Takes away what is on top of the root.
    pub fn unstage(&mut self) {
        self.say(phrase!("umount2 top DETACH"), &[]);
    }

    #[inline(never)]
    fn bind_data(&mut self, target: ThinCStr<'p>, mode: Arg<'p>, data: &'p [u8], flags: u64) {
        let place = self.place(target, Some(Make::File));
        // Before the tree, as for every bind, and before something lies on top of the root.
        self.open_root();
        let older = (!self.host.new_mounts).then(|| self.enter(place));
        self.stage();
        self.say(phrase!("openat here data NEW $0 =file"), &[mode]);
        self.fill(data);
        if let Some(way) = older {
            return self.bind_file(DATA, &[], place, way, flags);
        }
        let attributes = [self.attributes(flags)];
        self.say(
            phrase!(
                "open_tree here data COPY =tree; umount2 top DETACH; \
                mount_setattr tree empty AT_IT $0 n32"
            ),
            &attributes,
        );
        self.place_tree(place, Ground::File);
    }

    #[inline(never)]
    fn overlay(&mut self, operation: &Operation<'p>) -> Result<(), Error<'static>> {
        let option = operation.option;
        let least = if option == Id::RoOverlay { 2 } else { 1 };
        if self.layers.len() < least {
            return Err(Error::NoLayers(option));
        }
        let mut data = Text::new(self.words);
        let mut between = "lowerdir=";
        for layer in self.layers.iter().rev() {
            escape(&mut data, between, self.source(*layer));
            between = ":";
        }
        self.layers.retain(|_| false);
        let [upper, work] = match option {
            Id::Overlay => [0, 1].map(|at| self.source(operation.word(at))),
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
        let (place, _) = self.begin(operation.target(), thin!("overlay"), SAFE, data);
        let ground = Ground::below(place.path, (option == Id::Overlay).then_some(upper));
        self.settle(place, ground);
        match (temporary, place.path.is_empty()) {
            (true, true) => self.roots_below += 1,
            (true, false) => self.unstage(),
            _ => {}
        }
        Ok(())
    }

    #[inline(never)]
    fn remount_ro(&mut self, target: ThinCStr<'p>) {
        let place = self.place(target, None);
        self.resolve(Slot::Target, place.path, libc::O_PATH);
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
        let place = self.place(target, None);
        // A FIFO without a reader, or a device, must not keep us waiting.
        self.resolve(Slot::Target, place.path, libc::O_NONBLOCK);
        self.say(phrase!("fchmod target $0; close target"), &[mode]);
    }

    /// Hides what is there: a file behind an empty one, a directory behind an empty one.
    #[inline(never)]
    fn mask(&mut self, target: ThinCStr<'p>, seen: Seen<'p>) {
        let flags = libc::MS_RDONLY | libc::MS_NOSUID | libc::MS_NOEXEC;
        let path = clean(self.words, target.bytes());
        let kind = match self.known.get(path) {
            Some(Ground::File) => Kind::File,
            Some(_) => Kind::Directory,
            None if self.is_ours(path) => Kind::Missing,
            None => seen.kind,
        };
        match kind {
            Kind::Missing => {}
            Kind::File => self.bind(thin!("/dev/null"), target, Seen { kind, ..seen }, flags),
            _ => {
                let (flags, mode) = (flags | SAFE, Arg::Text(thin!("mode=0555")));
                self.attach(target, thin!("tmpfs"), flags, mode, Ground::Ours);
            }
        }
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
