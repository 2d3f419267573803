//! Users and groups by name: lines of fields with colons between (passwd(5), group(5), subuid(5)).

use crate::config::{Account, Range};
use crate::text::{Text, cut, decimal, put};
use crate::words::{Array, Words};

/// The line that has this in a column.
#[inline(never)]
pub fn find<'a>(mut file: &'a [u8], column: usize, key: &[u8]) -> Option<&'a [u8]> {
    while !file.is_empty() {
        let line = cut(&mut file, b'\n');
        if field(line, column) == key {
            return Some(line);
        }
    }
    None
}

/// What stands in a column; nothing if there is none.
#[inline(never)]
pub fn field(mut line: &[u8], column: usize) -> &[u8] {
    for _ in 0..column {
        cut(&mut line, b':');
    }
    cut(&mut line, b':')
}

/// An id in a column. The highest number is none.
pub fn id(line: &[u8], column: usize) -> Option<u32> {
    let id = u32::try_from(decimal(field(line, column))?).ok()?;
    (id != u32::MAX).then_some(id)
}

/// The line of a user in a passwd(5) file.
#[inline(never)]
pub fn user<'a>(passwd: &'a [u8], user: &Account, words: &Words) -> Option<&'a [u8]> {
    match user {
        Account::Name(name) => find(passwd, 0, name.bytes()),
        Account::Id(id) => find(passwd, 2, number(*id, words)),
    }
}

/// An id as it stands in such a file.
pub fn number(id: u32, words: &Words) -> &[u8] {
    let mut text = Text::new(words);
    put!(&mut text, id);
    text.finish()
}

/// Adds the ranges of a subuid(5) file that are the caller's, as the ids inside from 0 on but for `own`.
pub fn subordinate(ranges: &mut Array<Range>, mut file: &[u8], caller: [&[u8]; 2], own: u32) {
    let mut inside = 0;
    while !file.is_empty() {
        let line = cut(&mut file, b'\n');
        let (Some(mut outside), Some(mut left)) = (id(line, 1), id(line, 2)) else {
            continue;
        };
        if !caller.contains(&field(line, 0)) {
            continue;
        }
        // The ids below one's own, and those above it.
        for _ in 0..2 {
            inside += u32::from(inside == own);
            let end = if inside < own { own } else { u32::MAX };
            let count = left.min(end - inside).min(u32::MAX - outside);
            if count > 0 {
                ranges.push(Range {
                    inside,
                    outside,
                    count,
                });
            }
            (inside, outside, left) = (inside + count, outside + count, left - count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &[u8] =
        b"root:x:0:0:root:/root:/bin/sh\nann:x:1000:100::/home/ann:\nbad:x:1x:-1:::\n";

    #[test]
    fn users_are_found_by_name_and_by_number() {
        let words = Words::default();
        let ann = find(PASSWD, 0, b"ann").unwrap();
        assert_eq!(
            (id(ann, 2), id(ann, 3), field(ann, 5)),
            (Some(1000), Some(100), &b"/home/ann"[..])
        );
        assert_eq!(user(PASSWD, &Account::Id(1000), &words), Some(ann));
        assert_eq!(user(PASSWD, &Account::Id(100), &words), None);
        assert_eq!(find(PASSWD, 0, b"an"), None);
        let bad = find(PASSWD, 0, b"bad").unwrap();
        assert_eq!(
            (id(bad, 2), id(bad, 3), field(bad, 9)),
            (None, None, &b""[..])
        );
    }

    #[test]
    fn subordinate_ids_are_all_but_ones_own() {
        let file = b"bob:5:5\nann:100:3\n1000:200:4\nann:9\nann:x:1\nann:4294967290:9\n";
        let words = Words::default();
        for (own, wanted) in [
            (0, &[(1, 100, 3), (4, 200, 4), (8, 4294967290, 5)][..]),
            (
                1,
                &[(0, 100, 1), (2, 101, 2), (4, 200, 4), (8, 4294967290, 5)],
            ),
            (3, &[(0, 100, 3), (4, 200, 4), (8, 4294967290, 5)]),
            (
                9,
                &[
                    (0, 100, 3),
                    (3, 200, 4),
                    (7, 4294967290, 2),
                    (10, 4294967292, 3),
                ],
            ),
        ] {
            let mut ranges = Array::new(&words);
            subordinate(&mut ranges, file, [b"ann", b"1000"], own);
            let ranges = ranges.finish().iter();
            let found = ranges.map(|range| (range.inside, range.outside, range.count));
            assert!(found.eq(wanted.iter().copied()), "{own}");
        }
    }
}
