//! `openclaw-api accounts …`

use crate::{
    admin_context::{self, ALL, plain},
    config::ConfigArgs,
    output::print,
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
        config: ConfigArgs,
    },
    /// List the accounts
    List {
        #[command(flatten)]
        config: ConfigArgs,
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
                config,
            } => admin_context::run(&config, async |context| {
                let request = CreateAccount {
                    name,
                    tier: tier.into(),
                    rate_limit,
                    monthly_budget: None,
                    guardrails: vec![],
                };
                let account = context
                    .directory()
                    .create_account(request)
                    .await
                    .map_err(plain)?;
                print(&account.id)
            }),
            Self::List { config } => admin_context::run(&config, async |context| {
                let accounts = context
                    .directory()
                    .list_accounts(&ALL)
                    .await
                    .map_err(plain)?;
                accounts
                    .into_data()
                    .iter()
                    .try_for_each(|account| print(&line(account)))
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
