//! A cgroup for one test, in every hierarchy of this machine that pidone may use.
#![allow(dead_code)]

use super::support::{Caller, ORDINARY, is_root, skip};
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The controllers that tests use.
const CONTROLLERS: [&str; 4] = ["memory", "pids", "cpu", "cpuset"];

/// A cgroup of the same path in several hierarchies, whose owner is an ordinary user. Removed when dropped.
pub struct Cgroup {
    /// Its path in each of them, for `--cgroup-path`.
    pub path: String,
    /// Its directories of version 1.
    pub older: Vec<PathBuf>,
    /// Its directory of version 2.
    pub unified: Option<PathBuf>,
}

impl Cgroup {
    /// None, with the test skipped, where no cgroup can be made.
    pub fn new() -> Option<Cgroup> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let (process, number) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut made = Cgroup {
            path: format!("/test-{process}-{number}"),
            older: Vec::new(),
            unified: None,
        };
        if !is_root() {
            skip("not root, who makes cgroups");
            return None;
        }
        for (point, kind, options) in mounts() {
            let folder = Path::new(&point).join(&made.path[1..]);
            let has = |name: &&str| options.split(',').any(|option| option == *name);
            if kind == "cgroup2" && made.unified.is_none() {
                let _ = give(Path::new(&point));
                made.unified = own(&folder, "cgroup.subtree_control").then_some(folder);
            } else if kind == "cgroup" && CONTROLLERS.iter().any(has) && own(&folder, "tasks") {
                made.older.push(folder);
            }
        }
        if made.unified.is_none() && made.older.is_empty() {
            skip("no cgroup can be made");
            return None;
        }
        Some(made)
    }

    /// Who can use it: an ordinary user may enter one of version 2 only from one beside it.
    pub fn callers(&self) -> &'static [Caller] {
        if self.older.len() < 3 {
            &[Caller::Root]
        } else {
            &[Caller::Root, Caller::Ordinary]
        }
    }

    /// The option that names it.
    pub fn option(&self) -> String {
        format!("--cgroup-path={}", self.path)
    }

    /// The directories of those that pidone has made in it.
    pub fn inside(&self) -> Vec<PathBuf> {
        let folders = self.older.iter().chain(&self.unified);
        let entries = folders.filter_map(|folder| fs::read_dir(folder).ok());
        let paths = entries
            .flatten()
            .map(|entry| entry.expect("an entry").path());
        paths.filter(|path| path.is_dir()).collect()
    }

    /// Removes what is in it; whether something was.
    pub fn clean(&self) -> bool {
        let inside = self.inside();
        for path in &inside {
            let _ = fs::remove_dir(path.join("inside"));
            fs::remove_dir(path).expect("it is empty");
        }
        !inside.is_empty()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        self.clean();
        for path in self.older.iter().chain(&self.unified) {
            let _ = fs::remove_dir(path);
        }
    }
}

/// Mount points, file systems and their options.
fn mounts() -> Vec<(String, String, String)> {
    let text = fs::read_to_string("/proc/self/mountinfo").expect("there is a /proc");
    let mount = |line: &str| {
        let (this, file_system) = line.split_once(" - ")?;
        let point = this.split(' ').nth(4)?.to_string();
        let mut words = file_system.split(' ').map(str::to_string);
        Some((point, words.next()?, words.nth(1)?))
    };
    text.lines().filter_map(mount).collect()
}

/// Lets a cgroup of version 2 give what it has to those below.
fn give(folder: &Path) -> std::io::Result<()> {
    let list = fs::read_to_string(folder.join("cgroup.controllers"))?;
    let used = list
        .split_whitespace()
        .filter(|name| CONTROLLERS.contains(name));
    let words: Vec<String> = used.map(|name| format!("+{name}")).collect();
    fs::write(folder.join("cgroup.subtree_control"), words.join(" "))
}

/// Makes a directory and gives it to an ordinary user, with what such a user writes there.
fn own(folder: &Path, other: &str) -> bool {
    if fs::create_dir(folder).is_err() {
        return false;
    }
    for name in ["cpuset.mems", "cpuset.cpus"] {
        let parent = folder.parent().expect("a cgroup above");
        if let Ok(value) = fs::read_to_string(parent.join(name)) {
            let _ = fs::write(folder.join(name), value.trim());
        }
    }
    let _ = give(folder);
    for path in [
        folder.into(),
        folder.join("cgroup.procs"),
        folder.join(other),
    ] {
        chown(path, Some(ORDINARY), Some(ORDINARY)).expect("root may do that");
    }
    true
}

/// A text in which cgroups of pidone have no numbers, which differ from run to run.
pub fn without_numbers(text: &str) -> String {
    let mut parts = text.split("/pidone-");
    let mut plain = parts.next().unwrap_or("").to_string();
    for part in parts {
        let digits = |letter: char| letter.is_ascii_digit() || letter == '-';
        let rest = part.trim_start_matches(digits);
        plain += if rest == part {
            "/pidone-"
        } else {
            "/pidone-N"
        };
        plain += rest;
    }
    plain
}
