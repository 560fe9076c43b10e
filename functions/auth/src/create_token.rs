use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use openclaw_schema::key::CreateToken;
use openclaw_web::{ApiError, App, Gate, Json, Result, SecretJson};

/// `{"api_key","expires_in"}` → `{"token","expires_at","token_type","expires_in"}`; 400, 401.
pub(crate) async fn create_token(
    State(app): State<App>,
    Json(request): Json<CreateToken>,
) -> Result<Response> {
    request.validate()?;
    let caller = app.authenticator.key(&app.ports, &request.api_key).await?;
    let gate = Gate::new(app.clone(), caller);
    let answer = match gate.admit(Vec::new()).await {
        Err(refused) => Err(refused),
        Ok(_) => {
            let (key, now) = (&gate.caller().key, app.ports.clock.now());
            app.authenticator
                .token(key, request.expires_in, now)
                .map_err(ApiError::from)
        }
    };
    let mut response = answer.map(SecretJson).into_response();
    gate.write_headers(response.headers_mut());
    Ok(response)
}
