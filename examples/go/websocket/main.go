// Two chats at once on one connection.
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
	ctx := context.Background()
	client := openclaw.NewClient(os.Getenv("OPENCLAW_API_KEY"))
	ws, err := client.WS.Connect(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer ws.Close()
	params := openclaw.ChatParams{
		Model:    cmp.Or(os.Getenv("OPENCLAW_MODEL"), "gpt-4"),
		Messages: []openclaw.Message{openclaw.User("Hello")},
	}
	whole := ws.Chat(ctx, params)
	params.Messages = []openclaw.Message{openclaw.User("Tell me a story")}
	params.Stream = openclaw.Ptr(true)
	for frame, err := range ws.Chat(ctx, params) {
		if err != nil {
			log.Fatal(err)
		}
		if frame.Type == "chat_chunk" {
			fmt.Print(frame.Content)
		}
	}
	last, err := openclaw.Last(whole)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println()
	fmt.Println(last.Content)
}
