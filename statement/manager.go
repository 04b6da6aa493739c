package statement

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/service"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// statement is one of those that run or are kept. Its id is also that of its
// operation, and of the session that the operation sees. All but begun and done is guarded by the manager's lock
// once it is registered.
type statement struct {
	id             uuid.UUID
	user, realUser string
	sql            string
	created        time.Time
	begun          chan struct{} // closed when it is described or has ended
	done           chan struct{} // closed when it has ended

	described bool // hasRows and schema are known
	hasRows   bool
	schema    *arrow.Schema

	ended        bool
	state        operation.State // of its end
	err          *sqlerr.Error
	completed    time.Time
	expires      time.Time
	rows         int64
	readers      int
	read         bool // its result was delivered to its end
	memory, file int64
	mine, all    place // on its user's shelf and on everybody's
}

// account is what one user has.
type account struct {
	running int
	kept    shelf
}

// Manager maps ids to statements and forgets them when their time is over.
type Manager struct {
	opts Options
	ops  *operation.OperationManager
	work sync.WaitGroup // one for each that is at work

	mu       sync.RWMutex
	byID     map[uuid.UUID]*statement
	accounts map[string]*account
	kept     shelf
	running  int
	memory   int64 // of what is kept
	file     int64 // of everything
	gone     graveyard
	draining bool
	aborted  bool // what is canceled from now on, the stop has canceled
	closed   bool
}

// NewManager returns an empty manager. It opens nothing.
func NewManager(opts Options) *Manager {
	opts = opts.withDefaults()
	return &Manager{
		opts: opts, ops: operation.NewOperationManager(opts.Operation),
		byID: map[uuid.UUID]*statement{}, accounts: map[string]*account{},
	}
}

// String is the service's name.
func (m *Manager) String() string { return "Statements" }

// Run frees statements that have expired until ctx is done, and then all.
func (m *Manager) Run(ctx context.Context, ready func()) error {
	ready()
	service.Every(ctx, m.opts.CheckInterval, m.reap)
	m.closeAll()
	return nil
}

// Drain makes it refuse new statements.
func (m *Manager) Drain() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.draining = true
}

// Abort cancels the statements that are at work. Those who wait for one are told that the
// gateway stops: it is to be sent again, not given up.
func (m *Manager) Abort() {
	m.mu.Lock()
	m.aborted = true
	var running []uuid.UUID
	for id, st := range m.byID {
		if !st.ended {
			running = append(running, id)
		}
	}
	m.mu.Unlock()
	for _, id := range running {
		_ = m.ops.Cancel(id) // one that has ended meanwhile stays as it is
	}
}

// Busy counts the statements that are at work and those whose result somebody is
// reading.
func (m *Manager) Busy() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n := m.running
	for _, st := range m.byID {
		if st.ended && st.readers > 0 {
			n++
		}
	}
	return n
}

// Count is how many statements are at work and how many are kept.
func (m *Manager) Count() (running, kept int) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.running, m.kept.len()
}

func (m *Manager) reap(now time.Time) {
	m.mu.Lock()
	var old []*statement
	for _, st := range m.byID {
		if st.over(now) {
			old = append(old, st)
			m.forget(st, expired)
		}
	}
	m.mu.Unlock()
	m.release(old)
}

// over says whether its time is over; who is still reading it gets to the end.
func (st *statement) over(now time.Time) bool {
	return st.ended && st.readers == 0 && !now.Before(st.expires)
}

// closeAll ends everything and waits for it.
func (m *Manager) closeAll() {
	m.mu.Lock()
	m.closed = true
	var all []*statement
	for _, st := range m.byID {
		all = append(all, st)
		m.forget(st, expired)
	}
	m.mu.Unlock()
	m.release(all)
	m.work.Wait()
}

// forget takes a statement out of the books. The caller holds the lock and
// releases it afterwards.
func (m *Manager) forget(st *statement, why reason) {
	delete(m.byID, st.id)
	m.gone.bury(tomb{st.id, st.user, st.realUser, why})
	m.file -= st.file
	st.file = 0
	if st.ended {
		st.mine.take()
		st.all.take()
		m.memory -= st.memory
		m.settle(st.user)
	}
}

// settle drops a user's account when nothing is in it.
func (m *Manager) settle(user string) {
	if a := m.accounts[user]; a != nil && a.running == 0 && a.kept.len() == 0 {
		delete(m.accounts, user)
	}
}

// release frees what forgotten statements hold.
func (m *Manager) release(forgotten []*statement) {
	for _, st := range forgotten {
		if err := m.ops.Detach(st.id); err != nil {
			m.opts.Log.Warn("a statement's connection did not close cleanly", "statement", st.id, "err", err)
		}
	}
}

// find is the statement of an id that the caller may see. It is Gone when it was
// there, NotFound when it never was or is somebody else's.
func (m *Manager) find(ctx context.Context, id uuid.UUID) (*statement, error) {
	p, err := auth.FromContext(ctx)
	if err != nil {
		return nil, err
	}
	m.mu.RLock()
	st := m.byID[id]
	t, dead := m.gone.byID[id]
	late := st != nil && st.over(time.Now())
	m.mu.RUnlock()
	switch {
	case st != nil && mayUse(p, st.user, st.realUser):
		if late {
			return nil, tomb{id: id, why: expired}.err(m.opts.TTL)
		}
		return st, nil
	case dead && mayUse(p, t.user, t.realUser):
		return nil, t.err(m.opts.TTL)
	}
	return nil, m.unknown(id)
}

func mayUse(p auth.Principal, user, realUser string) bool {
	return p.Admin || p.User == user || p.User == realUser
}

func (m *Manager) unknown(id uuid.UUID) error {
	here := "this gateway"
	if i := m.opts.Instance(); i != "" {
		here += " (" + i + ")"
	}
	return sqlerr.New(sqlerr.NotFound, "there is no statement %s on %s: it never was, was forgotten long ago, "+
		"or another gateway accepted it, which alone knows it (kyuubiInstance in its answer)", id, here)
}

// List describes the statements that f picks, newest first, and says how many
// there are in all.
func (m *Manager) List(ctx context.Context, f Filter) (page []Info, total int, err error) {
	p, err := auth.FromContext(ctx)
	if err != nil {
		return nil, 0, err
	}
	if f.User == "" {
		f.User = p.User
	}
	now := time.Now()
	m.mu.RLock()
	var fit []*statement
	for _, st := range m.byID {
		if mayUse(p, st.user, st.realUser) && !st.over(now) && f.picks(st) {
			fit = append(fit, st)
		}
	}
	m.mu.RUnlock()
	slices.SortFunc(fit, func(a, b *statement) int {
		return cmp.Or(b.created.Compare(a.created), slices.Compare(a.id[:], b.id[:]))
	})
	infos := make([]Info, 0, len(fit))
	for _, st := range fit {
		if info := m.info(st); len(f.States) == 0 || slices.Contains(f.States, info.State) {
			infos = append(infos, info)
		}
	}
	from := min(max(0, f.From), len(infos))
	return infos[from : from+min(max(0, f.Size), len(infos)-from)], len(infos), nil
}

func (f Filter) picks(st *statement) bool {
	return (f.User == Everybody || f.User == st.user || f.User == st.realUser) && !st.created.Before(f.Since)
}
