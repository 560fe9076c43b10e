use aws_credential_types::Credentials;
use std::time::Duration;

/// Seconds for which a process trusts what it has read, unless `OPENCLAW_CACHE_SECONDS` says less.
/// The port allows 60.
const CACHE_SECONDS: u64 = 55;

/// The variables of a function that are about AWS and its tables.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `AWS_REGION`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`: Lambda sets them anew with
    /// each process, and they outlive it.
    pub credentials: Credentials,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, else `AWS_ENDPOINT_URL`: another address, for local runs.
    pub dynamodb: Option<String>,
    /// `AWS_ENDPOINT_URL_SSM`, else `AWS_ENDPOINT_URL`, else the region's own.
    pub ssm: String,
    /// `AWS_ENDPOINT_URL_S3`, else `AWS_ENDPOINT_URL`, else the region's own.
    pub s3: String,
    /// `AWS_ENDPOINT_URL_LAMBDA`, else `AWS_ENDPOINT_URL`, else the region's own.
    pub lambda: String,
    /// `AWS_ENDPOINT_URL_SCHEDULER`, else `AWS_ENDPOINT_URL`, else the region's own.
    pub scheduler: String,
    /// `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI`, else `AWS_ENDPOINT_URL`: where WebSocket APIs are on
    /// this machine, each below `/_aws/execute-api/API`; `None`: where their events say.
    pub connections: Option<String>,
    /// `AWS_LAMBDA_FUNCTION_NAME`.
    pub function: Option<String>,
    /// `OPENCLAW_KV_TABLE`.
    pub kv_table: String,
    /// `OPENCLAW_LEDGER_TABLE`.
    pub ledger_table: String,
    /// `OPENCLAW_BLOBS_BUCKET`: of the accounts' files.
    pub bucket: String,
    /// `OPENCLAW_PARAMETERS`: the path in SSM's Parameter Store whose parameters are the secrets, by
    /// the last segment of their names; `None` where all are variables.
    pub parameters: Option<String>,
    /// `OPENCLAW_CACHE_SECONDS`, at most 55: how old may be what is taken from keys, configuration
    /// and secrets.
    pub cache: Duration,
}

impl Settings {
    /// From the variables; the error names the one that is missing.
    pub fn new(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let needed = |name| variable(name).ok_or_else(|| format!("the variable {name} is missing"));
        let region = needed("AWS_REGION")?;
        let endpoint = |name| variable(name).or_else(|| variable("AWS_ENDPOINT_URL"));
        let seconds = variable("OPENCLAW_CACHE_SECONDS").and_then(|text| text.parse().ok());
        Ok(Self {
            credentials: Credentials::new(
                needed("AWS_ACCESS_KEY_ID")?,
                needed("AWS_SECRET_ACCESS_KEY")?,
                variable("AWS_SESSION_TOKEN"),
                None,
                "variables",
            ),
            dynamodb: endpoint("AWS_ENDPOINT_URL_DYNAMODB"),
            ssm: endpoint("AWS_ENDPOINT_URL_SSM")
                .unwrap_or_else(|| format!("https://ssm.{region}.{}", suffix(&region))),
            s3: endpoint("AWS_ENDPOINT_URL_S3")
                .unwrap_or_else(|| format!("https://s3.{region}.{}", suffix(&region))),
            lambda: endpoint("AWS_ENDPOINT_URL_LAMBDA")
                .unwrap_or_else(|| format!("https://lambda.{region}.{}", suffix(&region))),
            scheduler: endpoint("AWS_ENDPOINT_URL_SCHEDULER")
                .unwrap_or_else(|| format!("https://scheduler.{region}.{}", suffix(&region))),
            connections: endpoint("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"),
            function: variable("AWS_LAMBDA_FUNCTION_NAME"),
            kv_table: needed("OPENCLAW_KV_TABLE")?,
            ledger_table: needed("OPENCLAW_LEDGER_TABLE")?,
            bucket: needed("OPENCLAW_BLOBS_BUCKET")?,
            parameters: variable("OPENCLAW_PARAMETERS"),
            cache: Duration::from_secs(seconds.unwrap_or(CACHE_SECONDS).min(CACHE_SECONDS)),
            region,
        })
    }
}

/// The domain of a region's services.
fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(also: &[(&str, &str)]) -> Result<Settings, String> {
        let needed = [
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("OPENCLAW_KV_TABLE", "kv"),
            ("OPENCLAW_LEDGER_TABLE", "ledger"),
            ("OPENCLAW_BLOBS_BUCKET", "blobs"),
        ];
        let find = |name: &str| {
            let mut all = also.iter().chain(&needed);
            let found = all.find(|(known, _)| *known == name);
            found
                .map(|(_, value)| (*value).to_owned())
                .filter(|value| !value.is_empty())
        };
        Settings::new(find)
    }

    #[test]
    fn services_are_the_regions_unless_told_otherwise() {
        let own = settings(&[]).unwrap();
        assert_eq!(own.dynamodb, None);
        assert_eq!(own.ssm, "https://ssm.eu-central-1.amazonaws.com");
        assert_eq!(own.lambda, "https://lambda.eu-central-1.amazonaws.com");
        assert_eq!(
            own.scheduler,
            "https://scheduler.eu-central-1.amazonaws.com"
        );
        assert_eq!(own.connections, None);
        let local = settings(&[
            ("AWS_ENDPOINT_URL", "http://local"),
            ("AWS_ENDPOINT_URL_DYNAMODB", "http://db"),
        ]);
        let local = local.unwrap();
        assert_eq!(local.dynamodb.as_deref(), Some("http://db"));
        assert_eq!(local.ssm, "http://local");
        assert_eq!(local.lambda, "http://local");
        assert_eq!(local.connections.as_deref(), Some("http://local"));
    }

    #[test]
    fn the_cache_may_be_shorter_but_not_longer() {
        for (said, seconds) in [("", 55), ("0", 0), ("3", 3), ("60", 55), ("soon", 55)] {
            let settings = settings(&[("OPENCLAW_CACHE_SECONDS", said)]).unwrap();
            assert_eq!(settings.cache.as_secs(), seconds, "{said}");
        }
    }

    #[test]
    fn a_missing_variable_is_named_and_no_secret_is_shown() {
        let error = settings(&[("OPENCLAW_LEDGER_TABLE", "")]).unwrap_err();
        assert!(error.contains("OPENCLAW_LEDGER_TABLE"), "{error}");
        let shown = format!("{:?}", settings(&[("AWS_SECRET_ACCESS_KEY", "hush")]));
        assert!(!shown.contains("hush"), "{shown}");
    }
}
