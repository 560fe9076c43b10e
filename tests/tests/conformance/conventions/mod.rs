mod bodies;
mod compressed;
mod cors;
mod document;
mod routes;
mod tolerance;
mod unauthenticated;
