package openclaw

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// What an [Error] is, for [errors.Is].
var (
	// ErrAPI: the API answered with an error, of whatever kind.
	ErrAPI = errors.New("the API answered with an error")
	// ErrInvalidRequest: 400, 405, 413, 415, 416, 422. Param or Details name the field.
	ErrInvalidRequest = errors.New("the request is wrong")
	// ErrAuthentication: no key, or a wrong, revoked or expired one: 401.
	ErrAuthentication = errors.New("not authenticated")
	// ErrBudgetExceeded: the budget of the key or the account is used up: 402.
	ErrBudgetExceeded = errors.New("the budget is used up")
	// ErrPermissionDenied: the key may not do this: 403.
	ErrPermissionDenied = errors.New("permission denied")
	// ErrNotFound: no such thing: 404.
	ErrNotFound = errors.New("not found")
	// ErrConflict: changed meanwhile, or an idempotency key used otherwise: 409.
	ErrConflict = errors.New("conflict")
	// ErrRateLimit: too many requests: 429. RetryAfter says when the next one is let through.
	ErrRateLimit = errors.New("too many requests")
	// ErrServer: the API failed: 5xx.
	ErrServer = errors.New("the API failed")
	// ErrProvider: the model's provider failed, after the gateway's own retries and fallbacks: 502, 503, 504.
	ErrProvider = errors.New("the provider failed")
	// ErrConnection: the API could not be reached, or the connection broke.
	ErrConnection = errors.New("the connection failed")
	// ErrTimeout: nothing came for too long; it is an ErrConnection, too.
	ErrTimeout = errors.New("nothing came for too long")
	// ErrAborted: the caller's context ended it; it is a context.Canceled or DeadlineExceeded, too.
	ErrAborted = errors.New("the call was aborted")
	// ErrStreamInterrupted: a stream broke off. What it said until then is in Partial.
	ErrStreamInterrupted = errors.New("the stream was interrupted")
	// ErrWebhookVerification: a webhook that does not come from the API, is too old, or was changed on its way.
	ErrWebhookVerification = errors.New("the webhook is not genuine")
	// ErrClient: the library was used wrongly, or cannot make sense of an answer.
	ErrClient = errors.New("the client cannot do this")
)

// Error is what every call of this package fails with.
type Error struct {
	// Status of the answer; 0 where there was none.
	Status int
	// Code is the API's own name for it, such as rate_limit_exceeded.
	Code    string
	Type    string
	Param   string
	Details map[string]any
	Message string
	// RequestID is what to name in a report; the server's log has it, too.
	RequestID string
	Header    http.Header
	// RetryAfter is how long the server asks to wait; 0 where it does not say.
	RetryAfter time.Duration
	// Partial is what a stream said before it broke off.
	Partial string

	kind  error
	cause error
}

// Error says what went wrong, with the request's id at the end, and no keys.
func (e *Error) Error() string {
	message := redact(e.Message)
	if e.RequestID != "" && !strings.Contains(message, e.RequestID) {
		message += " (request " + e.RequestID + ")"
	}
	return "openclaw: " + message
}

// Is compares with the Err… of this package.
func (e *Error) Is(target error) bool {
	return target == e.kind || target == ErrAPI && e.Status != 0 || target == ErrConnection && e.kind == ErrTimeout
}

// Unwrap gives what caused it.
func (e *Error) Unwrap() error { return e.cause }

var secrets = []struct {
	pattern *regexp.Regexp
	mark    string
}{
	{regexp.MustCompile(`\boc_(live|test)_[\w-]+`), "oc_${1}_…"},
	{regexp.MustCompile(`\bwhsec_[\w+/=-]+`), "whsec_…"},
	{regexp.MustCompile(`\beyJ[\w-]+\.[\w-]+\.[\w-]+`), "eyJ…"},
}

// redact is text without keys, tokens and webhooks' secrets.
func redact(text string) string {
	for _, secret := range secrets {
		text = secret.pattern.ReplaceAllString(text, secret.mark)
	}
	return text
}

func newError(kind error, cause error, format string, values ...any) *Error {
	return &Error{kind: kind, cause: cause, Message: fmt.Sprintf(format, values...)}
}

var byStatus = map[int]error{
	401: ErrAuthentication,
	402: ErrBudgetExceeded,
	403: ErrPermissionDenied,
	404: ErrNotFound,
	409: ErrConflict,
	429: ErrRateLimit,
}

// wireError is the object error of an answer, an event or a frame.
type wireError struct {
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Type    string         `json:"type"`
	Param   string         `json:"param"`
	Details map[string]any `json:"details"`
}

// apiError is the error that an answer's status, headers and body tell.
func apiError(status int, header http.Header, body []byte) *Error {
	var answer struct {
		Error wireError `json:"error"`
	}
	// A proxy's page is no JSON: its status says enough.
	_ = json.Unmarshal(body, &answer)
	return errorOf(status, header, answer.Error)
}

func errorOf(status int, header http.Header, wire wireError) *Error {
	kind := byStatus[status]
	switch {
	case kind != nil:
	case strings.HasPrefix(wire.Code, "provider_"):
		kind = ErrProvider
	case status >= 500:
		kind = ErrServer
	default:
		kind = ErrInvalidRequest
	}
	message := wire.Message
	if message == "" {
		message = "HTTP " + strconv.Itoa(status)
	}
	return &Error{
		kind: kind, Status: status, Header: header, Message: message, Code: wire.Code, Type: wire.Type,
		Param: wire.Param, Details: wire.Details, RequestID: header.Get("X-Request-Id"), RetryAfter: retryAfter(header),
	}
}

// retryAfter is how long Retry-After asks to wait, which is a number of seconds or a date.
func retryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return time.Duration(max(0, seconds) * float64(time.Second))
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(date))
	}
	return 0
}
