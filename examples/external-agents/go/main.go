// An external agent of lkrun: verifies each request, says yes at once, and joins beside.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	longest  = 64 * 1024
	mostJobs = 50
)

// Message is what lkrun posts: docs/external-agents.md has every field.
type Message struct {
	Type        string `json:"type"`
	JobID       string `json:"job_id"`
	Identity    string `json:"participant_identity"`
	AccessToken string `json:"access_token"`
	ServerURL   string `json:"server_url"`
	StatusURL   string `json:"status_url"`
	StatusToken string `json:"status_token"`
	Status      string `json:"status"`
}

// Reply is the answer to a job.
type Reply struct {
	Accepted bool   `json:"accepted"`
	Name     string `json:"participant_name,omitempty"`
	Error    string `json:"error,omitempty"`
}

// Concierge takes jobs, each once, and as many as it can.
type Concierge struct {
	webhook *standardwebhooks.Webhook
	mutex   sync.Mutex
	calls   map[string]context.CancelFunc
	running sync.WaitGroup
}

func (c *Concierge) receive(reply http.ResponseWriter, request *http.Request) {
	// the signature is over the bytes as they came: no JSON is read before it is verified
	body, err := io.ReadAll(http.MaxBytesReader(reply, request.Body, longest))
	if err != nil {
		http.Error(reply, "too long", http.StatusRequestEntityTooLarge)
		return
	}
	if err := c.webhook.Verify(body, request.Header); err != nil {
		log.Printf("refused a request: %v", err)
		http.Error(reply, "the signature does not fit", http.StatusUnauthorized)
		return
	}
	var message Message
	if err := json.Unmarshal(body, &message); err != nil {
		http.Error(reply, "no JSON", http.StatusBadRequest)
		return
	}
	if message.Type != "agent.job.requested" {
		c.over(message)
		reply.WriteHeader(http.StatusNoContent)
		return
	}
	reply.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(reply).Encode(c.take(message))
}

// take says yes at once, and joins beside: the answer must not wait for the room.
func (c *Concierge) take(job Message) Reply {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if _, on := c.calls[job.JobID]; on {
		return Reply{Accepted: true} // the same job, posted again
	}
	if len(c.calls) >= mostJobs {
		return Reply{Error: "all lines are busy"}
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.calls[job.JobID] = cancel
	c.running.Add(1)
	go c.call(ctx, job)
	return Reply{Accepted: true, Name: "Concierge"}
}

// call is one call, from the room's door to its end; how it went is told.
func (c *Concierge) call(ctx context.Context, job Message) {
	defer c.running.Done()
	err := talk(ctx, job)
	c.mutex.Lock()
	cancelled := ctx.Err() != nil
	c.calls[job.JobID]()
	delete(c.calls, job.JobID)
	c.mutex.Unlock()
	switch {
	case err != nil:
		log.Printf("%s: failed: %v", job.JobID, err)
		report(job, map[string]string{"status": "failed", "error": "the program failed"})
	case !cancelled:
		report(job, map[string]string{"status": "success"})
	}
}

func (c *Concierge) over(message Message) {
	log.Printf("%s: %s %s", message.JobID, message.Type, message.Status)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if cancel, on := c.calls[message.JobID]; on && message.Type == "agent.job.cancelled" {
		cancel()
	}
}

// close ends the calls that are on, and waits for them.
func (c *Concierge) close() {
	c.mutex.Lock()
	for _, cancel := range c.calls {
		cancel()
	}
	c.mutex.Unlock()
	c.running.Wait()
}

func setting(name, usual string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return usual
}

func main() {
	webhook, err := standardwebhooks.NewWebhook(os.Getenv("CONCIERGE_SECRET"))
	if err != nil || os.Getenv("CONCIERGE_SECRET") == "" {
		log.Fatal("CONCIERGE_SECRET is not set, or is no secret")
	}
	concierge := &Concierge{webhook: webhook, calls: map[string]context.CancelFunc{}}
	routes := http.NewServeMux()
	routes.HandleFunc("POST /livekit", concierge.receive)
	routes.HandleFunc("GET /health", func(reply http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(reply, "ok")
	})
	address := setting("HOST", "127.0.0.1") + ":" + setting("PORT", "8100")
	server := &http.Server{Addr: address, Handler: routes}
	stopping, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	go func() {
		<-stopping.Done()
		_ = server.Shutdown(context.Background())
	}()
	fmt.Printf("listening at http://%s\n", address)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	concierge.close()
}
