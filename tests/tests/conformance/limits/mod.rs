mod budget;
mod rate;
