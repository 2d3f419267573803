//! The operations on the view, each as the calls that it takes.

use super::attach::{INERT, SAFE};
use super::known::Ground;
use super::older::DATA;
use super::view::{HERE, Make, TOP, View};
use crate::config::Operation;
use crate::error::Error;
use crate::host::{Kind, Seen};
use crate::names::{Id, Sys, flags};
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
        self.because = option;
        self.child.about(operation.words);
        let allow_new_privs = self.config.privilege.allow_new_privs;
        let mut bind = |flags| self.bind(source, target, seen, flags);
        match option {
            Id::BindTry | Id::RoBindTry | Id::DevBindTry if seen.kind == Kind::Missing => {}
            Id::Root if allow_new_privs => bind(libc::MS_NODEV),
            Id::Root | Id::Bind | Id::BindTry => bind(SAFE),
            Id::RoBind | Id::RoBindTry => bind(SAFE | libc::MS_RDONLY),
            Id::DevBind | Id::DevBindTry => bind(libc::MS_NOSUID),
            Id::EmptyRoot | Id::Tmpfs => self.tmpfs(target, operation.mode, operation.size),
            Id::Proc => self.proc(target),
            Id::Dev => self.dev(target),
            Id::Sys => self.attach(
                target,
                thin!("sysfs"),
                INERT | libc::MS_RDONLY,
                None,
                ELSEWHERE,
            ),
            Id::Mqueue => self.attach(target, thin!("mqueue"), INERT, None, ELSEWHERE),
            Id::Dir => self.dir(target, operation.mode.unwrap_or(0o755)),
            Id::Symlink => self.symlink(source, target),
            Id::File => self.file(target, operation.mode.unwrap_or(0o666), seen.data),
            Id::BindData => self.bind_data(operation, seen.data, SAFE),
            Id::RoBindData => self.bind_data(operation, seen.data, SAFE | libc::MS_RDONLY),
            Id::OverlaySrc => self.layers.push(source),
            Id::Overlay | Id::TmpOverlay | Id::RoOverlay => self.overlay(operation)?,
            Id::RemountRo => self.remount_ro(target),
            Id::Chmod => self.chmod(target, operation.mode.unwrap_or(0)),
            Id::Mask => self.mask(target, seen),
            _ => {}
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
        let data = Some(self.words.join(&[data.bytes()]));
        self.attach(target, thin!("tmpfs"), SAFE, data, Ground::Ours);
    }

    #[inline(never)]
    fn dir(&mut self, target: ThinCStr<'p>, mode: u32) {
        let place = self.place(target, Some(Make::Directory(mode)));
        if self.known.get(place.path).is_none() {
            // It is believed to be there.
            self.resolve(Slot::Target, place.path, libc::O_PATH | libc::O_DIRECTORY);
            self.close(Slot::Target);
        }
    }

    #[inline(never)]
    fn symlink(&mut self, target: ThinCStr<'p>, link: ThinCStr<'p>) {
        let place = self.place(link, None);
        let (folder, name) = self.enter(place);
        self.plain(
            Sys::symlinkat,
            &[Arg::Text(target), Arg::Slot(folder), name],
        );
        self.remember(place, 0);
        self.leave(folder);
        self.known.set(place.path, ELSEWHERE);
    }

    #[inline(never)]
    fn file(&mut self, target: ThinCStr<'p>, mode: u32, data: &'p [u8]) {
        let place = self.place(target, None);
        let (folder, name) = self.enter(place);
        self.create(Arg::Slot(folder), name, mode);
        self.remember(place, 0);
        self.fill(data);
        self.leave(folder);
        self.known.set(place.path, place.ground);
    }

    #[inline(never)]
    fn create(&mut self, folder: Arg<'p>, name: Arg<'p>, mode: u32) {
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC;
        let flags = Arg::Flags(flags as u64, &flags::OPEN);
        self.opening(
            Slot::File,
            Sys::openat,
            &[folder, name, flags, Arg::Mode(mode)],
        );
    }

    /// Writes the new file, and closes it.
    #[inline(never)]
    fn fill(&mut self, data: &'p [u8]) {
        if !data.is_empty() {
            let call = Call::Write {
                slot: Slot::File,
                data: Data::Bytes(data),
            };
            self.child.add(call, self.because);
        }
        self.close(Slot::File);
    }

    /// A file system on top of the root, for what is used from there and never seen.
    #[inline(never)]
    pub fn stage(&mut self) {
        let data = Some(thin!("mode=0700"));
        self.mount(
            [thin!("tmpfs"), thin!("/")],
            Some(thin!("tmpfs")),
            SAFE,
            data,
        );
        self.clear_mask();
    }

    /// Takes away what is on top of the root.
    #[inline(never)]
    pub fn unstage(&mut self) {
        let detach = Arg::Flags(libc::MNT_DETACH as u64, &flags::UMOUNT);
        self.plain(Sys::umount2, &[Arg::Text(TOP), detach]);
    }

    #[inline(never)]
    fn bind_data(&mut self, operation: &Operation<'p>, data: &'p [u8], flags: u64) {
        let place = self.place(operation.target(), Some(Make::File));
        self.stage();
        self.create(HERE, Arg::Text(DATA), operation.mode.unwrap_or(0o600));
        self.fill(data);
        if !self.host.new_mounts {
            return self.bind_file(DATA, thin!(""), place, flags);
        }
        self.clone_tree(DATA, 0);
        self.unstage();
        self.bind_tree(place, flags, ELSEWHERE);
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
            put!(&mut data, between);
            escape(&mut data, self.source(*layer).bytes());
            between = ":";
        }
        self.layers.retain(|_| false);
        let [upper, work] = match option {
            Id::Overlay => [0, 1].map(|at| self.source(operation.word(at))),
            _ => [thin!("/../upper"), thin!("/../work")],
        };
        if option != Id::RoOverlay {
            put!(&mut data, ",upperdir=");
            escape(&mut data, upper.bytes());
            put!(&mut data, ",workdir=");
            escape(&mut data, work.bytes());
        }
        if self.in_user {
            put!(&mut data, ",userxattr");
        }
        let data = Some(self.words.join(&[data.bytes()]));
        let temporary = option == Id::TmpOverlay;
        if temporary {
            self.stage();
            for folder in [upper, work] {
                self.plain(Sys::mkdirat, &[HERE, Arg::Text(folder), Arg::Mode(0o755)]);
            }
        }
        let (place, _) = self.begin(operation.target(), thin!("overlay"), SAFE, data);
        let ground = Ground::below(place.path, (option == Id::Overlay).then_some(upper));
        self.settle(place, ground);
        if temporary && !place.path.is_empty() {
            self.unstage();
        }
        Ok(())
    }

    #[inline(never)]
    fn remount_ro(&mut self, target: ThinCStr<'p>) {
        let place = self.place(target, None);
        self.resolve(Slot::Target, place.path, libc::O_PATH);
        if self.host.new_mounts {
            let target = Arg::Slot(Slot::Target);
            self.set_attributes(target, thin!(""), libc::MS_RDONLY, libc::AT_EMPTY_PATH);
        } else {
            self.at_target(|view| view.remount(thin!("."), SAFE | libc::MS_RDONLY));
        }
        self.close(Slot::Target);
    }

    #[inline(never)]
    fn chmod(&mut self, target: ThinCStr<'p>, mode: u32) {
        let place = self.place(target, None);
        // A FIFO without a reader, or a device, must not keep us waiting.
        self.resolve(Slot::Target, place.path, libc::O_NONBLOCK);
        self.plain(Sys::fchmod, &[Arg::Slot(Slot::Target), Arg::Mode(mode)]);
        self.close(Slot::Target);
    }

    /// Hides what is there: a file behind an empty one, a directory behind an empty one.
    #[inline(never)]
    fn mask(&mut self, target: ThinCStr<'p>, seen: Seen) {
        match seen.kind {
            Kind::Missing => {}
            Kind::File => {
                let flags = libc::MS_RDONLY | libc::MS_NOSUID | libc::MS_NOEXEC;
                self.bind(thin!("/dev/null"), target, seen, flags);
            }
            _ => {
                let data = Some(thin!("mode=0555"));
                let flags = INERT | libc::MS_RDONLY;
                self.attach(target, thin!("tmpfs"), flags, data, Ground::Ours);
            }
        }
    }
}

/// A path in the options of an overlay, where three characters mean something.
fn escape(data: &mut Text, path: &[u8]) {
    for &byte in path {
        if has(b":,\\", byte) {
            data.byte(b'\\');
        }
        data.byte(byte);
    }
}
