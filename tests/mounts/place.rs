//! Where operations are tried: among the host's files, in a directory that becomes the root, and in an
//! empty root. A static busybox is the shell, and all its tools.

use crate::facts::Seen;
use crate::support::{
    Caller, ORDINARY, Ran, Scratch, command, copy_program, each_with, is_root, program,
    through_shell,
};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the root of the command is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Root {
    Host,
    Directory,
    Empty,
}

pub const ROOTS: [Root; 3] = [Root::Host, Root::Directory, Root::Empty];

/// A caller, a root, and a directory on the host with what is mounted.
pub struct Place {
    pub caller: Caller,
    pub root: Root,
    pub scratch: Scratch,
}

impl Place {
    /// With an empty directory `in`, but in the empty root.
    pub fn new(caller: Caller, root: Root) -> Place {
        let scratch = Scratch::new("mounts");
        let place = Place {
            caller,
            root,
            scratch,
        };
        if root == Root::Directory {
            fill(&place.directory(), caller);
        }
        if let Some(folder) = place.outside("") {
            make_folder(&folder);
        }
        place
    }

    /// What becomes the root.
    pub fn directory(&self) -> PathBuf {
        self.scratch.path.join("root")
    }

    /// A path on the host, as text.
    pub fn host(&self, name: &str) -> String {
        text(&self.scratch.path.join(name))
    }

    /// A directory on the host with a file `which` that says its name.
    pub fn source(&self, name: &str) -> String {
        let path = self.scratch.path.join(name);
        make_folder(&path);
        fs::write(path.join("which"), format!("{name}\n")).expect("a file can be written");
        open_to_all(&path.join("which"), 0o666);
        give(&path, self.caller);
        text(&path)
    }

    /// The same place as seen from inside.
    pub fn inside(&self, name: &str) -> String {
        match self.root {
            Root::Host => text(&self.scratch.path.join("in").join(name)),
            _ => text(&Path::new("/in").join(name)),
        }
    }

    /// And from outside, if anything can be there before.
    pub fn outside(&self, name: &str) -> Option<PathBuf> {
        match self.root {
            Root::Host => Some(self.scratch.path.join("in").join(name)),
            Root::Directory => Some(self.directory().join("in").join(name)),
            Root::Empty => None,
        }
    }

    /// A mount point for a directory; in the empty root there is none before.
    pub fn folder(&self, name: &str) -> String {
        if let Some(path) = self.outside(name) {
            make_folder(&path);
        }
        self.inside(name)
    }

    /// A mount point for a file.
    pub fn file(&self, name: &str) -> String {
        if let Some(path) = self.outside(name) {
            fs::write(&path, "").expect("a file can be written");
            open_to_all(&path, 0o666);
        }
        self.inside(name)
    }

    /// The options that make the root.
    pub fn options(&self) -> Vec<String> {
        match self.root {
            Root::Host => vec![],
            Root::Directory => vec!["--root".into(), text(&self.directory())],
            Root::Empty => {
                let shell = ["--ro-bind", busybox(), "/bin/sh", "--proc", "/proc"];
                let options = ["--empty-root"].into_iter().chain(shell);
                options.map(str::to_string).collect()
            }
        }
    }

    /// The words for a shell inside that does `script`, with options after those for the root.
    pub fn words(&self, options: &[&str], script: &str) -> Vec<String> {
        let mut words = vec!["run".to_string()];
        words.extend(self.options());
        words.extend(options.iter().map(|word| word.to_string()));
        match self.root {
            Root::Host => words.extend([busybox(), "sh"].map(str::to_string)),
            _ => words.push("/bin/sh".into()),
        }
        words.extend(["-c", script].map(str::to_string));
        words
    }

    /// Such a shell, started by one that has done `before`.
    pub fn run_after(&self, before: &str, options: &[&str], script: &str) -> Ran {
        let mut command = through_shell(self.caller, before, &self.words(options, script));
        command.output().expect("a shell can be started").into()
    }

    /// Such a shell on a host where root has done `prepare`: mounts, which nobody else sees.
    pub fn run_on_host(&self, prepare: &str, options: &[&str], script: &str) -> Ran {
        let mut outer = command(Caller::Root, "unshare");
        outer.arg(if is_root() { "-m" } else { "-Urm" });
        let identity = match self.caller {
            Caller::Ordinary if is_root() => {
                format!("setpriv --reuid {ORDINARY} --regid {ORDINARY} --clear-groups")
            }
            _ => String::new(),
        };
        let prepare = format!("{{ {prepare}\n}} || exit 99\n{identity} \"$@\"");
        outer.args(["/bin/sh", "-c", &prepare, "sh"]);
        outer.arg(program()).args(self.words(options, script));
        outer.output().expect("unshare can be started").into()
    }

    #[track_caller]
    pub fn look_on_host(&self, prepare: &str, options: &[&str], script: &str) -> Seen {
        let script = format!("{script}\ncat /proc/self/mountinfo");
        Seen::new(self.run_on_host(prepare, options, &script))
    }

    /// Such a shell, where the kernel refuses calls: `pivot_root:error=EPERM`.
    #[track_caller]
    pub fn look_with_faults(&self, faults: &[&str], options: &[&str], script: &str) -> Seen {
        let mut strace = command(self.caller, "strace");
        strace.args(["-f", "-qq", "-o", "/dev/null"]);
        strace.args(faults.iter().map(|fault| format!("-einject={fault}")));
        let script = format!("{script}\ncat /proc/self/mountinfo");
        strace.arg(program()).args(self.words(options, &script));
        Seen::new(strace.output().expect("strace can be started").into())
    }

    pub fn run(&self, options: &[&str], script: &str) -> Ran {
        self.run_after("", options, script)
    }

    /// What such a shell says, and what is mounted then.
    #[track_caller]
    pub fn look_after(&self, before: &str, options: &[&str], script: &str) -> Seen {
        let script = format!("{script}\ncat /proc/self/mountinfo");
        Seen::new(self.run_after(before, options, &script))
    }

    #[track_caller]
    pub fn look(&self, options: &[&str], script: &str) -> Seen {
        self.look_after("", options, script)
    }

    /// Asserts that such a shell says just this.
    #[track_caller]
    pub fn says(&self, options: &[&str], script: &str, wanted: &str) {
        let ran = self.run(options, script);
        let end = (ran.code, ran.out.as_str(), ran.err.as_str());
        let about = format!("{:?}, {:?}, {options:?}", self.caller, self.root);
        assert_eq!(end, (Some(0), wanted, ""), "{about}");
    }
}

/// Every caller in every one of some roots.
pub fn places(roots: &[Root]) -> impl Iterator<Item = Place> {
    each_with(roots).map(|(caller, root)| Place::new(caller, root))
}

/// A program without libraries that is a shell and its tools.
pub fn busybox() -> &'static str {
    let places = ["/usr/bin/busybox", "/bin/busybox", "/usr/sbin/busybox"];
    let found = places.into_iter().find(|path| Path::new(path).is_file());
    found.expect("busybox is installed")
}

/// A small root of the caller's: the shell, and where things are mounted.
pub fn fill(root: &Path, caller: Caller) {
    for folder in ["", "bin", "proc", "dev", "sys", "tmp", "etc", "run", "var"] {
        make_folder(&root.join(folder));
    }
    copy_program(Path::new(busybox()), &root.join("bin/busybox"));
    symlink("busybox", root.join("bin/sh")).expect("a link can be made");
    give(root, caller);
}

/// Makes the caller the owner of everything in a directory.
pub fn give(path: &Path, caller: Caller) {
    if caller == Caller::Ordinary && is_root() {
        let owner = format!("{ORDINARY}:{ORDINARY}");
        let given = Command::new("chown")
            .args(["-R", &owner])
            .arg(path)
            .status();
        assert!(given.expect("chown can be started").success());
    }
}

pub fn make_folder(path: &Path) {
    fs::create_dir_all(path).expect("a directory can be made");
    open_to_all(path, 0o777);
}

fn open_to_all(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode can be set");
}

pub fn text(path: &Path) -> String {
    path.to_str().expect("a plain name").to_string()
}
