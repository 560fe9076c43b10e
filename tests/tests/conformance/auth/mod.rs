mod authenticate;
mod create_token;
mod forgeries;
mod generations;
mod guesses;
mod headers;
