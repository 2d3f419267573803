//! An archive for the kernel to unpack as its first root (newc, Documentation/driver-api/early-userspace
//! /buffer-format.rst). The same files make the same bytes.

use std::collections::BTreeMap;
use std::path::Path;

/// A file of the archive.
enum Entry {
    Folder,
    File(u32, Vec<u8>),
    Link(String),
}

/// The files by path, from the root on and without a slash at the front: parents come first.
#[derive(Default)]
pub struct Archive {
    entries: BTreeMap<String, Entry>,
}

impl Archive {
    pub fn folder(&mut self, path: &str) {
        self.add(path, Entry::Folder);
    }

    pub fn file(&mut self, path: &str, mode: u32, content: Vec<u8>) {
        self.add(path, Entry::File(mode, content));
    }

    pub fn link(&mut self, path: &str, target: &str) {
        self.add(path, Entry::Link(target.into()));
    }

    fn add(&mut self, path: &str, entry: Entry) {
        let path = path.trim_matches('/');
        for parent in Path::new(path).ancestors().skip(1) {
            let parent = parent.to_str().expect("a part of a text is one");
            if !parent.is_empty() {
                self.entries.entry(parent.into()).or_insert(Entry::Folder);
            }
        }
        self.entries.insert(path.into(), entry);
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (number, (path, entry)) in (1..).zip(&self.entries) {
            match entry {
                Entry::Folder => append(&mut bytes, number, 0o040_755, path, b""),
                Entry::File(mode, content) => {
                    append(&mut bytes, number, 0o100_000 | mode, path, content);
                }
                Entry::Link(to) => append(&mut bytes, number, 0o120_777, path, to.as_bytes()),
            }
        }
        append(&mut bytes, 0, 0, "TRAILER!!!", b"");
        bytes
    }
}

/// Header, name and content. Owner, time, device and check sum are 0.
fn append(bytes: &mut Vec<u8>, number: u32, mode: u32, name: &str, content: &[u8]) {
    let [size, length] = [content.len(), name.len() + 1].map(|count| count as u32);
    let fields = [number, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, length, 0];
    bytes.extend(b"070701");
    bytes.extend(fields.map(|field| format!("{field:08x}")).concat().bytes());
    bytes.extend(name.bytes().chain([0]));
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}
