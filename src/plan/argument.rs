//! A plain system call as strace(1) writes it: its name and its arguments.

use super::{Arg, Member, Plain};
use crate::names::flags::Named;
use crate::text::{Show, Text, put};

impl Show for Plain<'_> {
    fn show(&self, text: &mut Text) {
        put!(text, self.number, "(");
        let mut between = "";
        for arg in self.args {
            put!(text, between, arg);
            between = ", ";
        }
        text.byte(b')');
    }
}

impl Show for Arg<'_> {
    fn show(&self, text: &mut Text) {
        match self {
            Arg::Null => put!(text, "NULL"),
            Arg::Text(argument) => argument.show(text),
            Arg::OfChild(name) => {
                put!(text, "\"/proc/CHILD/");
                text.raw(name.bytes());
                text.byte(b'"');
            }
            Arg::Number(number) => number.show(text),
            Arg::Mode(mode) => {
                if mode & libc::S_IFMT == libc::S_IFREG {
                    put!(text, "S_IFREG|");
                }
                text.byte(b'0');
                text.number(u64::from(mode & 0o7777), 8, 2);
            }
            Arg::Name(constant) => constant.show(text),
            Arg::Flags(flags, bits) => Named(*flags, bits).show(text),
            Arg::Signal(signal) => signal.show(text),
            Arg::Cap(cap) => cap.show(text),
            Arg::Resource(resource) => {
                put!(text, "RLIMIT_");
                for letter in resource.name().bytes() {
                    text.byte(letter.to_ascii_uppercase());
                }
            }
            Arg::Limit(u64::MAX) => put!(text, "RLIM64_INFINITY"),
            Arg::Limit(limit) if *limit > 1024 && limit % 1024 == 0 => {
                put!(text, limit / 1024, "*1024");
            }
            Arg::Limit(limit) => put!(text, limit),
            Arg::Slot(slot) => slot.show(text),
            Arg::Filter(_) => put!(text, "&filter"),
            Arg::Block(_, shown) => {
                text.byte(b'{');
                text.raw(shown.bytes());
                text.byte(b'}');
            }
            Arg::Ids(ids) => {
                for (at, id) in ids.iter().enumerate() {
                    put!(text, if at == 0 { "[" } else { ", " }, id);
                }
                text.raw(if ids.is_empty() { b"[]" } else { b"]" });
            }
            Arg::ChildId => put!(text, "[CHILD]"),
            Arg::Record(members) => record(text, members),
        }
    }
}

/// The members of a structure that have a name.
fn record(text: &mut Text, members: &[Member]) {
    let mut between = "{";
    for (name, value) in members.iter().filter(|(name, _)| !name.is_empty()) {
        put!(text, between, name, "=", value);
        between = ", ";
    }
    text.byte(b'}');
}
