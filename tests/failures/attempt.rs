//! Runs that fail, in a process-id namespace of their own, so that whatever they leave can be seen.

use crate::support::{Caller, ORDINARY, Ran, command, has, is_root, program};
use std::process::Stdio;

/// A run that is to fail, but for the words after `run`.
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    pub caller: Caller,
    /// What a shell does before, as the caller, where it makes no new namespace.
    pub setup: &'a str,
    /// What `pidone` is an argument of: `strace -e inject=...`, for one.
    pub wrapper: &'a str,
}

impl Attempt<'_> {
    pub fn new(caller: Caller) -> Self {
        Attempt {
            caller,
            setup: "",
            wrapper: "",
        }
    }

    /// What comes of `pidone run` with these words. Fails if it leaves a process or a mount behind.
    pub fn run(&self, words: &[&str]) -> Ran {
        let script = format!(
            "{setup}\n\
            mounts=$(cat /proc/self/mountinfo)\n\
            {wrapper} \"$@\"; code=$?\n\
            [ \"$mounts\" = \"$(cat /proc/self/mountinfo)\" ] || echo left: other mounts\n\
            set -- /proc/[0-9]*; [ $# = 1 ] || echo left: $@\n\
            exit $code",
            setup = self.setup,
            wrapper = self.wrapper
        );
        let mut outer = command(Caller::Root, "unshare");
        outer.args(outer_options(self.caller)).args(["-pf", "--mount-proc", "/bin/sh", "-c", &script, "sh"]);
        outer.arg(program()).arg("run").args(words).stdin(Stdio::null());
        let ran = Ran::from(outer.output().expect("unshare can be started"));
        assert!(!ran.out.contains("left: "), "{words:?}, {:?}: {ran:?}", self.caller);
        ran
    }

    /// Asserts that a step is refused: its number, its call, the errno, and the cause that is named.
    /// Number and text are those that `--explain` announces for the same words.
    pub fn is_refused(&self, words: &[&str], refusal: &Refusal) {
        let announced = self.announced(words);
        let ran = self.run(words);
        let wanted = refusal.sentence(&announced).unwrap_or_else(|| panic!("no {} in {announced}", refusal.call));
        assert_eq!(ran.err, wanted, "{words:?}, {:?}", self.caller);
        assert_eq!((ran.code, ran.out.as_str()), (Some(refusal.code), ""), "{words:?}, {:?}", self.caller);
    }

    /// The plan. Of what wraps the run only a missing clone3 is a fact that the plan depends on.
    fn announced(&self, words: &[&str]) -> String {
        let older = self.wrapper.contains("clone3:error=ENOSYS");
        let wrapper = if older { "strace -o /dev/null -e trace=clone3 -e inject=clone3:error=ENOSYS" } else { "" };
        let attempt = Attempt { wrapper, ..*self };
        let ran = attempt.run(&[&["--explain"], words].concat());
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{words:?}, {:?}", self.caller);
        ran.out
    }
}

fn outer_options(caller: Caller) -> Vec<String> {
    match (caller, is_root()) {
        (Caller::Root, _) => vec![],
        (Caller::Ordinary, true) => vec![format!("-S{ORDINARY}"), format!("-G{ORDINARY}")],
        (Caller::Ordinary, false) => vec!["-Uc".to_string()],
    }
}

/// How a run ends that is refused something.
pub struct Refusal<'a> {
    pub code: i32,
    /// The beginning of the call that is refused; of several, the last.
    pub call: &'a str,
    pub errno: &'a str,
    pub hint: Option<&'a str>,
}

impl Refusal<'_> {
    /// What is to be said, for this plan.
    fn sentence(&self, plan: &str) -> Option<String> {
        let steps = plan.lines().filter_map(|line| line.trim_start().split_once("  "));
        let steps: Vec<_> = steps.filter(|(number, _)| number.parse::<usize>().is_ok()).collect();
        let (number, line) = steps.iter().rfind(|(_, line)| line.starts_with(self.call))?;
        let (call, _) = line.rsplit_once("  # ")?;
        let hint = self.hint.map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
        Some(format!("pidone: step {number} of {}: {call}: {}\n{hint}", steps.len(), self.errno))
    }
}

/// The first tool of these that is not installed.
pub fn lacking<'a>(tools: &[&'a str]) -> Option<&'a str> {
    tools.iter().copied().find(|tool| !has(tool))
}
