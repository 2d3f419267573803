//! A system call as strace(1) writes it, in pieces, and whether one written by `--explain` is the same.

use std::collections::BTreeSet;

/// A piece of a call.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A number or a name.
    Word(String),
    /// Names with `|` between; their order means nothing.
    Flags(BTreeSet<String>),
    /// Quoted text, with its escapes.
    Text(String),
    /// `&name`: what only the run knows.
    Unknown,
    /// `...`
    Rest,
    /// Brackets, commas and so on.
    Mark(char),
}

fn tokens(call: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = call;
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '"' => quoted(rest),
            '&' => (Some(Token::Unknown), 1 + word(&rest[1..]).len()),
            '.' if rest.starts_with("...") => (Some(Token::Rest), 3),
            ' ' => (None, 1),
            _ if word(rest).is_empty() => (Some(Token::Mark(first)), first.len_utf8()),
            _ => (Some(Token::Word(word(rest).to_string())), word(rest).len()),
        };
        tokens.extend(token);
        rest = &rest[length..];
    }
    join_flags(tokens)
}

fn word(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    &text[..end.unwrap_or(text.len())]
}

fn quoted(text: &str) -> (Option<Token>, usize) {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, letter)| {
        let ends = *letter == '"' && !escaped;
        escaped = *letter == '\\' && !escaped;
        ends
    });
    let length = end.map_or(text.len(), |(at, _)| at + 1);
    (Some(Token::Text(text[..length].to_string())), length)
}

fn join_flags(tokens: Vec<Token>) -> Vec<Token> {
    let mut joined: Vec<Token> = Vec::new();
    let mut after_bar = false;
    for token in tokens {
        match (token, joined.last_mut()) {
            (Token::Mark('|'), Some(Token::Word(name))) => {
                let set = BTreeSet::from([name.clone()]);
                joined.pop();
                joined.push(Token::Flags(set));
                after_bar = true;
            }
            (Token::Mark('|'), Some(Token::Flags(_))) => after_bar = true,
            (Token::Word(name), Some(Token::Flags(set))) if after_bar => {
                assert!(set.insert(name), "a flag is written twice");
                after_bar = false;
            }
            (token, _) => joined.push(token),
        }
    }
    joined
}

/// What is known when a call is compared.
pub struct Known<'a> {
    /// The child's process id.
    pub child: &'a str,
    /// The descriptors that the process has opened.
    pub opened: &'a [&'a str],
}

/// Whether a call that strace saw is the one that was announced.
pub fn same(announced: &str, seen: &str, known: &Known) -> bool {
    matches(&tokens(announced), &tokens(seen), known)
}

fn matches(announced: &[Token], seen: &[Token], known: &Known) -> bool {
    let Some((first, rest)) = announced.split_first() else {
        return seen.is_empty();
    };
    match (first, seen.first()) {
        (Token::Rest, _) => (0..=seen.len()).any(|skipped| matches(rest, &seen[skipped..], known)),
        (Token::Unknown, Some(value)) => {
            may_be_unknown(value, known) && matches(rest, &seen[length_of_value(seen)..], known)
        }
        (Token::Text(text), Some(Token::Text(other))) => {
            same_text(text, other, known) && matches(rest, &seen[1..], known)
        }
        (_, Some(token)) => first == token && matches(rest, &seen[1..], known),
        (_, None) => false,
    }
}

/// An address, a structure that the kernel filled in, or a descriptor that was opened.
fn may_be_unknown(value: &Token, known: &Known) -> bool {
    match value {
        Token::Word(word) if word.starts_with("0x") => true,
        Token::Word(word) => known.opened.contains(&word.as_str()),
        Token::Text(_) | Token::Mark('{' | '[' | '~') => true,
        _ => false,
    }
}

/// How many pieces the value is that stands first: one, or all up to the closing bracket.
fn length_of_value(seen: &[Token]) -> usize {
    let mut depth = 0;
    let end = seen.iter().position(|token| {
        match token {
            Token::Mark('~') => return false,
            Token::Mark('{' | '[') => depth += 1,
            Token::Mark('}' | ']') => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    end.map_or(seen.len(), |at| at + 1)
}

/// Quoted text, in which `CHILD` is the child's id and `...` anything.
fn same_text(announced: &str, seen: &str, known: &Known) -> bool {
    let announced = announced.replace("CHILD", known.child);
    match announced.split_once("...") {
        None => announced == seen,
        Some((start, end)) => {
            seen.len() >= start.len() + end.len() && seen.starts_with(start) && seen.ends_with(end)
        }
    }
}

#[test]
fn calls_are_compared_piece_by_piece() {
    let known = Known {
        child: "77",
        opened: &["5"],
    };
    for (announced, seen) in [
        ("setsid()", "setsid()"),
        ("mmap(NULL, 1, A|B|C)", "mmap(NULL, 1, C|A|B)"),
        (
            "futex(&gate, FUTEX_WAKE, 1)",
            "futex(0x7ffc, FUTEX_WAKE, 1)",
        ),
        ("write(&proc, \"a\\\"b\", 3)", "write(5, \"a\\\"b\", 3)"),
        (
            "stat(\"/proc/CHILD/ns\", &stat, 0)",
            "stat(\"/proc/77/ns\", {a={b=[1]}, ...}, 0)",
        ),
        ("mask(&mask, 8)", "mask(~[A B], 8)"),
        (
            "write(9, \"{CHILD...}\\n\", ...)",
            "write(9, \"{77, \\\"x\\\": 1}\\n\", 17)",
        ),
        (
            "execve(\"/a\", [\"b\"], &environ /* 3 vars */)",
            "execve(\"/a\", [\"b\"], 0x7ff /* 3 vars */)",
        ),
    ] {
        assert!(same(announced, seen, &known), "{announced} {seen}");
    }
}

#[test]
fn differences_are_noticed() {
    let known = Known {
        child: "77",
        opened: &["5"],
    };
    for (announced, seen) in [
        ("setsid()", "setsid(1)"),
        ("setsid()", "getsid()"),
        ("mmap(NULL, 1, A|B|C)", "mmap(NULL, 1, A|B)"),
        ("mmap(NULL, 1, A|B)", "mmap(NULL, 1, A|B|C)"),
        ("mmap(NULL, 1, A)", "mmap(NULL, 2, A)"),
        ("write(&proc, \"a\", 1)", "write(6, \"a\", 1)"),
        ("write(&proc, \"a\", 1)", "write(5, \"b\", 1)"),
        ("write(&proc, \"a\", 1)", "write(5, \"a\"..., 1)"),
        (
            "stat(\"/proc/CHILD/ns\", &stat, 0)",
            "stat(\"/proc/78/ns\", {}, 0)",
        ),
        (
            "write(9, \"{CHILD...}\\n\", ...)",
            "write(9, \"{77, \\\"x\\\": 1\\n\", 17)",
        ),
        (
            "execve(\"/a\", [\"b\"], &environ /* 3 vars */)",
            "execve(\"/a\", [\"b\"], 0x7ff /* 4 vars */)",
        ),
        (
            "execve(\"/a\", [\"b\", \"c\"], &environ)",
            "execve(\"/a\", [\"b\"], 0x7ff)",
        ),
    ] {
        assert!(!same(announced, seen, &known), "{announced} {seen}");
    }
}
