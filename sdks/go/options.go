package openclaw

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Option sets something: given to [NewClient] for all calls, given to a call for that one.
type Option func(*options)

// Timeouts of a call. A field that is 0 keeps its default.
type Timeouts struct {
	// FirstByte is how long the head of the answer may take, each attempt anew: 60 s.
	FirstByte time.Duration
	// Idle is how long nothing may come within an answer; a stream's pings count: 60 s.
	Idle time.Duration
	// Total holds for the whole call, attempts and waits included: none.
	Total time.Duration
}

// Response is what an answer tells beside its body: see [WithResponse].
type Response struct {
	Status    int
	Header    http.Header
	RequestID string
	RateLimit RateLimits
	Provider  string
	// Attempts is how many calls of providers the gateway made.
	Attempts int
	// Cache is hit or miss.
	Cache string
}

// RateLimits are the requests a minute, how many are left, and when (Unix seconds) they are all there again.
type RateLimits struct{ Limit, Remaining, Reset int64 }

type options struct {
	baseURL        string
	webSocketURL   string
	httpClient     *http.Client
	token          func(context.Context) (string, error)
	maxRetries     int
	timeouts       Timeouts
	header         http.Header
	query          url.Values
	idempotencyKey string
	response       *Response
	lastEventID    string
	pingInterval   time.Duration
	pongTimeout    time.Duration
}

func (o options) with(opts []Option) options {
	o.header = o.header.Clone()
	o.query = nil
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// WithBaseURL sets the API's address; else OPENCLAW_BASE_URL, else the public one. It gets /v1 where it has no path.
func WithBaseURL(address string) Option { return func(o *options) { o.baseURL = address } }

// WithWebSocketURL sets the WebSocket's address; else OPENCLAW_WS_URL, else the base URL's /ws.
func WithWebSocketURL(address string) Option { return func(o *options) { o.webSocketURL = address } }

// WithHTTPClient sets what makes the requests.
func WithHTTPClient(client *http.Client) Option { return func(o *options) { o.httpClient = client } }

// WithTokenSource asks for the key or token that is good now, for each attempt.
func WithTokenSource(source func(context.Context) (string, error)) Option {
	return func(o *options) { o.token = source }
}

// WithMaxRetries sets how often a failed attempt is made again: 2.
func WithMaxRetries(count int) Option { return func(o *options) { o.maxRetries = count } }

// WithTimeouts sets how long things may take.
func WithTimeouts(timeouts Timeouts) Option {
	return func(o *options) {
		if timeouts.FirstByte > 0 {
			o.timeouts.FirstByte = timeouts.FirstByte
		}
		if timeouts.Idle > 0 {
			o.timeouts.Idle = timeouts.Idle
		}
		if timeouts.Total > 0 {
			o.timeouts.Total = timeouts.Total
		}
	}
}

// WithHeader sends a header.
func WithHeader(name, value string) Option {
	return func(o *options) {
		if o.header == nil {
			o.header = http.Header{}
		}
		o.header.Set(name, value)
	}
}

// WithIdempotencyKey names a request, so that it is done once however often it is sent. Without it each call of a
// POST has one of its own, the same over all attempts.
func WithIdempotencyKey(key string) Option { return func(o *options) { o.idempotencyKey = key } }

// WithResponse fills in what the answer tells beside its body.
func WithResponse(response *Response) Option { return func(o *options) { o.response = response } }

// WithLastEventID has a run's events begin after that one.
func WithLastEventID(id string) Option { return func(o *options) { o.lastEventID = id } }

// WithPing sets how often a WebSocket is asked whether it is there (20 s), and how long its answer may take (10 s).
func WithPing(interval, timeout time.Duration) Option {
	return func(o *options) { o.pingInterval, o.pongTimeout = interval, timeout }
}

// Query adds a parameter of the query.
func Query(name, value string) Option {
	return func(o *options) {
		if o.query == nil {
			o.query = url.Values{}
		}
		o.query.Set(name, value)
	}
}

// Limit is how many items a page has.
func Limit(count int) Option { return Query("limit", strconv.Itoa(count)) }

// After is the id after which a list begins.
func After(id string) Option { return Query("after", id) }

// Ptr is for fields where 0 and false say something: Temperature: openclaw.Ptr(0.0).
func Ptr[T any](value T) *T { return &value }
