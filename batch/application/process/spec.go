package process

import (
	"context"
	"encoding/json"
	"time"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Start is the start of a job that a supervisor claims.
type Start struct {
	ID    string
	Claim application.Claim
	// Host is the machine it is bound to; empty is none. Log is where its log is.
	Host, Log string
}

// Claimer claims a start with whoever keeps the leases; secret is Options.Secret.
// Nil says that the job may start now, and that no other may ever. After
// Unavailable and Timeout it is called again; any other error means that the job
// must not start.
type Claimer func(ctx context.Context, secret json.RawMessage, s Start) error

// spec is what a gateway hands to a supervisor.
type spec struct {
	Root    string            `json:"root"`
	ID      string            `json:"id"`
	Claim   application.Claim `json:"claim"`
	Secret  json.RawMessage   `json:"secret,omitempty"`
	Host    string            `json:"host,omitempty"`
	Log     string            `json:"log"`
	Command Command           `json:"command"`
	Window  time.Duration     `json:"window"`
	Grace   time.Duration     `json:"grace"`
}

// answer is what a supervisor tells the gateway, once.
type answer struct {
	Claimed bool   `json:"claimed"`
	Kind    string `json:"kind,omitempty"`
	Message string `json:"message,omitempty"`
}

// refusal is an answer that says why nothing was started.
func refusal(err error) answer {
	e := sqlerr.From(err)
	return answer{Kind: e.Kind.String(), Message: e.Message}
}

// err is the refusal as an error; nil is none.
func (a answer) err() error {
	if a.Claimed {
		return nil
	}
	for _, k := range sqlerr.Kinds() {
		if k.String() == a.Kind {
			return sqlerr.New(k, "%s", a.Message)
		}
	}
	return sqlerr.New(sqlerr.Internal, "%s", a.Message)
}
