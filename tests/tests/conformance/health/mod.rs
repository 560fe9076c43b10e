mod get;
mod metrics;
mod public;
