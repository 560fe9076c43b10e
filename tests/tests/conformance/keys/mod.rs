mod bounds;
mod create;
mod delete;
mod get;
mod list;
mod races;
mod rotate;
mod scopes;
mod update;

pub(crate) use races::listed;
