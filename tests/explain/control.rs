//! The control: a plan with anything wrong is noticed.

use crate::run;
use crate::support::{callers, has, skip};
use crate::trace::{Calls, Seen, compare};

/// Plans with one thing wrong.
fn mutations(right: &Calls) -> Vec<(&'static str, Calls)> {
    let changed = |what, change: &dyn Fn(&mut Calls)| {
        let mut calls = right.clone();
        change(&mut calls);
        (what, calls)
    };
    let last = right.parent.len() - 1;
    vec![
        changed("a call of pidone is missing", &|calls| {
            drop(calls.parent.remove(1))
        }),
        changed("the last call of pidone is missing", &|calls| {
            drop(calls.parent.pop())
        }),
        changed("a call of pidone is too much", &|calls| {
            calls.parent.push("setsid()".to_string())
        }),
        changed("two calls of pidone are swapped", &|calls| {
            calls.parent.swap(0, last)
        }),
        changed("a call of the child is missing", &|calls| {
            drop(calls.child.remove(0))
        }),
        changed("a call of the child is too much", &|calls| {
            calls.child.insert(0, "setsid()".to_string())
        }),
        changed("a call of the child after the command", &|calls| {
            calls.child.push("setsid()".to_string())
        }),
        changed("two calls of the child are swapped", &|calls| {
            calls.child.swap(0, 1)
        }),
        changed("a flag is missing", &|calls| {
            replace(calls, "CLONE_NEWPID|", "")
        }),
        changed("a flag is too much", &|calls| {
            replace(calls, "CLONE_NEWPID", "CLONE_NEWPID|CLONE_NEWNET")
        }),
        changed("an argument is another", &|calls| {
            replace(calls, "SIGKILL", "SIGTERM")
        }),
        changed("a text is another", &|calls| {
            replace(calls, "\"/proc\"", "\"/prok\"")
        }),
        changed("the command is another", &|calls| {
            replace(calls, "[\"true\"]", "[\"false\"]")
        }),
        changed("a count is another", &|calls| {
            replace(calls, " vars */)", "0 vars */)")
        }),
    ]
}

fn replace(calls: &mut Calls, from: &str, to: &str) {
    for call in calls.parent.iter_mut().chain(&mut calls.child) {
        *call = call.replace(from, to);
    }
}

#[test]
fn a_wrong_plan_is_noticed() {
    if !has("strace") {
        return skip("no strace");
    }
    for &caller in callers() {
        let run = run(caller, &["true"]);
        let (right, seen): (Calls, Seen) = (run.announced(), run.seen());
        assert_eq!(compare(&right, &seen), Ok(()));
        for (what, wrong) in mutations(&right) {
            assert_ne!(wrong, right, "{what}: nothing was changed");
            assert!(compare(&wrong, &seen).is_err(), "{what}, {caller:?}");
        }
    }
}
