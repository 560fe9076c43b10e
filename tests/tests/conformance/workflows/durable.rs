//! Runs outlive the processes that work on them.

use super::{ended, make, make_of, site, start, step};
use crate::own_server::{account, folder, on};
use openclaw_conformance::{
    harness::{Account, Client, Mock, Server, Target, tag},
    upstream::Script,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    hash::{BuildHasher, Hasher, RandomState},
    path::Path,
    time::Duration,
};

/// A time of at most so long, to the microsecond.
fn at_random(longest: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    let longest = u64::try_from(longest.as_micros()).expect("it is short");
    Duration::from_micros(random % longest)
}

/// The account on the gateway that goes on.
fn moved(account: &Account, server: &Server) -> Account {
    let mut moved = account.clone();
    moved.client = Client::new(&server.base_url).with(&account.key.secret);
    moved
}

/// Kills whatever works on runs: on Lambda the function's copies, elsewhere all there is.
async fn killed(server: Server, name: &str, data: &Path) -> Server {
    if Target::chosen() == Target::Lambda {
        server.kill_busy("workflows").await;
        return server;
    }
    server.kill().await;
    on(name, data).await
}

/// Attempts of the steps that are completed.
fn completed(run: &Value) -> BTreeMap<String, Value> {
    let steps = run["steps"].as_array().expect("steps").iter();
    let done = steps.filter(|step| step["status"] == "completed");
    done.map(|step| {
        (
            step["id"].as_str().expect("an id").to_owned(),
            step["attempts"].clone(),
        )
    })
    .collect()
}

#[tokio::test]
async fn each_of_fifty_steps_is_finished_once_whatever_is_killed() {
    // Elsewhere a killed process is noticed when its claim is over, which takes a minute.
    let (kills, longest) = match Target::chosen() {
        Target::Native => (10, Duration::from_millis(60)),
        Target::Workers | Target::Lambda => (1, Duration::from_millis(1500)),
    };
    let data = folder();
    let mut server = on("fifty-steps", data.path()).await;
    let mut account = account(&server).await;
    let tag = tag("fifty");
    let steps = (0..50).map(|n| {
        let url = site(&format!("echo?tag={tag}&n={n}."));
        json!({"id": format!("s{n}"), "type": "http", "url": url})
    });
    let last = json!({"id": "sum", "type": "transform", "value":
        "{{ steps.s0.result.status + steps.s24.result.status + steps.s49.result.status }}"});
    let steps = Vec::from_iter(steps.chain([last]));
    let workflow = make(&account, json!(steps)).await;
    // A model call that the first kill cuts off.
    let script = Script {
        tag: format!("{tag}-call"),
        never: true,
        fail_first: Some(1),
        text: Some("at last".into()),
        ..Script::default()
    };
    let ask = json!([{"id": "ask", "type": "ai_completion", "model": "gpt-4", "prompt": script.message()}]);
    let asking = make_of(&account, json!({"id": "asking", "name": "x", "steps": ask})).await;
    let asking = start(&account, &asking, json!({})).await;
    Mock::get()
        .report_when(&script.tag, |report| report.requests == 1)
        .await;
    let run = start(&account, &workflow, json!({})).await;
    let path = format!("/v1/runs/{run}");
    let mut finished = BTreeMap::new();
    for _ in 0..kills {
        tokio::time::sleep(at_random(longest)).await;
        finished = completed(&account.client.get(&path).await.ok());
        server = killed(server, "fifty-steps", data.path()).await;
        account = moved(&account, &server);
    }
    let run = ended(&account, &run).await;
    assert_eq!(
        (&run["status"], &run["result"]),
        (&json!("completed"), &json!(600)),
        "{run:#}"
    );
    let attempts = completed(&run);
    assert_eq!(attempts.len(), 51);
    // What had been finished was not begun again.
    finished.retain(|step, before| attempts[step] != *before);
    assert!(finished.is_empty(), "{finished:?}");
    let report = Mock::get().report(&tag).await;
    assert!(report.requests <= 50 + kills, "{}", report.requests);
    for n in 0..50 {
        let end = format!("n={n}.");
        let asked = report.seen.iter().filter(|seen| seen.path.ends_with(&end));
        let begun = attempts[&format!("s{n}")].as_u64().expect("a number");
        let asked = asked.count() as u64;
        assert!((1..=begun).contains(&asked), "step {n}: {asked} of {begun}");
    }
    // Nothing of the call that was cut off stands in the way of the next.
    let asked = ended(&account, &asking).await;
    assert_eq!(asked["result"], "at last", "{asked:#}");
    let attempts = step(&asked, "ask")["attempts"].as_u64().expect("a number");
    let requests = Mock::get().report(&script.tag).await.requests as u64;
    assert!(
        requests > 1 && requests <= attempts,
        "{requests} of {attempts}"
    );
}
