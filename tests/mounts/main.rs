//! The file systems of the command: every operation on the real kernel, as root and as an ordinary user.
//! What came of it is read from inside.

#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code)]
#[path = "../terminal/leader.rs"]
mod leader;
#[allow(dead_code)]
#[path = "../terminal/session.rs"]
mod session;
#[path = "../support/witness.rs"]
mod witness;

mod binds;
mod facts;
mod failures;
mod files;
mod fresh;
mod idmap;
mod masks;
mod order;
mod overlays;
mod place;
mod propagation;
mod root;
mod shells;
