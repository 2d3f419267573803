//! Under a terminal: keys, job control, the foreground, hang-up.

#[path = "../support/mod.rs"]
mod support;
#[path = "../support/witness.rs"]
mod witness;

mod background;
mod foreground;
mod hangup;
mod keys;
mod leader;
mod session;
mod shell;
mod stop;
