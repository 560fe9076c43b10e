//! How large and how deep the code of a template may be.
//!
//! minijinja reads, compiles and drops what is nested by recursion, and a chain of filters or signs nests as
//! deep as it is long: without these limits a few kilobytes of template use up the stack, which ends the
//! process.

use super::Problem;

/// Words, numbers, texts and signs in all of a template's blocks.
const MAX_TOKENS: usize = 400;

/// Blocks between `{%` and `%}`.
const MAX_STATEMENTS: usize = 64;

/// Brackets within each other.
const MAX_BRACKETS: usize = 20;

/// Refuses a template whose code is too large or too deep.
pub(super) fn ensure_small(source: &str) -> Result<(), Problem> {
    let mut count = Count::default();
    let mut rest = source;
    while let Some(at) = rest.find('{') {
        let (start, after) = rest[at..].split_at_checked(2).unwrap_or((&rest[at..], ""));
        rest = match start {
            "{{" => count.block(after, "}}")?,
            "{%" => {
                count.statements += 1;
                count.block(after, "%}")?
            }
            "{#" => after.split_once("#}").map_or("", |(_, rest)| rest),
            _ => &rest[at + 1..],
        };
    }
    match count.statements > MAX_STATEMENTS {
        true => Err(format!("has more than {MAX_STATEMENTS} statements")),
        false => Ok(()),
    }
}

#[derive(Default)]
struct Count {
    tokens: usize,
    statements: usize,
}

impl Count {
    /// Counts what is before `end`; what comes after it. An end within a text is none.
    fn block<'a>(&mut self, code: &'a str, end: &str) -> Result<&'a str, Problem> {
        let mut depth = 0usize;
        let mut rest = code;
        while let Some(first) = rest.chars().next() {
            // A bracket that is open goes on: `}}` may end two of them.
            if depth == 0 && rest.starts_with(end) {
                return Ok(&rest[end.len()..]);
            }
            let length = match first {
                '"' | '\'' => text_length(rest, first),
                _ if first.is_whitespace() => {
                    rest = &rest[first.len_utf8()..];
                    continue;
                }
                _ if is_word(first) => rest.find(|next| !is_word(next)).unwrap_or(rest.len()),
                '(' | '[' | '{' => {
                    depth += 1;
                    1
                }
                ')' | ']' | '}' => {
                    depth = depth.saturating_sub(1);
                    1
                }
                _ => first.len_utf8(),
            };
            self.tokens += 1;
            if self.tokens > MAX_TOKENS {
                return Err(format!("has more than {MAX_TOKENS} words and signs"));
            }
            if depth > MAX_BRACKETS {
                return Err(format!(
                    "has more than {MAX_BRACKETS} brackets within each other"
                ));
            }
            rest = &rest[length..];
        }
        Ok("")
    }
}

const fn is_word(char: char) -> bool {
    char == '_' || char.is_ascii_alphanumeric() || !char.is_ascii()
}

/// Bytes of a text from its first quotation mark to its last.
fn text_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if char == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_between_blocks_may_be_long_and_code_may_not() {
        let text = "word - ".repeat(2000);
        for small in [
            format!("{text}{{{{ x }}}}{text}"),
            format!("{{# {text} #}}"),
            format!("{{{{ '{text}' }}}}"),
            "{{ {'a': {'b': [1]}} }}".into(),
            "{{ x }}".repeat(MAX_TOKENS),
            "{ { %".into(),
        ] {
            assert_eq!(
                ensure_small(&small),
                Ok(()),
                "{}",
                &small[..20.min(small.len())]
            );
        }
        for large in [
            format!("{{{{ x{} }}}}", "|e".repeat(200)),
            // An end in a text is no end.
            format!("{{{{ '}}}}'{} }}}}", "|e".repeat(200)),
            format!("{{{{ \"\\\"}}}}\"{} }}}}", ".a".repeat(200)),
            format!("{{{{ {}1 }}}}", "-".repeat(401)),
            format!("{{{{ {}1{} }}}}", "(".repeat(21), ")".repeat(21)),
            "{% if x %}".repeat(65),
            format!("{{{{ {}", "x ".repeat(401)),
        ] {
            assert!(ensure_small(&large).is_err(), "{large}");
        }
    }
}
