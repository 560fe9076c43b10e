mod bodies;
mod compressed;
mod cors;
mod document;
mod fuzz;
mod routes;
mod tolerance;
mod unauthenticated;
