//! Signals between the caller, pidone and the command, and the end of each.

#[path = "../support/mod.rs"]
mod support;
#[path = "../support/witness.rs"]
mod witness;

mod death;
mod forward;
mod inherit;
mod running;
mod setup;
mod status;
mod stop;
mod time_limit;
