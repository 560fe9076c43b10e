// A file is uploaded, read by the gateway, and asked about.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/openclaw/go-client"
)

func main() {
	ctx := context.Background()
	client := openclaw.NewClient(os.Getenv("OPENCLAW_API_KEY"))
	note := strings.NewReader("The meeting is on Thursday at ten.")
	uploaded, err := client.Files.Upload(ctx, "note.txt", note, openclaw.FileParams{Purpose: "analysis"})
	check(err)
	file, err := client.Files.Wait(ctx, uploaded.ID)
	check(err)
	text, err := client.Files.Text(ctx, file.ID)
	check(err)
	fmt.Println(file.Status, text)
	question := openclaw.User("When is the meeting?")
	question.FileIds = []string{file.ID}
	answer, err := client.Chat.Completions.Create(ctx, openclaw.ChatParams{
		Model: cmp.Or(os.Getenv("OPENCLAW_MODEL"), "gpt-4"), Messages: []openclaw.Message{question},
	})
	check(err)
	fmt.Println(answer.Choices[0].Message.Content)
	_, err = client.Files.Delete(ctx, file.ID)
	check(err)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
