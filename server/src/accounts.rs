//! `openclaw-api accounts …`

use crate::{
    cli::{Place, say},
    office::{self, ALL, plain},
};
use anyhow::Result;
use clap::{Subcommand, ValueEnum};
use openclaw_schema::account::{Account, CreateAccount, Tier};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make an account; prints its id alone
    Create {
        /// A name for people
        name: String,
        #[arg(long, value_enum, default_value_t = TierName::Free)]
        tier: TierName,
        /// Requests a minute, where the tier's number shall not hold
        #[arg(long)]
        rate_limit: Option<u64>,
        #[command(flatten)]
        place: Place,
    },
    /// List the accounts
    List {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum TierName {
    Free,
    Pro,
    Enterprise,
}

impl From<TierName> for Tier {
    fn from(name: TierName) -> Self {
        match name {
            TierName::Free => Self::Free,
            TierName::Pro => Self::Pro,
            TierName::Enterprise => Self::Enterprise,
        }
    }
}

impl Command {
    pub(crate) fn run(self) -> Result<()> {
        match self {
            Self::Create {
                name,
                tier,
                rate_limit,
                place,
            } => office::run(&place, async |office| {
                let request = CreateAccount {
                    name,
                    tier: tier.into(),
                    rate_limit,
                    monthly_budget: None,
                };
                let account = office
                    .directory()
                    .create_account(request)
                    .await
                    .map_err(plain)?;
                say(&account.id)
            }),
            Self::List { place } => office::run(&place, async |office| {
                let accounts = office
                    .directory()
                    .list_accounts(&ALL)
                    .await
                    .map_err(plain)?;
                accounts
                    .into_data()
                    .iter()
                    .try_for_each(|account| say(&line(account)))
            }),
        }
    }
}

fn line(account: &Account) -> String {
    let Account {
        id,
        tier,
        status,
        created_at,
        name,
        ..
    } = account;
    format!("{id}  {tier:?}  {status:?}  {created_at}  {name}")
}
