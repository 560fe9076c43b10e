//! `GET /accounts`.

use openclaw_conformance::harness::{Account, gateway};

#[tokio::test]
async fn pages_show_every_account_once() {
    let operator = gateway().await.operator();
    let ours = [
        Account::new().await,
        Account::new().await,
        Account::new().await,
    ];
    let (mut seen, mut after) = (Vec::<String>::new(), String::new());
    loop {
        let list = operator
            .get(&format!("/v1/accounts?limit=2{after}"))
            .await
            .ok();
        let page = list["data"].as_array().unwrap();
        assert!(page.len() <= 2);
        seen.extend(
            page.iter()
                .map(|account| account["id"].as_str().unwrap().to_string()),
        );
        if list["has_more"] == false {
            break;
        }
        after = format!("&after={}", seen.last().expect("an account"));
    }
    // Other cases make accounts meanwhile; ours were there before.
    for account in ours {
        let times = seen.iter().filter(|id| **id == account.id).count();
        assert_eq!(times, 1, "{}", account.id);
    }
}
