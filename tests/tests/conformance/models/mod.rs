mod get;
mod list;
mod targets;
