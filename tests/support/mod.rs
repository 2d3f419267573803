//! What the tests of the real binary share: the program, the two callers, and skipping with a reason.
//!
//! Every test program includes this file; none uses all of it.
#![allow(dead_code)]

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// An ordinary user: an id that nothing on the machine belongs to.
pub const ORDINARY: u32 = 54321;

/// Who calls the program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Caller {
    Root,
    Ordinary,
}

/// Whether the tests themselves run as root.
pub fn is_root() -> bool {
    // SAFETY: it cannot fail and touches nothing.
    unsafe { libc::geteuid() == 0 }
}

/// The callers that this machine can play: both as root, otherwise only an ordinary user.
pub fn callers() -> &'static [Caller] {
    if is_root() {
        &[Caller::Root, Caller::Ordinary]
    } else {
        &[Caller::Ordinary]
    }
}

/// Every caller with every one of some cases.
pub fn each_with<T: Copy>(cases: &[T]) -> impl Iterator<Item = (Caller, T)> {
    callers()
        .iter()
        .flat_map(|&caller| cases.iter().map(move |&case| (caller, case)))
}

/// Ends a test that this machine cannot run. In CI that is a failure; elsewhere it is printed and
/// counted in the file that `PIDONE_SKIPS` names. Use as `return skip("no strace")`.
pub fn skip(reason: &str) {
    let name = std::thread::current().name().unwrap_or("test").to_string();
    let line = format!("SKIP {name}: {reason}\n");
    assert!(std::env::var_os("CI").is_none(), "{line}");
    eprint!("{line}");
    if let Some(path) = std::env::var_os("PIDONE_SKIPS") {
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .expect("the list of skips can be written");
    }
}

/// Whether a program is installed.
pub fn has(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let extra = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(extra)
        .any(|folder| folder.join(tool).is_file())
}

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// The program, at a place where an ordinary user may execute it. Removed when the tests end.
pub fn program() -> &'static Path {
    PROGRAM.get_or_init(|| {
        let built = Path::new(env!("CARGO_BIN_EXE_pidone"));
        let folder = std::env::temp_dir().join(format!("pidone-test-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary directory can be made");
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("and opened");
        let copy = folder.join("pidone");
        copy_program(built, &copy);
        // SAFETY: the function may be called at any time.
        unsafe { libc::atexit(remove_program) };
        copy
    })
}

extern "C" fn remove_program() {
    if let Some(folder) = PROGRAM.get().and_then(|copy| copy.parent()) {
        let _ = fs::remove_dir_all(folder);
    }
}

/// Copies a program that is to be executed. By another process: what another test starts while we have
/// the copy open for writing would inherit that, and executing the copy would be `ETXTBSY`.
pub fn copy_program(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg(from).arg(to).status();
    assert!(
        copied.expect("cp can be started").success(),
        "{from:?} can be copied"
    );
}

/// A command that runs a program of the machine as this caller, in `/`, with nothing on standard input.
pub fn command(caller: Caller, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").stdin(Stdio::null());
    if caller == Caller::Ordinary && is_root() {
        command.uid(ORDINARY).gid(ORDINARY);
    }
    command
}

/// `pidone` with these words, not started yet.
pub fn pidone<S: AsRef<OsStr>>(caller: Caller, words: &[S]) -> Command {
    let mut command = command(caller, program());
    command.args(words);
    command
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Ran {
            code: output.status.code(),
            signal: output.status.signal(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// `pidone run` with these words, to its end.
pub fn run<S: AsRef<OsStr>>(caller: Caller, words: &[S]) -> Ran {
    let mut command = pidone(caller, &["run"]);
    command
        .args(words)
        .output()
        .expect("pidone can be started")
        .into()
}

/// `pidone run` with these words as root, or as an ordinary user where the tests are one.
pub fn run_here<S: AsRef<OsStr>>(words: &[S]) -> Ran {
    run(callers()[0], words)
}

/// Calls `test` until it gives something, at most a minute long: others may keep the machine busy.
pub fn eventually<T>(what: &str, mut test: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = test() {
            return value;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The fields of /proc/PID/stat after the name: state, parent, group (proc_pid_stat(5)).
pub fn stat(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_string).collect())
}

/// The state of a process: `S`, `T`, `Z` and so on; `X` if it is not there.
pub fn state(pid: u32) -> char {
    stat(pid)
        .and_then(|fields| fields[0].chars().next())
        .unwrap_or('X')
}

/// Whether a process is there and no zombie.
pub fn is_alive(pid: u32) -> bool {
    !matches!(state(pid), 'X' | 'Z')
}

/// Whether a process is there, and neither stopped nor a zombie.
pub fn is_running(pid: u32) -> bool {
    !matches!(state(pid), 'X' | 'Z' | 'T')
}

/// All processes.
pub fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").expect("/proc is mounted").flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The children of a process. (Not every kernel lists them in /proc/PID/task/TID/children.)
pub fn children(pid: u32) -> Vec<u32> {
    let is_child = |child: &u32| stat(*child).is_some_and(|fields| fields[1] == pid.to_string());
    processes().filter(is_child).collect()
}

/// The processes whose arguments contain a text. Zombies have none.
pub fn marked(text: &str) -> Vec<u32> {
    let arguments = |pid| fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    processes()
        .filter(|&pid| String::from_utf8_lossy(&arguments(pid)).contains(text))
        .collect()
}

/// kill(2).
pub fn send(pid: u32, signal: i32) {
    // SAFETY: no pointer is passed.
    unsafe { libc::kill(pid as i32, signal) };
}

/// From now on nobody else changes the mounts of this thread and of those it starts, if it may have its own.
pub fn keep_mounts() {
    // SAFETY: these touch nothing but the mounts.
    unsafe {
        if libc::unshare(libc::CLONE_NEWNS) == 0 {
            let flags = libc::MS_REC | libc::MS_PRIVATE;
            libc::mount(
                c"none".as_ptr(),
                c"/".as_ptr(),
                ptr::null(),
                flags,
                ptr::null(),
            );
        }
    }
}

/// What mountinfo says to this thread.
pub fn mounts() -> String {
    fs::read_to_string("/proc/thread-self/mountinfo").expect("our own mounts can be read")
}

/// The value of a line `Name:\tvalue` of /proc/PID/status.
pub fn status_field(status: &str, name: &str) -> Option<String> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.map(|value| value.trim().to_string())
}

/// A directory of this test's own, which an ordinary user may write in. Removed when dropped.
pub struct Scratch {
    pub path: PathBuf,
}

impl Scratch {
    pub fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("pidone-{name}-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary directory can be made");
        fs::set_permissions(&path, Permissions::from_mode(0o777)).expect("and opened");
        Scratch { path }
    }

    pub fn file(&self, name: &str, content: &str, mode: u32) -> PathBuf {
        let path = self.path.join(name);
        File::create(&path)
            .and_then(|mut file| file.write_all(content.as_bytes()))
            .expect("a file can be written");
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("and its mode set");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// `pidone` with these words, started by a shell that has done `script`: redirections, for one.
pub fn through_shell<S: AsRef<OsStr>>(caller: Caller, script: &str, words: &[S]) -> Command {
    let mut command = command(caller, "/bin/sh");
    command
        .args(["-c", &format!("{script}\nexec \"$@\""), "sh"])
        .arg(program())
        .args(words);
    command
}

/// A shell that runs until this is dropped, as the command of a `pidone run`.
pub struct Held {
    child: Option<Child>,
    /// `pidone`'s own process id.
    pub supervisor: u32,
    /// The command's.
    pub pid: u32,
}

impl Held {
    /// Adds the command to a `pidone run` that is complete but for it, and waits until it runs.
    pub fn start(mut pidone: Command) -> Held {
        pidone.args(["/bin/sh", "-c", "echo ready; read -r line; exit 7"]);
        let mut child = pidone
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("pidone can be started");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        out.read_line(&mut line).expect("the pipe can be read");
        if line != "ready\n" {
            panic!(
                "the command does not run: {:?}",
                Ran::from(child.wait_with_output().expect("it has ended"))
            );
        }
        let supervisor = child.id();
        let pid = *children(supervisor)
            .first()
            .expect("a command that runs is pidone's child");
        Held {
            child: Some(child),
            supervisor,
            pid,
        }
    }

    /// A file below the command's /proc/PID.
    pub fn proc(&self, name: &str) -> String {
        let path = format!("/proc/{}/{name}", self.pid);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Lets the command end, with status 7, and waits for it.
    pub fn end(mut self) -> Ran {
        let child = self.child.take().expect("it has not ended yet");
        child
            .wait_with_output()
            .expect("pidone can be waited for")
            .into()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // The end of its input ends the command.
            drop(child.stdin.take());
            let _ = child.wait();
        }
    }
}
