mod bodies;
mod cors;
mod routes;
