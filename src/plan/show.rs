//! A plan as text: each step as strace(1) writes it, numbered, with who asked for it.
//!
//! `&name` stands for an address or descriptor and `CHILD` for a process id that only the run knows;
//! `...` for what follows from them.

use super::{Call, Data, Path, Plan, Refusal, Step, Who};
use crate::names::flags::{self, Named};
use crate::names::{Ns, Signal};
use crate::strings::{Strings, iterate};
use core::fmt::{Display, Formatter, Result};

/// A whole plan, one line for each step.
pub struct Shown<'a>(pub &'a Plan<'a>);

/// One step of a plan, without its number.
pub struct Line<'a> {
    pub step: &'a Step<'a>,
    pub plan: &'a Plan<'a>,
}

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter) -> Result {
        let plan = self.0;
        let mut last = None;
        for (number, (who, step)) in (1..).zip(plan.steps()) {
            if last != Some(who) {
                if who == Who::After {
                    supervision(f)?;
                }
                f.write_str(heading(who))?;
                last = Some(who);
            }
            write!(f, "{number:4}  {}  # {}", Line { step, plan }, step.because)?;
            match step.refusal {
                Refusal::Fatal => {}
                Refusal::Warn => f.write_str("; a refusal is a warning")?,
                Refusal::Tolerate(errnos) => {
                    f.write_str("; goes on after")?;
                    for errno in errnos {
                        write!(f, " {errno}")?;
                    }
                }
            }
            f.write_str("\n")?;
        }
        if last != Some(Who::After) {
            supervision(f)?;
        }
        Ok(())
    }
}

fn heading(who: Who) -> &'static str {
    match who {
        Who::Before => "pidone, before the child exists\n",
        Who::Clone => "",
        Who::During => "pidone, beside the child\n",
        Who::Child => "child, in pidone's memory until it executes the command\n",
        Who::After => "pidone, after the command has ended\n",
    }
}

fn supervision(f: &mut Formatter) -> Result {
    f.write_str("pidone, while the command runs\n      rt_sigtimedwait(~[], &info, NULL, 8), wait4\n")
}

impl Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter) -> Result {
        match &self.step.call {
            Call::SetAction { signal, ignore } => {
                let action = if *ignore { "SIG_IGN" } else { "SIG_DFL" };
                write!(f, "rt_sigaction({signal}, {{sa_handler={action}, sa_mask=[], sa_flags=0}}, NULL, 8)")
            }
            Call::MapStack => write!(
                f,
                "mmap(NULL, {}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_GROWSDOWN|MAP_STACK, -1, 0)",
                super::STACK_SIZE
            ),
            Call::ShowDeath => f.write_str("set_tid_address(&life)"),
            Call::PidfdOpen { pid, .. } => write!(f, "pidfd_open({pid}, 0)"),
            Call::Clone3 { flags } => write!(
                f,
                "clone3({{flags={}, child_tid=&tid, exit_signal=SIGCHLD, stack=&stack, stack_size={:#x}}}, 88)",
                Named(*flags, flags::CLONE),
                super::STACK_SIZE
            ),
            Call::Clone { flags } => write!(
                f,
                "clone(child_stack=&stack, flags={}|SIGCHLD, child_tidptr=&tid)",
                Named(*flags, flags::CLONE)
            ),
            Call::BlockSignals => {
                f.write_str("rt_sigprocmask(SIG_BLOCK, ")?;
                all_but_faults(f)?;
                f.write_str(", &mask, 8)")
            }
            Call::RestoreSignals => f.write_str("rt_sigprocmask(SIG_SETMASK, &mask, NULL, 8)"),
            Call::Open { path, flags, .. } => open(f, path, *flags),
            Call::Write { slot, data } => {
                write!(f, "write(&{slot}, ")?;
                data.fmt(f)
            }
            Call::Tell { fd, data } => {
                write!(f, "write({fd}, ")?;
                data.fmt(f)
            }
            Call::LookAt { ns } => {
                write!(f, "newfstatat(AT_FDCWD, \"/proc/CHILD/ns/{}\", &stat, 0)", entry(*ns))
            }
            Call::OpenGate => f.write_str("futex(&gate, FUTEX_WAKE, 1)"),
            Call::PassGate => f.write_str("futex(&gate, FUTEX_WAIT, 0, NULL)"),
            Call::DieWithParent => f.write_str("prctl(PR_SET_PDEATHSIG, SIGKILL)"),
            Call::CheckParent { slot } => write!(f, "ppoll([{{fd=&{slot}, events=POLLIN}}], 1, {{tv_sec=0, tv_nsec=0}}, NULL, 0)"),
            Call::Unshare { flags } => write!(f, "unshare({})", Named(*flags, flags::CLONE)),
            Call::SetHostname(name) => named(f, "sethostname", name.to_bytes()),
            Call::SetDomainname(name) => named(f, "setdomainname", name.to_bytes()),
            Call::Socket { .. } => f.write_str("socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_IP)"),
            Call::RaiseLoopback { slot } => write!(
                f,
                "ioctl(&{slot}, SIOCSIFFLAGS, {{ifr_name=\"lo\", ifr_flags=IFF_UP}})"
            ),
            Call::Mount { source, target, kind, flags } => {
                write!(f, "mount({}, {}, ", Quoted(source.to_bytes()), Quoted(target.to_bytes()))?;
                match kind {
                    Some(kind) => Quoted(kind.to_bytes()).fmt(f)?,
                    None => f.write_str("NULL")?,
                }
                write!(f, ", {}, NULL)", Named(*flags, flags::MOUNT))
            }
            Call::Chdir(path) => write!(f, "chdir({})", Quoted(path.to_bytes())),
            Call::Umask(mask) => write!(f, "umask(0{mask:02o})"),
            Call::SetPriority(nice) => write!(f, "setpriority(PRIO_PROCESS, 0, {nice})"),
            Call::Prlimit { resource, soft, hard } => {
                f.write_str("prlimit64(0, RLIMIT_")?;
                for letter in resource.name().bytes() {
                    write!(f, "{}", letter.to_ascii_uppercase() as char)?;
                }
                write!(f, ", {{rlim_cur={}, rlim_max={}}}, NULL)", Limit(*soft), Limit(*hard))
            }
            Call::Setsid => f.write_str("setsid()"),
            Call::NoNewPrivs => f.write_str("prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)"),
            Call::CloseOnExec { fd } => write!(f, "fcntl({fd}, F_SETFD, FD_CLOEXEC)"),
            Call::CloseRange { first, last } => write!(f, "close_range({first}, {last}, 0)"),
            Call::AwaitByte { fd } => write!(f, "read({fd}, &byte, 1)"),
            Call::Exec { path } => {
                write!(f, "execve({}, [", Quoted(path.to_bytes()))?;
                arguments(f, &self.plan.argv)?;
                write!(f, "], &environ /* {} vars */)", iterate(&self.plan.env).count())
            }
            Call::Unlink { path, .. } => write!(f, "unlinkat(AT_FDCWD, {}, 0)", Quoted(path.to_bytes())),
        }
    }
}

/// The entry of /proc/PID/ns that shows a new namespace already before the command is executed.
pub(crate) fn entry(ns: Ns) -> &'static str {
    match ns {
        // A child that shares its parent's memory enters its time namespace only at execve(2).
        Ns::Time => "time_for_children",
        _ => ns.file(),
    }
}

fn all_but_faults(f: &mut Formatter) -> Result {
    f.write_str("~[")?;
    let mut between = "";
    for number in 1..=64 {
        if let Some(signal) = Signal::new(number).filter(|one| Signal::FAULTS.contains(one)) {
            write!(f, "{between}{}", short(signal))?;
            between = " ";
        }
    }
    f.write_str("]")
}

/// A signal inside a set: strace leaves `SIG` out there.
fn short(signal: Signal) -> &'static str {
    signal.name().unwrap_or("RT")
}

fn open(f: &mut Formatter, path: &Path, flags: u32) -> Result {
    f.write_str("openat(AT_FDCWD, ")?;
    match path {
        Path::Text(text) => Quoted(text.to_bytes()).fmt(f)?,
        Path::OfChild(name) => write!(f, "\"/proc/CHILD/{name}\"")?,
    }
    write!(f, ", O_WRONLY|{}", Named(u64::from(flags), flags::OPEN))?;
    if flags & libc::O_CREAT as u32 != 0 {
        f.write_str(", 0644")?;
    }
    f.write_str(")")
}

/// The data of a write(2), its length, and the closing parenthesis.
impl Display for Data<'_> {
    fn fmt(&self, f: &mut Formatter) -> Result {
        match self {
            Data::Bytes(bytes) => write!(f, "{}, {})", Quoted(bytes), bytes.len()),
            Data::ChildPid => f.write_str("\"CHILD\\n\", ...)"),
            Data::Info => f.write_str("\"{\\\"child-pid\\\": CHILD...}\\n\", ...)"),
        }
    }
}

fn named(f: &mut Formatter, call: &str, name: &[u8]) -> Result {
    write!(f, "{call}({}, {})", Quoted(name), name.len())
}

fn arguments(f: &mut Formatter, argv: &Strings) -> Result {
    let mut between = "";
    for argument in iterate(argv) {
        write!(f, "{between}{}", Quoted(argument.bytes()))?;
        between = ", ";
    }
    Ok(())
}

/// A resource limit; no limit is `RLIM64_INFINITY`.
struct Limit(u64);

impl Display for Limit {
    fn fmt(&self, f: &mut Formatter) -> Result {
        match self.0 {
            u64::MAX => f.write_str("RLIM64_INFINITY"),
            limit => write!(f, "{limit}"),
        }
    }
}

/// Bytes as a C string literal, as strace writes them.
pub struct Quoted<'a>(pub &'a [u8]);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter) -> Result {
        f.write_str("\"")?;
        for (at, &byte) in self.0.iter().enumerate() {
            match byte {
                b'"' => f.write_str("\\\"")?,
                b'\\' => f.write_str("\\\\")?,
                b'\n' => f.write_str("\\n")?,
                b'\t' => f.write_str("\\t")?,
                b'\r' => f.write_str("\\r")?,
                0x0b => f.write_str("\\v")?,
                0x0c => f.write_str("\\f")?,
                b' '..=b'~' => write!(f, "{}", byte as char)?,
                // A digit after a short octal escape would be read as part of it.
                _ if self.0.get(at + 1).is_some_and(u8::is_ascii_digit) => write!(f, "\\{byte:03o}")?,
                _ => write!(f, "\\{byte:o}")?,
            }
        }
        f.write_str("\"")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn strings_are_quoted_as_strace_quotes_them() {
        for (bytes, text) in [
            (&b"plain"[..], r#""plain""#),
            (b"a\"b\\c", r#""a\"b\\c""#),
            (b"\n\t\r\x0b\x0c", r#""\n\t\r\v\f""#),
            (b"\x011", r#""\0011""#),
            (b"\x01a", r#""\1a""#),
            ("\u{e4}".as_bytes(), r#""\303\244""#),
        ] {
            assert_eq!(Quoted(bytes).to_string(), text);
        }
    }
}
