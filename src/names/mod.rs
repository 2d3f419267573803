//! Kernel numbers and their names, both ways. Tables and lookups; no decision is made here.

pub mod calls;
pub mod caps;
pub mod cgroup;
pub mod constants;
pub mod errno;
pub mod flags;
pub mod ns;
pub mod options;
pub mod rlimit;
pub mod signal;

pub use calls::Sys;
pub use caps::{Cap, Caps};
pub use constants::Constant;
pub use errno::{Errno, Errnos};
pub use ns::{Ns, NsSet};
pub use options::{Id, Verb};
pub use rlimit::Resource;
pub use signal::Signal;
