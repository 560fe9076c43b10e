mod create;
mod delete;
mod get;
mod list;
mod races;
mod update;
