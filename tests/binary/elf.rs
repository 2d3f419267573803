//! What stands in an ELF file of 64 bits, little-endian (elf(5)).
#![allow(dead_code)]

use std::fs;
use std::path::Path;

pub struct Elf {
    /// `e_type`.
    pub kind: u16,
    pub segments: Vec<Segment>,
    pub sections: Vec<Section>,
    pub symbols: Vec<Symbol>,
    /// Bytes of the whole file.
    pub size: u64,
}

pub struct Segment {
    pub kind: u32,
    pub flags: u32,
    pub address: u64,
    /// Bytes in memory.
    pub memory: u64,
}

pub struct Section {
    pub name: String,
    pub kind: u32,
    pub flags: u64,
    pub address: u64,
    pub size: u64,
}

pub struct Symbol {
    pub name: String,
    pub is_defined: bool,
    pub is_local: bool,
}

/// `SHT_SYMTAB`.
const SYMBOLS: u32 = 2;

/// Little-endian numbers in bytes.
struct Bytes(Vec<u8>);

impl Bytes {
    fn number(&self, at: u64, size: u64) -> u64 {
        let bytes = &self.0[at as usize..][..size as usize];
        bytes
            .iter()
            .rev()
            .fold(0, |number, &byte| number << 8 | u64::from(byte))
    }

    fn text(&self, at: u64) -> String {
        let bytes = self.0[at as usize..].iter().take_while(|&&byte| byte != 0);
        String::from_utf8_lossy(&bytes.copied().collect::<Vec<_>>()).into_owned()
    }
}

impl Elf {
    pub fn read(path: &Path) -> Elf {
        let file = Bytes(fs::read(path).expect("the program can be read"));
        assert!(
            file.0.starts_with(b"\x7fELF\x02\x01"),
            "{path:?} is no such file"
        );
        let table = |offset, size, count| {
            let [start, size, count] =
                [(offset, 8), (size, 2), (count, 2)].map(|(at, size)| file.number(at, size));
            (0..count).map(move |at| start + at * size)
        };
        // Each header as its offset, its link and its size.
        let headers: Vec<u64> = table(0x28, 0x3a, 0x3c).collect();
        let names = headers
            .get(file.number(0x3e, 2) as usize)
            .map(|header| file.number(header + 0x18, 8));
        let sections = headers.iter().map(|&header| Section {
            name: file.text(names.expect("names") + file.number(header, 4)),
            kind: file.number(header + 4, 4) as u32,
            flags: file.number(header + 8, 8),
            address: file.number(header + 0x10, 8),
            size: file.number(header + 0x20, 8),
        });
        let segments = table(0x20, 0x36, 0x38).map(|header| Segment {
            kind: file.number(header, 4) as u32,
            flags: file.number(header + 4, 4) as u32,
            address: file.number(header + 0x10, 8),
            memory: file.number(header + 0x28, 8),
        });
        Elf {
            kind: file.number(0x10, 2) as u16,
            segments: segments.collect(),
            sections: sections.collect(),
            symbols: symbols(&file, &headers),
            size: file.0.len() as u64,
        }
    }
}

fn symbols(file: &Bytes, headers: &[u64]) -> Vec<Symbol> {
    let Some(table) = headers
        .iter()
        .find(|&header| file.number(header + 4, 4) as u32 == SYMBOLS)
    else {
        return Vec::new();
    };
    let [start, size] = [0x18, 0x20].map(|at| file.number(table + at, 8));
    let names = file.number(headers[file.number(table + 0x28, 4) as usize] + 0x18, 8);
    // The first is no symbol.
    let entries = (start..start + size).step_by(24).skip(1);
    let symbol = |at| Symbol {
        name: file.text(names + file.number(at, 4)),
        is_defined: file.number(at + 6, 2) != 0,
        is_local: file.number(at + 4, 1) >> 4 == 0,
    };
    entries.map(symbol).collect()
}
