//! The command's cgroup: made before the command, entered before it does anything of its own, and removed
//! after it. One in each hierarchy that is needed; that is one alone with version 2.
//!
//! With version 2 it is two: one with the limits, and in it one without, where the command is. That is the
//! root of its cgroup namespace, so that whoever mounts the hierarchy inside does not get at the limits.

use super::identity::write_data;
use super::phrase::phrase;
use super::steps::List;
use crate::config::Config;
use crate::error::Error;
use crate::host::{Cgroup, Host};
use crate::names::cgroup::{self, CPUSET, EVENTS, MEMORY, SWAP};
use crate::names::{Errno, Id, flags, options};
use crate::plan::{Arg, Call, Data, Refusal, Slot};
use crate::strings::{ThinCStr, thin};

/// The cgroups of a plan.
pub struct Cgroups<'p> {
    all: &'p [Cgroup<'p>],
    because: Id,
    clone3: bool,
}

/// The option that asks for a cgroup.
pub fn because(config: &Config) -> Option<Id> {
    let wished = config.resources.controllers();
    let first = (wished | 1 << cgroup::COUNT).trailing_zeros();
    let any = config.resources.any();
    any.then(|| options::resource(first as usize))
}

/// Those that are wished for.
pub fn cgroups<'p>(config: &Config, host: &Host<'p>) -> Result<Cgroups<'p>, Error<'static>> {
    let mut missing = config.resources.controllers();
    let because = because(config);
    let all = because.map_or(&[][..], |_| host.cgroups);
    all.iter().for_each(|one| missing &= !one.controllers);
    match because {
        Some(option) if missing != 0 || all.is_empty() => Err(Error::NotMounted(
            option,
            cgroup::name(missing.trailing_zeros() as usize),
        )),
        _ => Ok(Cgroups {
            all,
            because: because.unwrap_or(Id::Default),
            clone3: host.clone3,
        }),
    }
}

impl<'p> Cgroups<'p> {
    /// A file in a directory.
    #[inline(never)]
    fn file(folder: ThinCStr<'p>, name: &str, list: &List<'p>) -> Arg<'p> {
        let path = [folder.bytes(), b"/", name.as_bytes()];
        Arg::Text(list.words().join(&path))
    }

    #[inline(never)]
    fn write(list: &mut List<'p>, folder: ThinCStr<'p>, name: &str, data: ThinCStr<'p>) {
        let length = Arg::Number(data.bytes().len() as i64);
        let parts = [Self::file(folder, name, list), Arg::Text(data), length];
        list.say(
            phrase!("openat here $0 WRITE =proc; write proc $1 $2"),
            &parts,
        );
    }

    /// Those that the clone makes the child in, which neither version 1 nor clone(2) can.
    fn take_clone(&self, cgroup: &Cgroup) -> bool {
        cgroup.unified && self.clone3
    }

    /// The flag of such a clone.
    pub fn flag(&self) -> u64 {
        match self.all.iter().any(|one| self.take_clone(one)) {
            true => flags::INTO_CGROUP,
            false => 0,
        }
    }

    /// Whether the child has to be moved.
    pub fn move_child(&self) -> bool {
        self.all.iter().any(|one| !self.take_clone(one))
    }

    /// Makes them, with their limits.
    pub fn make(&self, config: &Config<'p>, list: &mut List<'p>) {
        list.about(self.because, &[]);
        for one in self.all {
            list.say(phrase!("mkdirat here $0 m0755"), &[Arg::Text(one.folder)]);
            self.limit(one, config, list);
            let inside = [Arg::Text(one.inside)];
            if self.take_clone(one) {
                let phrase = phrase!("mkdirat here $0 m0755; openat here $0 PLACE =path");
                list.say(phrase, &inside);
            } else if one.unified {
                list.say(phrase!("mkdirat here $0 m0755"), &inside);
            }
        }
    }

    fn limit(&self, one: &Cgroup<'p>, config: &Config<'p>, list: &mut List<'p>) {
        if !one.unified && one.controllers & CPUSET != 0 {
            // Without nodes nobody is taken in.
            Self::write(list, one.folder, "cpuset.mems", one.nodes);
        }
        for (controller, limit) in config.resources.limits.iter().enumerate() {
            let Some(limit) = limit.filter(|_| one.controllers >> controller & 1 == 1) else {
                continue;
            };
            if one.unified {
                // It stays so: others may rely on it.
                let name = cgroup::name(controller).as_bytes();
                let give = list.words().join(&[b"+", name]);
                Self::write(list, one.parent, "cgroup.subtree_control", give);
            }
            let file = cgroup::file(one.unified, controller);
            Self::write(list, one.folder, file, limit);
            if controller == MEMORY {
                // Version 1 counts swap and memory together. A kernel that does not count it has no such file.
                let limit = if one.unified { thin!("0") } else { limit };
                list.refusal = Refusal::after(&[Errno::NOENT, Errno::BADF]);
                Self::write(list, one.folder, cgroup::file(one.unified, SWAP), limit);
                list.refusal = Refusal::Fatal;
            }
        }
    }

    /// Moves the child while it waits, where the clone could not put it. Not by itself: what it has open
    /// for writing would keep it from covering the mount.
    pub fn enter(&self, list: &mut List<'p>) {
        for one in self.all.iter().filter(|one| !self.take_clone(one)) {
            let file = Self::file(one.inside, "cgroup.procs", list);
            write_data(list, file, Data::ChildPid, self.because);
        }
    }

    /// Asks them what has happened, and removes them.
    pub fn remove(&self, list: &mut List<'p>) {
        list.about(self.because, &[]);
        list.refusal = Refusal::Warn;
        for one in self.all {
            if one.controllers & 1 << MEMORY != 0 {
                let file = cgroup::file(one.unified, EVENTS);
                let events = [Self::file(one.folder, file, list)];
                list.say(phrase!("openat here $0 READ =proc"), &events);
                list.add_wanted(Call::CountKills(Slot::Proc), self.because);
            }
            if one.unified {
                list.add_wanted(Call::RemoveCgroup(one.inside), self.because);
            }
            list.add_wanted(Call::RemoveCgroup(one.folder), self.because);
        }
        list.refusal = Refusal::Fatal;
        list.about(Id::Default, &[]);
    }
}
