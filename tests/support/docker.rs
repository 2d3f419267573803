//! Container engines, private to one test program: no registry, no network, nothing of the machine's own.
//!
//! dockerd lives in new PID, mount and net namespaces whose first process waits for the end of a pipe
//! that we hold. However the tests end, that pipe ends with them, then that process, and with it the
//! kernel ends dockerd, containerd, the shims and the containers. What they store lies in a tmpfs of
//! that mount namespace. podman has no daemon: each of its runs gets such a world of its own.

use crate::support::{Caller, Ran, command, copy_program, has, is_root, program, skip};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

/// The image: the program as /pidone, and busybox.
pub const IMAGE: &str = "pidone-test";

/// How long a daemon may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// What runs containers.
pub trait Engine {
    /// The name of its command, as hints write it.
    fn name(&self) -> &'static str;

    /// Runs words in a container of the image, with options separated by spaces.
    fn run(&self, options: &str, words: &[&str]) -> Ran;
}

/// A dockerd that runs.
pub struct Docker {
    socket: PathBuf,
}

/// podman, if it can run a container here.
pub struct Podman;

/// Docker; without it the test is skipped.
pub fn docker() -> Option<&'static Docker> {
    static DOCKER: OnceLock<Result<Docker, String>> = OnceLock::new();
    usable(DOCKER.get_or_init(start_docker))
}

/// Podman; without it the test is skipped.
pub fn podman() -> Option<&'static Podman> {
    static PODMAN: OnceLock<Result<Podman, String>> = OnceLock::new();
    usable(PODMAN.get_or_init(try_podman))
}

fn usable<E>(engine: &'static Result<E, String>) -> Option<&'static E> {
    engine.as_ref().map_err(|reason| skip(reason)).ok()
}

fn require(tools: &[&str]) -> Result<(), String> {
    if !is_root() {
        return Err("only root may start a container engine".into());
    }
    match tools.iter().find(|tool| !has(tool)) {
        Some(tool) => Err(format!("no {tool}")),
        None => Ok(()),
    }
}

/// In a directory of its own, with our pipe as standard input. `NAME` is that of the containers' cgroup.
const DOCKERD: &str = r#"
unshare --mount --pid --net --fork --mount-proc sh -c '
    mkdir data && mount -t tmpfs tmpfs data && mount -t tmpfs tmpfs /run || exit
    exec 3<&0
    { read end <&3; kill -s KILL -- -1; } &
    dockerd --host "unix://$PWD/docker.sock" --data-root "$PWD/data" --config-file "$PWD/daemon.json" \
        --exec-root /run/docker --pidfile /run/docker.pid --storage-driver "$DRIVER" \
        --init-path "$PWD/docker-init" --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$NAME" \
        --bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false 3<&-
'
touch ended
read end
cd / && rm -rf "$OLDPWD"
for group in "/sys/fs/cgroup/$NAME" /sys/fs/cgroup/*/"$NAME"; do
    [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} +
done
"#;

/// The process that holds dockerd's world. It ends, and everything with it, when its input does.
static WORLD: Mutex<Option<Child>> = Mutex::new(None);

/// Ends what runs, waits for that, and removes what is left.
extern "C" fn clean_up() {
    end_world();
    let _ = fs::remove_dir_all(folder());
}

fn end_world() {
    if let Some(mut world) = WORLD.lock().ok().and_then(|mut world| world.take()) {
        drop(world.stdin.take());
        let _ = world.wait();
    }
}

/// The name of our directory and of our containers' cgroup.
fn name() -> String {
    format!("pidone-docker-{}", std::process::id())
}

/// A directory for the image, and for what we share with dockerd.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let path = std::env::temp_dir().join(name());
        fs::create_dir_all(&path).expect("a temporary directory can be made");
        // SAFETY: the function is there until the process has ended, and takes no argument.
        unsafe { libc::atexit(clean_up) };
        path
    })
}

fn start_docker() -> Result<Docker, String> {
    require(&["dockerd", "docker", "unshare", "busybox", "tar"])?;
    start_with("overlay2").or_else(|_| start_with("vfs"))
}

fn start_with(driver: &str) -> Result<Docker, String> {
    let home = folder().join(driver);
    fs::create_dir(&home).expect("a directory can be made");
    copy_program(program(), &home.join("docker-init"));
    fs::write(home.join("daemon.json"), "{}").expect("a file can be written");
    let log = File::create(home.join("log")).expect("a file can be made");
    let errors = log.try_clone().expect("a descriptor can be copied");
    let mut world = command(Caller::Root, "sh");
    world
        .args(["-c", DOCKERD])
        .current_dir(&home)
        .stdin(Stdio::piped())
        .stdout(log)
        .stderr(errors);
    world
        .env("DRIVER", driver)
        .env("NAME", name())
        .env("PATH", path());
    *WORLD.lock().expect("nobody panics with it") = Some(world.spawn().expect("sh can be started"));

    let docker = Docker {
        socket: home.join("docker.sock"),
    };
    docker.wait_until_it_answers_or(&home.join("ended"));
    let runs = || no_failure(docker.run("", &["/bin/busybox", "true"]));
    if let Err(reason) = docker.import_image().and_then(|()| runs()) {
        let log = fs::read_to_string(home.join("log")).unwrap_or_default();
        end_world();
        let last = log.lines().last().unwrap_or_default();
        return Err(format!(
            "no container runs under dockerd here: {} ({last})",
            reason.trim()
        ));
    }
    Ok(docker)
}

fn no_failure(ran: Ran) -> Result<(), String> {
    if ran.code == Some(0) {
        Ok(())
    } else {
        Err(ran.err)
    }
}

impl Docker {
    fn wait_until_it_answers_or(&self, ended: &Path) {
        let start = Instant::now();
        while UnixStream::connect(&self.socket).is_err()
            && !ended.exists()
            && start.elapsed() < PATIENCE
        {
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn import_image(&self) -> Result<(), String> {
        let mut import = self.command(&["import", "--change", "ENV PATH=/bin", "-", IMAGE]);
        import.stdin(File::open(image()).expect("the image was made"));
        no_failure(import.output().expect("docker can be started").into())
    }

    /// `docker` with these words, not started yet.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = command(Caller::Root, "docker");
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"DOCKER_"))
        {
            command.env_remove(name);
        }
        command.env("DOCKER_HOST", format!("unix://{}", self.socket.display()));
        command.env("DOCKER_CONFIG", folder().join("config"));
        // The classic builder is part of dockerd; the other is a plug-in that may not be there.
        command.env("DOCKER_BUILDKIT", "0");
        command.args(words);
        command
    }

    /// `docker` with these words, to its end.
    pub fn call(&self, words: &[&str]) -> Ran {
        self.command(words)
            .output()
            .expect("docker can be started")
            .into()
    }
}

impl Engine for Docker {
    fn name(&self) -> &'static str {
        "docker"
    }

    fn run(&self, options: &str, words: &[&str]) -> Ran {
        let options = options.split_whitespace();
        let all = ["run", "--rm", "--network", "none"]
            .into_iter()
            .chain(options)
            .chain([IMAGE]);
        self.call(&all.chain(words.iter().copied()).collect::<Vec<_>>())
    }
}

/// The image as a tar archive on standard input, options and words as arguments.
const PODMAN: &str = r#"
# crun refuses to run where both versions of cgroups are mounted.
umount /sys/fs/cgroup/unified 2>/dev/null
mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib || exit
podman() {
    command podman --root /run/root --runroot /run/run --tmpdir /run/tmp --network-config-dir /run/net \
        --storage-driver vfs --cgroup-manager cgroupfs --events-backend none "$@"
}
podman import --quiet --change "ENV PATH=/bin" - "$IMAGE" >/dev/null || exit
# Without these two it raises limits, which root may not do everywhere.
podman run --rm --cgroups disabled --network none --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 "$@" </dev/null
"#;

fn try_podman() -> Result<Podman, String> {
    require(&["podman", "unshare", "busybox", "tar"])?;
    no_failure(Podman.run("", &["/bin/busybox", "true"]))
        .map(|()| Podman)
        .map_err(|reason| format!("no container runs under podman here: {}", reason.trim()))
}

impl Engine for Podman {
    fn name(&self) -> &'static str {
        "podman"
    }

    fn run(&self, options: &str, words: &[&str]) -> Ran {
        let mut world = command(Caller::Root, "unshare");
        world.args([
            "--mount",
            "--pid",
            "--net",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ]);
        world
            .args(["sh", "-c", PODMAN, "podman"])
            .args(options.split_whitespace())
            .arg(IMAGE)
            .args(words);
        world
            .env("IMAGE", IMAGE)
            .env("TMPDIR", "/run")
            .env("PATH", path());
        world.stdin(File::open(image()).expect("the image was made"));
        world.output().expect("unshare can be started").into()
    }
}

/// Where daemons are, too.
fn path() -> String {
    format!(
        "{}:/usr/local/sbin:/usr/sbin:/sbin",
        std::env::var("PATH").unwrap_or_default()
    )
}

/// The image as a tar archive.
fn image() -> &'static Path {
    static IMAGE: OnceLock<PathBuf> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let root = folder().join("image");
        fs::create_dir_all(root.join("bin")).expect("a directory can be made");
        fs::copy(program(), root.join("pidone")).expect("the program can be copied");
        fs::copy(busybox(), root.join("bin/busybox")).expect("busybox can be copied");
        for name in ["sh", "cat", "id", "ps", "sleep"] {
            symlink("busybox", root.join("bin").join(name)).expect("a link can be made");
        }
        let archive = folder().join("image.tar");
        let mut tar = command(Caller::Root, "tar");
        let status = tar
            .arg("-C")
            .arg(root)
            .arg("-cf")
            .arg(&archive)
            .arg(".")
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "tar packs the image"
        );
        archive
    })
}

/// The machine's busybox.
pub fn busybox() -> PathBuf {
    let path = path();
    let mut places = std::env::split_paths(&path).map(|folder| folder.join("busybox"));
    places
        .find(|place| place.is_file())
        .expect("busybox is installed")
}
