//! What several options add up to.

use super::Request;
use crate::config::{Allowed, EnvChange, Filter, Gift, Operation, Range, Rlimit};
use crate::names::Signal;
use crate::strings::ThinCStr;
use crate::words::{Array, Words};

/// Options that add up.
pub struct Lists<'a> {
    pub env: Array<'a, EnvChange<'a>>,
    pub rlimits: Array<'a, Rlimit>,
    pub processes: Array<'a, u32>,
    pub filters: Array<'a, Filter<'a>>,
    pub allowed: Array<'a, Allowed<'a>>,
    pub operations: Array<'a, Operation<'a>>,
    /// The modifiers of the next operation.
    pub perms: Option<u32>,
    pub size: Option<u64>,
    /// Of users, and of groups.
    pub ranges: [Array<'a, Range>; 2],
    pub rewrite: Array<'a, (Signal, Option<Signal>)>,
    pub remap: Array<'a, (u8, u8)>,
    pub gifts: Array<'a, Gift<'a>>,
    pub files: Array<'a, (ThinCStr<'a>, ThinCStr<'a>)>,
}

impl<'a> Lists<'a> {
    #[inline(never)]
    pub fn new(words: &'a Words) -> Self {
        Lists {
            env: Array::new(words),
            rlimits: Array::new(words),
            processes: Array::new(words),
            filters: Array::new(words),
            allowed: Array::new(words),
            operations: Array::new(words),
            perms: None,
            size: None,
            ranges: [Array::new(words), Array::new(words)],
            rewrite: Array::new(words),
            remap: Array::new(words),
            gifts: Array::new(words),
            files: Array::new(words),
        }
    }

    /// Hands over what was collected.
    #[inline(never)]
    pub fn finish(self, request: &mut Request<'a>) {
        let config = &mut request.config;
        config.process.env = self.env.finish();
        config.process.rlimits = self.rlimits.finish();
        if let Some(init) = &mut config.init {
            init.rewrite = self.rewrite.finish();
            init.remap = self.remap.finish();
            init.machine.gifts = self.gifts.finish();
        }
        request.view.processes = self.processes.finish();
        request.pack.files = self.files.finish();
        config.privilege.seccomp = self.filters.finish();
        config.privilege.landlock = self.allowed.finish();
        config.mounts.operations = self.operations.finish();
        let [users, groups] = self.ranges;
        let identity = &mut config.identity;
        (identity.user.ranges, identity.group.ranges) = (users.finish(), groups.finish());
    }
}
