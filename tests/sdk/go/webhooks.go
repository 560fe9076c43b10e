// What webhooks receive, verified by the official library of Standard Webhooks.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type delivery struct {
	Body         string
	Headers      map[string]string
	Secrets      []string
	WrongSecrets []string `json:"wrong_secrets"`
}

func (d delivery) verify(secret, body string) error {
	webhook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		log.Fatal(err)
	}
	headers := http.Header{}
	for name, value := range d.Headers {
		headers.Set(name, value)
	}
	return webhook.Verify([]byte(body), headers)
}

func main() {
	var deliveries []delivery
	if err := json.Unmarshal([]byte(os.Getenv("OPENCLAW_DELIVERIES")), &deliveries); err != nil {
		log.Fatal(err)
	}
	for _, d := range deliveries {
		for _, secret := range d.Secrets {
			if err := d.verify(secret, d.Body); err != nil {
				log.Fatal(err)
			}
		}
		for _, wrong := range d.WrongSecrets {
			if d.verify(wrong, d.Body) == nil {
				log.Fatal("another secret verifies it")
			}
		}
		if d.verify(d.Secrets[0], d.Body+" ") == nil {
			log.Fatal("a changed body verifies")
		}
	}
	fmt.Println(len(deliveries), "deliveries verified")
}
