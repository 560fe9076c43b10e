mod budget;
mod concurrent;
mod rate;
