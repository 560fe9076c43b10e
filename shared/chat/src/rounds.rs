//! Requests that call a model several times: what follows a round's answer.

use bytes::Bytes;
use futures_util::stream::BoxStream;
use openclaw_core::{BoxFuture, Ports, Result};
use openclaw_providers::{Chunk, Plan};
use openclaw_usage::Settlement;
use serde_json::Value;
use std::time::Duration;

/// The rounds of one request: between two of them, what the model called is run.
pub trait Rounds: Send {
    /// The runtime.
    fn ports(&self) -> Ports;

    /// After a round with this answer, a `chat.completion`.
    fn after(&mut self, answer: &Bytes) -> Result<Next>;

    /// Takes what a call came to, and gives the chunk that tells the client of it.
    fn ran(&mut self, ran: Ran) -> Chunk;

    /// Once all calls are over: reserves the next round and gives its call of the model. 402.
    fn go_on<'a>(&'a mut self, settlement: &'a mut Settlement) -> BoxFuture<'a, Result<Plan>>;

    /// What a client sees of a chunk of the stream.
    fn show(&mut self, chunk: &Chunk) -> Option<Chunk>;

    /// After a streamed round: what the client sees next, and the calls that run.
    fn after_stream(&mut self) -> Result<(Vec<Chunk>, Option<Running>)>;
}

/// What becomes of a round's answer.
pub enum Next {
    /// It is the last; `is_cut` where the model wanted more, and was not let.
    Done {
        /// What the client is shown, a `chat.completion`.
        answer: Bytes,
        /// Whether the model was not done.
        is_cut: bool,
    },
    /// Calls are run, then the model is asked again.
    Run(Running),
}

/// Calls that run. Dropped, it stops them.
pub type Running = BoxStream<'static, Ran>;

/// A call that is over.
#[derive(Debug)]
pub struct Ran {
    /// Its place among the round's calls.
    pub call: usize,
    /// What it came to.
    pub outcome: Result<Value>,
    /// How long it took.
    pub took: Duration,
}
