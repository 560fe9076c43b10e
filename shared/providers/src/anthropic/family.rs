//! The families of Claude and the fields each takes, told by a model's name.
//!
//! From Anthropic's pages on migration, thinking, effort and structured outputs
//! (<https://platform.claude.com/docs/en/about-claude/models/migrating-to-claude-4>,
//! <https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking>,
//! <https://platform.claude.com/docs/en/build-with-claude/structured-outputs>).

/// What a family takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Family {
    pub(super) sampling: Sampling,
    pub(super) thinking: Thinking,
    /// Whether it knows `output_config.format`.
    pub(super) structured_outputs: bool,
}

/// Which of `temperature` and `top_p`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sampling {
    Both,
    /// Either; both together are refused.
    One,
    /// Neither of them, nor `top_k`.
    Neither,
}

/// How it is made to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thinking {
    Never,
    /// When a request gives it a budget of tokens.
    Budget,
    /// As deep as `output_config.effort` says.
    Adaptive {
        /// Whether a budget is still taken. Those that refuse one know the effort `xhigh`.
        takes_budget: bool,
        off: Off,
    },
}

/// How a family that thinks adaptively is kept from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Off {
    /// It thinks only when asked to.
    Omitted,
    /// It thinks unless `thinking.type` is this.
    Type(&'static str),
    /// It always thinks.
    Never,
}

/// A Claude that the operator named, or another vendor's model with Anthropic's format: the fields
/// that nearly all of them take.
const UNKNOWN: Family = Family {
    sampling: Sampling::One,
    thinking: Thinking::Budget,
    structured_outputs: false,
};

impl Family {
    /// The family of a model by its name at any vendor: `claude-3-5-sonnet-20241022`,
    /// `anthropic.claude-opus-4-5-20251101-v1:0`, `anthropic/claude-sonnet-4.6`.
    pub(super) fn of(model: &str) -> Self {
        let name = model.to_ascii_lowercase();
        let Some((_, name)) = name.split_once("claude") else {
            return UNKNOWN;
        };
        let words: Vec<_> = name
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .collect();
        let is = |tier: &str| words.contains(&tier);
        match version(&words) {
            Some(version) => Self {
                sampling: sampling(version),
                thinking: thinking(version, is),
                structured_outputs: version >= (4, 5),
            },
            None if is("mythos") || is("fable") => Self::of("claude-fable-5"),
            None => UNKNOWN,
        }
    }

    /// Whether a conversation may end with a message of the assistant's, with which it goes on: not from
    /// 4.6 on.
    pub(super) const fn takes_prefill(&self) -> bool {
        !matches!(self.thinking, Thinking::Adaptive { .. })
    }
}

/// The first numbers of a name. Longer ones are dates.
fn version(words: &[&str]) -> Option<(u8, u8)> {
    let number = |word: &&str| word.parse().ok().filter(|_| word.len() <= 2);
    let at = words.iter().position(|word| number(word).is_some())?;
    let minor = words.get(at + 1).and_then(number);
    Some((number(&words[at])?, minor.unwrap_or_default()))
}

fn sampling(version: (u8, u8)) -> Sampling {
    if version < (4, 1) {
        Sampling::Both
    } else if version < (4, 7) {
        Sampling::One
    } else {
        Sampling::Neither
    }
}

fn thinking(version: (u8, u8), is: impl Fn(&str) -> bool) -> Thinking {
    if version < (3, 7) {
        return Thinking::Never;
    }
    if version < (4, 6) {
        return Thinking::Budget;
    }
    let off = if version < (5, 0) {
        Off::Omitted
    } else if is("mythos") || is("fable") || (is("opus") && version >= (5, 5)) {
        Off::Never
    } else if is("sonnet") && version >= (5, 5) {
        Off::Type("between_tools")
    } else {
        Off::Type("disabled")
    };
    Thinking::Adaptive {
        takes_budget: version < (4, 7),
        off,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_vendors_are_understood() {
        let same = |names: &[&str]| {
            for name in names {
                assert_eq!(Family::of(name), Family::of(names[0]), "{name}");
            }
        };
        same(&[
            "claude-3-5-sonnet-20241022",
            "anthropic.claude-3-5-sonnet-20241022-v2:0",
            "claude-3-5-sonnet@20240620",
            "anthropic/claude-3.5-sonnet",
            "\"claude-3-haiku-20240307\"",
        ]);
        same(&[
            "claude-opus-4-5",
            "us.anthropic.claude-opus-4-5-20251101-v1:0",
            "Claude-Opus-4.5",
        ]);
        same(&["claude-opus-4-20250514", "claude-opus-4-0", "claude-opus-4"]);
        same(&[
            "claude-mythos-preview",
            "claude-fable-5",
            "claude-fable-5-1",
        ]);
        same(&["MiniMax-M2", "upstream-m", "my-claude"]);
    }

    #[test]
    fn each_family_takes_its_fields() {
        let adaptive = |takes_budget, off| Thinking::Adaptive { takes_budget, off };
        let cases = [
            ("claude-3-5-haiku", Sampling::Both, Thinking::Never, false),
            ("claude-3-7-sonnet", Sampling::Both, Thinking::Budget, false),
            ("claude-sonnet-4", Sampling::Both, Thinking::Budget, false),
            (
                "claude-opus-4-1-20250805",
                Sampling::One,
                Thinking::Budget,
                false,
            ),
            (
                "claude-haiku-4-5-20251001",
                Sampling::One,
                Thinking::Budget,
                true,
            ),
            (
                "claude-sonnet-4-6",
                Sampling::One,
                adaptive(true, Off::Omitted),
                true,
            ),
            (
                "claude-opus-4-8",
                Sampling::Neither,
                adaptive(false, Off::Omitted),
                true,
            ),
            (
                "claude-sonnet-5",
                Sampling::Neither,
                adaptive(false, Off::Type("disabled")),
                true,
            ),
            (
                "claude-opus-5-5",
                Sampling::Neither,
                adaptive(false, Off::Never),
                true,
            ),
            (
                "claude-sonnet-5-5",
                Sampling::Neither,
                adaptive(false, Off::Type("between_tools")),
                true,
            ),
            (
                "claude-haiku-5-5",
                Sampling::Neither,
                adaptive(false, Off::Type("disabled")),
                true,
            ),
            (
                "claude-fable-5-1",
                Sampling::Neither,
                adaptive(false, Off::Never),
                true,
            ),
        ];
        for (name, sampling, thinking, structured_outputs) in cases {
            let expected = Family {
                sampling,
                thinking,
                structured_outputs,
            };
            assert_eq!(Family::of(name), expected, "{name}");
        }
    }
}
