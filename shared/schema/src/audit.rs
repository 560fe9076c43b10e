//! The audit log: changes of accounts, keys and the configuration, on the wire and in the store.

use openclaw_core::Timestamp;
use serde::{Deserialize, Serialize};

/// A change that somebody asked for. It is written before the change is made and gets its status after it, so
/// none goes unseen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct AuditEntry {
    /// `aud_…`: ids of later ones sort before it.
    pub id: String,
    /// Always `audit.entry`.
    pub object: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What: the method and the route, such as `PATCH /accounts/{id}`.
    pub action: String,
    /// On what: the path, such as `/accounts/acct_1`.
    pub path: String,
    /// What came of it; `null` where the process ended before it answered.
    pub status: Option<u16>,
    /// The request's id.
    pub request: String,
    /// From where: the client's address, where it is known.
    pub address: Option<String>,
}

/// Who asks for a change.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Actor {
    /// The operator.
    Operator,
    /// A key of an account, or a token made from one.
    Key {
        /// `key_…`.
        id: String,
        /// `acct_…`.
        account: String,
    },
}

impl Actor {
    /// Whether it is of that account, or for `operator` the operator.
    pub fn is_of(&self, whose: &str) -> bool {
        match self {
            Self::Operator => whose == "operator",
            Self::Key { id, account } => whose == account || whose == id,
        }
    }
}

/// Which entries are asked for, beside the page.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct AuditFilter {
    /// Those of `operator`, of an account or of a key, by its id.
    pub actor: Option<String>,
    /// Those whose action begins with this, such as `DELETE ` or `PATCH /accounts`.
    pub action: Option<String>,
    /// Those about this path or below, such as `/keys/key_1`.
    pub path: Option<String>,
    /// Not older than this.
    pub since: Option<Timestamp>,
    /// Older than this.
    pub until: Option<Timestamp>,
}

impl AuditFilter {
    /// Whether the entry is asked for.
    pub fn allows(&self, entry: &AuditEntry) -> bool {
        let begins = |wanted: &Option<String>, found: &str| {
            wanted
                .as_deref()
                .is_none_or(|wanted| found.starts_with(wanted))
        };
        self.actor
            .as_deref()
            .is_none_or(|whose| entry.actor.is_of(whose))
            && begins(&self.action, &entry.action)
            && begins(&self.path, &entry.path)
            && self.since.is_none_or(|since| entry.at >= since)
            && self.until.is_none_or(|until| entry.at < until)
    }
}
