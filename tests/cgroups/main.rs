//! Limits of a cgroup: with those that this machine mounts, and with those that a virtual machine does.

#[path = "../support/cgroup.rs"]
mod cgroup;
mod here;
mod machine;
#[path = "../support/mod.rs"]
mod support;

#[path = "../support/vm.rs"]
mod vm;
