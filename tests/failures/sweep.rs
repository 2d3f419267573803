//! Every system call of a run refused once, with errnos that are hard to foresee: each time the run
//! is right nevertheless, or ends with one sentence; and nothing is left.

use crate::attempt::{Attempt, can_fail};
use crate::cgroup::Cgroup;
use crate::support::{Caller, Ran, Scratch, callers, command, program, skip};
use std::fs;
use std::path::Path;

/// What the command exits with, so that it is not taken for anything else.
const RIGHT: i32 = 7;
const COMMAND: [&str; 3] = ["/bin/sh", "-c", "exit 7"];

/// Descriptors for the reports of a run.
const OPEN: &str = "exec 8</dev/null 9>/dev/null";

/// One call of a run: its name, how many of that name came before it and itself, and who makes it.
#[derive(Clone, Debug)]
pub struct Place {
    pub name: String,
    occurrence: usize,
    pub in_child: bool,
    /// Whether it would be refused to the parent as well, when that says its sentence.
    is_the_sentence: bool,
}

impl Place {
    /// A strace that refuses this call. The parent's are refused while the child is not traced.
    pub fn refuse(&self, errno: &str) -> String {
        let (name, occurrence) = (&self.name, self.occurrence);
        let follow = if self.in_child { "-f" } else { "" };
        // A run that never ends is ended, with a status that is no right one.
        format!(
            "timeout -s KILL 10 strace {follow} -o /dev/null -e trace={name} \
            -e inject={name}:error={errno}:when={occurrence}"
        )
    }
}

fn names(trace: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(trace).expect("a trace can be read");
    let calls = text
        .lines()
        .filter(|line| !line.starts_with("---") && !line.starts_with("+++"));
    let name = |line: &str| line.split('(').next().unwrap_or_default().to_string();
    calls.map(|line| (name(line), line.to_string())).collect()
}

fn places(names: Vec<String>, in_child: bool, said: usize) -> Vec<Place> {
    let place = |at: usize| {
        let occurrence = names[..=at]
            .iter()
            .filter(|name| **name == names[at])
            .count();
        Place {
            name: names[at].clone(),
            occurrence,
            in_child,
            is_the_sentence: in_child && names[at] == "write" && occurrence == said + 1,
        }
    };
    (0..names.len()).map(place).collect()
}

/// All calls of a run up to the command's first, but for pidone's own start and end.
pub fn all_places(caller: Caller, verb: &str, open: &str, options: &[&str]) -> Vec<Place> {
    let scratch = Scratch::new("sweep");
    let mut traced = command(caller, "/bin/sh");
    let apart = if persists(options) { "unshare -m" } else { "" };
    let script = format!("{open}; exec {apart} \"$@\"");
    traced
        .args(["-c", &script, "sh", "strace", "-ff", "-o"])
        .arg(scratch.path.join("trace"));
    let status = traced
        .arg(program())
        .arg(verb)
        .args(options)
        .args(COMMAND)
        .status();
    assert_eq!(status.expect("sh can be started").code(), Some(RIGHT));
    let entries = fs::read_dir(&scratch.path).expect("the traces");
    let traces = entries.map(|entry| names(&entry.expect("a trace").path()));
    let makes_child =
        |names: &Vec<(String, String)>| names.iter().any(|(name, _)| name.starts_with("clone"));
    let (parent, child): (Vec<_>, Vec<_>) = traces.partition(makes_child);
    let calls = parent.into_iter().flatten().map(|(name, _)| name);
    let parent: Vec<String> = calls
        .filter(|name| name != "execve" && name != "exit_group")
        .collect();
    let beside = parent.iter().take_while(|name| *name != "rt_sigtimedwait");
    let said = beside.filter(|name| *name == "write").count();
    let mut inside: Vec<_> = child.into_iter().flatten().collect();
    let executed = inside
        .iter()
        .position(|(name, line)| name == "execve" && line.ends_with(" = 0"));
    inside.truncate(executed.expect("the command was executed") + 1);
    let inside = inside.into_iter().map(|(name, _)| name).collect();
    [places(parent, false, said), places(inside, true, said)].concat()
}

/// Whether a run leaves a mount.
fn persists(options: &[&str]) -> bool {
    options
        .iter()
        .any(|option| option.starts_with("--persist="))
}

/// What is wrong with the end of a run of which one call was refused.
pub fn judge(place: &Place, ran: &Ran) -> Result<(), &'static str> {
    let sentences = ran
        .err
        .lines()
        .filter(|line| line.starts_with("pidone: "))
        .count();
    let warnings = ran
        .err
        .lines()
        .filter(|line| line.starts_with("pidone: warning: "))
        .count();
    let hints = ran
        .err
        .lines()
        .filter(|line| line.starts_with("hint: "))
        .count();
    if ran.err.lines().count() != sentences + hints || !ran.out.is_empty() {
        return Err("something else is printed");
    }
    match ran.code {
        Some(RIGHT) if sentences == warnings && warnings <= 1 => Ok(()),
        // The exit code is told to another program when the command has ended.
        Some(RIGHT) if place.name == "write" && ran.err.contains("cannot write the output") => {
            Ok(())
        }
        Some(RIGHT) => Err("a right run has an error"),
        Some(125..=127) if warnings == 0 && sentences == 1 => Ok(()),
        Some(125) if place.is_the_sentence && sentences == 0 => Ok(()),
        Some(125..=127) => Err("there is not one sentence"),
        _ => Err("the status is none of pidone's"),
    }
}

/// Refuses each call of a run with these options.
fn sweep(options: &[&str], errno: &str) {
    sweep_as(callers(), options, errno);
}

/// The same as these callers.
fn sweep_as(callers: &[Caller], options: &[&str], errno: &str) {
    if can_fail() {
        sweep_in(None, callers, "run", options, errno);
    }
}

/// Refuses each call of a run with limits.
fn sweep_limits(errno: &str) {
    let Some(cgroup) = can_fail().then(Cgroup::new).flatten() else {
        return;
    };
    let path = cgroup.option();
    let options = [&path, "--memory=64M", "--pids-limit=20"];
    sweep_in(Some(&cgroup), cgroup.callers(), "run", &options, errno);
}

/// No pid-file and no cgroup may be left, where there is one.
fn sweep_in(
    cgroup: Option<&Cgroup>,
    callers: &[Caller],
    verb: &str,
    options: &[&str],
    errno: &str,
) {
    let mut wrong = Vec::new();
    for &caller in callers {
        let scratch = Scratch::new("swept");
        let pid_file = scratch.path.join("pid");
        let pid_option = format!("--pid-file={}", pid_file.display());
        let options: Vec<&str> = options
            .iter()
            .map(|word| {
                if *word == "--pid-file" {
                    &pid_option
                } else {
                    *word
                }
            })
            .collect();
        let places = all_places(caller, verb, OPEN, &options);
        // The control: pidone cannot do with less.
        assert!(
            places.len() > 15 && places.iter().any(|place| place.in_child),
            "{places:?}"
        );
        for place in places {
            let faults = place.refuse(errno);
            let attempt = Attempt {
                verb,
                waits_in_vain: place.name == "wait4",
                leaves_mounts: persists(&options),
                faults: &faults,
                setup: OPEN,
                ..Attempt::new(caller)
            };
            let words = [&options, COMMAND.as_slice()].concat();
            let mut ran = attempt.run(&words);
            // Who is killed in the middle of a call has not been refused it, and strace says so: it is tried again.
            for _ in 0..3 {
                if ran.err.contains("strace: Failed to tamper with ") {
                    ran = attempt.run(&words);
                }
            }
            let mut judged = judge(&place, &ran);
            if fs::remove_file(&pid_file).is_ok() && place.name != "unlinkat" {
                judged = Err("the pid-file is left");
            }
            if cgroup.is_some_and(Cgroup::clean) && place.name != "unlinkat" {
                judged = Err("a cgroup is left");
            }
            if let Err(what) = judged {
                wrong.push(format!("{caller:?}, {place:?}: {what}: {ran:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{errno}:\n{}", wrong.join("\n"));
}

/// Options that make as many different calls as possible.
const MANY: [&str; 19] = [
    "-a",
    "--pid-file",
    "--info-fd=9",
    "--json-status-fd=9",
    "--block-fd=8",
    "--sync-fd=8",
    "--map-user=5",
    "--uid=5",
    "--hostname=x",
    "--domainname=x",
    "--monotonic=5",
    "--propagation=slave",
    "--chdir=/usr",
    "--umask=7",
    "--nice=5",
    "--oom-score-adj=5",
    "--rlimit=core=0",
    "--new-session",
    "--preserve-fds=1",
];

/// Options that take privilege away.
const LESS: [&str; 8] = [
    "--map-user=5",
    "--cap-drop=NET_RAW",
    "--cap-add=KILL",
    "--landlock-rx=/",
    "--landlock-rw=/dev/null",
    "--landlock-tcp-bind=1",
    "--landlock-scope",
    "--disable-userns",
];

/// Those, and a filter that allows everything.
fn less(errno: &str) {
    // SAFETY: no pointer is passed.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0usize, 0usize, 1u32) };
    if version < 6 {
        return skip("no Landlock of Linux 6.12");
    }
    let scratch = Scratch::new("less");
    let path = scratch.path.join("filter");
    fs::write(&path, [6, 0, 0, 0, 0, 0, 0xff, 0x7f]).expect("a file can be written");
    let file = format!("--seccomp-file={}", path.display());
    sweep(&[&LESS[..], &[&file]].concat(), errno);
}

/// Another user with other ids in a namespace that is joined, and a namespace that stays: as root, whom
/// nothing else refuses that.
fn others(errno: &str) {
    if !can_fail() {
        return;
    }
    let scratch = Scratch::new("others");
    let file = scratch.path.join("uts");
    fs::write(&file, "").expect("a file can be written");
    let persist = format!("--persist=uts={}", file.display());
    let options = [
        "--join=net=/proc/self/ns/net",
        "--map-users=0:100000:10",
        "--map-groups=0:100000:10",
        "--setgroups=allow",
        "--uid=5",
        "--gid=6",
        "--groups=7",
        &persist,
    ];
    sweep_as(&callers()[..1], &options, errno);
    // A user namespace that is joined takes the rights over others away, and what is then bound stays.
    let options = ["--uid=daemon", "--groups=daemon", "--chdir=~", &persist];
    sweep_as(&callers()[..1], &options, errno);
}

#[test]
fn no_call_for_others_that_is_not_permitted_is_overlooked() {
    others("EPERM");
}

#[test]
fn no_call_for_others_that_lacks_memory_is_overlooked() {
    others("ENOMEM");
}

#[test]
fn no_call_for_others_that_is_interrupted_is_overlooked() {
    others("EINTR");
}

#[test]
fn no_call_that_takes_privilege_away_and_is_not_permitted_is_overlooked() {
    less("EPERM");
}

#[test]
fn no_call_that_takes_privilege_away_and_lacks_memory_is_overlooked() {
    less("ENOMEM");
}

#[test]
fn no_call_that_takes_privilege_away_and_is_interrupted_is_overlooked() {
    less("EINTR");
}

#[test]
fn no_call_that_is_not_permitted_is_overlooked() {
    sweep(&[], "EPERM");
}

#[test]
fn no_call_that_lacks_memory_is_overlooked() {
    sweep(&[], "ENOMEM");
}

#[test]
fn no_call_that_is_interrupted_is_overlooked() {
    sweep(&[], "EINTR");
}

#[test]
fn no_call_for_a_terminal_that_is_refused_is_overlooked() {
    let [Caller::Root, _] = callers() else {
        return skip("an ordinary user's maps are written as often as what is passed on");
    };
    for errno in ["EPERM", "ENOMEM", "EINTR"] {
        sweep_as(&[Caller::Root], &["--tty"], errno);
    }
}

/// Which needs no map, so that everybody does the same.
#[test]
fn no_call_for_the_terminal_of_an_init_that_is_refused_is_overlooked() {
    if !can_fail() {
        return;
    }
    for errno in ["EPERM", "ENOMEM", "EINTR"] {
        sweep_in(None, callers(), "init", &["--tty"], errno);
    }
}

#[test]
fn no_call_for_all_namespaces_that_is_not_permitted_is_overlooked() {
    sweep(&["-a"], "EPERM");
}

#[test]
fn no_call_for_all_namespaces_that_lacks_memory_is_overlooked() {
    sweep(&["-a"], "ENOMEM");
}

#[test]
fn no_call_for_all_namespaces_that_is_interrupted_is_overlooked() {
    sweep(&["-a"], "EINTR");
}

#[test]
fn no_call_of_many_that_is_not_permitted_is_overlooked() {
    sweep(&MANY, "EPERM");
}

#[test]
fn no_call_of_many_that_lacks_memory_is_overlooked() {
    sweep(&MANY, "ENOMEM");
}

#[test]
fn no_call_of_many_that_is_interrupted_is_overlooked() {
    sweep(&MANY, "EINTR");
}

#[test]
fn no_call_for_limits_that_is_not_permitted_is_overlooked() {
    sweep_limits("EPERM");
}

#[test]
fn no_call_for_limits_that_lacks_memory_is_overlooked() {
    sweep_limits("ENOMEM");
}

#[test]
fn no_call_for_limits_that_is_interrupted_is_overlooked() {
    sweep_limits("EINTR");
}
