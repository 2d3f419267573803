//! The same on Linux 6.1, in a virtual machine: what it does not have is refused, not left out.

use crate::support::{Ran, program};
use crate::vm::Machine;

/// Runs a script there, with more words for the kernel.
fn run(words: &str, script: &str) -> Option<Ran> {
    let mut machine = Machine::with_script(script)?;
    machine.words = words.into();
    let pidone = std::fs::read(program()).expect("it was built");
    machine.files.file("bin/pidone", 0o755, pidone);
    Some(machine.run())
}

/// Options of Landlock, each alone.
const RULES: &str = "--landlock-rx=/ --landlock-ro=/ --landlock-rw=/ --landlock-tcp-connect=1 \
    --landlock-tcp-bind=1 --landlock-scope";

/// Tries each of them as root and as an ordinary user.
fn each() -> String {
    format!(
        "for rule in {RULES}; do \
        pidone run $rule true; echo \"$rule: $?\"; user pidone run $rule true; echo \"$rule: $?\"; done"
    )
}

fn refusals(out: &str, hint: &str) -> [usize; 2] {
    [": 125\n", hint].map(|text| out.matches(text).count())
}

#[test]
fn rules_that_are_too_new_are_refused() {
    let Some(ran) = run("", &each()) else { return };
    let hint = "\nhint: this kernel's Landlock is too old for it: ";
    assert_eq!(refusals(&ran.out, hint), [12; 2], "{}", ran.out);
}

#[test]
fn rules_where_landlock_is_disabled_are_refused() {
    let Some(ran) = run("lsm=lockdown", &each()) else {
        return;
    };
    let hint = ": EOPNOTSUPP\nhint: Landlock is disabled: ";
    assert_eq!(refusals(&ran.out, hint), [12; 2], "{}", ran.out);
}

#[test]
fn the_rest_is_as_it_is_elsewhere() {
    let script = "
        look='grep -E ^(Cap|Seccomp:) /proc/self/status'
        pidone run --cap-drop=ALL --cap-add=KILL --seccomp=default $look
        user pidone run --map-user=5 --cap-drop=ALL --cap-add=KILL --seccomp=default $look
        for run in 'pidone run' 'user pidone run'; do
            $run --disable-userns sh -c 'echo 9 >/proc/sys/user/max_user_namespaces'
            $run --disable-userns cat /proc/sys/user/max_user_namespaces
            $run --disable-userns unshare -U true || echo disabled
            $run --seccomp=default unshare -U true || echo filtered
            $run -U unshare -U true && echo allowed
        done";
    let Some(ran) = run("", script) else { return };
    let kill = |name| format!("{name}:\t0000000000000020\n");
    let none = |name| format!("{name}:\t0000000000000000\n");
    let root = [
        none("CapInh"),
        kill("CapPrm"),
        kill("CapEff"),
        kill("CapBnd"),
        none("CapAmb"),
    ];
    let other = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map(kill);
    for sets in [root, other] {
        let text = sets.concat() + "Seccomp:\t2\n";
        assert!(ran.out.contains(&text), "{text}: {}", ran.out);
    }
    for text in ["\n0\n", "disabled\n", "filtered\n", "allowed\n"] {
        assert_eq!(ran.out.matches(text).count(), 2, "{text}: {}", ran.out);
    }
}
