//! What the command may do: capabilities, filters, Landlock, user namespaces and the caller's terminal,
//! seen from inside by a probe, on the real kernel.

#[path = "../support/mod.rs"]
mod support;
#[path = "../support/vm.rs"]
mod vm;

mod caps;
mod landlock;
mod older;
mod probe;
mod seccomp;
mod terminal;
mod userns;
