mod create;
mod delete;
mod get;
mod list;
mod rotate;
mod scopes;
mod update;
