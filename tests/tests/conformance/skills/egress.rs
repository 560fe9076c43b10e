//! Where skills' requests may go. Nothing here is sent anywhere but to 127.0.0.1: all else is refused before.

use super::{execute, http_skill, install, run, site};
use openclaw_conformance::harness::{
    ADMIN_TOKEN, Account, Client, Mock, Options, Server, Target, tag,
};
use reqwest::Url;
use serde_json::json;
use tokio::net::TcpListener;

/// A skill whose URL is its parameter.
async fn anywhere(account: &Account) {
    let steps = json!([{"url": "{{ parameters.q | safe }}"}]);
    install(account, &http_skill("anywhere", steps)).await;
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_spelled() {
    let account = Account::new().await;
    anywhere(&account).await;
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "017700000001",
        "0177.0.0.01",
        "0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "１２７.0.0.1",
        "localhost",
        "a.localhost",
        "LOCALHOST.",
        "metadata.google.internal",
        "printer.local",
        "intranet",
    ] {
        let url = format!("https://{host}/");
        let reply = execute(&account, "anywhere", "run", json!({"q": url})).await;
        let failure = reply.fails("skill_failed");
        assert!(
            failure.message.contains("must lead to a public"),
            "{host}: {failure:?}"
        );
    }
}

#[tokio::test]
async fn other_schemes_ports_and_credentials_are_refused() {
    let account = Account::new().await;
    anywhere(&account).await;
    let listed = Mock::get().address();
    let other = if listed.port() == 9000 { 9001 } else { 9000 };
    for url in [
        "http://example.com/".to_owned(),
        "ftp://example.com/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "https://example.com:22/".to_owned(),
        "https://user:pass@example.com/".to_owned(),
        format!("http://user:pass@{listed}/"),
        format!("http://127.0.0.1:{other}/"),
        "not a URL".to_owned(),
    ] {
        let reply = execute(&account, "anywhere", "run", json!({"q": url})).await;
        let failure = reply.fails("skill_failed");
        assert!(
            failure.message.contains("steps[0].url"),
            "{url}: {failure:?}"
        );
    }
}

#[tokio::test]
async fn what_the_operator_lists_is_reached() {
    let account = Account::new().await;
    anywhere(&account).await;
    let result = run(&account, "anywhere", json!({"q": site("echo?a=1")})).await;
    assert_eq!(result["query"]["a"], "1");
}

#[tokio::test]
async fn redirects_are_followed_through_the_same_check() {
    let account = Account::new().await;
    let steps = json!([{"url": site("answer"), "query": {"status": "302", "location": "{{ parameters.q }}"}}]);
    install(&account, &http_skill("redirected", steps)).await;
    let ask = |to: &str| execute(&account, "redirected", "run", json!({"q": to}));
    assert_eq!(
        ask("/site/echo?a=1").await.ok()["result"]["query"]["a"],
        "1"
    );
    for to in [
        "https://127.0.0.1/",
        "http://127.0.0.1:1/",
        "https://[::1]/",
        "https://0x7f.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/",
        "http://example.com/",
    ] {
        let failure = ask(to).await.fails("skill_failed");
        assert!(failure.message.contains("must"), "{to}: {failure:?}");
    }
}

#[tokio::test]
async fn three_redirects_are_followed_and_no_more() {
    let account = Account::new().await;
    let tag = tag("loop");
    let mut next = String::new();
    for _ in 0..5 {
        let query = [("status", "302"), ("tag", &*tag), ("location", &*next)];
        next = Url::parse_with_params(&site("answer"), query)
            .unwrap()
            .into();
    }
    let steps =
        json!([{"url": site("answer"), "query": {"status": "302", "tag": tag, "location": next}}]);
    install(&account, &http_skill("loop", steps)).await;
    let reply = execute(&account, "loop", "run", json!({})).await;
    let failure = reply.fails("skill_failed");
    assert!(
        failure.message.contains("redirects more than 3 times"),
        "{failure:?}"
    );
    assert_eq!(Mock::get().report(&tag).await.requests, 4);
}

/// By name and by a redirect to the name. What happens where a name leads elsewhere a moment later is a case of
/// the connector's: it asks once, and connects to what it was told.
#[tokio::test]
async fn names_that_lead_to_private_addresses_are_refused_before_a_connection() {
    let reason = "on Workers the platform resolves; functions on Lambda have the same connector";
    if !Target::Native.is_chosen_or_skips(reason) {
        return;
    }
    if !Server::may_have_hosts() {
        eprintln!("skipped: this machine gives a process no names of its own (unshare --mount)");
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let options = Options {
        config: Some(format!(
            "[egress]\nallow = [\"{}\"]\nports = [443, {port}]\n",
            Mock::get().address()
        )),
        hosts: Some(
            "127.0.0.1 localhost rebound.example.com\n::1 six.example.com\n\
             10.0.0.1 private.example.com\n169.254.169.254 metadata.example.com\n"
                .into(),
        ),
        ..Options::default()
    };
    let server = Server::start("names", options).await.expect("it starts");
    let operator = Client::new(&server.base_url).operator(ADMIN_TOKEN);
    let account = Account::on(&operator, json!({"tier": "pro"}), json!({})).await;
    anywhere(&account).await;
    for host in ["rebound", "six", "private", "metadata"] {
        let url = format!("https://{host}.example.com:{port}/");
        let redirect = [("status", "302"), ("location", &*url)];
        let redirect = Url::parse_with_params(&site("answer"), redirect).expect("a URL");
        for to in [url.clone(), redirect.into()] {
            let reply = execute(&account, "anywhere", "run", json!({"q": to})).await;
            let failure = reply.fails("skill_failed");
            let is_named = failure.message.contains("must lead to a public");
            assert!(is_named, "{to}: {failure:?}");
        }
    }
    let nobody = tokio::time::timeout(std::time::Duration::from_millis(200), listener.accept());
    assert!(nobody.await.is_err(), "it was connected to");
}
