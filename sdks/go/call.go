package openclaw

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
)

// request makes a call whose whole answer is wanted, into out where it is not nil.
func (t *transport) request(ctx context.Context, method, path string, body, out any, opts []Option) error {
	o := t.options.with(opts)
	x, data, err := t.do(ctx, call{method: method, path: path, body: body, accept: "application/json", options: o}, true)
	if err != nil {
		return err
	}
	if len(data) == 0 || out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		kind := x.response.Header.Get("Content-Type")
		return newError(ErrClient, err, "the answer (HTTP %d, %s) is not JSON that fits: is the base URL right? %v", x.response.StatusCode, kind, err)
	}
	return nil
}

func get[T any](ctx context.Context, t *transport, method, path string, body any, opts []Option) (*T, error) {
	var out T
	if err := t.request(ctx, method, path, body, &out, opts); err != nil {
		return nil, err
	}
	return &out, nil
}

func getPlain[T any](ctx context.Context, t *transport, method, path string, body any, opts []Option) (T, error) {
	var out T
	err := t.request(ctx, method, path, body, &out, opts)
	return out, err
}

// Page is one page of a list.
type Page[T any] struct {
	Data    []T  `json:"data"`
	HasMore bool `json:"has_more"`
	// Next is where the next page begins: give it to [After].
	Next string `json:"-"`
}

func page[T any](ctx context.Context, t *transport, path string, opts []Option) (*Page[T], error) {
	var raw struct {
		Page[json.RawMessage]
		Next string `json:"next"`
	}
	if err := t.request(ctx, http.MethodGet, path, nil, &raw, opts); err != nil {
		return nil, err
	}
	result := &Page[T]{Data: make([]T, len(raw.Data)), HasMore: raw.HasMore}
	for n, item := range raw.Data {
		if err := json.Unmarshal(item, &result.Data[n]); err != nil {
			return nil, newError(ErrClient, err, "an item of the list does not fit: %v", err)
		}
	}
	if raw.HasMore && len(raw.Data) > 0 {
		var last struct {
			ID string `json:"id"`
		}
		_ = json.Unmarshal(raw.Data[len(raw.Data)-1], &last)
		result.Next = raw.Next
		if result.Next == "" {
			result.Next = last.ID
		}
	}
	return result, nil
}

// list goes through all pages; leaving the loop asks for no more.
func list[T any](ctx context.Context, t *transport, path string, opts []Option) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for more := opts; ; {
			page, err := page[T](ctx, t, path, more)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Data {
				if !yield(item, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			more = append(opts[:len(opts):len(opts)], After(page.Next))
		}
	}
}

// marshalWith is v as JSON, with the fields of extra; those win.
func marshalWith(v any, extra map[string]any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil || len(extra) == 0 {
		return data, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	for name, value := range extra {
		if fields[name], err = json.Marshal(value); err != nil {
			return nil, err
		}
	}
	return json.Marshal(fields)
}

// unknown puts the fields of data that are not known into extra.
func unknown(data []byte, extra *map[string]any, known ...string) error {
	*extra = nil
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	for _, name := range known {
		delete(fields, name)
	}
	if len(fields) == 0 {
		return nil
	}
	*extra = make(map[string]any, len(fields))
	for name, value := range fields {
		var v any
		if err := json.Unmarshal(value, &v); err != nil {
			return err
		}
		(*extra)[name] = v
	}
	return nil
}
