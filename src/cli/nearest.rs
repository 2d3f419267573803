//! The nearest valid name for a wrong one.

use alloc::vec::Vec;

/// The name with the fewest slips of the hand from `word`, if it is near enough to be meant.
pub fn nearest(word: &[u8], names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    // A long wrong word is no slip; and the table below must stay small.
    let word = word.get(..word.len().min(32))?;
    names
        .map(|name| (distance(word, name.as_bytes()), name))
        .filter(|(slips, name)| *slips <= 1 + name.len() / 4)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

/// Letters added, left out, replaced, or exchanged with their neighbour.
fn distance(from: &[u8], to: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, a) in from.iter().enumerate() {
        let mut line = Vec::with_capacity(last.len());
        line.push(row + 1);
        for (column, b) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(a != b);
            let mut least = replaced.min(last[column + 1] + 1).min(line[column] + 1);
            let exchanged = row > 0 && column > 0 && from[row - 1] == *b && to[column - 1] == *a;
            if exchanged {
                least = least.min(before[column - 1] + 1);
            }
            line.push(least);
        }
        before = core::mem::replace(&mut last, line);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted() {
        assert_eq!(distance(b"hostname", b"hostname"), 0);
        assert_eq!(distance(b"hostnmae", b"hostname"), 1);
        assert_eq!(distance(b"host", b"hostname"), 4);
        assert_eq!(distance(b"", b"net"), 3);
    }

    #[test]
    fn the_nearest_is_offered_if_it_is_near() {
        let names = ["net", "nice", "hostname"];
        assert_eq!(nearest(b"hostnam", names.into_iter()), Some("hostname"));
        assert_eq!(nearest(b"ncie", names.into_iter()), Some("nice"));
        assert_eq!(nearest(b"frobnicate", names.into_iter()), None);
        assert_eq!(nearest(&[b'x'; 4000], names.into_iter()), None);
    }
}
