package openclaw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	mathrand "math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	connectTimeout = 10 * time.Second
	// reconnectFor is how long a connection that broke is tried again.
	reconnectFor = 2 * time.Minute
	// maxUnsent is how many frames wait for a connection.
	maxUnsent = 1000
	// maxFrame is the most bytes of a frame.
	maxFrame = 16 << 20
)

// WebSocketService has the methods of [Client].WS.
type WebSocketService struct{ transport *transport }

// Socket carries many requests at once on one connection, which comes back by itself and goes on where it broke off.
type Socket struct {
	transport *transport
	options   options
	ctx       context.Context
	end       context.CancelFunc
	ended     sync.WaitGroup

	lock    sync.Mutex
	conn    *websocket.Conn
	session string
	seq     int64
	replay  int
	calls   []*socketCall
	unsent  []outgoing
	wake    chan struct{}
	// open says whether frames may go out: after auth, and after reconnect where there was a session.
	open, planned, closed bool
	count                 int
	ponged                chan struct{}
}

// outgoing is a frame that waits; id is that of its request, if it begins one.
type outgoing struct {
	id   string
	text []byte
}

// Connect opens a connection; it is there until Close.
func (r *WebSocketService) Connect(ctx context.Context, opts ...Option) (*Socket, error) {
	s := &Socket{transport: r.transport, options: r.transport.options.with(opts), wake: make(chan struct{}, 1)}
	if s.options.token == nil {
		return nil, newError(ErrClient, nil, "the API key is missing: pass it to NewClient, or set the variable OPENCLAW_API_KEY")
	}
	s.ctx, s.end = context.WithCancel(context.Background())
	ready := make(chan error, 1)
	s.ended.Add(1)
	go func() {
		defer s.ended.Done()
		s.keep(ready)
	}()
	var err error
	select {
	case err = <-ready:
	case <-ctx.Done():
		err = newError(ErrAborted, context.Cause(ctx), "the call was aborted: %v", context.Cause(ctx))
	}
	if err != nil {
		s.end()
		s.ended.Wait()
		return nil, err
	}
	return s, nil
}

// Chat sends a chat and gives its frames: chunks where body.Stream is true, then the whole.
func (s *Socket) Chat(ctx context.Context, body ChatParams) iter.Seq2[Frame, error] {
	data, err := json.Marshal(body)
	fields := map[string]any{}
	if err == nil {
		err = json.Unmarshal(data, &fields)
	}
	if err != nil {
		return failed(newError(ErrClient, err, "the request cannot be sent as JSON: %v", err))
	}
	return s.start(ctx, "chat", fields)
}

// Skill executes a skill; the last frame has its Result.
func (s *Socket) Skill(ctx context.Context, skill, command string, parameters map[string]any) iter.Seq2[Frame, error] {
	return s.start(ctx, "skill_execute", map[string]any{"skill": skill, "command": command, "parameters": orEmpty(parameters)})
}

// Workflow starts a workflow: workflow_progress frames as its steps begin and end, then its Result.
func (s *Socket) Workflow(ctx context.Context, workflow string, parameters map[string]any) iter.Seq2[Frame, error] {
	return s.start(ctx, "workflow_start", map[string]any{"workflow": workflow, "parameters": orEmpty(parameters)})
}

func orEmpty(parameters map[string]any) map[string]any {
	if parameters == nil {
		return map[string]any{}
	}
	return parameters
}

// Close ends the connection, the session and what runs on it.
func (s *Socket) Close() error {
	s.lock.Lock()
	if s.closed {
		s.lock.Unlock()
		return nil
	}
	s.closed = true
	conn := s.conn
	s.failAll(func(c *socketCall) { c.fail(newError(ErrConnection, nil, "the WebSocket was closed")) })
	s.lock.Unlock()
	if conn != nil {
		_ = conn.Close(websocket.StatusNormalClosure, "")
	}
	s.end()
	s.ended.Wait()
	return nil
}

func (s *Socket) start(ctx context.Context, kind string, fields map[string]any) iter.Seq2[Frame, error] {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.closed {
		return failed(newError(ErrConnection, nil, "the WebSocket is closed"))
	}
	s.count++
	id := fmt.Sprintf("msg_%d", s.count)
	fields["type"], fields["id"] = kind, id
	text, err := json.Marshal(fields)
	if err != nil {
		return failed(newError(ErrClient, err, "the request cannot be sent as JSON: %v", err))
	}
	call := &socketCall{id: id, text: text, news: make(chan struct{}, 1)}
	if err := s.send(id, text); err != nil {
		return failed(err)
	}
	s.calls = append(s.calls, call)
	return call.frames(ctx, func() { s.leave(call) })
}

// send is called with the lock held.
func (s *Socket) send(id string, text []byte) error {
	if len(s.unsent) >= maxUnsent {
		return newError(ErrConnection, nil, "too much waits for the WebSocket to connect")
	}
	s.unsent = append(s.unsent, outgoing{id, text})
	signal(s.wake)
	return nil
}

func (s *Socket) leave(call *socketCall) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if at := slices.Index(s.calls, call); at >= 0 {
		s.calls = slices.Delete(s.calls, at, at+1)
		text, _ := json.Marshal(map[string]string{"type": "cancel", "id": call.id})
		_ = s.send("", text)
	}
}

// failAll is called with the lock held.
func (s *Socket) failAll(fail func(*socketCall)) {
	for _, call := range s.calls {
		fail(call)
	}
	s.calls = nil
}

// keep holds connections, one after the other.
func (s *Socket) keep(ready chan<- error) {
	connected := false
	var until time.Time
	for tried := 0; ; tried++ {
		settled := false
		err := s.connection(func() {
			settled = true
			if !connected {
				connected = true
				ready <- nil
			}
		})
		s.lock.Lock()
		s.open, s.planned = false, false
		closed := s.closed
		s.lock.Unlock()
		if closed || s.ctx.Err() != nil {
			return
		}
		if !connected {
			ready <- err
			return
		}
		if settled {
			until, tried = time.Now().Add(reconnectFor), 0
		}
		if errors.Is(err, ErrAuthentication) || errors.Is(err, ErrPermissionDenied) || time.Now().After(until) {
			s.lock.Lock()
			s.closed = true
			s.failAll(func(c *socketCall) { c.interrupt("the WebSocket could not be connected again", err) })
			s.lock.Unlock()
			return
		}
		most := min(10*time.Second, 500*time.Millisecond<<min(tried, 10))
		wait := max(250*time.Millisecond, time.Duration(mathrand.Float64()*float64(most)))
		if sleep(s.ctx, wait) != nil {
			return
		}
	}
}

// connection is one connection, from its beginning to its end.
func (s *Socket) connection(settle func()) error {
	ctx, cancel := context.WithCancel(s.ctx)
	var helpers sync.WaitGroup
	defer helpers.Wait()
	defer cancel()
	// A token may have ended meanwhile: the source gives the one that is good now.
	token, err := s.options.token(ctx)
	if err != nil {
		return newError(ErrClient, err, "there is no token: %v", err)
	}
	greeting, done := context.WithTimeout(ctx, connectTimeout)
	defer done()
	conn, _, err := websocket.Dial(greeting, s.options.webSocketURL, &websocket.DialOptions{
		HTTPClient: s.options.httpClient, HTTPHeader: http.Header{"User-Agent": {userAgent}},
	})
	if err != nil {
		return socketError(err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxFrame)
	s.lock.Lock()
	s.conn, s.ponged = conn, make(chan struct{}, 1)
	before, seq := s.session, s.seq
	s.lock.Unlock()
	// Frames are handled in the order sent: nobody has to wait for an answer in between.
	first := []any{map[string]any{"type": "auth", "token": token}}
	if before != "" {
		first = append(first, map[string]any{"type": "reconnect", "session": before, "last_seq": seq})
	}
	for _, frame := range first {
		text, _ := json.Marshal(frame)
		if err := conn.Write(greeting, websocket.MessageText, text); err != nil {
			return socketError(err)
		}
	}
	helpers.Add(2)
	go func() {
		defer helpers.Done()
		s.write(ctx, conn)
	}()
	go func() {
		defer helpers.Done()
		s.ping(ctx, conn)
	}()
	if before == "" {
		s.lock.Lock()
		s.open = true
		s.lock.Unlock()
		signal(s.wake)
	}
	if err := s.greet(greeting, conn, before); err != nil {
		return err
	}
	settle()
	for {
		frame, err := readFrame(ctx, conn)
		if err != nil {
			return err
		}
		s.take(frame, conn)
	}
}

// greet waits until the session is there, or the one of before again.
func (s *Socket) greet(ctx context.Context, conn *websocket.Conn, before string) error {
	for {
		frame, err := readFrame(ctx, conn)
		switch {
		case err != nil:
			return err
		case frame.Type == "error" && frame.ID == "":
			return frame.failure()
		case frame.Type == "auth_ok" && before == "":
			s.lock.Lock()
			s.session = frame.Session
			s.lock.Unlock()
			return nil
		case frame.Type == "reconnected":
			s.resumed(frame)
			return nil
		}
	}
}

func (s *Socket) resumed(frame Frame) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.session = frame.Session
	switch {
	case !frame.Resumed:
		s.seq = 0
		// What was sent is lost; what waited is sent now.
		for _, call := range s.sent() {
			s.calls = slices.DeleteFunc(s.calls, func(other *socketCall) bool { return other == call })
			call.interrupt("the session of the WebSocket is gone", nil)
		}
	case frame.Replayed > 0:
		s.replay = frame.Replayed
	default:
		s.resend()
	}
	s.open = true
	signal(s.wake)
}

// sent are the calls that went out. It is called with the lock held.
func (s *Socket) sent() []*socketCall {
	var sent []*socketCall
	for _, call := range s.calls {
		if !slices.ContainsFunc(s.unsent, func(o outgoing) bool { return o.id == call.id }) {
			sent = append(sent, call)
		}
	}
	return sent
}

// resend sends again what may have been lost with the connection. The server ignores the id of a request that runs.
func (s *Socket) resend() {
	var again []outgoing
	for _, call := range s.sent() {
		if !call.heard() {
			again = append(again, outgoing{call.id, call.text})
		}
	}
	s.unsent = append(again, s.unsent...)
	signal(s.wake)
}

func (s *Socket) take(frame Frame, conn *websocket.Conn) {
	s.lock.Lock()
	defer s.lock.Unlock()
	switch frame.Type {
	case "pong":
		signal(s.ponged)
	case "reconnect":
		// The server is going to end: it finishes what runs, and takes nothing new.
		s.planned, s.open = true, false
	}
	if frame.Seq > 0 {
		if frame.Seq <= s.seq {
			return // It came before the connection broke.
		}
		s.seq = frame.Seq
		if at := slices.IndexFunc(s.calls, func(c *socketCall) bool { return c.id == frame.ID }); at >= 0 {
			s.calls[at].take(frame)
			if frame.isLast() {
				s.calls = slices.Delete(s.calls, at, at+1)
			}
		}
		if s.replay > 0 {
			if s.replay--; s.replay == 0 {
				s.resend()
			}
		}
	}
	if s.planned && len(s.sent()) == 0 {
		go conn.CloseNow()
	}
}

func (s *Socket) write(ctx context.Context, conn *websocket.Conn) {
	for {
		s.lock.Lock()
		var next []byte
		if s.open && len(s.unsent) > 0 {
			next = s.unsent[0].text
			s.unsent = s.unsent[1:]
		}
		s.lock.Unlock()
		if next != nil {
			if conn.Write(ctx, websocket.MessageText, next) != nil {
				return
			}
			continue
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			return
		}
	}
}

// ping notices that nothing comes back, or that the machine slept.
func (s *Socket) ping(ctx context.Context, conn *websocket.Conn) {
	defer conn.CloseNow()
	for {
		began := time.Now().Round(0) // Without the monotonic clock, which may stop while the machine sleeps.
		if sleep(ctx, s.options.pingInterval) != nil || time.Since(began) > s.options.pingInterval+s.options.pongTimeout {
			return
		}
		select {
		case <-s.ponged:
		default:
		}
		if conn.Write(ctx, websocket.MessageText, []byte(`{"type":"ping"}`)) != nil {
			return
		}
		timer := time.NewTimer(s.options.pongTimeout)
		select {
		case <-s.ponged:
			timer.Stop()
		case <-timer.C:
			return
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

func readFrame(ctx context.Context, conn *websocket.Conn) (Frame, error) {
	_, data, err := conn.Read(ctx)
	if err != nil {
		return Frame{}, socketError(err)
	}
	var frame Frame
	if err := json.Unmarshal(data, &frame); err != nil {
		return Frame{}, newError(ErrConnection, err, "a frame of the WebSocket is not JSON: %v", err)
	}
	return frame, nil
}

func socketError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return newError(ErrTimeout, err, "the WebSocket did not answer in time")
	}
	text, _, _ := strings.Cut(err.Error(), "\n")
	return newError(ErrConnection, err, "the WebSocket failed: %s", text)
}

func signal(channel chan struct{}) {
	select {
	case channel <- struct{}{}:
	default:
	}
}
