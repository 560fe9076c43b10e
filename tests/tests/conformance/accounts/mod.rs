mod create;
mod current;
mod delete;
mod export;
mod get;
mod list;
mod races;
mod update;
