//! The upstream in this process, and requests that script it.

use crate::upstream::{Report, Script, Settings, serve};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Duration,
};
use tokio::net::TcpListener;

/// The upstream of this test process.
#[derive(Debug)]
pub struct Mock {
    address: SocketAddr,
}

impl Mock {
    /// Started at the first call, on a thread and runtime of its own: a test's runtime ends with
    /// the test.
    pub fn get() -> &'static Self {
        static MOCK: OnceLock<Mock> = OnceLock::new();
        MOCK.get_or_init(|| {
            let (tell, told) = mpsc::channel();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime");
                runtime.block_on(async {
                    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                    tell.send(listener.local_addr().expect("an address"))
                        .expect("the test waits");
                    serve(listener, Settings::default()).await.expect("accepts");
                });
            });
            Self {
                address: told.recv().expect("the upstream starts"),
            }
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Such as `http://127.0.0.1:4242`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What a tag's requests looked like so far.
    pub async fn report(&self, tag: &str) -> Report {
        let url = format!("{}/control/{tag}", self.url());
        let response = reqwest::Client::builder().no_proxy().build();
        let response = response.expect("a client").get(url).send().await;
        response
            .expect("the upstream answers")
            .json()
            .await
            .expect("a report")
    }

    /// Waits at most 5 s until `holds`.
    pub async fn report_when(&self, tag: &str, holds: impl Fn(&Report) -> bool) -> Report {
        for _ in 0..1000 {
            let report = self.report(tag).await;
            if holds(&report) {
                return report;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let report = self.report(tag).await;
        panic!("not within 20 s: {report:?}");
    }
}

/// A tag no other request of this process has.
pub fn tag(name: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A chat request that scripts the upstream.
pub fn chat(model: &str, script: &Script) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": script.message()}]})
}

/// A chat request that the upstream answers with its fixed text.
pub fn hello(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hello, OpenClaw!"}]})
}
