use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use openclaw_auth::{SignInCode, TokenUse};
use openclaw_core::{
    Error, id,
    ledger::{Outcome, Step, When},
};
use openclaw_schema::key::{CreateToken, Token};
use openclaw_web::{ApiError, App, ClientAddress, Json, RequestQuota, Result, SecretJson};

/// `sign-in/<id>`: that the code of a sign-in link was used, for as long as it would work.
const USED: &str = "sign-in/";

/// `{"api_key","expires_in","manage_keys","single_use"}` →
/// `{"token","expires_at","token_type","expires_in"}`; 400, 401, 429. The operator's token is taken, too.
pub(crate) async fn create_token(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    Json(request): Json<CreateToken>,
) -> Result<Response> {
    request.validate()?;
    if let Some(token) = operators(&app, &request) {
        return Ok(SecretJson(token?).into_response());
    }
    let shown = app.authenticator.key_or_code(&app.ports, &request.api_key);
    let (caller, code) = app.attempt(address, &request.api_key, shown).await?;
    let quota = RequestQuota::new(app.clone(), caller);
    let answer = match quota.admit(Vec::new()).await {
        Err(refused) => Err(refused),
        Ok(_) => made(&app, &quota, &request, code)
            .await
            .map_err(ApiError::from),
    };
    let mut response = answer.map(SecretJson).into_response();
    quota.write_headers(response.headers_mut());
    Ok(response)
}

/// A token for the operator, where the operator asks. It manages keys as the operator does.
fn operators(app: &App, request: &CreateToken) -> Option<Result<Token, Error>> {
    let now = app.ports.clock.now();
    let (credential, seconds) = (&request.api_key, request.expires_in);
    let token = app.authenticator.operator_token(credential, seconds, now)?;
    Some(match request.single_use {
        true => Err(Error::invalid("single_use", "needs an API key")),
        false => token,
    })
}

async fn made(
    app: &App,
    quota: &RequestQuota,
    request: &CreateToken,
    code: Option<SignInCode>,
) -> Result<Token, Error> {
    let (ports, caller) = (&app.ports, quota.caller());
    if let Some(code) = code {
        if request.single_use {
            return Err(Error::invalid("single_use", "needs an API key"));
        }
        use_up(app, &caller.account.id, code).await?;
    }
    let wanted_for = TokenUse {
        manages_keys: request.manage_keys,
        code: request.single_use.then(|| id::new(&*ports.random, "code_")),
    };
    let now = ports.clock.now();
    app.authenticator
        .token(caller, request.expires_in, wanted_for, now)
}

/// Notes that the code was used; 401 where it was before.
async fn use_up(app: &App, account: &str, code: SignInCode) -> Result<(), Error> {
    let note = Step::Put {
        key: format!("{USED}{}", code.id),
        document: Bytes::from_static(b"{}"),
        when: When::Absent,
        expires: Some(code.ends),
    };
    match app.ports.ledger.transact(account, vec![note]).await? {
        Outcome::Applied(applied) => Ok(applied.durable.await?),
        Outcome::Refused { .. } => Err(Error::unauthorized("This sign-in link was used already")),
    }
}
