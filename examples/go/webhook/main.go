// A server that receives webhooks: what was not signed with the endpoint's secret is refused.
package main

import (
	"cmp"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"

	"github.com/openclaw/go-client"
)

func main() {
	secret := os.Getenv("OPENCLAW_WEBHOOK_SECRET")
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		event, err := openclaw.VerifyWebhook(body, r.Header, secret)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Println(event.Type, event.Data)
		w.WriteHeader(http.StatusNoContent)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "8000"), nil))
}
