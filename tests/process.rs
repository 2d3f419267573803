//! Attributes of the command's process, read from outside while it runs.

mod support;

use std::fs;
use std::os::unix::process::CommandExt;
use support::{Caller, Held, Ran, Scratch, callers, pidone, run, status_field, through_shell};

fn held(caller: Caller, options: &[&str]) -> Held {
    let mut command = pidone(caller, &["run"]);
    command.args(options);
    Held::start(command)
}

/// A field of /proc/PID/stat, counted as proc(5) does.
fn stat(held: &Held, number: usize) -> i64 {
    let line = held.proc("stat");
    let (_, rest) = line.rsplit_once(") ").expect("the name is in parentheses");
    rest.split(' ')
        .nth(number - 3)
        .expect("a field")
        .parse()
        .expect("a number")
}

fn status(held: &Held, name: &str) -> String {
    status_field(&held.proc("status"), name).unwrap_or_else(|| panic!("no line {name}"))
}

#[test]
fn the_working_directory_is_the_callers_or_the_one_that_was_asked_for() {
    let scratch = Scratch::new("chdir");
    for &caller in callers() {
        for (options, wanted) in [
            (&[][..], "/"),
            (&["--chdir", "/usr"], "/usr"),
            (&["-w", "/usr/lib"], "/usr/lib"),
            (&["-w/usr"], "/usr"),
            (&["--chdir=usr/../usr"], "/usr"),
            (
                &["-w", scratch.path.to_str().expect("a plain name")],
                scratch.path.to_str().expect("a plain name"),
            ),
        ] {
            let held = held(caller, options);
            let cwd = fs::read_link(format!("/proc/{}/cwd", held.pid)).expect("a directory");
            assert_eq!(cwd.to_str(), Some(wanted), "{options:?}, {caller:?}");
        }
    }
}

#[test]
fn the_directory_is_one_of_the_new_view() {
    for &caller in callers() {
        let ran = run(
            caller,
            &["--chdir", "/proc/self", "/bin/sh", "-c", "pwd -P"],
        );
        assert_eq!(
            (ran.out.as_str(), ran.err.as_str()),
            ("/proc/1\n", ""),
            "{caller:?}"
        );
    }
}

#[test]
fn the_commands_own_name_can_be_another() {
    for &caller in callers() {
        let line = held(caller, &["--argv0", "an other\n-name"]).proc("cmdline");
        assert!(
            line.starts_with("an other\n-name\0-c\0"),
            "{caller:?}: {line:?}"
        );
        let line = held(caller, &["--argv0="]).proc("cmdline");
        assert!(line.starts_with("\0-c\0"), "{caller:?}: {line:?}");
        let line = held(caller, &[]).proc("cmdline");
        assert!(line.starts_with("/bin/sh\0-c\0"), "{caller:?}: {line:?}");
    }
}

#[test]
fn the_mask_is_the_callers_or_the_one_that_was_asked_for() {
    for &caller in callers() {
        for (mask, wanted) in [
            ("0", "0000"),
            ("7", "0007"),
            ("027", "0027"),
            ("0777", "0777"),
            ("777", "0777"),
        ] {
            assert_eq!(
                status(&held(caller, &["--umask", mask]), "Umask"),
                wanted,
                "--umask {mask}, {caller:?}"
            );
        }
        let inherited = Held::start(through_shell(caller, "umask 053", &["run"]));
        assert_eq!(status(&inherited, "Umask"), "0053", "{caller:?}");
    }
}

#[test]
fn the_nice_value_is_the_one_that_was_asked_for() {
    for &caller in callers() {
        for nice in [1, 10, 19] {
            assert_eq!(
                stat(&held(caller, &[&format!("--nice={nice}")]), 19),
                nice,
                "{caller:?}"
            );
        }
    }
    let own = fs::read_to_string("/proc/self/status").expect("there is a /proc");
    let bits = u64::from_str_radix(&status_field(&own, "CapEff").expect("a set"), 16)
        .expect("hexadecimal");
    const SYS_NICE: u32 = 23;
    if bits >> SYS_NICE & 1 == 1 {
        assert_eq!(stat(&held(Caller::Root, &["--nice", "-20"]), 19), -20);
        assert_eq!(stat(&held(Caller::Root, &["--nice", "+5"]), 19), 5);
    }
}

#[test]
fn the_oom_adjustment_is_the_commands() {
    for &caller in callers() {
        for adjustment in ["1000", "17", "999"] {
            let held = held(caller, &["--oom-score-adj", adjustment]);
            assert_eq!(held.proc("oom_score_adj").trim(), adjustment, "{caller:?}");
        }
    }
}

/// The kernel gives all processes that share memory the same adjustment, and the child shares it until
/// it executes the command.
#[test]
fn the_oom_adjustment_is_pidones_too() {
    for &caller in callers() {
        let held = held(caller, &["--oom-score-adj", "998"]);
        let path = format!("/proc/{}/oom_score_adj", held.supervisor);
        let adjustment = fs::read_to_string(path).expect("pidone runs");
        assert_eq!(adjustment, "998\n", "{caller:?}");
    }
}

/// The options' names, and the lines of /proc/PID/limits.
const LIMITS: [(&str, &str); 16] = [
    ("cpu", "Max cpu time"),
    ("fsize", "Max file size"),
    ("data", "Max data size"),
    ("stack", "Max stack size"),
    ("core", "Max core file size"),
    ("rss", "Max resident set"),
    ("nproc", "Max processes"),
    ("nofile", "Max open files"),
    ("memlock", "Max locked memory"),
    ("as", "Max address space"),
    ("locks", "Max file locks"),
    ("sigpending", "Max pending signals"),
    ("msgqueue", "Max msgqueue size"),
    ("nice", "Max nice priority"),
    ("rtprio", "Max realtime priority"),
    ("rttime", "Max realtime timeout"),
];

/// Soft and hard limit of a line of /proc/PID/limits; the highest number is no limit.
fn limit(limits: &str, line: &str) -> [u64; 2] {
    let rest = limits
        .lines()
        .find_map(|text| text.strip_prefix(line))
        .expect("a line for each limit");
    let mut words = rest
        .split_whitespace()
        .map(|word| word.parse().unwrap_or(u64::MAX));
    [(); 2].map(|()| words.next().expect("two limits"))
}

fn shown(limit: u64) -> String {
    if limit == u64::MAX {
        "inf".to_string()
    } else {
        limit.to_string()
    }
}

#[test]
fn each_of_the_sixteen_limits_can_be_lowered() {
    let own = fs::read_to_string("/proc/self/limits").expect("there is a /proc");
    for &caller in callers() {
        for hard_too in [false, true] {
            let wanted = LIMITS.map(|(name, line)| {
                // High enough for the command to run; what is 0 already stays.
                let [_, most] = limit(&own, line);
                let hard = if hard_too {
                    most.min(1 << 40).saturating_sub(1)
                } else {
                    most
                };
                let soft = hard.min(1 << 40).saturating_sub(1);
                (name, line, [soft, hard])
            });
            let options = wanted
                .map(|(name, _, [soft, hard])| format!("--rlimit={name}={soft}:{}", shown(hard)));
            let limits = held(caller, &options.each_ref().map(String::as_str)).proc("limits");
            for (name, line, both) in wanted {
                assert_eq!(limit(&limits, line), both, "{name}, {caller:?}");
            }
        }
    }
}

#[test]
fn one_number_is_both_limits_and_the_last_word_counts() {
    for &caller in callers() {
        let limits = held(caller, &["--rlimit", "nofile=99", "--rlimit=core=0:0"]).proc("limits");
        assert_eq!(limit(&limits, "Max open files"), [99, 99], "{caller:?}");
        assert_eq!(limit(&limits, "Max core file size"), [0, 0], "{caller:?}");
        let limits = held(
            caller,
            &["--rlimit", "nofile=99:100", "--rlimit=nofile=50:98"],
        )
        .proc("limits");
        assert_eq!(limit(&limits, "Max open files"), [50, 98], "{caller:?}");
    }
}

#[test]
fn limits_are_for_the_command_alone() {
    let own = fs::read_to_string("/proc/self/limits").expect("there is a /proc");
    let held = held(callers()[0], &["--rlimit", "nofile=99"]);
    let supervisor =
        fs::read_to_string(format!("/proc/{}/limits", held.supervisor)).expect("pidone runs");
    assert_eq!(supervisor, own);
}

#[test]
fn no_program_gains_privileges_unless_it_is_allowed_to() {
    for &caller in callers() {
        assert_eq!(status(&held(caller, &[]), "NoNewPrivs"), "1", "{caller:?}");
        assert_eq!(
            status(&held(caller, &["-a"]), "NoNewPrivs"),
            "1",
            "{caller:?}"
        );
        assert_eq!(
            status(&held(caller, &["--allow-new-privs"]), "NoNewPrivs"),
            "0",
            "{caller:?}"
        );
    }
}

#[test]
fn a_new_session_is_the_commands_own() {
    for &caller in callers() {
        let fresh = held(caller, &["--new-session"]);
        let pid = i64::from(fresh.pid);
        assert_eq!(
            [5, 6, 7].map(|field| stat(&fresh, field)),
            [pid, pid, 0],
            "group, session, terminal, {caller:?}"
        );
        let same = held(caller, &[]);
        let own = fs::read_to_string("/proc/self/stat").expect("there is a /proc");
        let session = own
            .rsplit(") ")
            .next()
            .and_then(|rest| rest.split(' ').nth(3));
        assert_eq!(
            stat(&same, 6).to_string(),
            session.expect("a session"),
            "{caller:?}"
        );
    }
}

#[test]
fn a_command_of_a_caller_that_ignores_its_children_has_a_status() {
    for &caller in callers() {
        let mut command = pidone(caller, &["run", "/bin/sh", "-c", "exit 7"]);
        // SAFETY: signal(2) may be called between fork and exec.
        unsafe {
            command.pre_exec(|| {
                libc::signal(libc::SIGCHLD, libc::SIG_IGN);
                Ok(())
            });
        }
        let ran: Ran = command.output().expect("pidone can be started").into();
        assert_eq!((ran.code, ran.err.as_str()), (Some(7), ""), "{caller:?}");
    }
}
