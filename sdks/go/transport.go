package openclaw

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// maxWait is what Retry-After may ask for; who asks for more is told to the caller.
const maxWait = time.Minute

// maxError is how much of an error's body is read.
const maxError = 1 << 20

var (
	userAgent = "openclaw-go/" + Version + " (" + runtime.Version() + "; " + runtime.GOOS + ")"
	debug     = os.Getenv("OPENCLAW_LOG") == "debug"
)

// transport makes the attempts of calls.
type transport struct{ options options }

// defaultHTTP is shared by all clients, and so are its connections.
var defaultHTTP = func() *http.Client {
	base := http.DefaultTransport.(*http.Transport).Clone()
	base.DialContext = (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	base.MaxIdleConnsPerHost = 100
	return &http.Client{Transport: base}
}()

// call is one request.
type call struct {
	method, path string
	// body is sent as JSON, unless it is a form.
	body    any
	accept  string
	options options
}

// form is a body whose bytes are made, so that it can be sent again.
type form struct {
	content     []byte
	contentType string
}

// exchange is an answer whose body is read piece by piece.
type exchange struct {
	response *http.Response
	watch    *watch
	ctx      context.Context
}

// do makes attempts until one succeeds. With whole it reads the body, so that one that breaks off is asked for again.
func (t *transport) do(ctx context.Context, c call, whole bool) (*exchange, []byte, error) {
	o := c.options
	if o.token == nil {
		return nil, nil, newError(ErrClient, nil, "the API key is missing: pass it to NewClient, or set the variable OPENCLAW_API_KEY")
	}
	body, contentType, err := encode(c.body)
	if err != nil {
		return nil, nil, newError(ErrClient, err, "the request cannot be sent as JSON: %v", err)
	}
	key := o.idempotencyKey
	if key == "" && c.method == http.MethodPost {
		key = randomHex()
	}
	deadline := time.Time{}
	if o.timeouts.Total > 0 {
		deadline = time.Now().Add(o.timeouts.Total)
	}
	reopened, retried := false, 0
	for attempt := 0; ; attempt++ {
		x, data, err := t.attempt(ctx, c, body, contentType, key, attempt, deadline, whole)
		if err == nil {
			return x, data, nil
		}
		logf("%s %s attempt %d: %v", c.method, c.path, attempt+1, err)
		if !reopened && isClosed(err) {
			// A server may close a kept connection while a request is on its way to it: that costs no retry.
			reopened = true
			continue
		}
		wait, again := waitAfter(err, retried)
		if !again || retried >= o.maxRetries || !deadline.IsZero() && time.Now().Add(wait).After(deadline) {
			return nil, nil, err
		}
		retried++
		if err := sleep(ctx, wait); err != nil {
			return nil, nil, err
		}
	}
}

func (t *transport) attempt(
	ctx context.Context, c call, body []byte, contentType, key string, attempt int, deadline time.Time, whole bool,
) (*exchange, []byte, error) {
	token, err := c.options.token(ctx)
	if err != nil {
		return nil, nil, newError(ErrClient, err, "there is no token: %v", err)
	}
	limits := c.options.timeouts
	w := newWatch(ctx, deadline)
	w.expect(limits.FirstByte)
	address := c.options.baseURL + c.path
	if query := c.options.query.Encode(); query != "" {
		address += "?" + query
	}
	request, err := http.NewRequestWithContext(w.ctx, c.method, address, nil)
	if err != nil {
		w.end()
		return nil, nil, newError(ErrClient, err, "the address is wrong: %v", err)
	}
	if body != nil {
		request.Body = io.NopCloser(bytes.NewReader(body))
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		request.ContentLength = int64(len(body))
		request.Header.Set("Content-Type", contentType)
	}
	header := request.Header
	header.Set("Accept", c.accept)
	header.Set("Authorization", "Bearer "+token)
	header.Set("User-Agent", userAgent)
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	if attempt > 0 {
		header.Set("X-OpenClaw-Retry-Count", strconv.Itoa(attempt))
	}
	for name, values := range c.options.header {
		header[name] = values
	}
	began := time.Now()
	response, err := c.options.httpClient.Do(request)
	if err != nil {
		w.end()
		return nil, nil, explain(ctx, w, err)
	}
	x := &exchange{response: response, watch: w, ctx: ctx}
	w.limit = limits.Idle
	id := response.Header.Get("X-Request-Id")
	logf("%s %s %d %d ms %s", c.method, c.path, response.StatusCode, time.Since(began).Milliseconds(), id)
	if response.StatusCode >= 400 {
		data, err := x.readAll(maxError)
		if err != nil {
			return nil, nil, err
		}
		return nil, nil, apiError(response.StatusCode, response.Header, data)
	}
	if c.options.response != nil {
		*c.options.response = responseOf(response)
	}
	if !whole {
		return x, nil, nil
	}
	data, err := x.readAll(0)
	return x, data, err
}

// Read reads the body, and watches over how long it takes.
func (x *exchange) Read(into []byte) (int, error) {
	x.watch.expect(x.watch.limit)
	n, err := x.response.Body.Read(into)
	x.watch.pause()
	if err != nil && err != io.EOF {
		return n, explain(x.ctx, x.watch, err)
	}
	return n, err
}

// Close ends the connection, unless the body was read to its end.
func (x *exchange) Close() error {
	x.watch.end()
	return x.response.Body.Close()
}

// readAll reads the body to its end, or to most bytes, and closes it.
func (x *exchange) readAll(most int64) ([]byte, error) {
	defer x.Close()
	var from io.Reader = x
	if most > 0 {
		from = io.LimitReader(x, most)
	}
	return io.ReadAll(from)
}

// watch ends an attempt whose answer does not come.
type watch struct {
	ctx      context.Context
	cancel   context.CancelFunc
	deadline time.Time
	limit    time.Duration
	timer    *time.Timer
	expired  atomic.Bool
}

func newWatch(ctx context.Context, deadline time.Time) *watch {
	w := &watch{deadline: deadline}
	w.ctx, w.cancel = context.WithCancel(ctx)
	w.timer = time.AfterFunc(time.Hour, func() {
		w.expired.Store(true)
		w.cancel()
	})
	return w
}

func (w *watch) expect(limit time.Duration) {
	if !w.deadline.IsZero() {
		limit = min(limit, time.Until(w.deadline))
	}
	w.timer.Reset(limit)
}

func (w *watch) pause() { w.timer.Stop() }

func (w *watch) end() {
	w.timer.Stop()
	w.cancel()
}

// explain says what a failure means: the caller's context, a time limit, or the connection.
func explain(ctx context.Context, w *watch, err error) error {
	var known *Error
	switch {
	case errors.As(err, &known):
		return err
	case ctx.Err() != nil:
		return newError(ErrAborted, context.Cause(ctx), "the call was aborted: %v", context.Cause(ctx))
	case w.expired.Load():
		return newError(ErrTimeout, nil, "nothing came for too long")
	}
	var network *net.OpError
	if errors.As(err, &network) && network.Op == "dial" && network.Timeout() {
		return newError(ErrTimeout, err, "the connection could not be made in time")
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // Without the address, which may have a key in its query.
	}
	return newError(ErrConnection, err, "the connection failed: %v", err)
}

// isClosed says whether the server closed the connection before it answered anything.
func isClosed(err error) bool {
	return errors.Is(err, ErrConnection) && !errors.Is(err, ErrTimeout) &&
		(errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
			errors.Is(err, syscall.EPIPE))
}

// waitAfter is how long to wait before the next attempt, if there is one.
func waitAfter(err error, retried int) (time.Duration, bool) {
	backoff := time.Duration(mathrand.Float64() * float64(min(8*time.Second, 500*time.Millisecond<<min(retried, 10))))
	var e *Error
	if !errors.As(err, &e) || e.Status == 0 {
		return backoff, errors.Is(err, ErrConnection)
	}
	helps := e.Status == 408 || e.Status == 429 || e.Status >= 500
	if told := e.Header.Get("X-Should-Retry"); told != "" {
		helps = told == "true"
	}
	if e.Header.Get("Retry-After") == "" {
		return backoff, helps
	}
	return e.RetryAfter, helps && e.RetryAfter <= maxWait
}

func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return newError(ErrAborted, context.Cause(ctx), "the call was aborted: %v", context.Cause(ctx))
	}
}

func encode(body any) ([]byte, string, error) {
	switch body := body.(type) {
	case nil:
		return nil, "", nil
	case *form:
		return body.content, body.contentType, nil
	}
	data, err := json.Marshal(body)
	return data, "application/json", err
}

func responseOf(r *http.Response) Response {
	number := func(name string) int64 {
		value, _ := strconv.ParseInt(r.Header.Get(name), 10, 64)
		return value
	}
	return Response{
		Status: r.StatusCode, Header: r.Header, RequestID: r.Header.Get("X-Request-Id"),
		RateLimit: RateLimits{
			number("X-RateLimit-Limit"), number("X-RateLimit-Remaining"), number("X-RateLimit-Reset"),
		},
		Provider: r.Header.Get("X-OpenClaw-Provider"), Attempts: int(number("X-OpenClaw-Attempts")),
		Cache: r.Header.Get("X-OpenClaw-Cache"),
	}
}

func randomHex() string {
	var key [16]byte
	_, _ = rand.Read(key[:])
	return hex.EncodeToString(key[:])
}

// segment is a part of a path.
func segment(text string) string {
	return strings.ReplaceAll(url.PathEscape(text), ":", "%3A")
}

func logf(format string, values ...any) {
	if debug {
		log.Print(redact(newError(nil, nil, format, values...).Message))
	}
}
