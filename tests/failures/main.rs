//! What is refused is said: which step, which call, which errno, and why; and nothing is left behind.

#[path = "../support/cgroup.rs"]
mod cgroup;
#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code)]
#[path = "../mounts/facts.rs"]
mod facts;
#[allow(dead_code)]
#[path = "../mounts/place.rs"]
mod place;

mod attempt;
mod cleanup;
mod library;
mod limits;
mod options;
mod refused;
mod steps;
mod sweep;
mod values;
mod views;
