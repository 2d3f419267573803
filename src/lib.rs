//! pidone makes a command PID 1 of new Linux namespaces. A sandbox is a program of system calls:
//!
//! text → [`config::Config`] → (+ [`host::Host`]) → [`plan::Plan`] → [`launch`] → [`supervise`]
//!
//! Deciding never does, doing never decides: [`compile`] touches nothing but its two arguments, and
//! the interpreter in [`launch`] only matches on a step and makes that system call.

#![no_std]
#![deny(unsafe_code)]
#![warn(missing_docs)]
// Literals are packed while compiling, which the lint takes for an endless loop.
#![allow(long_running_const_eval)]

// The story, and its last words.
mod pack;
mod report;
mod run;
mod view;

// What is wished, and what is known: data.
pub mod config;
pub mod host;
pub mod names;
mod strings;
mod text;
mod words;

// Text to data.
pub mod cli;

// Deciding.
pub mod compile;
pub mod error;
pub mod plan;

// Doing.
mod arch;
pub mod launch;
pub mod supervise;
mod sys;

pub use run::{Process, defect, main};
pub use strings::{Strings, ThinCStr};
pub use words::Words;
