package openclaw

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"strings"
	"time"
)

// Client is the API. It may be used by several goroutines at once.
type Client struct {
	Chat       *ChatService
	Embeddings *EmbeddingsService
	Models     *ModelsService
	Skills     *SkillsService
	Workflows  *WorkflowsService
	Runs       *RunsService
	Files      *FilesService
	Uploads    *UploadsService
	Analytics  *AnalyticsService
	Audit      *AuditService
	Keys       *KeysService
	Account    *AccountService
	Guardrails *GuardrailsService
	Accounts   *AccountsService
	Providers  *ProvidersService
	Config     *ConfigService
	Health     *HealthService
	Webhooks   *WebhooksService
	Auth       *AuthService
	WS         *WebSocketService

	transport *transport
}

// NewClient makes a client for a key or token; an empty one stands for OPENCLAW_API_KEY. A key that is missing is an
// error of the first call.
func NewClient(apiKey string, opts ...Option) *Client {
	o := options{
		baseURL:      cmp.Or(os.Getenv("OPENCLAW_BASE_URL"), "https://api.openclaw.ai/v1"),
		webSocketURL: os.Getenv("OPENCLAW_WS_URL"),
		httpClient:   defaultHTTP,
		maxRetries:   2,
		timeouts:     Timeouts{FirstByte: time.Minute, Idle: time.Minute},
		pingInterval: 20 * time.Second,
		pongTimeout:  10 * time.Second,
	}
	if key := cmp.Or(apiKey, os.Getenv("OPENCLAW_API_KEY")); key != "" {
		o.token = func(context.Context) (string, error) { return key, nil }
	}
	for _, opt := range opts {
		opt(&o)
	}
	o.baseURL = strings.TrimRight(o.baseURL, "/")
	if _, rest, ok := strings.Cut(o.baseURL, "://"); ok && !strings.Contains(rest, "/") {
		o.baseURL += "/v1"
	}
	if o.webSocketURL == "" {
		o.webSocketURL = "ws" + strings.TrimPrefix(o.baseURL, "http") + "/ws"
	}
	t := &transport{options: o}
	return &Client{
		Chat:       &ChatService{Completions: &CompletionsService{t}},
		Embeddings: &EmbeddingsService{t},
		Models:     &ModelsService{t},
		Skills:     &SkillsService{t},
		Workflows:  &WorkflowsService{t},
		Runs:       &RunsService{t},
		Files:      &FilesService{t},
		Uploads:    &UploadsService{t},
		Analytics:  &AnalyticsService{t},
		Audit:      &AuditService{t},
		Keys:       &KeysService{t},
		Account:    &AccountService{t},
		Guardrails: &GuardrailsService{t},
		Accounts:   &AccountsService{t},
		Providers:  &ProvidersService{t},
		Config:     &ConfigService{t},
		Health:     &HealthService{t},
		Webhooks:   &WebhooksService{t},
		Auth:       &AuthService{t},
		WS:         &WebSocketService{t},
		transport:  t,
	}
}

// Request makes any request: what has no method of its own, or not yet. path is below the base URL.
func (c *Client) Request(ctx context.Context, method, path string, body any, opts ...Option) (json.RawMessage, error) {
	return getPlain[json.RawMessage](ctx, c.transport, method, path, body, opts)
}

// AuthService has the methods of [Client].Auth.
type AuthService struct{ transport *transport }

// Token gives a token that stands for the client's key, for browsers for example. expiresIn is rounded to seconds; 0
// leaves it to the API.
func (r *AuthService) Token(ctx context.Context, expiresIn time.Duration, opts ...Option) (*Token, error) {
	o := r.transport.options.with(opts)
	body := map[string]any{}
	if o.token != nil {
		key, err := o.token(ctx)
		if err != nil {
			return nil, newError(ErrClient, err, "there is no token: %v", err)
		}
		body["api_key"] = key
	}
	if expiresIn > 0 {
		body["expires_in"] = int64(expiresIn.Round(time.Second).Seconds())
	}
	return get[Token](ctx, r.transport, "POST", "/auth/token", body, opts)
}
