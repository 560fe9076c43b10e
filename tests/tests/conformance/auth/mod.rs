mod authenticate;
mod create_token;
mod forgeries;
mod generations;
