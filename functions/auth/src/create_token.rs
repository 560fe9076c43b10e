use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use openclaw_schema::key::CreateToken;
use openclaw_web::{ApiError, App, ClientAddress, Json, RequestQuota, Result, SecretJson};

/// `{"api_key","expires_in"}` → `{"token","expires_at","token_type","expires_in"}`; 400, 401, 429.
pub(crate) async fn create_token(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    Json(request): Json<CreateToken>,
) -> Result<Response> {
    request.validate()?;
    let key = app.authenticator.key(&app.ports, &request.api_key);
    let caller = app.attempt(address, &request.api_key, key).await?;
    let quota = RequestQuota::new(app.clone(), caller);
    let answer = match quota.admit(Vec::new()).await {
        Err(refused) => Err(refused),
        Ok(_) => {
            let now = app.ports.clock.now();
            app.authenticator
                .token(quota.caller(), request.expires_in, now)
                .map_err(ApiError::from)
        }
    };
    let mut response = answer.map(SecretJson).into_response();
    quota.write_headers(response.headers_mut());
    Ok(response)
}
