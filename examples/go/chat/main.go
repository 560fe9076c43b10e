// A whole answer, and what it cost.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"

	"github.com/openclaw/go-client"
)

func main() {
	client := openclaw.NewClient(os.Getenv("OPENCLAW_API_KEY"))
	answer, err := client.Chat.Completions.Create(context.Background(), openclaw.ChatParams{
		Model:    cmp.Or(os.Getenv("OPENCLAW_MODEL"), "gpt-4"),
		Messages: []openclaw.Message{openclaw.User("Hello")},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Choices[0].Message.Content)
	log.Printf("%d tokens", answer.Usage.TotalTokens)
}
