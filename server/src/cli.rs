//! The command line.

use crate::{
    accounts,
    config::{self, ConfigArgs},
    health, inspect, keys,
    output::print,
    serve, transfer,
};
use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// An AI gateway of your own.
#[derive(Parser)]
#[command(name = "openclaw-api", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the gateway
    Serve {
        /// The port to listen on, instead of the configured one
        #[arg(long)]
        port: Option<u16>,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Say whether the server of this machine is ready, by the exit status
    Health {
        /// The port that it listens on, instead of the configured one
        #[arg(long)]
        port: Option<u16>,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Make and list accounts
    #[command(subcommand)]
    Accounts(accounts::Command),
    /// Make, list, revoke and rotate API keys
    #[command(subcommand)]
    Keys(keys::Command),
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Copy the data folder, secrets included, while a server may be running on it
    Export {
        /// The folder to make
        target: PathBuf,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Look into a file on standard input: the server starts it for each
    #[command(name = inspect::COMMAND, hide = true)]
    InspectFile,
    /// Make the data folder from an exported one; there must be none yet
    Import {
        /// The exported folder
        source: PathBuf,
        #[command(flatten)]
        config: ConfigArgs,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Say whether the configuration is right, and if not where it is wrong
    Check {
        #[command(flatten)]
        config: ConfigArgs,
    },
}

impl Cli {
    pub(crate) fn run(self) -> Result<()> {
        match self.command {
            Command::Serve { port, config } => serve::serve(port, &config),
            Command::Health { port, config } => health::check(port, &config),
            Command::Accounts(command) => command.run(),
            Command::Keys(command) => command.run(),
            Command::Config(ConfigCommand::Check { config }) => {
                config::load(&config)?;
                print("the configuration is right")
            }
            Command::InspectFile => inspect::run(),
            Command::Export { target, config } => transfer::export(&config, &target),
            Command::Import { source, config } => transfer::import(&config, &source),
        }
    }
}
