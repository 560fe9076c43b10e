//! A function from what a hosted runtime has: a stored configuration, and secrets as variables.

use crate::{ApiError, App, Routes, stack};
use axum::{
    Router,
    response::{IntoResponse, Response},
};
use http::HeaderValue;
use openclaw_auth::Secrets;
use openclaw_core::{Details, Error, Ports, Random, id};
use openclaw_providers::Providers;
use openclaw_schema::{
    config::Config,
    json::{parse, parse_text},
};

/// The key in `Kv`'s store under which the configuration is, as JSON; none means the built-in one.
pub const CONFIG: &str = "config";

/// The routes of a function, and how its configuration is read.
#[derive(Clone, Copy, Debug)]
pub struct Endpoints {
    routes: fn(&App) -> Routes,
    configure: Configure,
}

/// The configuration in a document, and its providers; the error names the key that is wrong.
type Configure = fn(Option<&[u8]>, Variable<'_>) -> Result<(Config, Providers), String>;

/// Reads a variable or secret.
type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Endpoints {
    /// Endpoints that call no model and list none: they do without the catalog, and do not check the
    /// configuration's models and providers against it.
    pub const fn new(routes: fn(&App) -> Routes) -> Self {
        let configure = without_models;
        Self { routes, configure }
    }

    /// Endpoints that call or list models.
    pub const fn with_models(routes: fn(&App) -> Routes) -> Self {
        let configure = with_models;
        Self { routes, configure }
    }

    /// The function over `ports` with the configuration in `document`; `variable` reads variables
    /// and secrets. The error says what is missing or names the key that is wrong.
    pub fn build(
        self,
        ports: Ports,
        document: Option<&[u8]>,
        variable: Variable<'_>,
    ) -> Result<(App, Router), String> {
        let configured = (self.configure)(document, variable);
        let (config, providers) =
            configured.map_err(|error| format!("the stored configuration: {error}"))?;
        let secret = |name| variable(name).ok_or_else(|| format!("the secret {name} is missing"));
        let secrets = Secrets::parse(
            &secret("OPENCLAW_ADMIN_TOKEN")?,
            &secret("OPENCLAW_JWT_SECRETS")?,
            &secret("OPENCLAW_KEY_PEPPER")?,
        )?;
        let app = App::new(ports, config, secrets, providers);
        let router = stack(app.clone(), (self.routes)(&app), Router::new());
        Ok((app, router))
    }
}

fn with_models(
    document: Option<&[u8]>,
    variable: Variable<'_>,
) -> Result<(Config, Providers), String> {
    let config = read(document)?;
    let providers = Providers::new(&config, variable).map_err(|error| error.to_string())?;
    Ok((config, providers))
}

fn without_models(document: Option<&[u8]>, _: Variable<'_>) -> Result<(Config, Providers), String> {
    let config = read(document)?;
    config
        .validate_settings()
        .map_err(|error| error.to_string())?;
    let providers = Providers::none(&config);
    Ok((config, providers))
}

fn read(document: Option<&[u8]>) -> Result<Config, String> {
    let Some(document) = document else {
        return Ok(Config::default());
    };
    let read = parse_text(document).and_then(|text| parse(text, ""));
    read.map_err(|error| match error.details {
        Some(Details::Field { field, issue }) => format!("{field}: {issue}"),
        _ => error.to_string(),
    })
}

/// The answer of a function that is not configured. The log has the cause under the request's id.
pub fn not_configured(random: &dyn Random, cause: String) -> Response {
    let request = id::new(random, "req_");
    tracing::error!(request, cause, "this function is not configured");
    let mut response = ApiError(Error::internal(cause)).into_response();
    if let Ok(id) = HeaderValue::from_str(&request) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}
