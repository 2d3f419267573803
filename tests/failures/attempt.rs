//! Runs that fail, in a process-id namespace of their own, so that whatever they leave can be seen.

use crate::cgroup::without_numbers;
use crate::support::{Caller, ORDINARY, Ran, command, has, is_root, program};
use std::process::Stdio;

/// A run that is to fail, but for the words after the verb.
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    pub caller: Caller,
    /// `run`, or another that starts a command.
    pub verb: &'a str,
    /// What a shell does before, as the caller.
    pub setup: &'a str,
    /// What starts `pidone`, also for `--explain`.
    pub starter: &'a str,
    /// What injects faults into a real run only.
    pub faults: &'a str,
    /// Whether pidone cannot wait for its child, so that init has to.
    pub waits_in_vain: bool,
    /// Whether a command that runs, and exits with 7, may leave a mount.
    pub leaves_mounts: bool,
}

impl Attempt<'_> {
    pub fn new(caller: Caller) -> Self {
        Attempt {
            caller,
            verb: "run",
            setup: "",
            starter: "",
            faults: "",
            waits_in_vain: false,
            leaves_mounts: false,
        }
    }

    /// What comes of `pidone run` with these words. It may leave no process and no mount behind.
    pub fn run(&self, words: &[&str]) -> Ran {
        let script = format!(
            "{}\n\
            mounts=$(cat /proc/self/mountinfo)\n\
            {} {} \"$@\"; code=$?\n\
            {}\n\
            set -- /proc/[0-9]*; [ $# = 1 ] || echo left: $@\n\
            {}[ \"$mounts\" = \"$(cat /proc/self/mountinfo)\" ] || echo left: other mounts\n\
            exit $code",
            self.setup,
            self.starter,
            self.faults,
            if self.waits_in_vain { WAIT_FOR_ALL } else { "" },
            match (self.leaves_mounts, self.waits_in_vain) {
                (false, _) => "",
                (true, false) => "[ $code = 7 ] || ",
                (true, true) => "true || ",
            }
        );
        let mut outer = command(Caller::Root, "unshare");
        outer.args(outer_options(self.caller));
        outer.args(["-pf", "--mount-proc", "/bin/sh", "-c", &script, "sh"]);
        outer.arg(program()).arg(self.verb).args(words);
        let ran = outer.stdin(Stdio::null()).output();
        let ran = Ran::from(ran.expect("unshare can be started"));
        assert!(
            !ran.out.contains("left: "),
            "{words:?}, {:?}: {ran:?}",
            self.caller
        );
        ran
    }

    /// Asserts that a step is refused: its number, its call, the errno, and the cause that is named.
    /// Number and text are those that `--explain` announces for the same words.
    pub fn is_refused(&self, words: &[&str], refusal: &Refusal) {
        let announced = self.announced(words);
        let ran = self.run(words);
        let wanted = refusal
            .sentence(&announced)
            .unwrap_or_else(|| panic!("no {} in {announced}", refusal.call));
        let (sentence, hint) = ran.err.split_once('\n').unwrap_or_default();
        let [sentence, wanted] = [sentence, &wanted].map(without_numbers);
        assert_eq!(sentence, wanted, "{words:?}, {:?}", self.caller);
        refusal.assert_hint(hint);
        let end = (ran.code, ran.out.as_str());
        assert_eq!(
            end,
            (Some(refusal.code), ""),
            "{words:?}, {:?}",
            self.caller
        );
    }

    /// The plan. Of the faults only a missing clone3 is a fact that it depends on.
    pub fn announced(&self, words: &[&str]) -> String {
        let older = self.faults.contains("clone3:error=ENOSYS");
        let faults = if older {
            inject(&["clone3:error=ENOSYS"])
        } else {
            String::new()
        };
        let attempt = Attempt {
            faults: &faults,
            ..*self
        };
        let ran = attempt.run(&[&["--explain"], words].concat());
        let end = (ran.code, ran.err.as_str());
        assert_eq!(end, (Some(0), ""), "{words:?}, {:?}", self.caller);
        ran.out
    }
}

/// A shell that waits for a program waits for what it has inherited as well.
const WAIT_FOR_ALL: &str =
    "while set -- /proc/[0-9]*; [ $# != 1 ] && [ $((tries += 1)) -lt 500 ]; do /bin/true; done";

fn outer_options(caller: Caller) -> Vec<String> {
    match (caller, is_root()) {
        (Caller::Root, _) => vec![],
        (Caller::Ordinary, true) => vec![format!("-S{ORDINARY}"), format!("-G{ORDINARY}")],
        (Caller::Ordinary, false) => vec!["-Uc".to_string()],
    }
}

/// A strace that injects these faults into all processes: `prctl:error=EPERM:when=2`.
pub fn inject(faults: &[&str]) -> String {
    let names: Vec<&str> = faults
        .iter()
        .filter_map(|fault| fault.split(':').next())
        .collect();
    let injected: String = faults
        .iter()
        .map(|fault| format!(" -e inject={fault}"))
        .collect();
    format!(
        "strace -f -o /dev/null -e trace={}{injected}",
        names.join(",")
    )
}

/// How a run ends that is refused something.
pub struct Refusal<'a> {
    pub code: i32,
    /// The beginning of the call that is refused; of several, the last.
    pub call: &'a str,
    pub errno: &'a str,
    /// What the cause says in any case.
    pub hint: Option<&'a str>,
}

impl<'a> Refusal<'a> {
    /// Of a call of pidone's own.
    pub fn of(call: &'a str, errno: &'a str) -> Self {
        Refusal {
            code: 125,
            call,
            errno,
            hint: None,
        }
    }

    /// With a cause that is named.
    pub fn because(self, hint: &'a str) -> Self {
        Refusal {
            hint: Some(hint),
            ..self
        }
    }

    /// What is to be said first, for this plan.
    pub fn sentence(&self, plan: &str) -> Option<String> {
        let steps = plan
            .lines()
            .filter_map(|line| line.trim_start().split_once("  "));
        let steps: Vec<_> = steps
            .filter(|(number, _)| number.parse::<usize>().is_ok())
            .collect();
        let (number, line) = steps
            .iter()
            .rfind(|(_, line)| line.starts_with(self.call))?;
        let (call, _) = line.rsplit_once("  # ")?;
        let (count, errno) = (steps.len(), self.errno);
        Some(format!("pidone: step {number} of {count}: {call}: {errno}"))
    }

    /// Asserts that the cause, and nothing else, is said then.
    pub fn assert_hint(&self, said: &str) {
        let Some(part) = self.hint else {
            return assert_eq!(said, "", "no cause is known");
        };
        assert!(
            said.starts_with("hint: ") && said.contains(part),
            "{part:?}: {said:?}"
        );
        assert_eq!(said.lines().count(), 1, "{said:?}");
    }
}

/// Whether the tools are there that make runs fail; says so if not.
pub fn can_fail() -> bool {
    let lacking = ["unshare", "strace"].into_iter().find(|tool| !has(tool));
    lacking
        .inspect(|tool| crate::support::skip(&format!("no {tool}")))
        .is_none()
}
