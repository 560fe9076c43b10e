//! The seed's REST examples as printed there (`fixtures/seed`).

use super::{PLAIN, story};
use openclaw_conformance::harness::{Account, node, python, run, sh};
use serde_json::Value;

async fn curl(file: &str) -> String {
    let account = Account::new().await;
    run(sh(), &format!("fixtures/seed/{file}"), &account.key.secret).await
}

#[tokio::test]
async fn the_python_client_runs() {
    let account = Account::new().await;
    let said = run(
        python(),
        "fixtures/seed/rest_client.py",
        &account.key.secret,
    )
    .await;
    assert_eq!(said, format!("{PLAIN}{}", story()));
}

#[tokio::test]
async fn the_javascript_client_runs() {
    let account = Account::new().await;
    let said = run(node(), "fixtures/seed/rest_client.cjs", &account.key.secret).await;
    assert_eq!(said, format!("{PLAIN}{}", story()));
}

#[tokio::test]
async fn curl_chats() {
    let answer: Value = serde_json::from_str(&curl("chat.sh").await).expect("JSON");
    let text = answer["choices"][0]["message"]["content"].as_str();
    assert_eq!(text, Some(PLAIN.trim_end()));
}

#[tokio::test]
async fn curl_streams() {
    let text = curl("stream.sh").await;
    assert_eq!(text.matches("\ndata: ").count() + 1, 66, "{text}");
    assert!(text.ends_with("data:[DONE]\n\n"), "{text}");
}

#[tokio::test]
async fn curl_lists_models() {
    let list: Value = serde_json::from_str(&curl("models.sh").await).expect("JSON");
    assert!(
        list["data"]
            .as_array()
            .unwrap()
            .iter()
            .any(|model| model["id"] == "gpt-4")
    );
}

fn is_weather_of_new_york(answer: &str) {
    let answer: Value = serde_json::from_str(answer).expect("JSON");
    assert_eq!(answer["skill"], "weather-skill");
    assert_eq!(answer["result"]["location"], "New York", "{answer}");
    assert!(answer["result"]["temperature"].is_number(), "{answer}");
    assert!(answer["result"]["description"].is_string(), "{answer}");
}

#[tokio::test]
async fn curl_executes_a_skill() {
    is_weather_of_new_york(&curl("skill.sh").await);
}

#[tokio::test]
async fn the_python_client_executes_a_skill() {
    let account = Account::new().await;
    let file = "fixtures/seed/execute_skill.py";
    let said = run(python(), file, &account.key.secret).await;
    is_weather_of_new_york(said.lines().last().expect("a line"));
}

#[tokio::test]
async fn curl_uploads_a_file() {
    let file: Value = serde_json::from_str(&curl("upload.sh").await).expect("JSON");
    let id = file["id"].as_str().expect("an id");
    assert!(id.starts_with("file_"), "{file}");
    assert_eq!(file["filename"], "document.txt");
    assert_eq!(
        (&file["size"], &file["purpose"]),
        (&24.into(), &"analysis".into())
    );
}
