//! The size of the release binary, whole and by section, read from its ELF headers (elf(5)).

use std::fs;
use std::path::Path;

struct Section {
    name: String,
    size: u64,
    in_file: bool,
}

pub fn print(file: &Path) -> Result<u64, String> {
    let bytes = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let sections = sections(&bytes).ok_or(format!("{}: not a 64-bit ELF file", file.display()))?;
    println!("\nbytes of the binary");
    let mut named = 0;
    for section in sections.iter().filter(|section| section.size > 0) {
        let remark = if section.in_file {
            ""
        } else {
            "  (memory only)"
        };
        println!("  {:>8}  {}{remark}", section.size, section.name);
        named += if section.in_file { section.size } else { 0 };
    }
    let total = bytes.len() as u64;
    println!("  {:>8}  headers and padding", total.saturating_sub(named));
    println!("  {total:>8}  total");
    Ok(total)
}

fn sections(bytes: &[u8]) -> Option<Vec<Section>> {
    const NOBITS: u64 = 8;
    if !bytes.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (table, entry) = (number(bytes, 0x28, 8)?, number(bytes, 0x3a, 2)?);
    let (count, names) = (number(bytes, 0x3c, 2)?, number(bytes, 0x3e, 2)?);
    let names = number(bytes, table + names * entry + 0x18, 8)?;
    let section = |index| {
        let header = table + index * entry;
        Some(Section {
            name: text(bytes, names + number(bytes, header, 4)?)?,
            size: number(bytes, header + 0x20, 8)?,
            in_file: number(bytes, header + 4, 4)? != NOBITS,
        })
    };
    (1..count).map(section).collect()
}

/// A little-endian number of `width` bytes.
fn number(bytes: &[u8], offset: u64, width: usize) -> Option<u64> {
    let start = usize::try_from(offset).ok()?;
    let field = bytes.get(start..start.checked_add(width)?)?;
    Some(
        field
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)),
    )
}

fn text(bytes: &[u8], offset: u64) -> Option<String> {
    let rest = bytes.get(usize::try_from(offset).ok()?..)?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    Some(String::from_utf8_lossy(&rest[..end]).into_owned())
}
