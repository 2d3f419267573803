//! A terminal whose far end, the keyboard and the screen, is the test's.
use crate::leader::SEPARATOR;
use crate::support::{Caller, ORDINARY, children, eventually, is_root, program, send};
use crate::witness::witness;
use std::ffi::CStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// How a command is run; alone is the control.
#[derive(Clone, Copy, Debug)]
pub enum By {
    Itself,
    Pidone(&'static [&'static str]),
}

/// Alone, as PID 1, and as an ordinary process.
pub const WAYS: [By; 3] = [By::Itself, By::Pidone(&[]), By::Pidone(&["--share", "pid"])];

impl By {
    /// The whole command line.
    pub fn line<'a>(self, words: &[&'a str]) -> Vec<&'a str> {
        let run = [program().to_str().expect("a plain name"), "run"];
        match self {
            By::Itself => words.to_vec(),
            By::Pidone(options) => [&run, options, words].concat(),
        }
    }

    /// The process that the command is, of a job.
    pub fn command(self, job: u32) -> u32 {
        match self {
            By::Itself => job,
            By::Pidone(_) => eventually("pidone has a child", || children(job).first().copied()),
        }
    }
}

pub struct Session {
    /// The far end of the terminal.
    master: Option<File>,
    leader: Child,
    answers: Option<BufReader<std::process::ChildStdout>>,
    /// Descriptors of the jobs: a number may be another process's when a job has ended.
    started: Vec<OwnedFd>,
    screen: String,
    /// How much of the screen has been looked at.
    seen: usize,
}

impl Session {
    /// A session with a leader that starts jobs.
    pub fn new() -> Self {
        let (master, terminal) = open_terminal();
        let mut command = Command::new(witness());
        command
            .args(["witness", "lead", &terminal])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command
            .env("PS1", "ready> ")
            .env("HISTFILE", "")
            .env("INPUTRC", "/dev/null");
        command.env("TERM", "dumb").env("LC_ALL", "C");
        let mut session = Session::start(master, &mut command);
        session.answers = session.leader.stdout.take().map(BufReader::new);
        session
    }

    /// A session whose leader is this command itself, so that its process group is orphaned.
    pub fn led_by(caller: Caller, words: &[&str]) -> Self {
        let (master, terminal) = open_terminal();
        let open = || {
            File::options()
                .read(true)
                .write(true)
                .custom_flags(libc::O_NOCTTY)
                .open(&terminal)
                .expect("it is there")
        };
        let mut command = crate::support::command(caller, words[0]);
        command
            .args(&words[1..])
            .stdin(open())
            .stdout(open())
            .stderr(open());
        // SAFETY: no pointer is passed.
        unsafe {
            command.pre_exec(|| {
                libc::setsid();
                libc::ioctl(0, libc::TIOCSCTTY, 0);
                Ok(())
            })
        };
        Session::start(master, &mut command)
    }

    fn start(master: File, command: &mut Command) -> Self {
        // A key that sends a signal would erase what is not on the screen yet. Before anybody can look at the modes.
        set_modes(&master, libc::NOFLSH, 0);
        let leader = command.spawn().expect("it can be started");
        Session {
            master: Some(master),
            leader,
            answers: None,
            started: vec![],
            screen: String::new(),
            seen: 0,
        }
    }

    pub fn leader(&self) -> u32 {
        self.leader.id()
    }

    fn ask(&mut self, words: &[&str]) -> String {
        let mut request = words.join(&SEPARATOR.to_string());
        request.push('\n');
        let to = self
            .leader
            .stdin
            .as_mut()
            .expect("a leader that starts jobs");
        to.write_all(request.as_bytes())
            .expect("the leader listens");
        let mut answer = String::new();
        let from = self.answers.as_mut().expect("a leader that starts jobs");
        from.read_line(&mut answer).expect("the leader answers");
        answer.trim_end().to_string()
    }

    /// Starts a job in the foreground; its process id and group.
    pub fn foreground(&mut self, caller: Caller, words: &[&str]) -> u32 {
        self.job("foreground", caller, words)
    }

    pub fn background(&mut self, caller: Caller, words: &[&str]) -> u32 {
        self.job("background", caller, words)
    }

    fn job(&mut self, place: &str, caller: Caller, words: &[&str]) -> u32 {
        let other = caller == Caller::Ordinary && is_root();
        let user = if other {
            ORDINARY.to_string()
        } else {
            "same".into()
        };
        let job = self
            .ask(&[&["start", place, &user], words].concat())
            .parse()
            .expect("a process id");
        assert_ne!(job, 0, "{words:?} can be started");
        self.started.push(hold(job));
        job
    }

    /// What the leader sees of a job now: `running`, `stopped N`, `killed N` or `exited N`.
    pub fn poll(&mut self, job: u32) -> String {
        self.ask(&["poll", &job.to_string()])
    }

    /// What the leader sees when the job stops or ends.
    pub fn change(&mut self, job: u32) -> String {
        eventually("the job stops or ends", || {
            Some(self.poll(job)).filter(|change| change != "running")
        })
    }

    /// The leader is in the foreground again.
    pub fn take_back(&mut self) {
        assert_eq!(self.ask(&["take"]), "0");
    }

    /// `fg`
    pub fn continue_in_foreground(&mut self, job: u32) {
        assert_eq!(
            self.ask(&["continue", "foreground", &job.to_string()]),
            "[0, 0]"
        );
    }

    /// `bg`
    pub fn continue_in_background(&mut self, job: u32) {
        assert_eq!(
            self.ask(&["continue", "background", &job.to_string()]),
            "[0, 0]"
        );
    }

    fn master(&self) -> &File {
        self.master.as_ref().expect("the terminal has not hung up")
    }

    /// The process group in the foreground.
    pub fn holder(&self) -> u32 {
        // SAFETY: no pointer is passed.
        unsafe { libc::tcgetpgrp(self.master().as_raw_fd()) as u32 }
    }

    pub fn keys(&self, keys: &str) {
        self.master()
            .write_all(keys.as_bytes())
            .expect("the terminal takes keys");
    }

    pub fn resize(&self, rows: u16, columns: u16) {
        let size = libc::winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // SAFETY: the kernel reads the structure.
        unsafe { libc::ioctl(self.master().as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
    }

    /// Changes the terminal's local modes (termios(3)).
    pub fn set_modes(&self, set: libc::tcflag_t, clear: libc::tcflag_t) {
        set_modes(self.master(), set, clear);
    }

    /// The terminal's local modes (termios(3)).
    #[allow(dead_code)] // One of the programs that share this asks.
    pub fn modes(&self) -> libc::tcflag_t {
        set_modes(self.master(), 0, 0)
    }

    /// Waits for a text on the screen, after the last one; what was there before it.
    pub fn until(&mut self, text: &str) -> String {
        let what = format!("{text:?} on the screen");
        let before = eventually(&what, || {
            self.look();
            let new = &self.screen[self.seen..];
            new.find(text).map(|at| new[..at].to_string())
        });
        self.seen += before.len() + text.len();
        before
    }

    /// What a witness has said up to `got 64`, which is sent now: after everything that was sent before.
    pub fn up_to_fence(&mut self, job: u32) -> Vec<String> {
        send(job, 64);
        self.until("got 64\r\n")
            .lines()
            .map(str::to_string)
            .collect()
    }

    /// Everything that was on the screen.
    pub fn screen(&mut self) -> &str {
        self.look();
        &self.screen
    }

    fn look(&mut self) {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = self.master().read(&mut buffer) {
            self.screen
                .push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    }

    /// The cable is cut.
    pub fn hang_up(&mut self) {
        self.master = None;
    }

    /// How a leader that is the command itself ends, as an exit status.
    pub fn end(&mut self) -> Option<i32> {
        eventually("the leader ends", || {
            self.leader.try_wait().expect("it is our child")
        })
        .code()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for job in &self.started {
            let (job, none) = (job.as_raw_fd(), 0usize);
            // SAFETY: no pointer is passed.
            unsafe { libc::syscall(libc::SYS_pidfd_send_signal, job, libc::SIGKILL, none, 0) };
        }
        let _ = self.leader.kill();
        let _ = self.leader.wait();
    }
}

/// A descriptor of a process that nobody has waited for yet.
fn hold(pid: u32) -> OwnedFd {
    // SAFETY: no pointer is passed.
    let pidfd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    assert!(pidfd >= 0, "a process can be held");
    // SAFETY: it is new.
    unsafe { OwnedFd::from_raw_fd(pidfd as i32) }
}

fn set_modes(master: &File, set: libc::tcflag_t, clear: libc::tcflag_t) -> libc::tcflag_t {
    let fd = master.as_raw_fd();
    // SAFETY: the kernel fills the structure, of which all zeroes is a value, and reads it.
    unsafe {
        let mut modes = std::mem::zeroed::<libc::termios>();
        libc::tcgetattr(fd, &mut modes);
        modes.c_lflag = modes.c_lflag & !clear | set;
        libc::tcsetattr(fd, libc::TCSANOW, &modes);
        modes.c_lflag
    }
}

/// A pair of ends: ours, which nobody inherits and whose reads do not wait, and the other's name.
fn open_terminal() -> (File, String) {
    let mut name = [0; 64];
    // SAFETY: the buffer is as long as it is said to be, and the descriptor is nobody else's.
    unsafe {
        let master =
            libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC | libc::O_NONBLOCK);
        let answers = [
            libc::grantpt(master),
            libc::unlockpt(master),
            libc::ptsname_r(master, name.as_mut_ptr(), 64),
        ];
        assert_eq!(answers, [0; 3], "a terminal can be made");
        (
            File::from_raw_fd(master),
            CStr::from_ptr(name.as_ptr()).to_string_lossy().into_owned(),
        )
    }
}
