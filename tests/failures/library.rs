//! Steps that only a caller of the library can have refused.

use crate::attempt::{can_fail, inject};
use crate::support::{Ran, command};
use pidone::Words;
use pidone::compile::compile;
use pidone::config::Config;
use pidone::error::Refused;
use pidone::host::{Host, probe};
use pidone::launch::{launch, map_stack};
use std::process::Command;

/// Runs `/bin/true` as the library does; the sentence about the step that was refused.
fn launch_true(config: &Config) -> Result<(), String> {
    let command = [Some(c"/bin/true".into()), None];
    let config = Config {
        command: &command,
        ..*config
    };
    let host = Host {
        stack: map_stack().ok(),
        ..probe::of_library()
    };
    let words = Words::default();
    let plan = compile(&config, &host, &words).expect("a plan");
    let (result, _) = launch(&plan, None, &mut |child| {
        let mut status = 0;
        // SAFETY: the child is ours, and nobody else waits for it.
        let waited = unsafe { libc::waitpid(child.pid.0, &mut status, 0) };
        assert_eq!((waited, status), (child.pid.0, 0));
    });
    result.map_err(|failure| {
        Refused {
            plan: &plan,
            failure,
        }
        .to_string()
    })
}

#[test]
fn a_run_of_the_library_works() {
    let launched = launch_true(&Config::default());
    println!("\nlaunched: {launched:?}");
    assert_eq!(launched, Ok(()));
}

#[test]
fn a_name_that_is_too_long_is_refused_by_the_kernel() {
    let long = std::ffi::CString::new("n".repeat(65)).expect("no NUL");
    for (domain, call) in [(false, "sethostname"), (true, "setdomainname")] {
        let mut config = Config::default();
        let name = Some(long.as_c_str().into());
        (config.process.hostname, config.process.domainname) =
            if domain { (None, name) } else { (name, None) };
        let refused = launch_true(&config).expect_err("65 bytes are one too many");
        let (start, end) = (format!(": {call}(\"nnn"), "nnn\", 65): EINVAL");
        assert!(
            refused.starts_with("step ") && refused.contains(&start) && refused.ends_with(end),
            "{refused}"
        );
    }
}

/// What the first of these tests says in a process of its own, in which strace refuses a call.
fn refused_by(fault: &str) -> String {
    let tests = std::env::current_exe().expect("these tests");
    let mut traced: Command = command(crate::support::callers()[0], "/bin/sh");
    traced
        .args(["-c", &format!("exec {} \"$@\"", inject(&[fault])), "sh"])
        .arg(tests);
    traced.args([
        "--exact",
        "library::a_run_of_the_library_works",
        "--nocapture",
        "--test-threads=1",
    ]);
    let ran: Ran = traced.output().expect("sh can be started").into();
    let line = ran
        .out
        .lines()
        .find_map(|line| line.split_once("launched: "));
    line.unwrap_or_else(|| panic!("{ran:?}")).1.to_string()
}

#[test]
fn watching_the_caller_can_be_refused() {
    if !can_fail() {
        return;
    }
    let refused = refused_by("pidfd_open:error=EMFILE");
    assert!(refused.starts_with("Err(\"step 1 of "), "{refused}");
    assert!(
        refused.contains(": pidfd_open(") && refused.ends_with(", 0): EMFILE\")"),
        "{refused}"
    );
    // The child that cannot see whether its caller is alive does not go on.
    let refused = refused_by("ppoll:error=ENOMEM:when=1");
    assert!(
        refused.contains(": ppoll([{fd=&parent, events=POLLIN}], 1, "),
        "{refused}"
    );
    assert_eq!(
        refused_by("ppoll:error=ENOMEM:when=2"),
        "Ok(())",
        "the control"
    );
}
