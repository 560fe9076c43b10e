package openclaw_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	openclaw "github.com/openclaw/go-client"
)

var kinds = map[string]error{
	"InvalidRequestError": openclaw.ErrInvalidRequest, "AuthenticationError": openclaw.ErrAuthentication,
	"BudgetExceededError": openclaw.ErrBudgetExceeded, "PermissionDeniedError": openclaw.ErrPermissionDenied,
	"NotFoundError": openclaw.ErrNotFound, "ConflictError": openclaw.ErrConflict,
	"RateLimitError": openclaw.ErrRateLimit, "ServerError": openclaw.ErrServer, "ProviderError": openclaw.ErrProvider,
	"ConnectionError": openclaw.ErrConnection, "TimeoutError": openclaw.ErrTimeout, "AbortError": openclaw.ErrAborted,
	"StreamInterruptedError": openclaw.ErrStreamInterrupted, "WebhookVerificationError": openclaw.ErrWebhookVerification,
}

// outcome is what a case's call gave.
type outcome struct {
	value    any
	text     string
	chunks   int
	cost     float64
	response openclaw.Response
}

func TestCases(t *testing.T) {
	for _, c := range readCases(t) {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			if c.Variants == "" {
				c.run(t, "-")
				return
			}
			length, err := strconv.Atoi(c.ask(t, "-", "length"))
			if err != nil || length < 100 {
				t.Fatal(length, err)
			}
			for n := range length + 1 {
				c.run(t, fmt.Sprintf("%s-%d", c.Variants, n))
			}
		})
	}
}

func (c *testCase) run(t *testing.T, variant string) {
	began := time.Now()
	opts := []openclaw.Option{openclaw.WithBaseURL(c.address(variant) + "/v1")}
	if tokens := c.Client.Tokens; tokens != nil {
		var lock sync.Mutex
		opts = append(opts, openclaw.WithTokenSource(func(context.Context) (string, error) {
			lock.Lock()
			defer lock.Unlock()
			token := tokens[0]
			tokens = tokens[1:]
			return token, nil
		}))
	}
	client := openclaw.NewClient("oc_test_cases", opts...)
	var is outcome
	var err error
	for range max(1, c.Repeat) {
		is, err = c.perform(client)
	}
	seconds := time.Since(began).Seconds()
	if faults := c.ask(t, variant, "faults"); faults != "[]" {
		t.Fatal(faults, err)
	}
	c.check(t, is, err, variant)
	if len(c.Seconds) == 2 && (seconds < c.Seconds[0] || seconds > c.Seconds[1]) {
		t.Fatalf("it took %f s", seconds)
	}
}

func (c *testCase) check(t *testing.T, is outcome, err error, variant string) {
	want := c.Outcome
	if strings.HasPrefix(variant, "cut-") && err != nil {
		// What was cut is told as cut, with a beginning of the text.
		var e *openclaw.Error
		if !errors.Is(err, openclaw.ErrStreamInterrupted) || !errors.As(err, &e) || !strings.HasPrefix(*want.Text, e.Partial) {
			t.Fatal(err)
		}
		return
	}
	if want.Error != "" {
		c.checkError(t, err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if want.Value != nil {
		contains(t, is.value, want.Value)
	}
	if want.Text != nil && is.text != *want.Text {
		t.Fatalf("%q", is.text)
	}
	if want.Chunks != 0 && is.chunks != want.Chunks || want.Cost != 0 && is.cost != want.Cost ||
		want.Length != 0 && len(is.text) != want.Length || want.RequestID != "" && is.response.RequestID != want.RequestID {
		t.Fatalf("%+v", is)
	}
	if want.Response != nil {
		r := is.response
		limits := map[string]any{"limit": r.RateLimit.Limit, "remaining": r.RateLimit.Remaining, "reset": r.RateLimit.Reset}
		contains(t, map[string]any{
			"status": r.Status, "request_id": r.RequestID, "rate_limit": limits,
			"provider": r.Provider, "attempts": r.Attempts, "cache": r.Cache,
		}, want.Response)
	}
}

func (c *testCase) checkError(t *testing.T, err error) {
	want := c.Outcome
	var e *openclaw.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *openclaw.Error", err)
	}
	if kind := kinds[want.Error]; kind != nil && !errors.Is(err, kind) {
		t.Fatalf("%v is no %s", err, want.Error)
	}
	if want.Status != 0 && e.Status != want.Status || want.Code != "" && e.Code != want.Code ||
		want.Param != "" && e.Param != want.Param || want.RequestID != "" && e.RequestID != want.RequestID ||
		want.RetryAfter != 0 && e.RetryAfter.Seconds() != want.RetryAfter ||
		want.Partial != nil && e.Partial != *want.Partial {
		t.Fatalf("%+v", e)
	}
	if want.Details != nil {
		contains(t, e.Details, want.Details)
	}
	if want.Message != "" && !regexp.MustCompile(want.Message[1:]).MatchString(err.Error()) {
		t.Fatal(err)
	}
	if want.Without != "" && strings.Contains(err.Error(), want.Without) {
		t.Fatal(err)
	}
	if want.Error == "AbortError" && !errors.Is(err, context.Canceled) {
		t.Fatalf("%v is not the context's", err)
	}
}

func chat(given any) openclaw.ChatParams {
	if text, ok := given.(string); ok {
		return openclaw.ChatParams{Model: "gpt-4", Messages: []openclaw.Message{openclaw.User(text)}}
	}
	var params openclaw.ChatParams
	data, _ := json.Marshal(given)
	if err := json.Unmarshal(data, &params); err != nil {
		panic(err)
	}
	return params
}

func seconds(count float64) time.Duration { return time.Duration(count * float64(time.Second)) }

func (c *testCase) perform(client *openclaw.Client) (is outcome, err error) {
	ctx := context.Background()
	o := c.Options
	if o.AbortAfter > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		time.AfterFunc(seconds(o.AbortAfter), cancel)
	}
	opts := []openclaw.Option{openclaw.WithResponse(&is.response), openclaw.WithTimeouts(openclaw.Timeouts{
		FirstByte: seconds(o.Timeout), Idle: seconds(o.Timeout), Total: seconds(o.Total),
	})}
	if o.MaxRetries != nil {
		opts = append(opts, openclaw.WithMaxRetries(*o.MaxRetries))
	}
	for name, value := range o.Headers {
		opts = append(opts, openclaw.WithHeader(name, value))
	}
	if o.IdempotencyKey != "" {
		opts = append(opts, openclaw.WithIdempotencyKey(o.IdempotencyKey))
	}
	if o.PingInterval > 0 {
		opts = append(opts, openclaw.WithPing(seconds(o.PingInterval), seconds(o.PongTimeout)))
	}
	switch call := c.Do; {
	case call.Create != nil:
		is.value, err = client.Chat.Completions.Create(ctx, chat(call.Create), opts...)
	case call.Stream != nil && call.Final:
		is.value, err = openclaw.Final(client.Chat.Completions.Stream(ctx, chat(call.Stream), opts...))
	case call.Stream != nil:
		err = is.stream(client.Chat.Completions.Stream(ctx, chat(call.Stream), opts...), call.Take)
	case call.Batch != nil:
		var bodies []openclaw.ChatParams
		for _, text := range call.Batch {
			bodies = append(bodies, chat(text))
		}
		is.value, err = client.Chat.Completions.Batch(ctx, bodies, opts...)
	case call.Get != nil:
		is.value, err = client.Models.Get(ctx, call.Get[1], opts...)
	case call.Guardrails == "get":
		is.value, err = client.Guardrails.Get(ctx, opts...)
	case call.Guardrails != nil:
		var body openclaw.AccountGuardrailsInput
		data, _ := json.Marshal(map[string]any{"guardrails": call.Guardrails})
		if err = json.Unmarshal(data, &body); err == nil {
			is.value, err = client.Guardrails.Set(ctx, body, opts...)
		}
	case call.Request != nil:
		is.value, err = client.Request(ctx, call.Request[0], call.Request[1], nil, opts...)
	case call.List != "":
		err = is.list(ctx, client, call, opts)
	case call.Execute != nil:
		parameters := call.Execute[2].(map[string]any)
		is.value, err = client.Skills.Execute(ctx, call.Execute[0].(string), call.Execute[1].(string), parameters, opts...)
	case call.Run != nil:
		is.value, err = client.Workflows.Run(ctx, call.Run[0].(string), call.Run[1].(map[string]any), opts...)
	case call.WaitRun != "":
		is.value, err = client.Runs.Wait(ctx, call.WaitRun, opts...)
	case call.WaitFile != "":
		is.value, err = client.Files.Wait(ctx, call.WaitFile, opts...)
	case call.Content != "":
		var content io.ReadCloser
		if content, err = client.Files.Content(ctx, call.Content, opts...); err == nil {
			defer content.Close()
			var data []byte
			data, err = io.ReadAll(content)
			is.text = string(data)
		}
	case call.Token != 0:
		is.value, err = client.Auth.Token(ctx, seconds(float64(call.Token)), opts...)
	case call.Events != "":
		steps := []any{}
		for event, failure := range client.Runs.Events(ctx, call.Events, opts...) {
			if failure != nil {
				return is, failure
			}
			steps = append(steps, event.Step)
		}
		is.value = steps
	case call.Upload != nil:
		data := make([]byte, call.Upload.Size)
		if call.Upload.Text != nil {
			data = []byte(*call.Upload.Text)
		}
		params := openclaw.FileParams{Purpose: call.Upload.Purpose}
		is.value, err = client.Files.Upload(ctx, call.Upload.Filename, bytes.NewReader(data), params, opts...)
	case call.Verify != nil:
		is.value, err = verify(call)
	default:
		is.value, err = sockets(ctx, client, call, opts)
	}
	return is, err
}

func (is *outcome) stream(stream iter.Seq2[openclaw.Chunk, error], take int) error {
	for chunk, err := range stream {
		if err != nil {
			return err
		}
		is.text += chunk.Text()
		is.chunks++
		if chunk.Usage != nil && chunk.Usage.Cost != nil {
			is.cost = *chunk.Usage.Cost
		}
		if is.chunks == take {
			break
		}
	}
	return nil
}

func (is *outcome) list(ctx context.Context, client *openclaw.Client, call action, opts []openclaw.Option) error {
	if limit, ok := call.Params["limit"].(float64); ok {
		opts = append(opts, openclaw.Limit(int(limit)))
	}
	ids := []string{}
	if call.Page {
		page, err := client.Keys.ListPage(ctx, opts...)
		if err != nil {
			return err
		}
		for _, key := range page.Data {
			ids = append(ids, key.ID)
		}
	} else {
		for key, err := range client.Keys.List(ctx, opts...) {
			if err != nil {
				return err
			}
			if ids = append(ids, key.ID); len(ids) == call.Take {
				break
			}
		}
	}
	is.value = ids
	return nil
}

func verify(call action) (any, error) {
	v := call.Verify
	timestamp := fmt.Sprint(time.Now().Unix() - v.Age)
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(v.Secret, "whsec_"))
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "msg_1.%s.%s", timestamp, v.Body)
	header := http.Header{}
	header.Set("webhook-id", "msg_1")
	header.Set("webhook-timestamp", timestamp)
	header.Set("webhook-signature", v.Before+"v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	if v.Without != "" {
		header.Del(v.Without)
	}
	body, secrets := v.Body, v.Secrets
	if v.Sent != nil {
		body = *v.Sent
	}
	if secrets == nil {
		secrets = []string{v.Secret}
	}
	return openclaw.VerifyWebhook([]byte(body), header, secrets...)
}

func sockets(ctx context.Context, client *openclaw.Client, call action, opts []openclaw.Option) (any, error) {
	ws, err := client.WS.Connect(ctx, opts...)
	if err != nil {
		return nil, err
	}
	defer ws.Close()
	var started []iter.Seq2[openclaw.Frame, error]
	results := []any{}
	for _, each := range call.WS {
		if each.After != nil {
			for len(results) <= *each.After {
				results = append(results, frames(started[len(results)], call.WS[len(results)].Take))
			}
		}
		switch {
		case each.Chat != "":
			params := chat(each.Chat)
			if each.Stream {
				params.Stream = openclaw.Ptr(true)
			}
			started = append(started, ws.Chat(ctx, params))
		case each.Skill != nil:
			parameters := each.Skill[2].(map[string]any)
			started = append(started, ws.Skill(ctx, each.Skill[0].(string), each.Skill[1].(string), parameters))
		default:
			started = append(started, ws.Workflow(ctx, each.Workflow[0].(string), each.Workflow[1].(map[string]any)))
		}
	}
	for len(results) < len(started) {
		results = append(results, frames(started[len(results)], call.WS[len(results)].Take))
	}
	return results, nil
}

func frames(frames iter.Seq2[openclaw.Frame, error], take int) any {
	types := []string{}
	var last openclaw.Frame
	for frame, err := range frames {
		var e *openclaw.Error
		if errors.As(err, &e) {
			for name, kind := range kinds {
				if errors.Is(err, kind) {
					return map[string]any{"error": name, "code": e.Code, "partial": e.Partial}
				}
			}
			return map[string]any{"error": err.Error()}
		}
		last = frame
		if types = append(types, frame.Type); len(types) == take {
			break
		}
	}
	return map[string]any{"frames": types, "content": last.Content, "result": last.Result}
}
