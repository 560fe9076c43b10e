//! A gateway's providers with everything around them faked.

use crate::fakes::{Answer, ClockPort, Even, JumpingClock, ScriptedHttp, Tasks, Untouched};
use bytes::Bytes;
use futures_util::StreamExt;
use openclaw_core::{Error, HttpRequest, Ports, blob::NoBlob};
use openclaw_providers::{Chunk, ChunkStream, Completion, Failure, Plan, Providers, Reply};
use openclaw_schema::chat::ChatRequest;
use openclaw_testkit::FixedSigner;
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

/// The key of every provider that names `KEY`.
pub(crate) const KEY: &str = "sk-hunter2hunter2";

pub(crate) struct World {
    pub(crate) providers: Arc<Providers>,
    pub(crate) clock: Arc<JumpingClock>,
    pub(crate) http: Arc<ScriptedHttp>,
    pub(crate) tasks: Arc<Tasks>,
    ports: Ports,
}

pub(crate) fn providers(config: Value) -> Providers {
    providers_with(config, KEY)
}

fn providers_with(config: Value, key: &str) -> Providers {
    let config = serde_json::from_value(config).expect("a configuration");
    Providers::new(&config, |name| (name == "KEY").then(|| key.into())).expect("it is valid")
}

/// A model `m` with one target at `a`, whose calls are not repeated unless `routing` says so.
pub(crate) fn one_target(dialect: &str, routing: Value) -> Value {
    json!({
        "routing": routing,
        "providers": [{"id": "a", "dialect": dialect, "base_url": "https://a.test/v1/", "api_key_env": "KEY"}],
        "models": [{"id": "m", "context_length": 1000, "max_output_tokens": 100,
                    "targets": [{"provider": "a", "model": "upstream-m"}]}],
    })
}

impl World {
    pub(crate) fn new(config: Value, script: Vec<Answer>) -> Self {
        Self::of(providers(config), script)
    }

    /// Whose providers' key is this one.
    pub(crate) fn with_key(config: Value, key: &str, script: Vec<Answer>) -> Self {
        Self::of(providers_with(config, key), script)
    }

    pub(crate) fn of(providers: Providers, script: Vec<Answer>) -> Self {
        let clock = Arc::new(JumpingClock::default());
        clock.advance(Duration::from_secs(1_700_000_000));
        let http = Arc::new(ScriptedHttp {
            clock: Arc::clone(&clock),
            script: Mutex::new(script.into()),
            seen: Mutex::default(),
            open: Arc::default(),
        });
        let tasks = Arc::new(Tasks::default());
        let ports = Ports {
            kv: Arc::new(Untouched),
            ledger: Arc::new(Untouched),
            blob: Arc::new(NoBlob),
            http: http.clone(),
            public_http: http.clone(),
            clock: Arc::new(ClockPort(Arc::clone(&clock))),
            random: Arc::new(Even(AtomicU64::new(1))),
            spawn: tasks.clone(),
            signer: Arc::new(FixedSigner),
        };
        Self {
            providers: Arc::new(providers),
            clock,
            http,
            tasks,
            ports,
        }
    }

    pub(crate) fn then(&self, answer: Answer) {
        self.http.script.lock().unwrap().push_back(answer);
    }

    pub(crate) fn plan(&self, body: &str, stream: bool) -> Result<Plan, Error> {
        self.plan_for(body, stream, None)
    }

    /// For a key that may use the `allowed` models.
    pub(crate) fn plan_for(
        &self,
        body: &str,
        stream: bool,
        allowed: Option<&[String]>,
    ) -> Result<Plan, Error> {
        let bytes = Bytes::from(body.to_owned());
        let request = ChatRequest::parse(&bytes).expect("a request");
        let model = self.providers.model(&request.model).expect("a model");
        self.providers.plan(
            &model,
            &request,
            bytes.clone(),
            stream,
            "req_1",
            allowed,
            None,
        )
    }

    pub(crate) fn complete(&self, body: &str) -> Result<Reply<Completion>, Failure> {
        let plan = self.plan(body, false).expect("a plan");
        self.clock.run(plan.complete(self.ports.clone()))
    }

    pub(crate) fn stream(&self, body: &str) -> Result<Reply<ChunkStream>, Failure> {
        let plan = self.plan(body, true).expect("a plan");
        self.clock.run(plan.stream(self.ports.clone()))
    }

    pub(crate) fn rest(&self, stream: ChunkStream) -> Vec<Result<Chunk, Error>> {
        self.clock.run(stream.collect())
    }

    /// All that was asked.
    pub(crate) fn requests(&self) -> Vec<HttpRequest> {
        let seen = self.http.seen.lock().unwrap();
        seen.iter().map(|(_, request)| request.clone()).collect()
    }

    /// Hosts that were called and, in milliseconds from the first call on, when.
    pub(crate) fn calls(&self) -> Vec<(String, u128)> {
        let seen = self.http.seen.lock().unwrap();
        let first = seen.first().map(|(at, _)| *at);
        seen.iter()
            .map(|(at, request)| {
                let since = at.duration_since(first.unwrap());
                let host = request.uri().host().unwrap();
                (host.trim_end_matches(".test").into(), since.as_millis())
            })
            .collect()
    }

    pub(crate) fn hosts(&self) -> Vec<String> {
        self.calls().into_iter().map(|(host, _)| host).collect()
    }

    pub(crate) fn ports(&self) -> Ports {
        self.ports.clone()
    }

    /// Calls whose answer is still awaited or read.
    pub(crate) fn open(&self) -> usize {
        self.http.open.load(std::sync::atomic::Ordering::SeqCst)
    }

    pub(crate) fn last_request(&self) -> HttpRequest {
        self.http.seen.lock().unwrap().last().unwrap().1.clone()
    }
}

/// A request for model `m`.
pub(crate) const HELLO: &str = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;

/// A whole answer of the OpenAI dialect.
pub(crate) const WHOLE: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"x","choices":[{"index":0,"message":{"role":"assistant","content":"yes"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}"#;
