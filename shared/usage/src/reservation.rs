//! What is held back before the provider is called.

use crate::orphans::RESERVATIONS;
use bytes::Bytes;
use openclaw_core::{
    Error, Money, Result, Timestamp,
    ledger::{Delta, Step, When},
    time,
};
use openclaw_schema::{account::Account, config::Pricing, key::Key};
use serde::{Deserialize, Serialize};

/// An admitted request that has not been settled: enough to settle it should nobody else.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Reservation {
    /// The request's id.
    pub request: String,
    /// The key that called.
    pub key: String,
    /// The model that was asked for.
    pub model: String,
    /// What the model costs.
    pub pricing: Pricing,
    /// When it was admitted.
    pub started: Timestamp,
    /// Our estimate of the tokens in.
    pub prompt_tokens: u64,
    /// Nano-dollars held back from the month of `started`; 0 without a budget.
    pub reserved: i64,
}

/// Whose budgets a request counts against.
#[derive(Clone, Copy, Debug)]
pub struct Spender<'a> {
    /// The account.
    pub account: &'a Account,
    /// The key.
    pub key: &'a Key,
}

impl Spender<'_> {
    /// Whether anything bounds the spending.
    pub const fn has_budget(&self) -> bool {
        self.account.monthly_budget.is_some() || self.key.monthly_budget.is_some()
    }
}

impl Reservation {
    /// Holds back `most`, the most the request can cost, where there is a budget.
    #[must_use]
    pub fn hold(mut self, spender: Spender<'_>, most: Money) -> Self {
        self.reserved = if spender.has_budget() {
            most.nanos()
        } else {
            0
        };
        self
    }

    /// The steps that admit it: refused where a budget would be passed.
    pub fn steps(&self, spender: Spender<'_>) -> Result<Vec<Step>> {
        let document = serde_json::to_vec(self).map_err(Error::internal)?;
        let mut steps = vec![Step::Put {
            key: self.ledger_key(),
            document: Bytes::from(document),
            // Request ids are random: there is nothing to overwrite.
            when: When::Always,
            expires: None,
        }];
        if self.reserved > 0 {
            let bound = |field: String, budget: Option<Money>| Delta {
                field,
                by: self.reserved,
                at_most: budget.map(Money::nanos),
            };
            steps.push(self.spend(vec![
                bound(ACCOUNT_FIELD.into(), spender.account.monthly_budget),
                bound(self.key_field(), spender.key.monthly_budget),
            ]));
        }
        Ok(steps)
    }

    /// The step that turns what was held back into `cost`; `None` where both are nothing.
    pub(crate) fn spend_instead(&self, cost: Money) -> Option<Step> {
        let by = cost.nanos().saturating_sub(self.reserved);
        (by != 0).then(|| {
            self.spend(vec![
                Delta::new(ACCOUNT_FIELD, by),
                Delta::new(self.key_field(), by),
            ])
        })
    }

    pub(crate) fn ledger_key(&self) -> String {
        format!("{RESERVATIONS}{}", self.request)
    }

    fn key_field(&self) -> String {
        format!("k/{}", self.key)
    }

    /// Adds to the spending of the month the request began in.
    fn spend(&self, deltas: Vec<Delta>) -> Step {
        Step::Add {
            key: format!("gate#b/{}", time::month(self.started)),
            deltas,
            // Longer than the month lasts, by a month.
            expires: Some(time::shift(self.started, 62 * time::DAY)),
        }
    }
}

/// The field of the month's spending that counts the whole account.
const ACCOUNT_FIELD: &str = "total";
