// Which skills there are, and one of them at work.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/openclaw/go-client"
)

func main() {
	ctx := context.Background()
	client := openclaw.NewClient(os.Getenv("OPENCLAW_API_KEY"))
	for skill, err := range client.Skills.List(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(skill.ID, skill.Version)
	}
	answer, err := client.Skills.Execute(ctx, "weather-skill", "get", map[string]any{"location": "London"})
	if err != nil {
		log.Fatal(err)
	}
	result := answer.Result.(map[string]any)
	fmt.Printf("%v: %v °C, %v\n", result["location"], result["temperature"], result["description"])
}
