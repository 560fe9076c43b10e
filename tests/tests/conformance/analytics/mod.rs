mod requests;
mod usage;
