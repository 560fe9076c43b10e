//! `thinking` and `output_config.effort`, from OpenAI's `reasoning_effort` and a `thinking` in
//! Anthropic's own words.

use crate::{
    anthropic::family::{Off, Thinking},
    dialect::Input,
};
use openclaw_core::Result;
use openclaw_schema::chat::Text;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The smallest budget Anthropic takes, in tokens.
const LEAST_BUDGET: u64 = 1024;

/// How the model shall think.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reasoning<'a> {
    pub(super) thinking: Option<ThinkingConfig<'a>>,
    pub(super) effort: Option<&'static str>,
}

/// Anthropic's `thinking`.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct ThinkingConfig<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display: Option<Cow<'a, str>>,
}

/// What of a request excludes thinking.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Obstacles {
    /// A tool must be called, or the last turn is the assistant's: neither goes with thinking.
    pub(super) bound_answer: bool,
    /// A tool is answered, and the thoughts that led to its call are not in the history. Only
    /// thinking within a budget needs them.
    pub(super) thoughts_missing: bool,
}

/// OpenAI's efforts, and Anthropic's `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Effort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

/// `thinking` as callers write it.
#[derive(Deserialize)]
struct Given<'a> {
    #[serde(rename = "type", borrow)]
    kind: Text<'a>,
    budget_tokens: Option<u64>,
    #[serde(borrow)]
    display: Option<Text<'a>>,
}

/// What a caller wants.
enum Wish {
    Nothing,
    Off,
    /// As deep as the effort says, or as the model finds right.
    On(Option<Effort>),
    Budget(u64),
}

impl ThinkingConfig<'_> {
    fn new(kind: &'static str) -> Self {
        Self {
            kind,
            budget_tokens: None,
            display: None,
        }
    }
}

impl Reasoning<'_> {
    /// Whether the model is asked to think, which excludes sampling parameters.
    pub(super) fn is_on(&self) -> bool {
        let thinking = self.thinking.as_ref();
        thinking.is_some_and(|thinking| matches!(thinking.kind, "enabled" | "adaptive"))
    }
}

impl Effort {
    /// How much of the answer's tokens a budget is, in per cent.
    fn share(self) -> u64 {
        match self {
            Self::None | Self::Minimal => 10,
            Self::Low => 20,
            Self::Medium => 50,
            Self::High => 80,
            Self::Xhigh | Self::Max => 95,
        }
    }

    /// Anthropic's word.
    fn word(self, knows_xhigh: bool) -> &'static str {
        match self {
            Self::None | Self::Minimal | Self::Low => "low",
            Self::Medium => "medium",
            Self::Xhigh if knows_xhigh => "xhigh",
            Self::High | Self::Xhigh => "high",
            Self::Max => "max",
        }
    }
}

/// How a family of this way of `thinking` is asked for what the caller wants. Where it cannot
/// think, or not with the rest of the request, thinking is left out: it is no part of the answer.
pub(super) fn encode<'a>(
    input: &Input<'a>,
    thinking: Thinking,
    max_tokens: u64,
    obstacles: Obstacles,
) -> Result<Reasoning<'a>> {
    let effort = input.field::<Effort>("reasoning_effort")?;
    let given = input.field::<Given<'a>>("thinking")?;
    let wish = wish(given.as_ref(), effort);
    let display = given.and_then(|given| given.display).map(|text| text.0);
    Ok(match thinking {
        Thinking::Never => Reasoning::default(),
        Thinking::Budget => Reasoning {
            thinking: within_budget(&wish, max_tokens)
                .filter(|_| !obstacles.bound_answer && !obstacles.thoughts_missing)
                .map(|thinking| ThinkingConfig {
                    display,
                    ..thinking
                }),
            effort: None,
        },
        Thinking::Adaptive { takes_budget, off } => {
            let mut reasoning = adaptive(&wish, takes_budget, off, max_tokens);
            if reasoning.is_on() && obstacles.bound_answer {
                reasoning.thinking = None;
            }
            if let Some(thinking) = reasoning
                .thinking
                .as_mut()
                .filter(|it| it.kind == "adaptive")
            {
                // Newer models leave the thoughts out unless they are asked for.
                thinking.display = Some(display.unwrap_or(Cow::Borrowed("summarized")));
            }
            reasoning
        }
    })
}

/// `thinking` says more than `reasoning_effort`.
fn wish(given: Option<&Given<'_>>, effort: Option<Effort>) -> Wish {
    let Some(given) = given else {
        return match effort {
            None => Wish::Nothing,
            Some(Effort::None) => Wish::Off,
            Some(effort) => Wish::On(Some(effort)),
        };
    };
    match (&*given.kind.0, given.budget_tokens) {
        ("disabled" | "between_tools", _) => Wish::Off,
        ("enabled", Some(budget)) => Wish::Budget(budget),
        _ => Wish::On(effort.filter(|effort| *effort != Effort::None)),
    }
}

/// `None` where there is no room for the smallest budget: it must be less than `max_tokens`.
fn within_budget(wish: &Wish, max_tokens: u64) -> Option<ThinkingConfig<'static>> {
    let wanted = match wish {
        Wish::Nothing | Wish::Off => return None,
        Wish::Budget(budget) => *budget,
        Wish::On(effort) => max_tokens / 100 * effort.unwrap_or(Effort::High).share(),
    };
    let most = max_tokens.checked_sub(1)?;
    (most >= LEAST_BUDGET).then(|| ThinkingConfig {
        budget_tokens: Some(wanted.clamp(LEAST_BUDGET, most)),
        ..ThinkingConfig::new("enabled")
    })
}

fn adaptive(wish: &Wish, takes_budget: bool, off: Off, max_tokens: u64) -> Reasoning<'static> {
    let thinking = |kind| Some(ThinkingConfig::new(kind));
    match (wish, off) {
        (Wish::Nothing, _) | (Wish::Off, Off::Omitted) => Reasoning::default(),
        (Wish::Off, Off::Type(kind)) => Reasoning {
            thinking: thinking(kind),
            effort: None,
        },
        (Wish::Off, Off::Never) => Reasoning {
            thinking: None,
            effort: Some("low"),
        },
        (Wish::Budget(_), _) if takes_budget => Reasoning {
            thinking: within_budget(wish, max_tokens),
            effort: None,
        },
        (Wish::Budget(_), _) => Reasoning {
            thinking: thinking("adaptive"),
            effort: None,
        },
        (Wish::On(effort), _) => Reasoning {
            thinking: thinking("adaptive"),
            effort: effort.map(|effort| effort.word(!takes_budget)),
        },
    }
}
