//! Names are data, never paths.

use openclaw_conformance::harness::{Account, Form};

#[tokio::test]
async fn a_name_may_be_anything() {
    let account = Account::new().await;
    for name in [
        "../../../../etc/passwd",
        "..\\..\\windows\\x.dll",
        "/absolute",
        "quote's \"x\".txt",
        "\u{202e}gpj.exe",
        "🦀 crab.txt",
        "a;b=c.txt",
        ".",
        &"é".repeat(255),
    ] {
        let file = account.client.upload(name, b"x").await;
        assert_eq!(file["filename"], name);
        let path = format!("/v1/files/{}/content", file["id"].as_str().unwrap());
        let content = account.client.get(&path).await;
        assert_eq!(
            (content.status, &content.body[..]),
            (200, &b"x"[..]),
            "{name}"
        );
        let disposition = content.header("content-disposition").unwrap();
        assert!(
            disposition.starts_with("attachment; filename=\""),
            "{disposition}"
        );
        assert!(
            !disposition.contains('/') && !disposition.contains('\\'),
            "{disposition}"
        );
    }
}

#[tokio::test]
async fn a_name_that_is_none_is_refused() {
    let account = Account::new().await;
    // NUL is in no header's value (RFC 9110): it is the form that is broken.
    for (name, blamed) in [
        ("", "file"),
        ("tab\there", "file"),
        (&*"x".repeat(300), "file"),
        ("nul\0byte", "body"),
    ] {
        let form = Form::new().file(name, b"x").text("purpose", "analysis");
        let reply = account.client.send_form("/v1/files", form).await;
        reply.blames(blamed);
    }
}

#[tokio::test]
async fn headers_without_end_and_forms_without_boundary_are_cut_off() {
    let account = Account::new().await;
    let long = format!(
        "Content-Disposition: form-data; name=\"{}\"",
        "x".repeat(500_000)
    );
    let form = Form::new().part(&long, b"x");
    account
        .client
        .send_form("/v1/files", form)
        .await
        .blames("body");
    let request = account.client.request("POST", "/v1/files");
    let request = request.header("content-type", Form::content_type());
    account
        .client
        .send(request.body(vec![b'-'; 2_000_000]))
        .await
        .blames("body");
    let many = (0..40).fold(Form::new(), |form, at| form.text(&format!("f{at}"), "x"));
    account
        .client
        .send_form("/v1/files", many)
        .await
        .blames("body");
}
