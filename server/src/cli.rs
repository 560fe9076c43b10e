//! The command line.

use crate::{accounts, config, keys, serve, transfer};
use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use std::{
    io::{Write, stderr, stdout},
    path::PathBuf,
};

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
        place: Place,
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
        place: Place,
    },
    /// Make the data folder from an exported one; there must be none yet
    Import {
        /// The exported folder
        source: PathBuf,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Say whether the configuration is right, and if not where it is wrong
    Check {
        #[command(flatten)]
        place: Place,
    },
}

/// Where configuration and data are.
#[derive(Args, Clone, Debug)]
pub(crate) struct Place {
    /// The configuration file [default: openclaw.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The data folder, instead of the configured one
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data: Option<PathBuf>,
}

impl Cli {
    pub(crate) fn run(self) -> Result<()> {
        match self.command {
            Command::Serve { port, place } => serve::serve(port, &place),
            Command::Accounts(command) => command.run(),
            Command::Keys(command) => command.run(),
            Command::Config(ConfigCommand::Check { place }) => {
                config::load(&place)?;
                say("the configuration is right")
            }
            Command::Export { target, place } => transfer::export(&place, &target),
            Command::Import { source, place } => transfer::import(&place, &source),
        }
    }
}

/// A line for whoever called, alone on standard output.
pub(crate) fn say(line: &str) -> Result<()> {
    Ok(writeln!(stdout(), "{line}")?)
}

/// A line on standard error, best effort.
pub(crate) fn say_error(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}
