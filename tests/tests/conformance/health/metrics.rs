//! `GET /metrics`.

use openclaw_conformance::harness::{Account, Target, gateway, hello};

#[tokio::test]
async fn prometheus_can_read_them() {
    if !Target::Native.is_chosen_or_skips("only the self-hosted runtime has `/metrics`") {
        return;
    }
    Account::new().await.client.chat(&hello("gpt-4")).await.ok();
    let reply = gateway().await.anonymous().get("/metrics").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let kind = reply.header("content-type").unwrap();
    let texts = ["text/plain", "application/openmetrics-text"];
    assert!(texts.iter().any(|text| kind.starts_with(text)), "{kind}");
    let text = reply.text();
    let samples = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let mut count = 0;
    for sample in samples {
        let value = sample.rsplit(' ').next().unwrap().parse::<f64>();
        assert!(value.is_ok(), "{sample}");
        count += 1;
    }
    assert!(count > 0 && text.contains("# TYPE "), "{text}");
}
