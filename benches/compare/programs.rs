//! The programs that are compared: where they are, how they are built, how each is called.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use pidone::compile::DEFAULT_FILTER;

/// CLONE_NEW* flags, see clone(2).
pub mod namespace {
    pub const PID_AND_MOUNT: u64 = 0x2002_0000;
    pub const UTS: u64 = 0x0400_0000;
    pub const IPC: u64 = 0x0800_0000;
    pub const NET: u64 = 0x4000_0000;
    pub const USER: u64 = 0x1000_0000;
    pub const CGROUP: u64 = 0x0200_0000;
    pub const TIME: u64 = 0x80;
    pub const ALL: u64 = PID_AND_MOUNT | UTS | IPC | NET | USER | CGROUP | TIME;
}

/// All in one directory, so that looking them up costs each the same. Peers may be missing.
pub struct Programs {
    pub directory: PathBuf,
    pub pidone: PathBuf,
    pub noop: PathBuf,
    pub floor_bare: PathBuf,
    pub floor_same: PathBuf,
    pub floor_less: PathBuf,
    pub floor_limited: PathBuf,
    pub boot_floor: PathBuf,
    pub boot_app: PathBuf,
    pub unshare: Option<PathBuf>,
    pub bwrap: Option<PathBuf>,
    pub strace: Option<PathBuf>,
    pub nsenter: Option<PathBuf>,
    pub lsns: Option<PathBuf>,
}

impl Programs {
    pub fn find() -> Programs {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compare");
        Programs {
            pidone: directory.join("pidone"),
            noop: directory.join("noop"),
            floor_bare: directory.join("floor-bare"),
            floor_same: directory.join("floor-same"),
            floor_less: directory.join("floor-less"),
            floor_limited: directory.join("floor-limited"),
            boot_floor: directory.join("boot-floor"),
            boot_app: directory.join("boot-app"),
            unshare: installed("unshare"),
            bwrap: installed("bwrap"),
            strace: installed("strace"),
            nsenter: installed("nsenter"),
            lsns: installed("lsns"),
            directory,
        }
    }

    /// An empty directory, to be bound.
    pub fn source(&self) -> PathBuf {
        self.directory.join("source")
    }

    pub fn build(&self) -> Result<(), String> {
        let pidone = env!("CARGO_BIN_EXE_pidone");
        fs::create_dir_all(self.source()).map_err(|error| error.to_string())?;
        copy_and_sync(Path::new(pidone), &self.pidone)
            .map_err(|error| format!("{pidone}: {error}"))?;
        compile("noop.rs", &[], &self.noop)?;
        compile("boot.rs", &[], &self.boot_floor)?;
        compile("boot.rs", &["--cfg", "app"], &self.boot_app)?;
        compile("floor.rs", &[], &self.floor_bare)?;
        compile("floor.rs", &["--cfg", "same"], &self.floor_same)?;
        fs::write(self.directory.join("filter"), DEFAULT_FILTER)
            .map_err(|error| error.to_string())?;
        compile(
            "floor.rs",
            &["--cfg", "same", "--cfg", "less"],
            &self.floor_less,
        )
    }

    /// The floor with limits, which are those of cgroups of version 1.
    pub fn build_limited(&self) -> Result<(), String> {
        let options = ["--cfg", "same", "--cfg", "less", "--cfg", "limited"];
        let [memory, pids] = ["memory", "pids"].map(cgroup_of_version_1);
        let directories = [("MEMORY", memory?), ("PIDS", pids?)];
        compile_with("floor.rs", &options, &directories, &self.floor_limited)
    }
}

pub fn installed(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}

/// Until a fresh file is written back, smaps counts its mapped pages as Private_Dirty.
fn copy_and_sync(source: &Path, target: &Path) -> io::Result<()> {
    fs::copy(source, target)?;
    File::open(target)?.sync_all()
}

/// The directory of our own cgroup in the hierarchy of a controller.
fn cgroup_of_version_1(controller: &str) -> Result<String, String> {
    let missing = format!("the floor with limits: no cgroup of version 1 for {controller}");
    let own = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
    let of_controller = |line: &str| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        let it = controllers.split(',').any(|one| one == controller);
        it.then(|| path.to_string())
    };
    let path = own.lines().find_map(of_controller).ok_or(missing.clone())?;
    let directory = format!("/sys/fs/cgroup/{controller}{}", path.trim_end_matches('/'));
    match Path::new(&directory).join("cgroup.procs").exists() {
        true => Ok(directory),
        false => Err(missing),
    }
}

fn compile(source: &str, options: &[&str], output: &Path) -> Result<(), String> {
    compile_with(source, options, &[], output)
}

fn compile_with(
    source: &str,
    options: &[&str],
    variables: &[(&str, String)],
    output: &Path,
) -> Result<(), String> {
    // The same as pidone's own link arguments, or the files could not be compared.
    const LINK: [&str; 9] = [
        "-nostartfiles",
        "-nostdlib",
        "-static",
        "-no-pie",
        "-Wl,--gc-sections",
        "-Wl,--build-id=none",
        "-Wl,--no-eh-frame-hdr",
        "-Wl,-z,norelro",
        "-Wl,-z,noexecstack",
    ];
    const CODE: [&str; 4] = [
        "panic=abort",
        "opt-level=s",
        "codegen-units=1",
        "strip=symbols",
    ];
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or("rustc".into()));
    rustc
        .args(["--edition", "2024", "--crate-type", "bin"])
        .args(options);
    rustc.args(CODE.iter().flat_map(|option| ["-C", option]));
    rustc.args(LINK.iter().map(|argument| format!("-Clink-arg={argument}")));
    rustc.arg(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("benches")
            .join(source),
    );
    rustc.env("FILTER", output.with_file_name("filter"));
    rustc.envs(variables.iter().map(|(name, value)| (name, value)));
    let status = rustc.arg("-o").arg(output).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("rustc {source}: {status}")),
        Err(error) => Err(format!("rustc {source}: {error}")),
    }
}

/// One row of a table: a program, its options, and the command it starts.
pub struct Competitor {
    pub label: &'static str,
    pub options: String,
    words: Vec<OsString>,
}

impl Competitor {
    /// A program that is the command itself.
    pub fn alone(label: &'static str, program: &Path) -> Competitor {
        Competitor {
            label,
            options: String::new(),
            words: vec![program.into()],
        }
    }

    /// A program that starts `command` after its options, which are separated by blanks.
    pub fn starter(
        label: &'static str,
        program: &Path,
        options: String,
        command: &Path,
    ) -> Competitor {
        let mut words = vec![program.into()];
        words.extend(options.split_whitespace().map(OsString::from));
        words.push(command.into());
        Competitor {
            label,
            options,
            words,
        }
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).env_clear();
        command
    }

    pub fn words(&self) -> &[OsString] {
        &self.words
    }
}
