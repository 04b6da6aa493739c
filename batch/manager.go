package batch

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/service"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Records is what a Manager asks of the metadata store; [metadata.Store] has it.
type Records interface {
	Insert(ctx context.Context, b metadata.Batch) error
	Get(ctx context.Context, id string) (metadata.Batch, error)
	Each(ctx context.Context, f metadata.Filter, p metadata.Page, visit func(*metadata.Batch)) error
	Count(ctx context.Context, f metadata.Filter) (int64, error)
	CountOpen(ctx context.Context, user, address string, most int) (int, error)
	CancelWaiting(ctx context.Context, id string) error
	RequestCancel(ctx context.Context, id string) error
	Adopt(ctx context.Context, id string) error
}

// ManagerOptions configures a Manager.
type ManagerOptions struct {
	// Store keeps the batches.
	Store Records
	// Instance is the host:port at which clients reach this gateway.
	Instance func() string
	// Host is the name of this machine.
	Host string
	// Dir has the logs (log/<id>.log) and the uploads (upload/<id>/<once>/<file>).
	Dir string
	// SharedUploads says that Dir/upload is the same on all machines. Else a batch with
	// uploaded files is bound to Host.
	SharedUploads bool
	// Types are the types that are accepted, in capitals; nil is SPARK, PYSPARK and SQL.
	Types []string
	// Defaults are settings below the client's, by a type's name in lower case
	// (kyuubi.batchConf.<type>.*). PYSPARK takes those of spark.
	Defaults map[string]map[string]string
	// IgnoreConf are keys that are dropped when a client sends them, RestrictConf keys
	// that it may not send. An entry that ends in ".*" stands for all that begin so.
	IgnoreConf, RestrictConf []string
	// Limits bound how many batches may be waiting or at work.
	Limits Limits
	// Paths says which local files a batch may use.
	Paths Paths
	// Check says what else keeps a batch from running, as its application knows it, by
	// the settings that it would run with; nil is nothing.
	Check func(r *Request, conf map[string]string) error
	// Uploads bounds the files that come with a request.
	Uploads UploadLimits
	// CancelWait is how long a cancel waits for the end; 0 means 20 s.
	CancelWait time.Duration
	// Redact is a setting's value as it may be shown; nil shows all.
	Redact func(key, value string) string
	// Wake tells the local Runner that a batch waits, Nudge that one shall be canceled.
	// They must not block; nil tells nobody, and Runners find out by themselves.
	Wake  func()
	Nudge func(id string)
	// Log is where it says what went wrong; nil discards it.
	Log *slog.Logger
}

// Manager answers clients: it accepts batches, and tells of all that the store has,
// whichever gateway accepted or runs them. The caller's [auth.Principal] is in the
// context of its calls.
type Manager struct {
	opts  ManagerOptions
	gate  gate
	lines places
	seen  seen

	accepted, duplicated atomic.Int64
}

// Submissions returns how many batches this gateway has accepted, and how many
// submissions it has answered with a batch that was there.
func (m *Manager) Submissions() (accepted, duplicated int64) {
	return m.accepted.Load(), m.duplicated.Load()
}

// NewManager returns a Manager. It touches nothing.
func NewManager(o ManagerOptions) *Manager {
	if o.Types == nil {
		o.Types = []string{TypeSpark, TypePySpark, TypeSQL}
	}
	if o.CancelWait == 0 {
		o.CancelWait = 20 * time.Second
	}
	if o.Redact == nil {
		o.Redact = func(_, value string) string { return value }
	}
	if o.Wake == nil {
		o.Wake = func() {}
	}
	if o.Nudge == nil {
		o.Nudge = func(string) {}
	}
	if o.Instance == nil {
		o.Instance = func() string { return "" }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Manager{opts: o, gate: newGate(o.Limits), lines: places{known: map[string]place{}}}
}

// String is the service's name.
func (m *Manager) String() string { return "batches" }

// Run removes what uploads have left behind, now and then, until ctx is done.
func (m *Manager) Run(ctx context.Context, ready func()) error {
	ready()
	service.NowAndEvery(ctx, time.Hour, func(time.Time) { m.sweep(ctx) })
	return nil
}

// ChangeLimits changes the limits for the batches to come.
func (m *Manager) ChangeLimits(edit func(*Limits)) { m.gate.change(edit) }

// Info is a batch as its clients see it.
type Info struct {
	metadata.Batch
	// Duplicated says that the batch was there before the request.
	Duplicated bool
	// Differs says that the request was not the one that made the batch.
	Differs bool
}

// Get returns a batch. It fails with NotFound, and with Denied for somebody else's.
func (m *Manager) Get(ctx context.Context, id string) (Info, error) {
	p, err := auth.FromContext(ctx)
	if err != nil {
		return Info{}, err
	}
	b, err := m.find(ctx, id)
	if err != nil {
		return Info{}, err
	}
	if !owns(p, &b) {
		return Info{}, notYours(p, id)
	}
	return Info{Batch: b}, nil
}

// find returns anybody's batch.
func (m *Manager) find(ctx context.Context, id string) (metadata.Batch, error) {
	if !canonical(id) {
		return metadata.Batch{}, noBatch(id)
	}
	b, err := m.opts.Store.Get(ctx, id)
	if err != nil && sqlerr.From(err).Kind == sqlerr.NotFound {
		err = noBatch(id)
	}
	return b, err
}

// noBatch has Kyuubi's words.
func noBatch(id string) error { return sqlerr.New(sqlerr.NotFound, "Invalid batchId: %s", id) }

func notYours(p auth.Principal, id string) error {
	return sqlerr.New(sqlerr.Denied, "%s is not allowed to see or change the batch %s: it is somebody else's", p.User, id)
}

// owns says whether a caller may see and end a batch.
func owns(p auth.Principal, b *metadata.Batch) bool {
	return p.Admin || p.User == b.User || p.User == b.RealUser
}

func (m *Manager) logPath(id string) string { return filepath.Join(m.opts.Dir, "log", id+".log") }

// Adopt lets the gateways take over a batch that Kyuubi left behind. It is for
// administrators, and fails with Conflict when there is nothing to adopt.
func (m *Manager) Adopt(ctx context.Context, id string) (Info, error) {
	p, err := auth.FromContext(ctx)
	if err != nil {
		return Info{}, err
	}
	if !p.Admin {
		return Info{}, sqlerr.New(sqlerr.Denied, "%s is not an administrator (kyuubi.server.administrators)", p.User)
	}
	if _, err := m.find(ctx, id); err != nil {
		return Info{}, err
	}
	if err := m.opts.Store.Adopt(ctx, id); err != nil {
		return Info{}, err
	}
	m.opts.Wake()
	return m.Get(ctx, id)
}

// places remembers where lines of logs begin, so that whoever reads on doesn't
// begin at the first line again.
type places struct {
	mu    sync.Mutex
	known map[string]place
}
