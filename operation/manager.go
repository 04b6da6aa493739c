package operation

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/service"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Options configures an OperationManager.
type Options struct {
	// Result bounds each result.
	Result ResultOptions
	// MaxTimeout caps every query's run time; 0 means no cap (kyuubi.operation.query.timeout).
	MaxTimeout time.Duration
	// IdleTimeout closes operations that have ended and that nobody has asked for
	// since; 0 means never (kyuubi.operation.idle.timeout).
	IdleTimeout time.Duration
	// CheckInterval is how often idle operations are looked for.
	CheckInterval time.Duration
	// StatusInterval is how often a running query's progress and log are copied
	// from its engine; 0 means 100 ms.
	StatusInterval time.Duration
	// NoProgress keeps progress from clients (kyuubi.operation.progress.enabled=false).
	NoProgress bool
	// Observe, when set, is called after every change of state, with the state
	// before. It must be quick.
	Observe func(info Info, from State)
	// Log is where failures go; nil discards them.
	Log *slog.Logger
}

// OperationManager maps ids to operations, session by session, and closes those
// that nobody wants any more.
type OperationManager struct {
	opts Options

	mu     sync.RWMutex
	byID   map[uuid.UUID]*operation
	tracks map[uuid.UUID]*track
}

// track is a session's lane, the operations on it, and what all of them have logged.
type track struct {
	lane  *lane
	log   *opLog
	ops   []*operation
	total int
	over  bool // the connection is closed
}

// NewOperationManager returns an empty manager.
func NewOperationManager(opts Options) *OperationManager {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	opts.Result.ahead = new(atomic.Int64)
	if opts.StatusInterval <= 0 {
		opts.StatusInterval = 100 * time.Millisecond
	}
	if opts.CheckInterval <= 0 {
		opts.CheckInterval = 5 * time.Minute
	}
	return &OperationManager{opts: opts, byID: map[uuid.UUID]*operation{}, tracks: map[uuid.UUID]*track{}}
}

// String is the service's name.
func (m *OperationManager) String() string { return "OperationManager" }

// Run closes idle operations until ctx is done.
func (m *OperationManager) Run(ctx context.Context, ready func()) error {
	ready()
	service.Every(ctx, m.opts.CheckInterval, m.reap)
	return nil
}

func (m *OperationManager) reap(now time.Time) {
	if m.opts.IdleTimeout <= 0 {
		return
	}
	m.mu.RLock()
	var idle []uuid.UUID
	for id, o := range m.byID {
		o.mu.Lock()
		if o.state.Terminal() && o.reading == 0 && now.Sub(o.used) >= m.opts.IdleTimeout {
			idle = append(idle, id)
		}
		o.mu.Unlock()
	}
	m.mu.RUnlock()
	for _, id := range idle {
		if m.Close(id) == nil {
			m.opts.Log.Info("closed an idle operation", "operation", id, "timeout", m.opts.IdleTimeout)
		}
	}
}

// Attach gives a session a connection to run its operations on.
func (m *OperationManager) Attach(session uuid.UUID, conn engine.Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tracks[session] = &track{lane: newLane(conn), log: &opLog{capacity: sessionLogCapacity}}
}

// Detach closes a session's operations and then its connection. Operations that
// run are canceled first. A session that is not attached is no error.
func (m *OperationManager) Detach(session uuid.UUID) error {
	m.mu.Lock()
	t := m.tracks[session]
	delete(m.tracks, session)
	if t != nil {
		for _, o := range t.ops {
			delete(m.byID, o.id)
		}
	}
	m.mu.Unlock()
	if t == nil {
		return nil
	}
	for _, o := range t.ops {
		o.cancel(errClosed)
	}
	for _, o := range t.ops {
		o.close()
	}
	return t.lane.conn.Close()
}

// Disconnect closes a session's connection and leaves its operations: what is kept
// of their results can still be read, and nothing can be started any more. A
// session that is not attached is no error.
func (m *OperationManager) Disconnect(session uuid.UUID) error {
	m.mu.Lock()
	t := m.tracks[session]
	if t != nil {
		t.over = true
	}
	m.mu.Unlock()
	if t == nil {
		return nil
	}
	return t.lane.conn.Close()
}

// Start begins an operation and, unless it is asynchronous, waits for its end.
// It fails with NotFound when the session has no connection. A synchronous
// failure is returned and leaves nothing behind; a timeout is a state, no error.
func (m *OperationManager) Start(ctx context.Context, req Request) (Info, error) {
	o, err := m.register(ctx, req)
	if err != nil {
		return Info{}, err
	}
	if req.Async {
		go o.run()
		return o.info(), nil
	}
	stop := context.AfterFunc(ctx, func() { o.cancel(errClosed) })
	o.run()
	if !stop() { // the caller has gone: nobody will ever ask for this again
		_ = m.Close(o.id)
		return Info{}, sqlerr.From(context.Cause(ctx))
	}
	info := o.info()
	if info.Err != nil && info.State != TimedOut {
		_ = m.Close(o.id)
		return Info{}, info.Err
	}
	return info, nil
}

// StartHere is Start of an asynchronous operation followed by Wait for up to patience,
// on the caller's goroutine: a small statement's work takes less than to hand it over
// and to be woken at its end. The price is that StartHere returns only when the work
// is over. If that takes longer than patience, or than ctx, late is called then, once and
// on another goroutine, with how things are, and StartHere returns false after it,
// whenever that is.
func (m *OperationManager) StartHere(ctx context.Context, req Request, patience time.Duration, late func(Info)) (Info, bool, error) {
	req.Async = true
	o, err := m.register(ctx, req)
	if err != nil {
		return Info{}, true, err
	}
	timer := time.AfterFunc(patience, func() { late(o.info()) })
	stop := context.AfterFunc(ctx, func() {
		if timer.Stop() { // a caller who has gone has no patience left
			late(o.info())
		}
	})
	defer stop()
	o.run()
	return o.info(), timer.Stop(), nil
}

func (m *OperationManager) register(ctx context.Context, req Request) (*operation, error) {
	if limit := m.opts.MaxTimeout; limit > 0 && (req.Timeout <= 0 || req.Timeout > limit) {
		req.Timeout = limit
	}
	if req.ID == uuid.Nil {
		req.ID = uuid.New()
	}
	now := time.Now()
	o := &operation{id: req.ID, req: req, opts: &m.opts, created: now, used: now, done: make(chan struct{}), modified: -1}
	// An operation belongs to its session, not to the call that started it.
	o.ctx, o.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.tracks[req.SessionID]
	if t == nil || t.over {
		return nil, detached(req.SessionID)
	}
	o.lane, o.turn, o.sessionLog = t.lane, t.lane.line(), t.log
	t.ops = append(t.ops, o)
	t.total++
	m.byID[o.id] = o
	return o, nil
}

// NoSuch is the error of an id that there is no operation for. Whoever hides one
// from a caller must answer with just this, or the hiding tells that it is there.
func NoSuch(id uuid.UUID) error {
	return sqlerr.New(sqlerr.NotFound, "Invalid OperationHandle [%s]: it was closed, has expired or never existed", id)
}

// detached is the error of a session that has no connection.
func detached(session uuid.UUID) error {
	return sqlerr.New(sqlerr.NotFound, "Invalid SessionHandle [%s]: the session is closed", session).WithState(sqlerr.NoConnection)
}

func (m *OperationManager) find(id uuid.UUID) (*operation, error) {
	m.mu.RLock()
	o := m.byID[id]
	m.mu.RUnlock()
	if o == nil {
		return nil, NoSuch(id)
	}
	return o, nil
}

// Get describes an operation, or fails with NotFound.
func (m *OperationManager) Get(id uuid.UUID) (Info, error) {
	o, err := m.find(id)
	if err != nil {
		return Info{}, err
	}
	return o.touched(), nil
}

// Wait is Get after waiting up to d for the work to end.
func (m *OperationManager) Wait(ctx context.Context, id uuid.UUID, d time.Duration) (Info, error) {
	o, err := m.find(id)
	if err != nil {
		return Info{}, err
	}
	select {
	case <-o.done:
		return o.touched(), nil
	default:
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-o.done:
	case <-timer.C:
	case <-ctx.Done():
		return Info{}, sqlerr.From(context.Cause(ctx))
	}
	return m.Get(id)
}

// List describes a session's operations, oldest first.
func (m *OperationManager) List(session uuid.UUID) []Info {
	m.mu.RLock()
	var ops []*operation
	if t := m.tracks[session]; t != nil {
		ops = slices.Clone(t.ops)
	}
	m.mu.RUnlock()
	infos := make([]Info, len(ops))
	for i, o := range ops {
		infos[i] = o.info()
	}
	return infos
}

// All describes every operation, oldest first.
func (m *OperationManager) All() []Info {
	m.mu.RLock()
	infos := make([]Info, 0, len(m.byID))
	for _, o := range m.byID {
		infos = append(infos, o.info())
	}
	m.mu.RUnlock()
	slices.SortFunc(infos, func(a, b Info) int {
		return cmp.Or(a.Created.Compare(b.Created), slices.Compare(a.ID[:], b.ID[:]))
	})
	return infos
}

// Counts says how many operations a session has had, how many are open, and
// how many of those are at work or being read from.
func (m *OperationManager) Counts(session uuid.UUID) (total, open, busy int) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	t := m.tracks[session]
	if t == nil {
		return 0, 0, 0
	}
	for _, o := range t.ops {
		select {
		case <-o.done:
			if o.isRead() {
				busy++
			}
		default:
			busy++
		}
	}
	return t.total, len(t.ops), busy
}

// SessionOf says which session an operation belongs to.
func (m *OperationManager) SessionOf(id uuid.UUID) (uuid.UUID, error) {
	o, err := m.find(id)
	if err != nil {
		return uuid.UUID{}, err
	}
	return o.req.SessionID, nil
}

// Busy counts the operations that are at work, and those whose rows somebody
// has just been reading.
func (m *OperationManager) Busy() int {
	const reading = 2 * time.Second
	m.mu.RLock()
	defer m.mu.RUnlock()
	n := 0
	for _, o := range m.byID {
		o.mu.Lock()
		if !o.state.Terminal() || o.state == Finished && o.result != nil && o.result.schema != nil && time.Since(o.used) < reading {
			n++
		}
		o.mu.Unlock()
	}
	return n
}

// Schema is an operation's result schema, nil without a result set.
func (m *OperationManager) Schema(id uuid.UUID) (*arrow.Schema, error) {
	o, err := m.find(id)
	if err != nil {
		return nil, err
	}
	r, err := o.finished()
	if err != nil {
		return nil, err
	}
	return r.schema, nil
}

// Fetch reads rows of an operation's result.
func (m *OperationManager) Fetch(id uuid.UUID, f Fetch) (*Page, error) {
	o, err := m.find(id)
	if err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	return o.fetch(f)
}

// FetchLog reads lines of an operation's log.
func (m *OperationManager) FetchLog(id uuid.UUID, f Fetch) ([]string, error) {
	o, err := m.find(id)
	if err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	o.use()
	return o.log.fetch(f), nil
}

func (f Fetch) check() error {
	if f.MaxRows <= 0 {
		return sqlerr.New(sqlerr.Invalid, "the number of rows to fetch must be positive, not %d", f.MaxRows)
	}
	return nil
}

// Cancel ends an operation's work. One that has ended stays as it is.
func (m *OperationManager) Cancel(id uuid.UUID) error {
	o, err := m.find(id)
	if err != nil {
		return err
	}
	o.abort()
	return nil
}

// Close ends an operation's work and frees it.
func (m *OperationManager) Close(id uuid.UUID) error {
	m.mu.Lock()
	o := m.byID[id]
	delete(m.byID, id)
	if o != nil {
		if t := m.tracks[o.req.SessionID]; t != nil {
			t.ops = slices.DeleteFunc(t.ops, func(x *operation) bool { return x == o })
		}
	}
	m.mu.Unlock()
	if o == nil {
		return NoSuch(id)
	}
	o.close()
	return nil
}
