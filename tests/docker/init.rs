//! `init` in containers: an image with nothing but it and a static program, Docker's own `--init`, and how
//! containers are stopped.

use crate::engine::{Docker, Engine, IMAGE, docker};
use crate::session::Session;
use crate::support::{Caller, Ran, eventually};

/// Options under which nothing may be missed.
const OPTIONS: [&str; 6] = [
    "",
    "--read-only",
    "--user 1000",
    "--cap-drop ALL",
    "--tty",
    "--user 1000 --cap-drop ALL --read-only --security-opt no-new-privileges --tty",
];

/// Who is process 1 and who is the command: its id, its parent's, and the group that has the terminal.
const LOOK: &str = "read -r a b c parent group d tty holder rest </proc/self/stat; \
    [ $tty = 0 ] || [ $group = $holder ] || echo background; echo $PPID; exit 7";

#[test]
fn an_entry_point_needs_nothing() {
    let Some(docker) = docker() else { return };
    for options in OPTIONS {
        let ran = docker.run(options, &["/pidone", "init", "--", "sh", "-c", LOOK]);
        let lines: Vec<&str> = ran.out.lines().collect();
        assert_eq!(
            (ran.code, &lines[..], ran.err.as_str()),
            (Some(7), &["1"][..], ""),
            "{options}"
        );
    }
}

#[test]
fn dockers_own_init_may_be_ours() {
    let Some(docker) = docker() else { return };
    for options in OPTIONS {
        let ran = docker.run(&format!("--init {options}"), &["sh", "-c", LOOK]);
        let lines: Vec<&str> = ran.out.lines().collect();
        assert_eq!(
            (ran.code, &lines[..], ran.err.as_str()),
            (Some(7), &["1"][..], ""),
            "{options}"
        );
    }
    let options = "--init --env PIDONE_INIT_REMAP_EXIT=7=8 --env TINI_KILL_PROCESS_GROUP=1";
    assert_eq!(docker.run(options, &["sh", "-c", LOOK]).code, Some(8));
    let information = docker.call(&["info", "--format", "{{.InitCommit.ID}}"]);
    // Docker releases differ in how much of the version they show.
    assert!(
        information.out.trim().ends_with("pidone"),
        "{information:?}"
    );
}

/// What is typed at `docker run -it`.
#[test]
fn keys_and_size_reach_the_program() {
    let Some(docker) = docker() else { return };
    const SCRIPT: &str = "trap 'echo inter''rupted; exit 9' INT; \
        until [ \"$(stty size)\" = '33 77' ]; do sleep 0.1; done; echo sized; \
        read -r line; echo \"got $line\"; while :; do sleep 0.1; done";
    for (options, init) in [
        ("", &["/pidone", "init", "--"][..]),
        ("--init", &[]),
        (
            "--user 1000 --cap-drop ALL --read-only",
            &["/pidone", "init", "--"],
        ),
        ("", &["/pidone", "init", "--tty", "--"]),
    ] {
        let client = docker.command(&["run", "-it", "--rm", "--network", "none"]);
        let variables = client
            .get_envs()
            .filter_map(|(name, value)| Some(format!("{}={}", name.to_str()?, value?.to_str()?)));
        let mut words: Vec<String> = vec!["env".into()];
        words.extend(variables);
        words.push("docker".into());
        words.extend(client.get_args().map(|word| word.display().to_string()));
        words.extend(options.split_whitespace().map(String::from));
        words.push(IMAGE.into());
        words.extend(
            init.iter()
                .chain(&["sh", "-c", SCRIPT])
                .map(|word| word.to_string()),
        );
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut session = Session::led_by(Caller::Root, &words);
        session.resize(33, 77);
        session.until("sized\r\n");
        session.keys("two words\r");
        session.until("got two words\r\n");
        session.keys("\x03");
        session.until("interrupted\r\n");
        assert_eq!(session.end(), Some(9), "{options} {init:?}");
    }
}

#[test]
fn what_cannot_be_executed_is_said() {
    let Some(docker) = docker() else { return };
    for (file, code) in [("/nowhere", 127), ("/bin", 126)] {
        let ran = docker.run("", &["/pidone", "init", file]);
        assert!(
            ran.code == Some(code) && ran.err.contains("execve("),
            "{ran:?}"
        );
    }
}

/// A container that runs until it is dropped.
struct Container<'d> {
    docker: &'d Docker,
    id: String,
}

impl<'d> Container<'d> {
    fn start(docker: &'d Docker, options: &str, words: &[&str]) -> Self {
        let all = ["run", "--detach", "--network", "none"].into_iter();
        let all = all.chain(options.split_whitespace()).chain([IMAGE]);
        let ran = docker.call(&all.chain(words.iter().copied()).collect::<Vec<_>>());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        Container {
            docker,
            id: ran.out.trim().to_string(),
        }
    }

    fn call(&self, words: &[&str], rest: &[&str]) -> Ran {
        self.docker.call(&[words, &[&self.id], rest].concat())
    }

    fn wait_for(&self, text: &str) {
        eventually(text, || {
            self.call(&["logs"], &[]).out.contains(text).then_some(())
        });
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        self.call(&["rm", "--force"], &[]);
    }
}

/// Long before the 60 seconds after which Docker would kill it, as the exit code tells.
#[test]
fn docker_stop_reaches_the_program() {
    let Some(docker) = docker() else { return };
    let program = "trap 'exit 9' TERM INT; echo ready; while :; do sleep 0.05; done";
    for (options, words, code) in [
        ("", &["/pidone", "init", "sh", "-c", program][..], "9"),
        ("--init", &["sh", "-c", program], "9"),
        (
            "--stop-signal INT",
            &["/pidone", "init", "sh", "-c", program],
            "9",
        ),
        (
            "",
            &["/pidone", "init", "-r", "TERM:KILL", "sh", "-c", program],
            "137",
        ),
        ("", &["/pidone", "init", "sleep", "1000"], "143"),
        ("", &["/pidone", "init", "--pause"], "0"),
    ] {
        let container = Container::start(docker, options, words);
        if words.contains(&program) {
            container.wait_for("ready");
        }
        container.call(&["stop", "--time", "60"], &[]);
        let ended = container.call(&["wait"], &[]);
        assert_eq!(ended.out.trim(), code, "{options} {words:?}");
    }
}

#[test]
fn orphans_of_docker_exec_are_reaped() {
    let Some(docker) = docker() else { return };
    for (options, words) in [
        ("", &["/pidone", "init", "sleep", "1000"][..]),
        ("--init", &["sleep", "1000"]),
    ] {
        let container = Container::start(docker, options, words);
        let orphans = "for i in 1 2 3 4 5; do (sleep 0.1 & ) ; done";
        for _ in 0..3 {
            assert_eq!(
                container.call(&["exec"], &["sh", "-c", orphans]).code,
                Some(0)
            );
        }
        // Process 1, its child, and those that count.
        let count = "ls -d /proc/[0-9]* | wc -l; cat /proc/[0-9]*/status | grep -c 'State:.*Z'";
        eventually("only they are left", || {
            let seen = container.call(&["exec"], &["sh", "-c", count]).out;
            let mut numbers = seen
                .split_whitespace()
                .map(|word| word.parse().unwrap_or(99));
            (numbers.next() <= Some(6) && numbers.next() == Some(0)).then_some(())
        });
    }
}

#[test]
fn signals_of_docker_kill_reach_the_program() {
    let Some(docker) = docker() else { return };
    let program = "for s in HUP USR1 USR2 ABRT WINCH; do trap \"echo got $s\" $s; done; \
        echo ready; while :; do sleep 0.05; done";
    let container = Container::start(docker, "", &["/pidone", "init", "sh", "-c", program]);
    container.wait_for("ready");
    for signal in ["HUP", "USR1", "USR2", "ABRT", "WINCH"] {
        container.call(&["kill", "--signal", signal], &[]);
        container.wait_for(&format!("got {signal}"));
    }
}
