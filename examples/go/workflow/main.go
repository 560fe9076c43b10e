// A run of a workflow, watched step by step.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/openclaw/go-client"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client := openclaw.NewClient(os.Getenv("OPENCLAW_API_KEY"))
	started, err := client.Workflows.Run(ctx, "daily-brief", map[string]any{"date": "2026-02-28"})
	if err != nil {
		log.Fatal(err)
	}
	for event, err := range client.Runs.Events(ctx, started.ID) {
		if err != nil {
			log.Fatal(err)
		}
		log.Print(event.Type, " ", event.Status)
	}
	run, err := client.Runs.Wait(ctx, started.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(run.Status, run.Result)
}
