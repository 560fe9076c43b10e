mod get;
mod metrics;
