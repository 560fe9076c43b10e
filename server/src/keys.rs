//! `openclaw-api keys …`

use crate::{
    admin_context::{self, ALL, AdminContext, plain},
    config::ConfigArgs,
    output::{print, print_error},
};
use anyhow::{Result, anyhow};
use clap::Subcommand;
use openclaw_schema::key::{CreateKey, Key, Mode, OnDisconnect, RotateKey, Scope};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::Error as WordError},
};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a key; prints it alone, for the only time
    Create {
        /// The account's id
        #[arg(long)]
        account: String,
        /// A name for people
        #[arg(long)]
        name: String,
        /// What it opens; repeatable [default: all but admin]
        #[arg(long = "scope", value_parser = scope)]
        scopes: Vec<Scope>,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// List the keys
    List {
        /// Of this account only
        #[arg(long)]
        account: Option<String>,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Revoke a key for good; a running server refuses it within a second
    Revoke {
        /// The key's id
        id: String,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Give a key a new text; prints it alone, for the only time
    Rotate {
        /// The key's id
        id: String,
        /// Seconds for which the old text works on
        #[arg(long, default_value_t = 0)]
        grace_period: u64,
        #[command(flatten)]
        config: ConfigArgs,
    },
}

fn scope(word: &str) -> Result<Scope, String> {
    let word: serde::de::value::StrDeserializer<'_, WordError> = word.into_deserializer();
    Scope::deserialize(word).map_err(|error| error.to_string())
}

impl Command {
    pub(crate) fn run(self) -> Result<()> {
        match self {
            Self::Create {
                account,
                name,
                scopes,
                config,
            } => admin_context::run(&config, async |context| {
                create(&context, &account, name, scopes).await
            }),
            Self::List { account, config } => {
                admin_context::run(&config, async |context| list(&context, account).await)
            }
            Self::Revoke { id, config } => admin_context::run(&config, async |context| {
                let account = account_of(&context, &id).await?;
                context
                    .directory()
                    .revoke_key(&account, &id)
                    .await
                    .map_err(plain)?;
                print_error(&format!("{id} is revoked"));
                Ok(())
            }),
            Self::Rotate {
                id,
                grace_period,
                config,
            } => admin_context::run(&config, async |context| {
                let account = account_of(&context, &id).await?;
                let request = RotateKey { grace_period };
                let key = context
                    .directory()
                    .rotate_key(&account, &id, &request)
                    .await;
                print(&key.map_err(plain)?.secret)
            }),
        }
    }
}

async fn create(
    context: &AdminContext,
    account: &str,
    name: String,
    scopes: Vec<Scope>,
) -> Result<()> {
    let request = CreateKey {
        name,
        account: None,
        mode: Mode::Live,
        scopes: (!scopes.is_empty()).then_some(scopes),
        expires_at: None,
        rate_limit: None,
        monthly_budget: None,
        models: None,
        on_disconnect: OnDisconnect::default(),
        route_override: false,
    };
    let key = context
        .directory()
        .create_key(account, request)
        .await
        .map_err(plain)?;
    print(&key.secret)
}

async fn list(context: &AdminContext, account: Option<String>) -> Result<()> {
    let directory = context.directory();
    let accounts = match account {
        Some(id) => vec![directory.account(&id).await.map_err(plain)?],
        None => directory
            .list_accounts(&ALL)
            .await
            .map_err(plain)?
            .into_data(),
    };
    for account in accounts {
        let keys = directory
            .list_keys(&account.id, &ALL)
            .await
            .map_err(plain)?;
        keys.into_data()
            .iter()
            .try_for_each(|key| print(&line(key)))?;
    }
    Ok(())
}

async fn account_of(context: &AdminContext, id: &str) -> Result<String> {
    let found = context.directory().account_of_key(id).await;
    found.map_err(|error| anyhow!("{}", error.message))
}

fn line(key: &Key) -> String {
    let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    let Key {
        id,
        account,
        created_at,
        name,
        ..
    } = key;
    format!(
        "{id}  {account}  {created_at}  {}  {name}",
        scopes.join(",")
    )
}
