//! A hostile root, and the part of the host that it is after.

use crate::facts::{Mount, mounts};
use crate::place::{fill, make_folder, text};
use crate::support::{Caller, Ran, Scratch, command, is_root, program};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// A root in a directory, and `outside` beside it, where everybody may write.
pub struct Hostile {
    pub caller: Caller,
    pub scratch: Scratch,
}

impl Hostile {
    pub fn new(caller: Caller) -> Hostile {
        let scratch = Scratch::new("hostile");
        let hostile = Hostile { caller, scratch };
        fill(&hostile.root(), caller);
        make_folder(&hostile.outside().join("folder/below"));
        fs::write(hostile.outside().join("victim"), "untouched\n").expect("a file can be written");
        let open = fs::Permissions::from_mode(0o666);
        fs::set_permissions(hostile.outside().join("victim"), open).expect("a mode can be set");
        hostile
    }

    pub fn root(&self) -> PathBuf {
        self.scratch.path.join("root")
    }

    pub fn outside(&self) -> PathBuf {
        self.scratch.path.join("outside")
    }

    /// A symbolic link in the root.
    pub fn link(&self, name: &str, target: &str) {
        let path = self.root().join(name);
        if path.is_dir() && !path.is_symlink() {
            fs::remove_dir(&path).expect("it is empty");
        }
        symlink(target, &path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    }

    /// Targets of links that lead to `outside`, for who follows them as anybody would.
    pub fn targets(&self) -> Vec<String> {
        let outside = text(&self.outside());
        let up = "../".repeat(30);
        vec![
            outside.clone(),
            format!("{up}{}", &outside[1..]),
            "../outside".to_string(),
            format!("/proc/self/root{outside}"),
            format!("/proc/1/root{outside}"),
            format!("/proc/thread-self/root{outside}"),
            "/proc/self/cwd/outside".to_string(),
            "/proc/self/fd/9/outside".to_string(),
            format!("/proc/self/fd/8{outside}"),
            format!("//..//.{outside}"),
        ]
    }

    /// `pidone run --root ROOT` with these options, its working directory and a descriptor being beside
    /// the root, and another the host's root; a shell inside that does `script`. Killed if it hangs.
    pub fn run(&self, options: &[&str], script: &str) -> Ran {
        let root = text(&self.root());
        let words = [
            &["run", "--root", &root],
            options,
            &["/bin/sh", "-c", script],
        ]
        .concat();
        self.run_words(&words)
    }

    pub fn run_words(&self, words: &[&str]) -> Ran {
        let open = format!(
            "cd {0} && exec 9<{0} 8</ 7</etc/passwd\n",
            text(&self.scratch.path)
        );
        let mut shell = command(self.caller, "/bin/sh");
        let line = format!("{open}exec timeout -s KILL 20 \"$@\"");
        shell.args(["-c", &line, "sh"]).arg(program()).args(words);
        let ran = Ran::from(shell.output().expect("a shell can be started"));
        assert_ne!(ran.signal, Some(9), "it hangs: {words:?}");
        ran
    }

    /// A shell that does `script` where somebody naive might: as root of a mount namespace, with the
    /// same directory and descriptors.
    pub fn naive(&self, script: &str) -> Ran {
        let mut outer = command(Caller::Root, "unshare");
        outer.arg(if is_root() { "-m" } else { "-Urm" });
        let open = format!(
            "cd {0} && exec 9<{0} 8</ || exit 99\n",
            text(&self.scratch.path)
        );
        outer.args(["/bin/sh", "-c", &format!("{open}{script}")]);
        outer.output().expect("unshare can be started").into()
    }

    /// Everything outside: names, kinds, modes, contents.
    pub fn state(&self) -> Vec<String> {
        let mut all = vec![];
        let mut folders = vec![self.outside()];
        while let Some(folder) = folders.pop() {
            all.push(describe(&folder));
            for entry in fs::read_dir(&folder).expect("it can be read").flatten() {
                match entry.file_type().expect("it is there").is_dir() {
                    true => folders.push(entry.path()),
                    false => all.push(describe(&entry.path())),
                }
            }
        }
        all.sort();
        all
    }
}

fn describe(path: &Path) -> String {
    let data = fs::symlink_metadata(path).expect("it is there");
    let content = match data.is_file() {
        true => fs::read_to_string(path).expect("it can be read"),
        false => String::new(),
    };
    format!(
        "{path:?} {:o} {}:{} {content:?}",
        data.mode(),
        data.uid(),
        data.gid()
    )
}

/// A run either was refused, in a sentence, or was right.
#[track_caller]
pub fn refused_or(ran: &Ran, about: &str, right: impl FnOnce(&[Mount]) -> bool) {
    match ran.code {
        Some(125) => assert!(ran.err.starts_with("pidone: "), "{about}: {ran:?}"),
        Some(0) => assert!(right(&mounts(&ran.out)), "{about}: {ran:?}"),
        _ => panic!("{about}: {ran:?}"),
    }
}
