mod budget;
mod concurrent;
mod evasion;
mod rate;
