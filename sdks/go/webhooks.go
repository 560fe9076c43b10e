package openclaw

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// webhookTolerance is how far the time of a webhook may be from now.
const webhookTolerance = 5 * time.Minute

// WebhookEvent is what happened.
type WebhookEvent struct {
	Type      string         `json:"type"`
	Timestamp time.Time      `json:"timestamp"`
	Data      map[string]any `json:"data"`
}

// VerifyWebhook gives the event of a request whose signature is right (https://www.standardwebhooks.com) and that is at
// most five minutes old. body is what came, before anything parsed it. During a rotation there are several secrets.
func VerifyWebhook(body []byte, header http.Header, secrets ...string) (*WebhookEvent, error) {
	refuse := func(format string, values ...any) (*WebhookEvent, error) {
		return nil, newError(ErrWebhookVerification, nil, format, values...)
	}
	var values [3]string
	for n, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		if values[n] = header.Get(name); values[n] == "" {
			return refuse("the webhook has no header %s", name)
		}
	}
	seconds, err := strconv.ParseInt(values[1], 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > webhookTolerance {
		return refuse("the timestamp of the webhook is too far from now")
	}
	for _, secret := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || len(key) == 0 {
			return refuse("the secret is not one of a webhook")
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(values[0] + "." + values[1] + "."))
		mac.Write(body)
		expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		for _, signature := range strings.Split(values[2], " ") {
			if hmac.Equal([]byte(signature), []byte(expected)) {
				var event WebhookEvent
				if err := json.Unmarshal(body, &event); err != nil {
					return nil, newError(ErrWebhookVerification, err, "the webhook is not JSON: %v", err)
				}
				return &event, nil
			}
		}
	}
	return refuse("the signature of the webhook is wrong")
}
