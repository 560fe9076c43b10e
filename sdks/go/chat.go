package openclaw

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"strings"
)

const chatPath = "/chat/completions"

// ChatService has the methods of [Client].Chat.
type ChatService struct{ Completions *CompletionsService }

// CompletionsService has the methods of [Client].Chat.Completions.
type CompletionsService struct{ transport *transport }

// Chunk is a piece of an answer that streams.
type Chunk = ChatCompletionChunk

// System is a message that tells the model how to be.
func System(text string) Message { return Message{Role: "system", Content: text} }

// User is a message of the one who asks.
func User(text string) Message { return Message{Role: "user", Content: text} }

// Assistant is a message of the model's.
func Assistant(text string) Message { return Message{Role: "assistant", Content: text} }

// Text is what the chunk adds to the first answer.
func (c Chunk) Text() string {
	if len(c.Choices) == 0 {
		return ""
	}
	text, _ := c.Choices[0].Delta["content"].(string)
	return text
}

// Create gives a whole answer. POST /chat/completions
func (r *CompletionsService) Create(ctx context.Context, body ChatParams, opts ...Option) (*ChatCompletion, error) {
	if body.Stream != nil && *body.Stream {
		return nil, newError(ErrClient, nil, "Create gives whole answers: call Stream for a stream")
	}
	return get[ChatCompletion](ctx, r.transport, http.MethodPost, chatPath, body, opts)
}

// Batch asks for up to 50 chats at once: their answers in the same order, each with its own status.
func (r *CompletionsService) Batch(ctx context.Context, bodies []ChatParams, opts ...Option) ([]BatchItem, error) {
	return getPlain[[]BatchItem](ctx, r.transport, http.MethodPost, chatPath+"/batch", bodies, opts)
}

// Stream gives an answer as it is written; it is asked for when the loop begins. The last chunk has usage and cost.
// Leaving the loop closes the connection. A stream that broke off ends with an error that is [ErrStreamInterrupted].
func (r *CompletionsService) Stream(ctx context.Context, body ChatParams, opts ...Option) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		body.Stream = Ptr(true)
		if body.StreamOptions == nil {
			body.StreamOptions = &StreamOptions{IncludeUsage: Ptr(true)}
		}
		c := call{http.MethodPost, chatPath, body, "text/event-stream", r.transport.options.with(opts)}
		x, _, err := r.transport.do(ctx, c, false)
		if err != nil {
			yield(Chunk{}, err)
			return
		}
		defer x.Close()
		var said strings.Builder
		interrupted := func(cause error, message string) {
			e := newError(ErrStreamInterrupted, cause, "%s", message)
			e.Partial, e.RequestID = said.String(), x.response.Header.Get("X-Request-Id")
			if known := (*Error)(nil); errors.As(cause, &known) {
				e.Code = known.Code
			}
			yield(Chunk{}, e)
		}
		for event, err := range events(x) {
			if errors.Is(err, ErrAborted) {
				yield(Chunk{}, err)
				return
			}
			if err != nil {
				interrupted(err, "the stream broke off: "+strings.TrimPrefix(err.Error(), "openclaw: "))
				return
			}
			if event.data == "[DONE]" {
				return
			}
			var chunk Chunk
			if err := json.Unmarshal([]byte(event.data), &chunk); err != nil {
				interrupted(err, "the stream broke off within an event")
				return
			}
			if chunk.Error != nil {
				var answer struct {
					Error wireError `json:"error"`
				}
				_ = json.Unmarshal([]byte(event.data), &answer)
				cause := errorOf(http.StatusOK, x.response.Header, answer.Error)
				interrupted(cause, "the stream failed: "+answer.Error.Message)
				return
			}
			said.WriteString(chunk.Text())
			if !yield(chunk, nil) {
				return
			}
		}
		interrupted(nil, "the stream ended before its answer was complete")
	}
}

// Text gathers the text of a stream.
func Text(stream iter.Seq2[Chunk, error]) (string, error) {
	var text strings.Builder
	for chunk, err := range stream {
		if err != nil {
			return text.String(), err
		}
		text.WriteString(chunk.Text())
	}
	return text.String(), nil
}

// Final gathers a stream into the whole answer, as Create would have given it.
func Final(stream iter.Seq2[Chunk, error]) (*ChatCompletion, error) {
	whole := map[string]any{}
	choices := []any{}
	for chunk, err := range stream {
		if err != nil {
			return nil, err
		}
		for name, value := range map[string]any{"id": chunk.ID, "model": chunk.Model, "created": chunk.Created} {
			whole[name] = value
		}
		if chunk.Usage != nil {
			whole["usage"] = chunk.Usage
		}
		for _, choice := range chunk.Choices {
			for len(choices) <= int(choice.Index) {
				message := map[string]any{"role": "assistant"}
				choices = append(choices, map[string]any{"index": len(choices), "message": message})
			}
			to := choices[choice.Index].(map[string]any)
			if choice.FinishReason != "" {
				to["finish_reason"] = choice.FinishReason
			}
			for name, value := range choice.Delta {
				merge(to["message"].(map[string]any), name, value)
			}
		}
	}
	whole["object"], whole["choices"] = "chat.completion", choices
	data, err := json.Marshal(whole)
	if err != nil {
		return nil, newError(ErrClient, err, "the answer cannot be put together: %v", err)
	}
	var completion ChatCompletion
	if err := json.Unmarshal(data, &completion); err != nil {
		return nil, newError(ErrClient, err, "the answer cannot be put together: %v", err)
	}
	return &completion, nil
}

// merge adds a piece to what was said before: texts are joined, calls of tools put together by their index.
func merge(to map[string]any, name string, piece any) {
	before := to[name]
	switch piece := piece.(type) {
	case nil:
	case string:
		if text, ok := before.(string); ok && name != "role" && name != "type" && name != "id" {
			piece = text + piece
		}
		to[name] = piece
	case []any:
		items, _ := before.([]any)
		for _, one := range piece {
			items = mergeItem(items, one)
		}
		to[name] = items
	case map[string]any:
		fields, ok := before.(map[string]any)
		if !ok {
			fields = map[string]any{}
			to[name] = fields
		}
		for key, value := range piece {
			merge(fields, key, value)
		}
	default:
		to[name] = piece
	}
}

func mergeItem(items []any, one any) []any {
	fields, ok := one.(map[string]any)
	if !ok || fields["index"] == nil {
		return append(items, one)
	}
	for _, item := range items {
		if known, ok := item.(map[string]any); ok && known["index"] == fields["index"] {
			for key, value := range fields {
				merge(known, key, value)
			}
			return items
		}
	}
	return append(items, fields)
}
