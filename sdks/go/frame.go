package openclaw

import (
	"context"
	"iter"
	"net/http"
	"strings"
	"sync"
)

// maxWaiting is how many bytes wait in a call whose caller does not read; then it fails.
const maxWaiting = 16 << 20

// Frame is a message of the WebSocket's server; its Type says which fields it has.
type Frame struct {
	// Type is chat_chunk, chat_complete, skill_result, workflow_progress or workflow_complete.
	Type         string           `json:"type"`
	ID           string           `json:"id"`
	Seq          int64            `json:"seq"`
	Content      string           `json:"content"`
	Reasoning    string           `json:"reasoning"`
	ToolCalls    []map[string]any `json:"tool_calls"`
	Usage        *Usage           `json:"usage"`
	Model        string           `json:"model"`
	FinishReason string           `json:"finish_reason"`
	Result       any              `json:"result"`
	Step         int64            `json:"step"`
	TotalSteps   int64            `json:"total_steps"`
	Status       string           `json:"status"`
	Session      string           `json:"session"`
	Resumed      bool             `json:"resumed"`
	Replayed     int              `json:"replayed"`
	Error        *FrameError      `json:"error"`
}

// FrameError is what a request on the WebSocket failed with; loops give it as an [Error].
type FrameError = wireError

func (f Frame) isLast() bool {
	switch f.Type {
	case "chat_complete", "skill_result", "workflow_complete", "error":
		return true
	}
	return false
}

var statusOfCode = map[string]int{
	"unauthorized": 401, "budget_exceeded": 402, "forbidden": 403, "account_suspended": 403, "not_found": 404,
	"conflict": 409, "idempotency_conflict": 409, "rate_limit_exceeded": 429, "internal_error": 500,
	"skill_failed": 502, "skill_timeout": 504,
}

// failure is the error of a frame, which has only the code; its status is the one that REST would have given.
func (f Frame) failure() *Error {
	wire := wireError{Message: "the request failed"}
	if f.Error != nil {
		wire = *f.Error
	}
	status := statusOfCode[wire.Code]
	if status == 0 {
		status = 400
		if strings.HasPrefix(wire.Code, "provider_") {
			status = 502
		}
	}
	return errorOf(status, http.Header{}, wire)
}

// Last goes through the frames of a call and gives the last one.
func Last(frames iter.Seq2[Frame, error]) (*Frame, error) {
	var last Frame
	for frame, err := range frames {
		if err != nil {
			return nil, err
		}
		last = frame
	}
	return &last, nil
}

// socketCall is one request on a socket.
type socketCall struct {
	id   string
	text []byte
	news chan struct{}

	lock     sync.Mutex
	waiting  []Frame
	size     int
	partial  strings.Builder
	answered bool
	ended    bool
	failure  error
}

func (c *socketCall) heard() bool {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.answered
}

func (c *socketCall) take(frame Frame) {
	if frame.Type == "error" {
		c.fail(frame.failure())
		return
	}
	c.lock.Lock()
	c.answered = true
	if frame.Type == "chat_chunk" {
		c.partial.WriteString(frame.Content)
	}
	c.size += len(frame.Content)
	tooMuch := c.size > maxWaiting
	if !c.ended && !tooMuch {
		c.waiting = append(c.waiting, frame)
		c.ended = frame.isLast()
	}
	c.lock.Unlock()
	if tooMuch {
		c.fail(newError(ErrClient, nil, "the frames of a call were not read: more than 16 MiB wait"))
	}
	signal(c.news)
}

func (c *socketCall) fail(err error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if !c.ended {
		c.ended, c.failure = true, err
	}
	signal(c.news)
}

func (c *socketCall) interrupt(why string, cause error) {
	c.lock.Lock()
	partial := c.partial.String()
	c.lock.Unlock()
	err := newError(ErrStreamInterrupted, cause, "%s", why)
	err.Partial = partial
	c.fail(err)
}

// next is the next frame that waits, and whether there will be others.
func (c *socketCall) next() (frame Frame, ok, ended bool, failure error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if len(c.waiting) > 0 {
		frame = c.waiting[0]
		c.waiting = c.waiting[1:]
		c.size -= len(frame.Content)
		return frame, true, false, nil
	}
	return frame, false, c.ended, c.failure
}

func (c *socketCall) frames(ctx context.Context, leave func()) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) {
		// The server stops working on a call that nobody reads; for one that has ended this does nothing.
		defer leave()
		for {
			frame, ok, ended, failure := c.next()
			switch {
			case ok:
				if !yield(frame, nil) {
					return
				}
				continue
			case failure != nil:
				yield(Frame{}, failure)
				return
			case ended:
				return
			}
			select {
			case <-c.news:
			case <-ctx.Done():
				yield(Frame{}, newError(ErrAborted, context.Cause(ctx), "the call was aborted: %v", context.Cause(ctx)))
				return
			}
		}
	}
}

func failed(err error) iter.Seq2[Frame, error] {
	return func(yield func(Frame, error) bool) { yield(Frame{}, err) }
}
