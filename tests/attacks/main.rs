//! Attacks that must fail: the root of the command, and what runs in it, are hostile; the caller is not.
//!
//! Each attack has a control, in which it succeeds against something naive or without the defence.

#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code)]
#[path = "../mounts/facts.rs"]
mod facts;
#[allow(dead_code)]
#[path = "../mounts/place.rs"]
mod place;

mod blocking;
mod escapes;
mod fakes;
mod hostile;
mod inmate;
mod links;
mod races;
