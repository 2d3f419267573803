//! `pidone init`, as process 1 and as a subreaper, beside the inits that it stands in for.

#[path = "../terminal/leader.rs"]
mod leader;
#[path = "../signals/running.rs"]
mod running;
#[path = "../terminal/session.rs"]
#[allow(dead_code)]
mod session;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/witness.rs"]
mod witness;

mod children;
mod cost;
mod ending;
mod names;
mod orphans;
mod outer;
mod peers;
mod sandbox;
mod signals;
mod start;
mod status;
mod terminal;
mod tty;
mod watched;
