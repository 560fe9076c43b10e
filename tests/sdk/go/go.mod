// What the conformance suite runs in Go: the official library of Standard Webhooks.
module github.com/openclaw/conformance-clients

go 1.26.0

require github.com/standard-webhooks/standard-webhooks/libraries v0.0.1
