//! Runs that are watched: server-sent events, and the WebSocket.

use super::{ended, make, make_of, start, when};
use crate::clients::file;
use openclaw_conformance::harness::{Account, browser, gateway, run as run_program, ws_url};
use serde_json::{Value, json};

/// The events of a run after `last`, to its end: id and data.
pub(super) async fn events(account: &Account, run: &str, last: Option<u64>) -> Vec<(u64, Value)> {
    let path = format!("/v1/runs/{run}/events");
    let mut request = account.client.request("GET", &path);
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let text = account
        .client
        .open(request)
        .await
        .read()
        .await
        .writes
        .concat();
    let (text, end) = text.split_at(text.rfind("data: [DONE]").expect("an end"));
    assert_eq!(end, "data: [DONE]\n\n");
    let blocks = text.split("\n\n").filter(|block| block.starts_with("id:"));
    let read = |block: &str| {
        let field = |name: &str| {
            let mut lines = block.lines();
            let line = lines.find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {block}"))
                .trim()
                .to_owned()
        };
        let data: Value = serde_json::from_str(&field("data:")).expect("JSON");
        assert_eq!(data["type"], field("event:"));
        (field("id:").parse().expect("a number"), data)
    };
    blocks.map(read).collect()
}

#[tokio::test]
async fn events_are_resumed_after_the_last_that_came() {
    let account = Account::new().await;
    let steps = json!([
        {"id": "a", "type": "transform", "value": 1},
        {"id": "w", "type": "wait", "event": "go"},
        {"id": "b", "type": "transform", "value": 2},
    ]);
    let workflow = make(&account, steps).await;
    let run = start(&account, &workflow, json!({})).await;
    let watching = tokio::spawn({
        let (account, run) = (account.clone(), run.clone());
        async move { events(&account, &run, None).await }
    });
    when(&account, &run, &["waiting"]).await;
    let path = format!("/v1/runs/{run}/events");
    account
        .client
        .post(&path, &json!({"name": "go"}))
        .await
        .succeeds(202);
    let all = watching.await.unwrap();
    let ids: Vec<_> = all.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, Vec::from_iter(0..ids.len() as u64));
    let kinds: Vec<_> = all
        .iter()
        .map(|(_, data)| data["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "run_started",
            "step_started",
            "step_completed",
            "step_started",
            "step_waiting",
            "run_waiting",
            "event_received",
            "step_completed",
            "step_started",
            "step_completed",
            "run_completed",
        ]
    );
    let (_, end) = all.last().unwrap();
    assert_eq!(
        (&end["status"], &end["result"]),
        (&json!("completed"), &json!(2))
    );
    assert_eq!(
        (&all[1].1["step"], &all[1].1["total_steps"]),
        (&json!(1), &json!(3))
    );
    for last in 0..ids.len() as u64 {
        let rest = events(&account, &run, Some(last)).await;
        assert_eq!(rest, all[last as usize + 1..], "after {last}");
    }
    let wrong = account
        .client
        .request("GET", &path)
        .header("last-event-id", "x");
    account
        .client
        .send(wrong)
        .await
        .fails("invalid_request")
        .names("Last-Event-ID");
}

#[tokio::test]
async fn the_seeds_frames_tell_of_a_run() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    socket
        .send(&json!({
            "type": "workflow_start",
            "id": "workflow_123",
            "workflow": "daily-brief",
            "parameters": {"date": "2026-02-28"},
        }))
        .await;
    let told = socket.told().await;
    let frames = told.frames;
    let (last, progress) = frames.split_last().expect("frames");
    assert_eq!(
        (&last["type"], &last["id"]),
        (&json!("workflow_complete"), &json!("workflow_123"))
    );
    assert!(last["result"]["summary"].is_string(), "{last}");
    let seen: Vec<_> = progress
        .iter()
        .map(|frame| {
            assert_eq!(frame["type"], "workflow_progress", "{frame}");
            assert_eq!(frame["total_steps"], 3);
            (
                frame["step"].as_u64().unwrap(),
                frame["status"].as_str().unwrap(),
            )
        })
        .collect();
    let expected: Vec<_> = (1..=3)
        .flat_map(|n| [(n, "running"), (n, "completed")])
        .collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_run_that_fails_is_an_error_on_the_websocket() {
    let account = Account::new().await;
    let id = make_of(
        &account,
        json!({"id": "fails", "name": "x",
        "steps": [{"type": "transform", "value": "{{ parameters.nothing }}"}]}),
    );
    let mut socket = account.client.socket().await;
    socket
        .send(&json!({"type": "workflow_start", "id": "w", "workflow": id.await, "parameters": {}}))
        .await;
    socket.told().await.fails("invalid_request");
}

#[tokio::test]
async fn a_run_on_the_websocket_is_one_of_the_accounts() {
    let account = Account::new().await;
    let mut socket = account.client.socket().await;
    socket
        .send(&json!({"type": "workflow_start", "id": "w", "workflow": "daily-brief", "parameters": {"date": "today"}}))
        .await;
    socket.told().await;
    let runs = account.client.get("/v1/runs").await.ok();
    let run = ended(&account, runs["data"][0]["id"].as_str().unwrap()).await;
    assert_eq!(
        (&run["workflow"], &run["status"]),
        (&json!("daily-brief"), &json!("completed"))
    );
}

/// A page's own WebSocket, which starts a run and prints each frame.
const PAGE: &str = r"
const socket = new WebSocket(process.env.OPENCLAW_WS_URL);
const send = (frame) => socket.send(JSON.stringify(frame));
socket.onopen = () => send({type: 'auth', token: process.env.OPENCLAW_API_KEY});
socket.onmessage = ({data}) => {
  const frame = JSON.parse(data);
  console.log(frame.type, frame.step ?? '-', frame.status ?? '-');
  if (frame.type == 'auth_ok') send({type: 'workflow_start', id: 'w', workflow: 'daily-brief', parameters: {date: 'today'}});
};
";

#[tokio::test]
async fn a_browser_sees_how_far_a_run_is() {
    let account = Account::new().await;
    let page = include_str!("../../../sdk/node/page.html")
        .replace("{url}", &ws_url(&gateway().await.base_url))
        .replace("{script}", PAGE);
    let (_folder, page) = file("page.html", &page);
    let command = browser(&page, "workflow_complete");
    let said = run_program(command, "sdk/node/browser.cjs", &account.key.secret).await;
    let lines: Vec<_> = said.trim().lines().map(str::trim).collect();
    let progress = (1..=3)
        .flat_map(|n| ["running", "completed"].map(|is| format!("workflow_progress {n} {is}")));
    let expected: Vec<_> = ["auth_ok - -".to_owned()]
        .into_iter()
        .chain(progress)
        .chain(["workflow_complete - -".to_owned()])
        .collect();
    assert_eq!(lines, expected, "{said}");
}
