mod bodies;
mod compressed;
mod cors;
mod routes;
mod tolerance;
mod unauthenticated;
