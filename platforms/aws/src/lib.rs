//! The ports on AWS Lambda and DynamoDB, and the way of an invocation into a function and out of it.

mod dynamodb;
mod http;
mod settings;

pub use dynamodb::client;
pub use settings::Settings;
