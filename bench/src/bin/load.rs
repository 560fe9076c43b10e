//! `load`: the load generator as a program; see the library's docs.
#![allow(clippy::print_stdout, reason = "its results go to standard output")]

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use openclaw_bench::{Asker, Load, Question};
use std::{sync::Arc, time::Duration};
use tokio::{io::AsyncReadExt, sync::Semaphore, time::sleep};

/// Asks a gateway, a proxy or the upstream itself.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Asks so many times and prints what it took, as JSON.
    Run {
        #[command(flatten)]
        whom: Whom,
        /// Connections at a time.
        #[arg(long)]
        connections: usize,
        /// Requests over all of them.
        #[arg(long)]
        requests: usize,
        /// Asks for the JSON at this path instead of a chat.
        #[arg(long, conflicts_with = "stream")]
        get: Option<String>,
    },
    /// Opens so many slow streams, prints `open` once each has begun, and reads them until standard
    /// input ends.
    Hold {
        #[command(flatten)]
        whom: Whom,
        /// Streams at a time.
        #[arg(long)]
        streams: usize,
    },
    /// Asks until there is an answer, and prints `answered`.
    First {
        #[command(flatten)]
        whom: Whom,
    },
}

#[derive(Args)]
struct Whom {
    /// Such as 127.0.0.1:3000.
    #[arg(long)]
    address: String,
    /// The API key.
    #[arg(long, env = "OPENCLAW_API_KEY", default_value = "none")]
    key: String,
    /// Whether the answer is to stream.
    #[arg(long)]
    stream: bool,
}

impl Whom {
    fn question(self, text: &str) -> Question {
        Question::new(self.address, self.key, "bench", text, self.stream)
    }
}

// One thread: it shares the processors with what it measures.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    match Arguments::parse().what {
        What::Run {
            whom,
            connections,
            requests,
            get,
        } => {
            let load = Load {
                connections,
                requests,
            };
            let mut question = whom.question("What is the capital of France?");
            if let Some(path) = get {
                question = question.instead(path);
            }
            println!("{}", load.run(&question).await?.json());
            Ok(())
        }
        What::Hold { whom, streams } => hold(whom, streams).await,
        What::First { whom } => first(whom).await,
    }
}

async fn hold(whom: Whom, streams: usize) -> Result<()> {
    // The upstream's script: a word a second, for longer than anybody holds.
    let question =
        whom.question(r#"{"upstream":{"tag":"hold","chunks":600,"chunk_delay_ms":1000}}"#);
    let begun = Arc::new(Semaphore::new(0));
    for _ in 0..streams {
        let (mut asker, begun) = (Asker::connect(question.clone()).await?, begun.clone());
        tokio::spawn(async move { asker.ask(|| begun.add_permits(1)).await });
    }
    let all = begun.acquire_many(u32::try_from(streams)?).await?;
    println!("open");
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    drop(all);
    Ok(())
}

async fn first(whom: Whom) -> Result<()> {
    let question = whom.question("What is the capital of France?");
    loop {
        if let Ok(mut asker) = Asker::connect(question.clone()).await
            && asker.ask(|| ()).await.is_ok()
        {
            println!("answered");
            return Ok(());
        }
        sleep(Duration::from_millis(1)).await;
    }
}
