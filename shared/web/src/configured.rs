//! A function from what a hosted runtime has: a stored configuration, and secrets as variables.

use crate::{ApiError, App, Documents, Routes, documents::Parsed, stack};
use axum::{
    Router,
    response::{IntoResponse, Response},
};
use http::HeaderValue;
use openclaw_auth::Secrets;
use openclaw_core::{Error, Ports, Random, id, queue::Consumer};
use openclaw_providers::Providers;
use openclaw_schema::config::{Config, overlay::sealed_key};
use std::sync::Arc;

/// The routes of a function, and how its configuration is read.
#[derive(Clone, Copy, Debug)]
pub struct Endpoints {
    routes: fn(&App) -> Routes,
    configure: Configure,
    /// Whether they call or list models, and so use the providers' keys.
    with_models: bool,
    /// Whether any of them authenticates its caller.
    with_callers: bool,
    /// Whether the operator's token opens any of them.
    for_operator: bool,
    consumers: fn(&App) -> Consumers,
    /// Whether they seal tenants' secrets, or open them.
    sealing: bool,
    beside: fn() -> Router<App>,
}

/// Who works on a function's jobs, one a topic.
pub type Consumers = Vec<Arc<dyn Consumer>>;

const ADMIN_TOKEN: &str = "OPENCLAW_ADMIN_TOKEN";
const JWT_SECRETS: &str = "OPENCLAW_JWT_SECRETS";
const KEY_PEPPER: &str = "OPENCLAW_KEY_PEPPER";
const MASTER_KEY: &str = "OPENCLAW_MASTER_KEY";

/// The configuration's providers; the error names the key that is wrong.
type Configure = fn(&Config, Variable<'_>) -> Result<Providers, String>;

/// Reads a variable or secret.
type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Endpoints {
    /// Endpoints that call no model and list none: they do without the catalog, and do not check the
    /// configuration's models and providers against it.
    pub const fn new(routes: fn(&App) -> Routes) -> Self {
        Self {
            routes,
            configure: without_models,
            with_models: false,
            with_callers: true,
            for_operator: false,
            consumers: no_consumers,
            sealing: false,
            beside: Router::new,
        }
    }

    /// Endpoints that call or list models.
    pub const fn with_models(routes: fn(&App) -> Routes) -> Self {
        Self {
            routes,
            configure: with_models,
            with_models: true,
            with_callers: true,
            for_operator: false,
            consumers: no_consumers,
            sealing: false,
            beside: Router::new,
        }
    }

    /// The same endpoints, and paths that are not under `/v1`.
    pub const fn beside(mut self, routes: fn() -> Router<App>) -> Self {
        self.beside = routes;
        self
    }

    /// The same endpoints, none of which authenticates its caller: they do without secrets of the gateway's own.
    pub const fn for_anybody(mut self) -> Self {
        self.with_callers = false;
        self
    }

    /// The same endpoints, some of which the operator's token opens.
    pub const fn for_operator(mut self) -> Self {
        self.for_operator = true;
        self
    }

    /// The same endpoints, whose function works on these jobs, too.
    pub const fn consuming(mut self, consumers: fn(&App) -> Consumers) -> Self {
        self.consumers = consumers;
        self
    }

    /// Who works on the function's jobs.
    pub fn consumers(&self, app: &App) -> Consumers {
        (self.consumers)(app)
    }

    /// The same endpoints, some of which seal tenants' secrets or open them.
    pub const fn sealing(mut self) -> Self {
        self.sealing = true;
        self
    }

    /// Whether they use the providers' keys: then also those of vendors that the configuration does not name, for
    /// whoever can look which of them are set without asking for each.
    pub const fn uses_vendors(&self) -> bool {
        self.with_models
    }

    /// The names of the secrets that they use, with the configuration in `documents`. The error names the
    /// key that is wrong.
    pub fn secrets(&self, documents: &Documents) -> Result<Vec<String>, String> {
        let own = [
            (JWT_SECRETS, self.with_callers),
            (KEY_PEPPER, self.with_callers),
            (ADMIN_TOKEN, self.for_operator),
            (MASTER_KEY, self.sealing),
        ];
        let own = own.into_iter().filter(|(_, is_used)| *is_used);
        let mut names = Vec::from_iter(own.map(|(name, _)| name.to_owned()));
        if self.with_models {
            let parsed = documents.parse().map_err(|error| in_document(&error))?;
            let configured =
                parsed.configure(|config| Ok(openclaw_providers::key_variables(config)));
            let (_, variables) = configured.map_err(|error| in_document(&error))?;
            names.extend(
                variables
                    .into_iter()
                    .filter(|name| sealed_key(name).is_none()),
            );
        }
        Ok(names)
    }

    /// The function over `ports` with the configuration in `documents`; `variable` reads variables
    /// and secrets. The error says what is missing or names the key that is wrong.
    pub fn build(
        self,
        ports: Ports,
        documents: &Documents,
        variable: Variable<'_>,
    ) -> Result<(App, Router), String> {
        let secrets = self.own_secrets(variable)?;
        let parsed = documents.parse().map_err(|error| in_document(&error))?;
        let app = configured(ports, secrets, parsed, variable, self.configure, None)?;
        let router = stack(app.clone(), (self.routes)(&app), (self.beside)());
        Ok((app, router))
    }

    fn own_secrets(&self, variable: Variable<'_>) -> Result<Secrets, String> {
        let secret = |name| variable(name).ok_or_else(|| format!("the secret {name} is missing"));
        if !self.with_callers {
            return Ok(Secrets::none());
        }
        let admin_token = self.for_operator.then(|| secret(ADMIN_TOKEN)).transpose()?;
        let secrets = Secrets::parse(
            admin_token.as_deref(),
            &secret(JWT_SECRETS)?,
            &secret(KEY_PEPPER)?,
        )?;
        match self.sealing {
            true => secrets.with_master_key(&secret(MASTER_KEY)?),
            false => Ok(secrets),
        }
    }
}

fn configured(
    ports: Ports,
    secrets: Secrets,
    parsed: Parsed,
    variable: Variable<'_>,
    configure: Configure,
    before: Option<&App>,
) -> Result<App, String> {
    let credential = |name: &str| parsed.credential(name, secrets.sealer.as_ref(), variable);
    let built = parsed.configure(|config| configure(config, &credential));
    let built = built.map_err(|error| in_document(&error))?;
    let origin = parsed.into_origin(&built.0, variable);
    Ok(App::configured(ports, secrets, built, origin, before))
}

/// The gateway over `ports` with the configuration in `documents`, which calls and lists models; in the
/// place of `before` it goes on with its sums. The error names the key that is wrong.
pub fn app_of(
    ports: Ports,
    secrets: Secrets,
    documents: &Documents,
    variable: Variable<'_>,
    before: Option<&App>,
) -> Result<App, String> {
    let parsed = documents.parse()?;
    configured(ports, secrets, parsed, variable, with_models, before)
}

fn no_consumers(_: &App) -> Consumers {
    vec![]
}

fn in_document(error: &str) -> String {
    format!("the stored configuration: {error}")
}

fn with_models(config: &Config, variable: Variable<'_>) -> Result<Providers, String> {
    Providers::new(config, variable).map_err(|error| error.to_string())
}

fn without_models(config: &Config, _: Variable<'_>) -> Result<Providers, String> {
    config
        .validate_settings()
        .map_err(|error| error.to_string())?;
    Ok(Providers::none(config))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(base: &'static [u8]) -> Documents {
        Documents {
            base: Some(base.into()),
            overlay: None,
        }
    }

    fn routes(_: &App) -> Routes {
        Routes::new()
    }

    #[test]
    fn endpoints_name_the_secrets_that_they_use() {
        let plain = Endpoints::new(routes)
            .secrets(&Documents::default())
            .unwrap();
        assert_eq!(plain, [JWT_SECRETS, KEY_PEPPER]);
        let operators = Endpoints::new(routes)
            .for_operator()
            .secrets(&Documents::default())
            .unwrap();
        assert_eq!(operators, [JWT_SECRETS, KEY_PEPPER, ADMIN_TOKEN]);
        let sealing = Endpoints::new(routes)
            .sealing()
            .secrets(&Documents::default())
            .unwrap();
        assert_eq!(sealing, [JWT_SECRETS, KEY_PEPPER, MASTER_KEY]);
        let public = Endpoints::new(routes)
            .for_anybody()
            .secrets(&Documents::default())
            .unwrap();
        assert_eq!(public, [""; 0]);
        let document = br#"{"providers":[
            {"id":"own","base_url":"https://models.test/v1","api_key_env":"OWN_KEY"},
            {"id":"other","base_url":"https://other.test/v1","api_key_env":"OWN_KEY"}]}"#;
        let models = Endpoints::with_models(routes);
        let models = models.secrets(&documents(document)).unwrap();
        assert!(models.contains(&"OPENAI_API_KEY".into()), "{models:?}");
        let own = models.iter().filter(|name| *name == "OWN_KEY");
        assert_eq!(own.count(), 1, "{models:?}");
        assert!(!models.contains(&ADMIN_TOKEN.into()));
        assert!(Endpoints::with_models(routes).uses_vendors());
        assert!(!Endpoints::new(routes).uses_vendors());
    }

    #[test]
    fn what_is_configured_at_run_time_may_use_every_vendors_variable() {
        let parsed = documents(b"{}").parse().unwrap();
        let set = |name: &str| (name != "NOBODYS_KEY").then(|| "set".to_owned());
        let origin = parsed.into_origin(&Config::default(), set);
        for name in ["OPENAI_API_KEY", "CEREBRAS_API_KEY", "DATABRICKS_HOST"] {
            assert!(origin.variables.contains_key(name), "{name}");
        }
    }

    #[test]
    fn a_document_that_cannot_be_read_names_what_is_wrong() {
        let models = Endpoints::with_models(routes);
        let error = models
            .secrets(&documents(br#"{"providers":7}"#))
            .unwrap_err();
        assert!(error.contains("providers"), "{error}");
    }
}
