// Package openclaw is the client library of the OpenClaw API. Begin with [NewClient].
//
// Every error is an *[Error], which [errors.As] finds; [errors.Is] compares it with the Err… of this package.
package openclaw

// Version of this library.
const Version = "1.0.0"
