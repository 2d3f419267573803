//! What is wrong with other inits: each fault as a test that they fail and we pass.

use crate::cost::{private_dirty, switches, sync_program};
use crate::session::Session;
use crate::start::{given, shown};
use crate::support::{Ran, Scratch, callers, children, eventually, has, program, skip};
use crate::watched::Role;
use std::path::PathBuf;
use std::time::Duration;

/// Where a program is.
pub fn place(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let extra = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from);
    std::env::split_paths(&path)
        .chain(extra)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("no {name}"))
}

/// We under the name of a peer, and the peer where it is installed: what fails and what is right.
fn each(peer: &str, fault: impl Fn(&str) -> bool) {
    let scratch = Scratch::new("peers");
    let ours = crate::names::link(&scratch, peer);
    assert!(!fault(&ours), "we have the fault of {peer}");
    let own = program().to_str().expect("a plain name");
    assert!(
        !fault(&format!("{own} init")),
        "we have the fault of {peer}"
    );
    if !has(peer) {
        return skip(&format!("no {peer}"));
    }
    assert!(
        fault(place(peer).to_str().unwrap()),
        "{peer} has been mended: this is no test any more"
    );
}

/// The words of a command line under an init.
fn under<'a>(init: &'a str, words: &[&'a str]) -> Vec<&'a str> {
    init.split(' ')
        .chain(["--"])
        .chain(words.iter().copied())
        .collect()
}

fn end_of(role: Role, init: &str, words: &[&str]) -> Ran {
    let mut command = role.command(callers()[0], &under(init, words));
    command.output().expect("it can be started").into()
}

#[test]
fn tini_wakes_up_every_second() {
    each("tini", |init| {
        let line = under(init, &["sh", "-c", "echo ready; exec sleep 1000"]);
        let watched = Role::First.ready(&mut Role::First.command(callers()[0], &line));
        std::thread::sleep(Duration::from_millis(200));
        let before = switches(watched.init);
        std::thread::sleep(Duration::from_millis(2500));
        switches(watched.init) > before
    });
}

#[test]
fn tini_eats_the_options_of_the_program() {
    each("tini", |init| {
        let words: Vec<&str> = init.split(' ').chain(["echo", "-s", "x"]).collect();
        let output = Role::First.command(callers()[0], &words).output();
        output.expect("it can be started").stdout != b"-s x\n"
    });
}

#[test]
fn tini_complains_when_it_is_not_process_1() {
    each("tini", |init| {
        !end_of(Role::Subreaper, init, &["true"]).err.is_empty()
    });
}

#[test]
fn tini_takes_the_terminal_from_the_shell() {
    each("tini", |init| {
        let session = &mut Session::new();
        session.background(
            callers()[0],
            &under(init, &["sh", "-c", "echo ready; exec sleep 20"]),
        );
        session.until("ready");
        session.holder() != session.leader()
    });
}

#[test]
fn catatonit_leaves_stop_signals_blocked() {
    each("catatonit", |init| {
        let line = under(init, &["cat", "/proc/self/status"]);
        let mut command = Role::First.command(callers()[0], &line);
        given(&mut command, &[], &[]);
        shown(command)[0] != 0
    });
}

/// What nohup(1) asks for.
#[test]
fn dumb_init_forgets_what_is_ignored() {
    each("dumb-init", |init| {
        let line = under(init, &["cat", "/proc/self/status"]);
        let mut command = Role::First.command(callers()[0], &line);
        given(&mut command, &[libc::SIGHUP], &[]);
        shown(command)[1] != 1
    });
}

#[test]
fn dumb_init_says_2_for_a_program_that_is_not_there() {
    each("dumb-init", |init| {
        end_of(Role::First, init, &["/nowhere"]).code == Some(2)
    });
}

#[test]
fn catatonit_says_1_for_a_program_that_is_not_there() {
    each("catatonit", |init| {
        end_of(Role::First, init, &["/nowhere"]).code == Some(1)
    });
}

#[test]
fn dumb_init_adopts_nobody_when_it_is_not_process_1() {
    each("dumb-init", |init| {
        let script = "(sleep 2 &); echo ready; sleep 1";
        let watched = Role::Subreaper
            .ready(&mut Role::Subreaper.command(callers()[0], &under(init, &["sh", "-c", script])));
        let adopted = (0..50).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            children(watched.init).len() > 1
        });
        !adopted
    });
}

/// Their last process is killed without a word.
#[test]
fn nobody_else_asks_those_who_are_left() {
    let scratch = Scratch::new("peers");
    let leaves = |init: &str| {
        let file = scratch.path.join("file").display().to_string();
        let daemon = format!(
            "trap \"echo TERM >{file}; exit\" TERM; echo >{file}.up; while :; do sleep 0.02; done"
        );
        let script = format!(
            "setsid sh -c '{daemon}' & while [ ! -e {file}.up ]; do sleep 0.01; done; exit 0"
        );
        let mut command = Role::First.command(callers()[0], &under(init, &["sh", "-c", &script]));
        command
            .env("PIDONE_INIT_GRACE", "30")
            .output()
            .expect("it can be started");
        let asked = std::fs::read_to_string(&file).is_ok();
        for name in [&file, &format!("{file}.up")] {
            let _ = std::fs::remove_file(name);
        }
        !asked
    };
    for peer in ["tini", "dumb-init", "catatonit"] {
        each(peer, leaves);
    }
}

#[test]
fn nobody_else_rewrites_signals_by_name() {
    each("dumb-init", |init| {
        let script =
            "trap 'exit 3' INT; trap 'exit 4' TERM; kill -TERM $PPID; while :; do sleep 0.01; done";
        let words = ["--rewrite", "TERM:INT", "sh", "-c", script];
        let words: Vec<&str> = init.split(' ').chain(words).collect();
        let output = Role::First.command(callers()[0], &words).output();
        output.expect("it can be started").status.code() != Some(3)
    });
}

/// A file without an interpreter is a failure of theirs that looks like the program's.
#[test]
fn a_program_that_says_127_looks_like_none_at_all() {
    let scratch = Scratch::new("peers");
    let file = scratch.path.join("status").display().to_string();
    let told = |init: &str, words: &[&str]| {
        let line = under(init, words).join(" ");
        let script = format!("exec {line} 7>{file}");
        let mut shell = Role::Subreaper.command(callers()[0], &["sh", "-c", &script]);
        shell
            .env("PIDONE_INIT_JSON_STATUS_FD", "7")
            .output()
            .expect("it can be started");
        std::fs::read_to_string(&file)
            .unwrap_or_default()
            .contains("exit-code")
    };
    each("tini", |init| {
        told(init, &["/nowhere"]) == told(init, &["sh", "-c", "'exit 127'"])
    });
}

#[test]
fn all_others_keep_more_memory() {
    if cfg!(debug_assertions) {
        return;
    }
    let kilobytes = |init: &str| {
        let line = under(init, &["sh", "-c", "echo ready; exec sleep 1000"]);
        // A long environment is a page more for everybody.
        let mut command = Role::First.command(callers()[0], &line);
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        let watched = Role::First.ready(&mut command);
        eventually("it waits", || {
            (crate::support::state(watched.init) == 'S').then_some(())
        });
        std::thread::sleep(Duration::from_millis(100));
        private_dirty(watched.init)
    };
    sync_program();
    for peer in ["tini", "tini-static", "dumb-init", "catatonit"] {
        each(peer, |init| kilobytes(init) > 12);
    }
}
