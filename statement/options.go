package statement

import (
	"log/slog"
	"math"
	"time"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
)

// Settler makes a client's settings ready and refuses what a session would
// refuse, with Denied.
type Settler interface {
	Settle(req session.Request) (session.Settings, error)
}

// Limits bounds statements and what is kept of them. 0 means no limit.
type Limits struct {
	// Running and RunningPerUser are how many may be at work; past them a new one
	// is refused (kyuubi.server.statement.max.running and .max.running.per.user).
	Running, RunningPerUser int
	// Kept and KeptPerUser are how many that have ended are kept; past them the
	// oldest are freed before their time, those whose result was read to its end
	// first (kyuubi.server.statement.max.kept and .max.kept.per.user).
	Kept, KeptPerUser int
	// ResultSize is how many bytes of one result may be in its file
	// (kyuubi.server.statement.result.max.size), TotalSize of all
	// (kyuubi.server.statement.result.total.max.size). To stay below the latter,
	// the oldest are freed.
	ResultSize, TotalSize int64
}

// Options configures a Manager.
type Options struct {
	// Engine runs the SQL.
	Engine engine.Engine
	// Settings makes the clients' settings ready.
	Settings Settler
	// Operation configures the operations behind the statements. The bounds of a
	// result's file are those of Limits; its window in memory and the idle timeout
	// mean nothing here.
	Operation operation.Options
	// TTL is how long a statement is kept after its end (kyuubi.server.statement.ttl).
	TTL time.Duration
	// CheckInterval is how often expired statements are freed; 0 means a tenth of TTL,
	// but no more than a minute. They can't be seen in any case.
	CheckInterval time.Duration
	// Limits bounds them.
	Limits Limits
	// Instance is the host:port of this gateway, for errors; nil leaves it out.
	Instance func() string
	// Log is where failures go; nil discards them.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.TTL <= 0 {
		o.TTL = 30 * time.Minute
	}
	if o.CheckInterval <= 0 {
		o.CheckInterval = max(time.Millisecond, min(time.Minute, o.TTL/10))
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Instance == nil {
		o.Instance = func() string { return "" }
	}
	o.Operation.IdleTimeout = 0
	o.Operation.Result.Window = window
	o.Operation.Result.SpillMax = math.MaxInt64
	return o
}

// window is how many bytes of a result stay in memory; there may be thousands.
const window = 64 << 10

// maxMemory is how many bytes of texts, logs and small results are kept of
// statements that have ended; past it the oldest are freed.
const maxMemory = 256 << 20
