//! In containers of Docker and podman: what their profiles refuse, and whether the hints are true.

#[path = "support/docker.rs"]
mod engine;
#[path = "docker/init.rs"]
mod init;
#[path = "terminal/leader.rs"]
mod leader;
#[allow(dead_code)] // It also leads sessions of many jobs.
#[path = "terminal/session.rs"]
mod session;
mod support;
#[path = "support/witness.rs"]
mod witness;

use engine::{Docker, Engine, IMAGE, busybox, docker, podman};
use std::fs;
use std::time::{Duration, Instant};
use support::{Ran, Scratch, eventually, program, skip};

/// Root in a container, and an ordinary user there.
const USERS: [&str; 2] = ["", "--user 1000"];

/// Lets `run` make namespaces without a user namespace.
const ADMIN: &str = "--cap-add SYS_ADMIN --security-opt apparmor=unconfined";

/// Takes Docker's filter of system calls away, and leaves its masked /proc.
const UNFILTERED: &str = "--security-opt seccomp=unconfined --security-opt apparmor=unconfined";

/// Lets `run` make namespaces with a user namespace.
const OPEN: &str = "--security-opt seccomp=unconfined --security-opt systempaths=unconfined \
    --security-opt apparmor=unconfined";

/// Prints its user id, and the ids of all processes that it sees.
const LOOK: &str = "id -u; exec ps -o pid";

/// What `LOOK` prints as root, and the only process.
const ALONE: &str = "0\nPID\n    1\n";

/// Runs a command that looks around in a container with these options: it is alone there.
fn works(engine: &dyn Engine, options: &str, namespaces: &str) {
    let ran = engine.run(options, &["/pidone", "run", namespaces, "sh", "-c", LOOK]);
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (Some(0), ALONE, ""),
        "{options}"
    );
}

/// Whether AppArmor takes the rights of user namespaces away on this machine, also from containers.
fn restricted() -> bool {
    let path = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
    fs::read_to_string(path).is_ok_and(|text| text.trim() == "1")
}

/// The number of the refused step, its call and errno, and the hint.
#[derive(Debug, PartialEq)]
struct Complaint {
    step: String,
    call: String,
    errno: String,
    hint: String,
}

/// Takes apart what a refused run prints, which is two lines on standard error and nothing else.
fn complaint(ran: &Ran) -> Complaint {
    assert_eq!((ran.code, ran.out.as_str()), (Some(125), ""), "{ran:?}");
    let [first, second] = ran.err.lines().collect::<Vec<_>>()[..] else {
        panic!("two lines expected: {}", ran.err);
    };
    let parts = first.strip_prefix("pidone: step ").and_then(|rest| {
        let (number, rest) = rest.split_once(" of ")?;
        let (_, rest) = rest.split_once(": ")?;
        let (call, errno) = rest.rsplit_once(": ")?;
        Some((number, call, errno))
    });
    let (step, call, errno) = parts.unwrap_or_else(|| panic!("no step, call and errno: {first}"));
    let hint = second
        .strip_prefix("hint: ")
        .unwrap_or_else(|| panic!("no hint: {second}"));
    let [step, call, errno, hint] = [step, call, errno, hint].map(String::from);
    Complaint {
        step,
        call,
        errno,
        hint,
    }
}

#[test]
fn the_default_profile_refuses_the_clone_and_the_hint_names_the_options() {
    let Some(docker) = docker() else { return };
    for user in USERS {
        let complaint = complaint(&docker.run(user, &["/pidone", "run", "id"]));
        assert!(
            complaint.call.starts_with("clone(") && complaint.call.contains("CLONE_NEWUSER"),
            "{complaint:?}"
        );
        assert_eq!(complaint.errno, "EPERM");
        assert!(complaint.hint.contains("seccomp filter"), "{complaint:?}");
        let options = [
            "docker run --security-opt seccomp=unconfined",
            "--cap-add SYS_ADMIN",
        ];
        assert!(
            options.iter().all(|option| complaint.hint.contains(option)),
            "{complaint:?}"
        );
    }
}

#[test]
fn a_refused_run_leaves_no_process() {
    let Some(docker) = docker() else { return };
    let ran = docker.run(
        "",
        &["sh", "-c", &format!("/pidone run sleep 1000; {LOOK}")],
    );
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ALONE), "{ran:?}");
    assert!(ran.err.contains("EPERM"), "{ran:?}");
}

#[test]
fn the_refused_step_is_the_one_that_explain_prints() {
    let Some(docker) = docker() else { return };
    for options in ["", "--user 1000", UNFILTERED] {
        let refused = complaint(&docker.run(options, &["/pidone", "run", "id"]));
        let explained = docker.run(options, &["/pidone", "run", "--explain", "id"]);
        let wanted = format!("{}  {}  # ", refused.step, refused.call);
        assert!(
            explained
                .out
                .lines()
                .any(|line| line.trim_start().starts_with(&wanted)),
            "{options}: {refused:?} {explained:?}"
        );
    }
}

#[test]
fn what_needs_no_privilege_works_in_the_default_profile() {
    let Some(docker) = docker() else { return };
    for options in [
        "",
        "--user 1000",
        "--user 1000 --cap-drop ALL --read-only --security-opt no-new-privileges",
    ] {
        let version = docker.run(options, &["/pidone", "--version"]);
        let wanted = concat!("pidone ", env!("CARGO_PKG_VERSION"), "\n");
        assert_eq!(
            (version.code, version.out.as_str(), version.err.as_str()),
            (Some(0), wanted, "")
        );

        let explained = docker.run(options, &["/pidone", "run", "--explain", "id"]);
        assert_eq!(
            (explained.code, explained.err.as_str()),
            (Some(0), ""),
            "{explained:?}"
        );
        assert!(
            explained.out.contains("  clone(") && !explained.out.contains("clone3("),
            "{}",
            explained.out
        );
    }
}

#[test]
fn with_sys_admin_the_command_is_process_1_and_alone() {
    let Some(docker) = docker() else { return };
    for more in ["", "--read-only", "--security-opt no-new-privileges"] {
        works(docker, &format!("{ADMIN} {more}"), "--mount");
    }
}

#[test]
fn without_the_filter_a_user_namespace_is_added_and_the_masked_proc_is_named() {
    let Some(docker) = docker() else { return };
    if restricted() {
        return skip("AppArmor restricts user namespaces");
    }
    for user in USERS {
        let options = format!("{UNFILTERED} {user}");
        let complaint = complaint(&docker.run(&options, &["/pidone", "run", "id"]));
        assert!(
            complaint
                .call
                .starts_with("mount(\"proc\", \"/proc\", \"proc\", "),
            "{complaint:?}"
        );
        assert_eq!(complaint.errno, "EPERM");
        assert!(
            complaint
                .hint
                .contains("docker run --security-opt systempaths=unconfined"),
            "{complaint:?}"
        );

        let explained = docker.run(&options, &["/pidone", "run", "--explain", "id"]);
        assert!(explained.out.contains("CLONE_NEWUSER"), "{}", explained.out);
    }
}

#[test]
fn without_filter_and_masks_everybody_is_root_inside() {
    let Some(docker) = docker() else { return };
    if restricted() {
        return skip("AppArmor restricts user namespaces");
    }
    for user in USERS {
        works(docker, &format!("{OPEN} {user}"), "--mount");
    }
}

/// `--privileged`, or as much of it as this machine has: Docker gives every capability that the kernel
/// knows, and fails where root does not have them all.
fn privileged() -> String {
    const NAMES: &str = "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP \
        LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE \
        SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME \
        SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG \
        WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE";
    let status = fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let bounding = support::status_field(&status, "CapBnd").expect("the kernel lists it");
    let bounding = u64::from_str_radix(&bounding, 16).expect("as a number");
    let absent = NAMES
        .split_whitespace()
        .enumerate()
        .filter(|(number, _)| bounding >> number & 1 == 0);
    let drops: String = absent
        .map(|(_, name)| format!(" --cap-drop {name}"))
        .collect();
    if drops.is_empty() {
        "--privileged".into()
    } else {
        format!("--cap-add ALL{drops} {OPEN}")
    }
}

#[test]
fn a_privileged_container_allows_all_eight_namespaces() {
    let Some(docker) = docker() else { return };
    works(docker, &privileged(), "--all");
}

/// The options that a hint tells the user of an engine to add, in order.
fn remedies<'h>(hint: &'h str, engine: &str) -> Vec<[&'h str; 2]> {
    let words: Vec<_> = hint
        .split_whitespace()
        .map(|word| word.trim_end_matches([',', ';']))
        .collect();
    let mut told = "";
    let mut options = Vec::new();
    for pair in words.windows(2) {
        match pair {
            [name, "run"] => told = name,
            [option, value] if option.starts_with("--") && told == engine => {
                options.push([*option, *value])
            }
            _ => {}
        }
    }
    options
}

/// Does what the hints say, every alternative, until the command runs. How many ways lead there.
fn follow(engine: &dyn Engine, options: &str, trust: usize) -> usize {
    let ran = engine.run(options, &["/pidone", "run", "sh", "-c", "echo $$"]);
    if ran.code == Some(0) {
        assert_eq!(
            (ran.out.as_str(), ran.err.as_str()),
            ("1\n", ""),
            "{options}"
        );
        return 1;
    }
    let hint = complaint(&ran).hint;
    let remedies = remedies(&hint, engine.name());
    assert!(trust > 0 && !remedies.is_empty(), "with {options}: {hint}");
    let ways = remedies.iter().map(|[option, value]| {
        assert!(!options.contains(value), "{value} did not help: {hint}");
        follow(engine, &format!("{options} {option} {value}"), trust - 1)
    });
    ways.sum()
}

#[test]
fn every_remedy_that_docker_users_are_told_leads_to_a_running_command() {
    let Some(docker) = docker() else { return };
    if restricted() {
        return skip("AppArmor restricts user namespaces");
    }
    for user in USERS {
        assert_eq!(
            follow(docker, user, 3),
            2,
            "no filter, or more capabilities"
        );
    }
}

/// The smallest image that has pidone as its init.
const DOCKERFILE: &str = r#"FROM scratch
COPY busybox /bin/sh
COPY pidone /pidone
ENTRYPOINT ["/pidone", "run", "--"]
CMD ["sh", "-c", "echo $$"]
"#;

#[test]
fn five_lines_from_scratch_make_an_image_that_ends_as_its_command_does() {
    let Some(docker) = docker() else { return };
    let scratch = Scratch::new("build");
    scratch.file("Dockerfile", DOCKERFILE, 0o644);
    fs::copy(busybox(), scratch.path.join("busybox")).expect("busybox can be copied");
    fs::copy(program(), scratch.path.join("pidone")).expect("the program can be copied");
    let built = docker.call(&[
        "build",
        "--quiet",
        "--tag",
        "five-lines",
        &scratch.path.to_string_lossy(),
    ]);
    assert_eq!(built.code, Some(0), "{built:?}");

    let run = |words: &[&str]| {
        let options = ADMIN.split_whitespace();
        let all = ["run", "--rm", "--network", "none"]
            .into_iter()
            .chain(options)
            .chain(["five-lines"]);
        docker.call(&all.chain(words.iter().copied()).collect::<Vec<_>>())
    };
    let ran = run(&[]);
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (Some(0), "1\n", "")
    );
    assert_eq!(run(&["sh", "-c", "exit 42"]).code, Some(42));
    assert_eq!(
        run(&["sh", "-c", "exit 125"]).err,
        "",
        "the command's own 125 comes without a sentence"
    );

    let missing = run(&["nothing-of-this-name"]);
    assert_eq!((missing.code, missing.out.as_str()), (Some(127), ""));
    assert!(
        missing.err.starts_with("pidone: step ") && missing.err.contains(": ENOENT\n"),
        "{missing:?}"
    );
    let data = run(&["/etc/hostname"]);
    assert_eq!((data.code, data.out.as_str()), (Some(126), ""));
    assert!(
        data.err.starts_with("pidone: step ") && data.err.contains(": EACCES\n"),
        "{data:?}"
    );
}

/// Starts a container that says `ready`, acts on it, and gives its exit status and what it has printed.
fn act(docker: &Docker, name: &str, words: &[&str], action: &[&str]) -> (String, String) {
    let options = ["run", "--detach", "--network", "none", "--name", name];
    let image = [IMAGE, "/pidone", "run"];
    let all = options
        .into_iter()
        .chain(ADMIN.split_whitespace())
        .chain(image)
        .chain(words.iter().copied());
    let started = docker.call(&all.collect::<Vec<_>>());
    assert_eq!(started.code, Some(0), "{started:?}");
    let logs = || docker.call(&["logs", name]).out;
    eventually("the command is ready", || {
        logs().contains("ready\n").then_some(())
    });

    let acted = docker.call(&[action, &[name]].concat());
    assert_eq!(acted.code, Some(0), "{acted:?}");
    let status = docker.call(&["wait", name]).out;
    let printed = logs();
    docker.call(&["rm", "--force", name]);
    (status.trim().to_string(), printed)
}

#[test]
fn docker_stop_and_kill_reach_the_command() {
    let Some(docker) = docker() else { return };
    let script = "trap 'echo asked; exit 7' TERM USR1; echo ready; sleep 1000 & wait";
    let cases: [(&str, &[&str]); 2] = [
        ("stop", &["stop", "-t", "60"]),
        ("kill", &["kill", "--signal", "USR1"]),
    ];
    for (name, action) in cases {
        let start = Instant::now();
        let (status, printed) = act(docker, name, &["sh", "-c", script], action);
        assert_eq!(
            (status.as_str(), printed.as_str()),
            ("7", "ready\nasked\n"),
            "{name}"
        );
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "{name}: the signal did not arrive"
        );
    }
}

#[test]
fn a_command_that_is_deaf_to_docker_stop_is_killed_when_its_own_time_is_over() {
    let Some(docker) = docker() else { return };
    let words = [
        "--stop-timeout",
        "0.1",
        "sh",
        "-c",
        "echo ready; exec sleep 1000",
    ];
    let start = Instant::now();
    let (status, _) = act(docker, "deaf", &words, &["stop", "-t", "60"]);
    assert_eq!(status, "137");
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "Docker had to kill it"
    );
}

#[test]
fn under_podman_the_masked_proc_is_in_the_way_and_the_hint_names_its_option() {
    let Some(podman) = podman() else { return };
    if restricted() {
        return skip("AppArmor restricts user namespaces");
    }
    for user in USERS {
        let complaint = complaint(&podman.run(user, &["/pidone", "run", "id"]));
        assert!(
            complaint.call.starts_with("mount(\"proc\", "),
            "{complaint:?}"
        );
        assert!(
            complaint
                .hint
                .contains("podman run --security-opt unmask=ALL"),
            "{complaint:?}"
        );
        assert_eq!(follow(podman, user, 1), 1);
    }
    let explained = podman.run("", &["/pidone", "run", "--explain", "id"]);
    assert!(explained.out.contains("clone3("), "{}", explained.out);
}

#[test]
fn a_privileged_podman_container_allows_all_eight_namespaces() {
    let Some(podman) = podman() else { return };
    works(podman, "--privileged", "--all");
}
