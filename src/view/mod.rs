//! What `list` and `compare` print: data to tables.

mod table;

use crate::config::View;
use crate::error::{Error, FAILED};
use crate::host::nslist::{self, NONE, Namespace};
use crate::host::probe;
use crate::names::flags::{CLONE, Named};
use crate::names::{NsSet, Verb};
use crate::report;
use crate::text::packed::packed;
use crate::text::{Show, Text, cut, put};
use crate::words::Words;
pub use table::{Form, Table};

/// Prints what a verb shows; the exit status.
#[inline(never)]
pub fn show(words: &Words, verb: Verb, view: &View) -> u8 {
    match verb {
        Verb::Compare => compare(words, view),
        _ if view.about_types => types(words, view),
        _ => list(words, view),
    }
}

const NAMESPACES: Form = Form {
    names: "namespaces ns type nprocs pid user ons command uid path nsfs pns",
    stops: b"\x00\x0b\x12\x19\x21\x2a\x35",
};

/// The namespaces of the machine.
fn list(words: &Words, view: &View) -> u8 {
    let error = match nslist::find(words, view.task) {
        Ok(found) if view.task == 0 || found.namespaces.iter().any(|one| one.asked) => {
            if found.refused > 0 {
                report::complain(words, &Error::Unseen(found.refused));
            }
            let mut list = List {
                namespaces: &found.namespaces,
                view,
                accounts: probe::accounts(words),
                table: Table::new(words, &NAMESPACES, view),
            };
            list.below(NONE, 0);
            return list.table.print();
        }
        Ok(_) => Error::Unseen(1),
        Err(errno) => Error::NoProc(errno),
    };
    report::complain(words, &error);
    FAILED
}

struct List<'a> {
    namespaces: &'a [Namespace<'a>],
    view: &'a View<'a>,
    accounts: &'a [u8],
    table: Table<'a>,
}

impl List<'_> {
    /// All of them; in a tree those that stand below one of them, by parent or else by owner.
    fn below(&mut self, above: u32, depth: usize) {
        let view = self.view;
        for one in self.namespaces {
            let parent = if one.parent == NONE {
                one.owner
            } else {
                one.parent
            };
            if view.tree && parent != above {
                continue;
            }
            let mut deeper = depth;
            if (view.types.is_empty() || view.types.contains(one.ns))
                && (view.task == 0 || one.asked)
            {
                self.table.indent(depth);
                self.line(one);
                deeper += 2;
            }
            if view.tree {
                self.below(one.inode, deeper);
            }
        }
    }

    fn line(&mut self, one: &Namespace) {
        let table = &mut self.table;
        table.number(one.inode);
        table.words(one.ns.file().as_bytes());
        table.number(one.processes);
        table.number(one.pid);
        match probe::user_name(self.accounts, one.uid) {
            [] => table.number(one.uid),
            name => table.words(name),
        }
        table.number(one.owner);
        // Without a process people get to see where it is.
        let there = one.pid == NONE && !self.view.json;
        table.words(if there { one.path.bytes() } else { one.command });
        if self.view.json {
            table.number(one.uid);
            table.words(one.path.bytes());
            table.words(one.mount.bytes());
            table.number(one.parent);
        }
        table.end();
    }
}

const TYPES: Form = Form {
    names: "types type flag value since here isolates",
    stops: b"\x00\x07\x17\x22\x29\x2e",
};

/// The types, and what this machine has of them.
fn types(words: &Words, view: &View) -> u8 {
    let mut about = Text::new(words);
    packed!(
        "2.4.19\tmount points\n\
        2.6.19\thost name, NIS domain name\n\
        2.6.19\tSystem V IPC, POSIX message queues\n\
        2.6.29\tdevices, addresses, ports\n\
        2.6.24\tprocess ids\n\
        3.8\tuser and group ids, capabilities\n\
        4.6\troot of the cgroup hierarchy\n\
        5.6\tmonotonic and boot-time clocks\n"
    )
    .show(&mut about);
    let mut about = about.bytes();
    let mut table = Table::new(words, &TYPES, view);
    for ns in NsSet::ALL.iter() {
        table.words(ns.file().as_bytes());
        table.show(&Named(ns.flag(), &CLONE));
        table.show(&Hexadecimal(ns.flag()));
        table.words(cut(&mut about, b'\t'));
        table.words(if probe::lacks(words, ns) {
            b"no"
        } else {
            b"yes"
        });
        table.words(cut(&mut about, b'\n'));
        table.end();
    }
    table.print()
}

struct Hexadecimal(u64);

impl Show for Hexadecimal {
    fn show(&self, text: &mut Text) {
        put!(text, "0x");
        text.number(self.0, 16, 8);
    }
}

const COMPARED: Form = Form {
    names: "compare type result",
    stops: b"\x00\x08",
};

/// A line for each type, a column for each process. 0 if all are equal, 1 if some differ.
fn compare(words: &Words, view: &View) -> u8 {
    let mut table = Table::new(words, &COMPARED, view);
    let mut unseen = 0;
    let mut status = 0;
    for ns in NsSet::ALL.iter() {
        table.words(ns.file().as_bytes());
        let (mut first, mut equal, before) = (0, true, unseen);
        for &pid in view.processes {
            // What a kernel does not have cannot differ.
            let number = match probe::lacks(words, ns) {
                true => NONE,
                false => nslist::of_process(words, pid, ns),
            };
            match nslist::unseen(number) {
                Some(errno) => {
                    table.show(&errno);
                    unseen += 1;
                }
                None => table.number(number),
            }
            equal &= first == 0 || first == number;
            first = number;
        }
        let (result, code): (&[u8], _) = match (unseen > before, equal) {
            (true, _) => (b"UNKNOWN", FAILED),
            (_, false) => (b"DIFFERENT", 1),
            _ => (b"equal", 0),
        };
        table.words(result);
        table.end();
        status = code.max(status);
    }
    if unseen > 0 {
        report::complain(words, &Error::Unseen(unseen));
    }
    table.print().max(status)
}
