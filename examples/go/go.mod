module openclaw-examples

go 1.23

require github.com/openclaw/go-client v1.0.0

require github.com/coder/websocket v1.8.15 // indirect

replace github.com/openclaw/go-client => ../../sdks/go
