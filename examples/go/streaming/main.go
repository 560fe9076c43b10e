// An answer as it is written.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/openclaw/go-client"
)

func main() {
	client := openclaw.NewClient(os.Getenv("OPENCLAW_API_KEY"))
	params := openclaw.ChatParams{
		Model:    cmp.Or(os.Getenv("OPENCLAW_MODEL"), "gpt-4"),
		Messages: []openclaw.Message{openclaw.User("Tell me a story")},
	}
	for chunk, err := range client.Chat.Completions.Stream(context.Background(), params) {
		var e *openclaw.Error
		if errors.As(err, &e) && errors.Is(err, openclaw.ErrStreamInterrupted) {
			log.Fatalf("It broke off after %d bytes: %v", len(e.Partial), err)
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(chunk.Text())
	}
	fmt.Println()
}
