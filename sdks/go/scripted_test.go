package openclaw_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
)

// scripted is the server that all client libraries are tested against.
var scripted string

func TestMain(m *testing.M) {
	python := os.Getenv("OPENCLAW_PYTHON")
	if python == "" {
		python = "python3"
	}
	server := exec.Command(python, "../scripted/server.py")
	server.Stderr = os.Stderr
	input, _ := server.StdinPipe()
	output, _ := server.StdoutPipe()
	if err := server.Start(); err != nil {
		panic(err)
	}
	line, _ := bufio.NewReader(output).ReadString('\n')
	scripted = strings.TrimSpace(line)
	status := m.Run()
	_ = input.Close()
	_ = server.Process.Kill()
	os.Exit(status)
}

// testCase is one of sdks/cases.json.
type testCase struct {
	ID           string
	About        string
	Do           action
	WithResponse bool `json:"with_response"`
	Options      struct {
		Timeout        float64
		Total          float64
		MaxRetries     *int `json:"max_retries"`
		Headers        map[string]string
		IdempotencyKey string  `json:"idempotency_key"`
		AbortAfter     float64 `json:"abort_after"`
		PingInterval   float64 `json:"ping_interval"`
		PongTimeout    float64 `json:"pong_timeout"`
	}
	Client   struct{ Tokens []string }
	Repeat   int
	Variants string
	Seconds  []float64
	Outcome  struct {
		Value      any
		Text       *string
		Chunks     int
		Cost       float64
		Length     int
		RequestID  string `json:"request_id"`
		Response   map[string]any
		Error      string
		Status     int
		Code       string
		Param      string
		Details    map[string]any
		RetryAfter float64 `json:"retry_after"`
		Partial    *string
		Message    string
		Without    string
	}
}

type action struct {
	Create, Stream any
	Take           int
	Final          bool
	Batch          []string
	Get            []string
	Guardrails     any
	Request        []string
	List           string
	Params         map[string]any
	Page           bool
	Execute, Run   []any
	WaitRun        string `json:"wait_run"`
	WaitFile       string `json:"wait_file"`
	Content        string
	Token          int
	Events         string
	Upload         *struct {
		Filename, Purpose string
		Text              *string
		Size              int
	}
	Verify *struct {
		Body, Secret, Before, Without string
		Sent                          *string
		Secrets                       []string
		Age                           int64
	}
	WS []struct {
		Chat            string
		Stream          bool
		Skill, Workflow []any
		After           *int
		Take            int
	}
}

func readCases(t *testing.T) []testCase {
	data, err := os.ReadFile("../cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Cases []testCase }
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	return list.Cases
}

func (c *testCase) address(variant string) string { return scripted + "/go/" + c.ID + "/" + variant }

func (c *testCase) ask(t *testing.T, variant, what string) string {
	answer, err := http.Get(c.address(variant) + "/" + what)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, _ := io.ReadAll(answer.Body)
	return string(data)
}

// contains says where value, as JSON has it, lacks something of want.
func contains(t *testing.T, value, want any) {
	t.Helper()
	var plain any
	data, _ := json.Marshal(value)
	_ = json.Unmarshal(data, &plain)
	compare(t, plain, want)
}

func compare(t *testing.T, value, want any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		fields, _ := value.(map[string]any)
		for name, part := range want {
			compare(t, fields[name], part)
		}
	case []any:
		items, _ := value.([]any)
		if len(items) != len(want) {
			t.Fatalf("%v has not %d items", value, len(want))
		}
		for n, part := range want {
			compare(t, items[n], part)
		}
	default:
		if !reflect.DeepEqual(value, want) {
			t.Fatalf("%v is not %v", value, want)
		}
	}
}
