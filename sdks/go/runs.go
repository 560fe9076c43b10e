package openclaw

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"time"
)

// Execute runs a command of a skill. POST /skills/{id}/execute
func (r *SkillsService) Execute(
	ctx context.Context, id, command string, parameters map[string]any, opts ...Option,
) (*SkillResult, error) {
	if parameters == nil {
		parameters = map[string]any{}
	}
	body := map[string]any{"command": command, "parameters": parameters}
	return get[SkillResult](ctx, r.transport, http.MethodPost, "/skills/"+segment(id)+"/execute", body, opts)
}

// Run starts a run of a workflow. POST /workflows/{id}/runs
func (r *WorkflowsService) Run(ctx context.Context, id string, parameters map[string]any, opts ...Option) (*Run, error) {
	if parameters == nil {
		parameters = map[string]any{}
	}
	body := map[string]any{"parameters": parameters}
	return get[Run](ctx, r.transport, http.MethodPost, "/workflows/"+segment(id)+"/runs", body, opts)
}

// Events gives a run's steps as they begin and end, until the run ends. A connection that broke is taken up where it
// broke off, so no event is missed and none comes twice.
func (r *RunsService) Events(ctx context.Context, id string, opts ...Option) iter.Seq2[RunEvent, error] {
	return func(yield func(RunEvent, error) bool) {
		o := r.transport.options.with(opts)
		last := o.lastEventID
		for failed := 0; ; failed++ {
			if last != "" {
				WithHeader("Last-Event-ID", last)(&o)
			}
			c := call{http.MethodGet, "/runs/" + segment(id) + "/events", nil, "text/event-stream", o}
			x, _, err := r.transport.do(ctx, c, false)
			if err != nil {
				yield(RunEvent{}, err)
				return
			}
			var cause error
			for event, err := range events(x) {
				if err != nil {
					cause = err
					break
				}
				if event.data == "[DONE]" {
					return
				}
				var e RunEvent
				if json.Unmarshal([]byte(event.data), &e) != nil {
					break
				}
				if event.id != "" {
					last = event.id
				}
				failed = 0
				if !yield(e, nil) {
					return
				}
			}
			if errors.Is(cause, ErrAborted) {
				yield(RunEvent{}, cause)
				return
			}
			if failed >= o.maxRetries {
				yield(RunEvent{}, newError(ErrStreamInterrupted, cause, "the events of the run broke off"))
				return
			}
			wait, _ := waitAfter(newError(ErrConnection, nil, ""), failed)
			if err := sleep(ctx, wait); err != nil {
				yield(RunEvent{}, err)
				return
			}
		}
	}
}

// Wait asks until the run has ended, however it did: look at its Status. The context bounds how long.
func (r *RunsService) Wait(ctx context.Context, id string, opts ...Option) (*Run, error) {
	return until(ctx, func() (*Run, bool, error) {
		run, err := r.Get(ctx, id, opts...)
		if err != nil {
			return nil, false, err
		}
		return run, run.Status == "completed" || run.Status == "failed" || run.Status == "cancelled", nil
	})
}

// until calls ask until it has ended, ever more rarely.
func until[T any](ctx context.Context, ask func() (*T, bool, error)) (*T, error) {
	for pause := 250 * time.Millisecond; ; pause = min(pause*3/2, 5*time.Second) {
		found, ended, err := ask()
		if err != nil || ended {
			return found, err
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}
