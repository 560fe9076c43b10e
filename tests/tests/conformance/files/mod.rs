mod content;
mod delete;
mod hostile;
mod list;
mod long;
mod storage;
mod upload;
