//! The nearest valid name for a wrong one.

/// What is longer is no slip of the hand.
const LONGEST: usize = 32;

/// The name with the fewest slips from `word`, if it is near enough to be meant.
pub fn nearest(word: &[u8], names: &mut dyn Iterator<Item = &'static str>) -> Option<&'static str> {
    if word.len() > LONGEST {
        return None;
    }
    let mut best = None;
    let mut fewest = u8::MAX;
    for name in names {
        let slips = distance(word, name.as_bytes());
        if slips < fewest && usize::from(slips) <= 1 + name.len() / 4 {
            (best, fewest) = (Some(name), slips);
        }
    }
    best
}

/// How many letters are added, left out or replaced (Levenshtein's distance).
fn distance(from: &[u8], to: &[u8]) -> u8 {
    let mut line: [u8; LONGEST + 1] = core::array::from_fn(|at| at as u8);
    for (row, b) in (1u8..).zip(to) {
        let mut corner = row - 1;
        let mut left = row;
        line[0] = row;
        for (a, above) in from.iter().zip(line.iter_mut().skip(1)) {
            let replaced = corner + u8::from(a != b);
            corner = *above;
            left = replaced.min(left + 1).min(corner + 1);
            *above = left;
        }
    }
    line.get(from.len()).copied().unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted() {
        assert_eq!(distance(b"hostname", b"hostname"), 0);
        assert_eq!(distance(b"hostnme", b"hostname"), 1);
        assert_eq!(distance(b"host", b"hostname"), 4);
        assert_eq!(distance(b"", b"net"), 3);
        assert_eq!(distance(b"kitten", b"sitting"), 3);
    }

    #[test]
    fn the_nearest_is_offered_if_it_is_near() {
        let names = ["net", "nice", "hostname"];
        assert_eq!(
            nearest(b"hostnam", &mut names.into_iter()),
            Some("hostname")
        );
        assert_eq!(nearest(b"ncie", &mut names.into_iter()), Some("nice"));
        assert_eq!(nearest(b"frobnicate", &mut names.into_iter()), None);
        assert_eq!(nearest(&[b'x'; 4000], &mut names.into_iter()), None);
    }
}
