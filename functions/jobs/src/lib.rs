//! Hands jobs to the functions that own their topics, on AWS Lambda: a function without endpoints. Elsewhere
//! there is none: on Workers the account's object hands jobs over, natively the server works on them.
