use crate::{Settings, http::OverPort};
use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Region, retry::RetryConfig, timeout::TimeoutConfig},
};
use openclaw_core::Http;
use std::{sync::Arc, time::Duration};

/// How long one call may take.
const ATTEMPT: Duration = Duration::from_secs(3);

/// DynamoDB by these settings, over the port: one pool of connections and one TLS for everything.
/// Made without a network call. Nothing is retried here: which write may be repeated is known to
/// the stores alone. A call that takes longer than 3 s is given up.
pub fn client(settings: &Settings, http: Arc<dyn Http>) -> Client {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT);
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(settings.region.clone()))
        .credentials_provider(settings.credentials.clone())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts.build())
        .http_client(OverPort(http));
    config.set_endpoint_url(settings.dynamodb.clone());
    Client::from_conf(config.build())
}
