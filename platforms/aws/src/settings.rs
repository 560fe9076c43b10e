use aws_credential_types::Credentials;

/// What a function is told by its variables about AWS.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`: Lambda sets them anew with
    /// each process, and they outlive it.
    pub credentials: Credentials,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, else `AWS_ENDPOINT_URL`: another address, for local runs.
    pub dynamodb: Option<String>,
}

impl Settings {
    /// From the variables; the error names the one that is missing.
    pub fn new(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let needed = |name| variable(name).ok_or_else(|| format!("the variable {name} is missing"));
        Ok(Self {
            region: needed("AWS_REGION")?,
            credentials: Credentials::new(
                needed("AWS_ACCESS_KEY_ID")?,
                needed("AWS_SECRET_ACCESS_KEY")?,
                variable("AWS_SESSION_TOKEN"),
                None,
                "variables",
            ),
            dynamodb: variable("AWS_ENDPOINT_URL_DYNAMODB")
                .or_else(|| variable("AWS_ENDPOINT_URL")),
        })
    }
}
