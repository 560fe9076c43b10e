// What only a real gateway shows; the conformance suite runs it on every runtime.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	openclaw "github.com/openclaw/go-client"
)

func say(script map[string]any) openclaw.ChatParams {
	text := "Hello"
	if script != nil {
		data, _ := json.Marshal(map[string]any{"upstream": script})
		text = string(data)
	}
	return openclaw.ChatParams{Model: "gpt-4", Messages: []openclaw.Message{openclaw.User(text)}}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func assert(holds bool, about any) {
	if !holds {
		panic(fmt.Sprint("it does not hold: ", about))
	}
}

func fails(err, kind error) *openclaw.Error {
	var e *openclaw.Error
	assert(errors.Is(err, kind) && errors.As(err, &e), err)
	return e
}

func main() {
	log.SetFlags(0)
	ctx := context.Background()
	client := openclaw.NewClient("")
	errorsAreTyped(ctx, client)
	streamsAreWhole(ctx, client)
	filesGoInParts(ctx, client)

	token := must(client.Auth.Token(ctx, time.Minute)).Token
	account := must(openclaw.NewClient(token).Account.Get(ctx))
	assert(strings.HasPrefix(account.ID, "acct_"), account)

	ws := must(client.WS.Connect(ctx))
	assert(must(openclaw.Last(ws.Chat(ctx, say(nil)))).Content != "", "the WebSocket answers")
	assert(ws.Close() == nil, "it closes")
	fmt.Println("all checks passed")
}

func errorsAreTyped(ctx context.Context, client *openclaw.Client) {
	_, err := openclaw.NewClient("oc_test_wrong").Models.ListPage(ctx)
	e := fails(err, openclaw.ErrAuthentication)
	assert(e.Status == 401 && e.Code == "unauthorized" && strings.HasSuffix(e.Error(), "(request "+e.RequestID+")"), e)
	_, err = client.Models.Get(ctx, "no/such:model")
	fails(err, openclaw.ErrNotFound)
	_, err = client.Chat.Completions.Create(ctx, openclaw.ChatParams{Model: "gpt-4", Messages: []openclaw.Message{}})
	assert(fails(err, openclaw.ErrInvalidRequest).Details["field"] == "messages", err)

	var r openclaw.Response
	answer := must(client.Chat.Completions.Create(ctx, say(nil), openclaw.WithResponse(&r)))
	assert(*answer.Usage.Cost > 0 && r.Attempts == 1 && r.RateLimit.Remaining < r.RateLimit.Limit, r)

	limited := openclaw.NewClient(os.Getenv("OPENCLAW_LIMITED_KEY"), openclaw.WithMaxRetries(0))
	must(limited.Models.ListPage(ctx))
	_, err = limited.Models.ListPage(ctx)
	wait := fails(err, openclaw.ErrRateLimit).RetryAfter
	assert(wait > 0 && wait <= time.Minute, wait)

	soon, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	_, err = client.Chat.Completions.Create(soon, say(map[string]any{"head_delay_ms": 900}))
	fails(err, openclaw.ErrAborted)
	assert(errors.Is(err, context.DeadlineExceeded), err)
}

func streamsAreWhole(ctx context.Context, client *openclaw.Client) {
	text := must(openclaw.Text(client.Chat.Completions.Stream(ctx, say(map[string]any{"chunks": 8}))))
	assert(len(strings.Fields(text)) == 8, text)
	_, err := openclaw.Text(client.Chat.Completions.Stream(ctx, say(map[string]any{"chunks": 8, "cut_after": 3})))
	e := fails(err, openclaw.ErrStreamInterrupted)
	assert(e.Partial != "" && strings.HasPrefix(e.RequestID, "req_"), e)
	for chunk, err := range client.Chat.Completions.Stream(ctx, say(map[string]any{"chunks": 50, "chunk_delay_ms": 50})) {
		assert(err == nil, err)
		if chunk.Text() != "" {
			break // Abandoned.
		}
	}
}

func filesGoInParts(ctx context.Context, client *openclaw.Client) {
	data := make([]byte, 9_000_000)
	for n := range data {
		data[n] = byte(n * 7)
	}
	params := openclaw.FileParams{Purpose: "analysis"}
	file := must(client.Files.Upload(ctx, "big.bin", bytes.NewReader(data), params))
	assert(file.SHA256 == fmt.Sprintf("%x", sha256.Sum256(data)), file)
	content := must(client.Files.Content(ctx, file.ID))
	defer content.Close()
	assert(bytes.Equal(must(io.ReadAll(content)), data), "the content is the same")
	must(client.Files.Upload(ctx, "a.txt", strings.NewReader("small"), params))
	count := 0
	for _, err := range client.Files.List(ctx, openclaw.Limit(1)) {
		assert(err == nil, err)
		count++
	}
	assert(count == 2, count)
	assert(must(client.Files.Delete(ctx, file.ID)).Deleted, "it is deleted")
}
