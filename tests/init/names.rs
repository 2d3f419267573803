//! Under the names of other inits: their options, variables, versions and exit codes.

use crate::support::{Ran, Scratch, callers, program};
use crate::watched::Role;
use crate::witness::witness;
use std::os::unix::fs::symlink;

/// The program under another name.
pub fn link(scratch: &Scratch, name: &str) -> String {
    let link = scratch.path.join(name);
    symlink(program(), &link).expect("a link can be made");
    link.display().to_string()
}

fn ran(words: &[&str]) -> Ran {
    let mut command = Role::Subreaper.command(callers()[0], words);
    command.output().expect("it can be started").into()
}

#[test]
fn versions_are_as_others_read_them() {
    let scratch = Scratch::new("names");
    for (name, option, version) in [
        ("tini", "--version", "tini version 0.19.0 - git.pidone\n"),
        (
            "docker-init",
            "--version",
            "tini version 0.19.0 - git.pidone\n",
        ),
        (
            "tini-static",
            "--version",
            "tini version 0.19.0 - git.pidone\n",
        ),
        ("dumb-init", "-V", "dumb-init v1.2.5\n"),
        ("catatonit", "--version", "tini version 0.1.7_catatonit\n"),
        ("catatonit", "-V", "tini version 0.1.7_catatonit\n"),
    ] {
        let ran = ran(&[&link_once(&scratch, name), option]);
        assert_eq!(
            (ran.code, ran.out.as_str(), ran.err.as_str()),
            (Some(0), version, ""),
            "{name}"
        );
    }
}

fn link_once(scratch: &Scratch, name: &str) -> String {
    let path = scratch.path.join(name);
    if path.exists() {
        path.display().to_string()
    } else {
        link(scratch, name)
    }
}

#[test]
fn failures_of_ours_are_1_and_those_of_the_command_are_not() {
    let scratch = Scratch::new("names");
    for name in ["tini", "docker-init", "dumb-init", "catatonit"] {
        let path = link(&scratch, name);
        for (words, code) in [
            (&["--no-such-option"][..], 1),
            (&[], 1),
            (&["--", "sh", "-c", "exit 125"], 125),
            (&["--", "sh", "-c", "kill -KILL $$"], 137),
            (&["--", "/nowhere"], 127),
            (&["--", "/"], 126),
        ] {
            let line = [&[path.as_str()], words].concat();
            assert_eq!(ran(&line).code, Some(code), "{name} {words:?}");
        }
    }
}

#[test]
fn docker_calls_it_with_two_dashes() {
    let scratch = Scratch::new("names");
    let ran = ran(&[
        &link(&scratch, "docker-init"),
        "--",
        "echo",
        "-s",
        "--",
        "x",
    ]);
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (Some(0), "-s -- x\n", "")
    );
}

/// A witness under a name, with variables.
fn watched(
    scratch: &Scratch,
    name: &str,
    variables: &[(&str, &str)],
    words: &[&str],
) -> crate::watched::Watched {
    let path = link_once(scratch, name);
    let line = [
        &[path.as_str()],
        words,
        &[witness(), "witness", "report", "die=9"],
    ]
    .concat();
    let mut command = Role::First.command(callers()[0], &line);
    command.envs(variables.iter().copied());
    Role::First.ready(&mut command)
}

#[test]
fn variables_are_options() {
    let scratch = Scratch::new("names");
    for name in ["pidone", "tini", "docker-init", "dumb-init", "catatonit"] {
        let words: &[&str] = if name == "pidone" { &["init"] } else { &[] };
        let variables = [
            ("PIDONE_INIT_REWRITE", "TERM:QUIT,HUP:0"),
            ("PIDONE_INIT_WAIT_ALL", "1"),
        ];
        let watched = watched(&scratch, name, &variables, words);
        for (signal, wanted) in [(15, vec!["got 3"]), (1, vec![]), (2, vec!["got 2"])] {
            watched.send(signal);
            assert_eq!(watched.up_to_fence(), wanted, "{name}");
        }
    }
}

#[test]
fn a_variable_that_is_wrong_is_named() {
    for (variable, value, wanted) in [
        (
            "PIDONE_INIT_GRAZE",
            "5",
            "pidone: the variable \"PIDONE_INIT_GRAZE\" stands for no option of init\n",
        ),
        (
            "PIDONE_INIT_GRACE",
            "x",
            "pidone: --grace \"x\": wanted is a number of seconds, such as 10 or 0.5\n",
        ),
    ] {
        let mut command = Role::Subreaper.init(callers()[0], &["true"]);
        let ran: Ran = command
            .env(variable, value)
            .output()
            .expect("it can be started")
            .into();
        assert_eq!((ran.code, ran.err.as_str()), (Some(125), wanted));
    }
}

/// Its own, and not those of the others.
#[test]
fn each_name_has_its_own_variables() {
    let scratch = Scratch::new("names");
    let blind = [("TINI_SUBREAPER", "1"), ("DUMB_INIT_SETSID", "0")];
    for (name, single) in [("tini", false), ("dumb-init", true), ("catatonit", false)] {
        let watched = watched(&scratch, name, &blind, &[]);
        let leads =
            crate::support::stat(watched.main()).expect("it runs")[2] == watched.main().to_string();
        assert_eq!(!leads, single, "{name}");
    }
}

#[test]
fn dumb_init_leads_a_session_and_stops_it() {
    let scratch = Scratch::new("names");
    let watched = watched(&scratch, "dumb-init", &[], &[]);
    let main = watched.main();
    assert_eq!(
        crate::support::stat(main).expect("it runs")[3],
        main.to_string()
    );
    watched.send(libc::SIGTSTP);
    crate::support::eventually("it stops", || {
        (crate::support::state(main) == 'T').then_some(())
    });
    watched.send(libc::SIGCONT);
    crate::support::eventually("it goes on", || {
        crate::support::is_running(main).then_some(())
    });
}

#[test]
fn the_licence_and_the_help_are_printed() {
    let scratch = Scratch::new("names");
    let tini = link(&scratch, "tini");
    assert_eq!(ran(&[&tini, "-l"]).out, "MIT OR Apache-2.0\n");
    let help = ran(&[&tini, "-h"]);
    assert_eq!((help.code, help.err.as_str()), (Some(0), ""));
    assert!(
        help.out.contains("--rewrite FROM:TO") && help.out.lines().count() <= 50,
        "{}",
        help.out
    );
    assert!(
        help.out.lines().all(|line| line.len() <= 80),
        "{}",
        help.out
    );
    // The same text is a machine's, which has other limits by itself.
    for (option, limits) in [("--grace ", "(VM: 5)"), ("--stop-timeout ", "(10; VM: 5)")] {
        let mut lines = help.out.lines();
        let line = lines.find(|line| line.contains(option));
        assert!(line.is_some_and(|line| line.ends_with(limits)), "{line:?}");
    }
}
