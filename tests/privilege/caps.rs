//! The five sets, read back from /proc/PID/status.

use crate::support::{Caller, Held, Scratch, callers, command, has, is_root, pidone, program, run};
use crate::support::{skip, status_field};
use std::fs;

/// Inheritable, permitted, effective, bounding, ambient.
type Sets = [u64; 5];

fn sets(status: &str) -> Sets {
    ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map(|name| {
        let set = status_field(status, name).expect("a line for each set");
        u64::from_str_radix(&set, 16).expect("a hexadecimal number")
    })
}

/// What the command has when it runs.
fn held(caller: Caller, options: &[&str]) -> Sets {
    let mut pidone = pidone(caller, &["run"]);
    pidone.args(options);
    sets(&Held::start(pidone).proc("status"))
}

/// All that this kernel has.
fn all() -> u64 {
    let last = fs::read_to_string("/proc/sys/kernel/cap_last_cap").expect("there is a /proc");
    (2 << last.trim().parse::<u32>().expect("a number")) - 1
}

fn own() -> Sets {
    sets(&fs::read_to_string("/proc/self/status").expect("there is a /proc"))
}

const KILL: u64 = 1 << 5;
const NET_BIND_SERVICE: u64 = 1 << 10;
const NET_RAW: u64 = 1 << 13;
const SYS_RESOURCE: u64 = 1 << 24;

#[test]
fn by_default_root_keeps_what_it_has_and_others_have_nothing() {
    for &caller in callers() {
        let full = all();
        let wanted = if caller == Caller::Root {
            own()
        } else {
            [0, full, full, full, 0]
        };
        assert_eq!(held(caller, &[]), wanted, "{caller:?}");
        assert_eq!(
            held(caller, &["-U"]),
            [0, full, full, full, 0],
            "{caller:?}"
        );
        assert_eq!(
            held(caller, &["--map-user=5"]),
            [0, 0, 0, full, 0],
            "{caller:?}"
        );
    }
}

#[test]
fn all_can_be_dropped() {
    for &caller in callers() {
        for options in [
            &["--cap-drop=ALL"][..],
            &["--cap-drop", "ALL", "-U"],
            &["--cap-drop", "ALL", "--map-user=5"],
            &["--cap-drop=KILL", "--cap-drop=ALL", "--allow-new-privs"],
        ] {
            assert_eq!(held(caller, options), [0; 5], "{options:?}, {caller:?}");
        }
    }
}

#[test]
fn root_gets_what_is_added_without_inheriting_it() {
    for &caller in callers() {
        for user in [
            &["--cap-drop=ALL"][..],
            &["-U", "--cap-drop=ALL", "--allow-new-privs"],
        ] {
            let options = [
                user,
                &["--cap-add", "KILL", "--cap-add=CAP_NET_BIND_SERVICE"],
            ]
            .concat();
            let both = KILL | NET_BIND_SERVICE;
            assert_eq!(
                held(caller, &options),
                [0, both, both, both, 0],
                "{options:?}, {caller:?}"
            );
        }
    }
}

#[test]
fn one_can_be_dropped() {
    for &caller in callers() {
        let rest = all() & !NET_RAW;
        let [_, permitted, _, bounding, _] = if caller == Caller::Root {
            own()
        } else {
            [0, all(), 0, all(), 0]
        };
        let [permitted, bounding] = [permitted & rest, bounding & rest];
        assert_eq!(
            held(caller, &["--cap-drop=NET_RAW"]),
            [0, permitted, permitted, bounding, 0],
            "{caller:?}"
        );
        for options in [["-U", "--cap-drop=13"], ["-U", "--cap-drop=CAP_NET_RAW"]] {
            assert_eq!(
                held(caller, &options),
                [0, rest, rest, rest, 0],
                "{caller:?}"
            );
        }
        let both = ["-U", "--cap-add=ALL", "--cap-drop=NET_RAW"];
        assert_eq!(held(caller, &both), [0, rest, rest, rest, 0], "{caller:?}");
    }
}

#[test]
fn others_get_what_is_added_in_every_set() {
    for &caller in callers() {
        let options = ["--map-user=5", "--cap-drop=ALL", "--cap-add=KILL"];
        assert_eq!(held(caller, &options), [KILL; 5], "{caller:?}");
        let options = [
            "--map-user=5",
            "--cap-add=KILL",
            "--cap-add=NET_BIND_SERVICE",
        ];
        let both = KILL | NET_BIND_SERVICE;
        assert_eq!(
            held(caller, &options),
            [both, both, both, all(), both],
            "{caller:?}"
        );
        let options = ["--map-user=5", "--cap-add=ALL"];
        assert_eq!(held(caller, &options), [all(); 5], "{caller:?}");
    }
}

/// A caller whose inheritable set is full, as old container engines started their commands
/// (CVE-2022-24769).
#[test]
fn what_the_caller_inherits_does_not_reach_the_command() {
    if !is_root() || !has("setpriv") {
        return skip("not root, or no setpriv");
    }
    let kept = "+kill,+net_raw";
    let inherited = |options: &[&str]| {
        let mut setpriv = command(Caller::Root, "setpriv");
        setpriv.args(["--inh-caps", kept, "--ambient-caps", kept]);
        setpriv.arg(program()).arg("run").args(options);
        sets(&Held::start(setpriv).proc("status"))
    };
    // The control: it does as long as nothing is wished for, and nothing can be made of it.
    assert_eq!(inherited(&[])[0], KILL | NET_RAW);
    for options in [
        &["--cap-drop=KILL"][..],
        &["--cap-drop=ALL", "--cap-add=KILL"],
        &["--cap-add=KILL"],
        &["--allow-new-privs"],
        &["-U"],
    ] {
        let [inheritable, .., ambient] = inherited(options);
        assert_eq!((inheritable, ambient), (0, 0), "{options:?}");
    }
}

#[test]
fn what_the_caller_does_not_have_cannot_be_added() {
    if !is_root() || !has("setpriv") {
        return skip("not root, or no setpriv");
    }
    let mut setpriv = command(Caller::Root, "setpriv");
    setpriv.args(["--bounding-set", "-net_raw", "--"]);
    setpriv
        .arg(program())
        .args(["run", "--cap-add=NET_RAW", "/bin/true"]);
    let ran = crate::support::Ran::from(setpriv.output().expect("setpriv can be started"));
    assert_eq!(ran.code, Some(125), "{ran:?}");
    assert!(
        ran.err
            .contains(": EPERM\nhint: the caller has no such capability"),
        "{ran:?}"
    );
}

#[test]
fn an_ordinary_user_outside_a_user_namespace_can_drop_nothing() {
    // It shares what it may share, in a process of its own.
    let options = ["--share=user,pid,mount", "--cap-drop=KILL", "/bin/true"];
    let ran = run(Caller::Ordinary, &options);
    assert_eq!(ran.code, Some(125), "{ran:?}");
    assert!(
        ran.err
            .contains("prctl(PR_CAPBSET_DROP, CAP_KILL): EPERM\nhint: "),
        "{ran:?}"
    );
}

#[test]
fn a_capability_that_no_kernel_has_cannot_be_added() {
    for &caller in callers() {
        let ran = run(caller, &["--cap-add=62", "/bin/true"]);
        let sentence = "pidone: --cap-add CAP_62: this kernel has no such capability\n";
        assert_eq!(
            (ran.code, ran.err.as_str()),
            (Some(125), sentence),
            "{caller:?}"
        );
        // Nobody can have it, so nothing is to be done.
        assert_eq!(
            run(caller, &["--cap-drop=62", "/bin/true"]).code,
            Some(0),
            "{caller:?}"
        );
    }
}

/// Root that is not special to a file's capabilities either.
#[test]
fn a_file_gives_no_capability_back() {
    if !is_root() || !has("setcap") {
        return skip("not root, or no setcap");
    }
    let scratch = Scratch::new("setcap");
    let copy = scratch.path.join("grep");
    let copied = command(Caller::Root, "cp")
        .args(["/bin/grep", copy.to_str().unwrap()])
        .status();
    assert!(copied.expect("cp can be started").success());
    let mut setcap = command(Caller::Root, "setcap");
    let status = setcap
        .args(["cap_kill,cap_net_raw+ip", copy.to_str().unwrap()])
        .status();
    if !status.expect("setcap can be started").success() {
        return skip("the file system has no capabilities");
    }
    let look = [copy.to_str().unwrap(), "Cap", "/proc/self/status"];
    let found = |options: &[&str]| {
        let ran = run(Caller::Root, &[options, &look].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        sets(&ran.out)
    };
    // As somebody else, whom the file would make more of.
    let other = ["--share=user", "--allow-new-privs"];
    let all_of = [&other[..], &["--cap-drop=ALL", "--cap-add=NET_RAW"]].concat();
    assert_eq!(found(&all_of)[1] & !NET_RAW, 0);
    assert_eq!(found(&["--cap-drop=ALL"])[1], 0);
    assert_eq!(SYS_RESOURCE & found(&["--disable-userns"])[3], 0);
}
