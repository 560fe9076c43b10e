//! `GET /models/{id}`, and models that are not there.

use openclaw_conformance::harness::{Account, hello};

#[tokio::test]
async fn one_is_as_in_the_list() {
    let account = Account::new().await;
    let list = account.client.get("/v1/models").await.ok();
    for listed in list["data"].as_array().unwrap() {
        let path = format!("/v1/models/{}", listed["id"].as_str().unwrap());
        assert_eq!(account.client.get(&path).await.ok(), *listed);
    }
}

#[tokio::test]
async fn one_that_is_not_there_is_404() {
    let account = Account::new().await;
    for id in ["nothing", "unlisted", "GPT-4", "vendor/model"] {
        account
            .client
            .get(&format!("/v1/models/{id}"))
            .await
            .fails("not_found");
    }
}

#[tokio::test]
async fn chatting_with_one_that_is_not_there_is_400_and_names_those_that_are() {
    let account = Account::new().await;
    let list = account.client.get("/v1/models").await.ok();
    let ids = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["id"].clone());
    let ids: Vec<_> = ids.collect();
    for id in ["nothing", "unlisted"] {
        for path in ["/v1/chat/completions", "/v1/chat/completions/stream"] {
            let failure = account
                .client
                .post(path, &hello(id))
                .await
                .fails("invalid_model");
            assert_eq!(failure.param.as_deref(), Some("model"));
            assert_eq!(failure.details["available_models"].as_array(), Some(&ids));
            assert!(failure.message.contains(id), "{failure:?}");
        }
    }
}

/// Of a provider that needs no key any model can be asked for; of others those whose price is known.
#[tokio::test]
async fn provider_and_model_name_one_that_is_not_listed() {
    let account = Account::new().await;
    let id = "mock-keyless/vendor/any:1";
    let shown = account.client.get(&format!("/v1/models/{id}")).await.ok();
    assert_eq!(
        (&shown["id"], &shown["provider"]),
        (&id.into(), &"mock-keyless".into())
    );
    // As clients write it that know no slash in a path.
    let encoded = "/v1/models/mock-keyless%2Fvendor%2Fany%3A1";
    assert_eq!(account.client.get(encoded).await.ok(), shown);
    let chat = account
        .client
        .post("/v1/chat/completions", &hello(id))
        .await
        .ok();
    assert_eq!(chat["choices"][0]["finish_reason"], "stop");
    let unknown = hello("mock-openai/brand-new");
    account
        .client
        .post("/v1/chat/completions", &unknown)
        .await
        .fails("invalid_model");
}
