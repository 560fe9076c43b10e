// Processor time of a call: go run . openclaw|openai CALLS, with OPENCLAW_BASE_URL.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"syscall"
	"time"

	openai "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	openclaw "github.com/openclaw/go-client"
)

func spent() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func main() {
	ctx, base := context.Background(), os.Getenv("OPENCLAW_BASE_URL")
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	ours := openclaw.NewClient("oc_test_overhead", openclaw.WithBaseURL(base))
	theirs := openai.NewClient(option.WithAPIKey("oc_test_overhead"), option.WithBaseURL(base))
	call := func() error {
		_, err := ours.Chat.Completions.Create(ctx, openclaw.ChatParams{
			Model: "gpt-4", Messages: []openclaw.Message{openclaw.User("Hello")},
		})
		return err
	}
	if os.Args[1] == "openai" {
		call = func() error {
			_, err := theirs.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{
				Model: "gpt-4", Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Hello")},
			})
			return err
		}
	}
	run := func(count int) {
		for range count {
			if err := call(); err != nil {
				log.Fatal(err)
			}
		}
	}
	run(200)
	before := spent()
	run(count)
	fmt.Printf("%s %.3f ms\n", os.Args[1], float64(spent()-before)/1e6/float64(count))
}
