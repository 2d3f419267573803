//! What is refused is said: which step, which call, which errno, and why; and nothing is left behind.

#[path = "../support/mod.rs"]
mod support;

mod attempt;
mod cleanup;
mod library;
mod limits;
mod options;
mod refused;
mod steps;
mod sweep;
mod values;
