//! `weather-skill`, which ships.

use super::execute;
use openclaw_conformance::harness::{Account, Reply};
use serde_json::json;

async fn get(location: &str) -> Reply {
    let account = Account::new().await;
    execute(
        &account,
        "weather-skill",
        "get",
        json!({"location": location}),
    )
    .await
}

#[tokio::test]
async fn it_is_installed_without_being_installed() {
    let account = Account::new().await;
    let list = account.client.get("/v1/skills").await.ok();
    assert_eq!(list["object"], "list");
    assert_eq!(list["has_more"], false);
    let [skill] = &list["data"].as_array().unwrap()[..] else {
        panic!("{list}");
    };
    assert_eq!(skill["id"], "weather-skill");
    assert_eq!(skill["name"], "Weather Skill");
    assert_eq!(skill["version"], "1.0.0");
    assert_eq!(skill["status"], "active");
    assert!(skill.get("commands").is_none(), "{skill}");
    let skill = account.client.get("/v1/skills/weather-skill").await.ok();
    let parameters = &skill["commands"]["get"]["parameters"];
    assert_eq!(parameters["required"], json!(["location"]));
}

#[tokio::test]
async fn it_finds_the_place_and_says_the_weather_in_words() {
    let answer = get("New York").await.ok();
    assert_eq!(answer["skill"], "weather-skill");
    assert_eq!(answer["command"], "get");
    let expected = json!({
        "location": "New York", "temperature": -2.5, "description": "Slight snowfall",
    });
    assert_eq!(answer["result"], expected);
    assert!(answer["duration_ms"].as_u64().unwrap() < 60_000, "{answer}");
}

#[tokio::test]
async fn of_several_places_the_first_is_meant() {
    let answer = get("London").await.ok();
    let expected = json!({
        "location": "London", "temperature": 15.0, "description": "Overcast",
    });
    assert_eq!(answer["result"], expected);
}

#[tokio::test]
async fn a_place_that_is_not_found_is_named() {
    let failure = get("Nowhere").await.fails("not_found");
    assert!(failure.message.contains("Nowhere"), "{failure:?}");
}

#[tokio::test]
async fn what_open_meteo_refuses_breaks_or_cuts_is_a_failure() {
    let failure = get("Error").await.fails("skill_failed");
    let said = "Cannot initialize search from invalid String value";
    assert!(failure.message.contains(said), "{failure:?}");
    for place in ["Malformed", "Cut"] {
        get(place).await.fails("skill_failed");
    }
}

#[tokio::test]
async fn what_takes_too_long_or_is_too_large_says_so() {
    get("Slow").await.fails("skill_timeout");
    get("Large").await.fails("payload_too_large");
}

#[tokio::test]
async fn parameters_are_checked_before_anybody_is_asked() {
    let account = Account::new().await;
    for (parameters, field) in [
        (json!({}), "parameters.location"),
        (json!({"location": 7}), "parameters.location"),
        (json!({"location": ""}), "parameters.location"),
        (json!([]), "parameters"),
    ] {
        let reply = execute(&account, "weather-skill", "get", parameters);
        reply.await.blames(field);
    }
    let nothing = json!({"command": "get"});
    let path = "/v1/skills/weather-skill/execute";
    account
        .client
        .post(path, &nothing)
        .await
        .blames("parameters.location");
}

#[tokio::test]
async fn it_stays_as_it_is() {
    let account = Account::new().await;
    let client = &account.client;
    let path = "/v1/skills/weather-skill";
    client.delete(path).await.fails("conflict");
    client
        .patch(path, &json!({"status": "disabled"}))
        .await
        .fails("conflict");
    let secrets = format!("{path}/secrets");
    client
        .put(&secrets, &json!({"A": "b"}))
        .await
        .fails("conflict");
}
