//! Wrong words: one sentence that names the option and what is wanted, and nothing is done.

use crate::support::{Ran, Scratch, callers, pidone, run};

/// Asserts that these words are refused with this sentence.
fn assert_wrong(words: &[&str], sentence: &str) {
    let caller = callers()[0];
    let ran: Ran = pidone(caller, words)
        .output()
        .expect("pidone can be started")
        .into();
    assert_eq!(ran.err, format!("pidone: {sentence}\n"), "{words:?}");
    assert_eq!((ran.code, ran.out.as_str()), (Some(125), ""), "{words:?}");
}

pub fn assert_wrong_option(words: &[&str], sentence: &str) {
    assert_wrong(&[&["run"], words].concat(), sentence);
}

#[test]
fn a_wrong_verb_is_told_with_the_nearest() {
    assert_wrong(
        &[],
        "nothing to do: try \"pidone run COMMAND\" or \"pidone --help\"",
    );
    assert_wrong(&["rum", "true"], "unknown verb \"rum\": did you mean run?");
    assert_wrong(
        &["verison"],
        "unknown verb \"verison\": did you mean version?",
    );
    assert_wrong(&["true"], "unknown verb \"true\": see \"pidone --help\"");
    assert_wrong(
        &["--net", "true"],
        "unknown verb \"--net\": see \"pidone --help\"",
    );
    assert_wrong(&[""], "unknown verb \"\": see \"pidone --help\"");
}

#[test]
fn an_unknown_option_is_told_with_the_nearest() {
    for (word, nearest) in [
        ("--hostnme", "hostname"),
        ("--hostnames", "hostname"),
        ("--nett", "net"),
        ("--umaks", "umask"),
        ("--setgroup", "setgroups"),
        ("--json-status", "json-status-fd"),
        ("--explian", "explain"),
    ] {
        assert_wrong_option(
            &[word, "true"],
            &format!("unknown option {word:?}: did you mean --{nearest}?"),
        );
    }
    let word = "--hostnme=x y";
    assert_wrong_option(
        &[word],
        &format!("unknown option {word:?}: did you mean --hostname?"),
    );
    for word in [
        "--frobnicate",
        "---",
        "--=x",
        "--ne t\u{7f}",
        "--net-but-much-longer-than-any-slip-of-a-hand",
    ] {
        let shown = word.replace('\u{7f}', "\\177");
        assert_wrong_option(
            &[word],
            &format!("unknown option \"{shown}\": see \"pidone --help\""),
        );
    }
}

#[test]
fn an_unknown_letter_is_told_with_its_word() {
    assert_wrong_option(
        &["-Z"],
        "unknown option \"-Z\" in \"-Z\": see \"pidone --help\"",
    );
    assert_wrong_option(
        &["-unZi", "true"],
        "unknown option \"-Z\" in \"-unZi\": see \"pidone --help\"",
    );
    assert_wrong_option(
        &["-n=x"],
        "unknown option \"-=\" in \"-n=x\": see \"pidone --help\"",
    );
    assert_wrong_option(
        &["-1"],
        "unknown option \"-1\" in \"-1\": see \"pidone --help\"",
    );
}

/// Options with a value, and a right one.
const SCALARS: [(&str, &str); 31] = [
    ("map-user", "5"),
    ("map-group", "5"),
    ("setgroups", "deny"),
    ("propagation", "slave"),
    ("hostname", "x"),
    ("domainname", "x"),
    ("monotonic", "5"),
    ("boottime", "5"),
    ("chdir", "/"),
    ("argv0", "x"),
    ("umask", "22"),
    ("nice", "5"),
    ("oom-score-adj", "5"),
    ("preserve-fds", "5"),
    ("memory", "5m"),
    ("pids-limit", "5"),
    ("cpus", "5"),
    ("cpuset-cpus", "5"),
    ("io-weight", "5"),
    ("cgroup-path", "/x"),
    ("timeout", "5"),
    ("stop-signal", "TERM"),
    ("stop-timeout", "5"),
    ("pid-file", "/absent/pid"),
    ("info-fd", "9"),
    ("json-status-fd", "9"),
    ("block-fd", "9"),
    ("sync-fd", "9"),
    ("share", "net"),
    ("try", "net"),
    ("rlimit", "core=0"),
];

#[test]
fn a_missing_value_is_told() {
    for (option, _) in SCALARS {
        let ran = run(callers()[0], &[format!("--{option}")]);
        let start = format!("pidone: --{option} needs a value: --{option} ");
        assert!(
            ran.err.starts_with(&start) && ran.err.lines().count() == 1,
            "{ran:?}"
        );
        assert_eq!(ran.code, Some(125), "--{option}");
    }
    assert_wrong_option(&["-w"], "--chdir needs a value: --chdir DIR");
    assert_wrong_option(&["-aw"], "--chdir needs a value: --chdir DIR");
    assert_wrong_option(&["--env"], "--env needs a value: --env K[=V]");
    for words in [&["--setenv"][..], &["--setenv", "A"], &["--setenv=A"]] {
        assert_wrong_option(words, "--setenv needs a value: --setenv K V");
    }
}

#[test]
fn a_value_for_a_switch_is_told() {
    for option in [
        "net",
        "all",
        "map-root-user",
        "clearenv",
        "new-session",
        "tty",
        "allow-new-privs",
        "explain",
        "help",
    ] {
        assert_wrong_option(
            &[&format!("--{option}=x"), "true"],
            &format!("--{option} takes no value"),
        );
        assert_wrong_option(
            &[&format!("--{option}="), "true"],
            &format!("--{option} takes no value"),
        );
    }
}

#[test]
fn a_scalar_that_is_given_twice_is_told() {
    for (option, value) in SCALARS
        .into_iter()
        .filter(|(name, _)| !matches!(*name, "share" | "try" | "rlimit"))
    {
        let words = [
            format!("--{option}"),
            value.to_string(),
            format!("--{option}={value}"),
            "true".to_string(),
        ];
        let words = words.each_ref().map(String::as_str);
        assert_wrong_option(&words, &format!("--{option} is given twice"));
    }
    assert_wrong_option(
        &["-w/", "--chdir", "/usr", "true"],
        "--chdir is given twice",
    );
}

#[test]
fn what_may_be_repeated_is_repeated() {
    let words = [
        "-nn",
        "--net",
        "-a",
        "-a",
        "--clearenv",
        "--clearenv",
        "-U",
        "--share=time",
        "--share",
        "cgroup",
    ];
    let more = [
        "--rlimit=core=0",
        "--rlimit=core=0",
        "-e",
        "A=1",
        "-e",
        "A=1",
        "/bin/sh",
        "-c",
        "exit 7",
    ];
    for &caller in callers() {
        let ran = run(caller, &[words.as_slice(), &more].concat());
        assert_eq!((ran.code, ran.err.as_str()), (Some(7), ""), "{caller:?}");
    }
}

#[test]
fn a_contradiction_is_told() {
    for (one, two) in [
        (&["-r"][..], &["-c"][..]),
        (&["--map-root-user"], &["--map-user=5"]),
        (&["--map-root-user"], &["--map-group", "5"]),
        (&["-c"], &["--map-user", "5"]),
        (&["--map-current-user"], &["--map-group=5"]),
    ] {
        for words in [
            [one, two, &["true"]].concat(),
            [two, one, &["true"]].concat(),
        ] {
            let ran = run(callers()[0], &words);
            assert_eq!((ran.code, ran.out.as_str()), (Some(125), ""), "{words:?}");
            assert!(
                ran.err.contains(" contradicts --map-")
                    && ran.err.ends_with(": give one of them\n"),
                "{ran:?}"
            );
        }
    }
    for name in [
        "mount", "uts", "ipc", "net", "pid", "user", "cgroup", "time",
    ] {
        let other = format!("--share contradicts --{name}: give one of them");
        assert_wrong_option(&[&format!("--{name}"), "--share", name, "true"], &other);
        assert_wrong_option(
            &["--share", name, "-a", &format!("--{name}"), "true"],
            &other,
        );
        let other = "--share contradicts --try: give one of them";
        assert_wrong_option(&["--try", name, "--share", name, "true"], other);
    }
}

#[test]
fn an_option_without_the_namespace_that_it_needs_is_told() {
    for (option, name) in [
        ("--hostname=x", "uts"),
        ("--domainname=x", "uts"),
        ("--monotonic=5", "time"),
        ("--boottime=5", "time"),
        ("--map-user=5", "user"),
        ("--map-group=5", "user"),
        ("--setgroups=deny", "user"),
        ("--propagation=slave", "mount"),
        ("--memory=1G", "cgroup"),
        ("--cgroup-path=x", "cgroup"),
    ] {
        let word = option.split('=').next().expect("a name");
        let sentence =
            format!("{word} needs a new {name} namespace: it contradicts --share {name}");
        assert_wrong_option(&[option, "--share", name, "true"], &sentence);
    }
}

#[test]
fn the_first_wrong_word_is_told_and_nothing_is_done() {
    let scratch = Scratch::new("wrong");
    let made = scratch.path.join("made");
    let file = format!("--pid-file={}", scratch.path.join("pid").display());
    for &caller in callers() {
        let made = made.to_str().expect("a plain name");
        let ran = run(
            caller,
            &[&file, "--nice=x", "--umask=x", "--nope", "touch", made],
        );
        assert_eq!(
            ran.err, "pidone: --nice \"x\": wanted is a number from -20 to 19\n",
            "{caller:?}"
        );
        let ran = run(caller, &["--help", "--nope"]);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (Some(125), ""),
            "{caller:?}: {ran:?}"
        );
    }
    assert_eq!(scratch.path.read_dir().expect("it is there").count(), 0);
}
