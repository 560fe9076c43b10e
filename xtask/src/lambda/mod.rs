//! The functions on AWS Lambda: the verbs for them.

#[cfg(test)]
mod agreement;
pub(crate) mod build;
mod conformance;
pub(crate) mod deploy;
mod dev;
mod dynamodb;
mod measure;
mod ministack;
pub(crate) mod smoke;
mod tools;

pub(crate) use conformance::Conformance;
pub(crate) use dev::Dev;
pub(crate) use dynamodb::DynamoDb;
pub(crate) use ministack::MiniStack;
pub(crate) use tools::Tools;

/// The functions, each the binary `openclaw-lambda-<name>` of the package `openclaw-function-<name>`.
pub(crate) const FUNCTIONS: [&str; 14] = [
    "admin",
    "analytics",
    "auth",
    "chat",
    "extract",
    "files",
    "health",
    "inference",
    "jobs",
    "models",
    "realtime",
    "skills",
    "webhooks",
    "workflows",
];

/// The folder of the package that has the stores, and their contract among its tests.
pub(crate) const STORES: &str = "platforms/aws";
