package session

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/service"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Options configures a SessionManager.
type Options struct {
	// IdleTimeout closes sessions that have not been used for so long and on which
	// nothing runs; 0 means never (kyuubi.session.idle.timeout).
	IdleTimeout time.Duration
	// CheckInterval is how often idle sessions are looked for (kyuubi.session.check.interval).
	CheckInterval time.Duration
	// Restrict and Ignore are key lists; entries may end in ".*"
	// (kyuubi.session.conf.restrict.list and .ignore.list).
	Restrict, Ignore []string
	// Limits bounds the number of open sessions.
	Limits Limits
	// Redact hides the value of a setting that must not be shown; nil shows all.
	Redact func(key, value string) string
	// Log is where expiries are told; nil discards them.
	Log *slog.Logger
}

// Hooks is what a SessionManager asks of whoever runs things for its sessions.
type Hooks interface {
	// Attach makes ready what a new session works with. An error refuses the session.
	Attach(ctx context.Context, id uuid.UUID, req Request, s Settings) error
	// Detach ends everything the session runs and frees what Attach made.
	Detach(id uuid.UUID) error
	// Busy says whether something runs in the session.
	Busy(id uuid.UUID) bool
}

// session is one open session.
type session struct {
	id       uuid.UUID
	req      Request
	settings Settings
	shown    map[string]string // settings.Conf as it may be told
	created  time.Time
	opened   time.Time
	counted  bool // in the limiter

	mu        sync.Mutex
	used      time.Time
	exception string
}

// SessionManager maps ids to sessions and expires them.
type SessionManager struct {
	opts    Options
	hooks   Hooks
	limiter *limiter

	mu       sync.RWMutex
	sessions map[uuid.UUID]*session
	closing  bool
}

// NewSessionManager returns an empty manager whose sessions work through hooks.
func NewSessionManager(opts Options, hooks Hooks) *SessionManager {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.CheckInterval <= 0 {
		opts.CheckInterval = 5 * time.Minute
	}
	return &SessionManager{opts: opts, hooks: hooks, limiter: newLimiter(opts.Limits), sessions: map[uuid.UUID]*session{}}
}

// String is the service's name.
func (m *SessionManager) String() string { return "SessionManager" }

// Run expires idle sessions until ctx is done, and then closes all.
func (m *SessionManager) Run(ctx context.Context, ready func()) error {
	ready()
	service.Every(ctx, m.opts.CheckInterval, m.reap)
	m.closeAll()
	return nil
}

func (m *SessionManager) reap(now time.Time) {
	if m.opts.IdleTimeout <= 0 {
		return
	}
	for _, s := range m.all() {
		if s.idle(now) >= m.opts.IdleTimeout && !m.hooks.Busy(s.id) {
			m.opts.Log.Info("closing an idle session", "session", s.id, "user", s.req.User, "timeout", m.opts.IdleTimeout)
			if err := m.Close(s.id); err != nil {
				m.opts.Log.Warn("an idle session did not close cleanly", "session", s.id, "err", err)
			}
		}
	}
}

func (m *SessionManager) closeAll() {
	m.mu.Lock()
	m.closing = true
	m.mu.Unlock()
	var wg sync.WaitGroup
	for _, s := range m.all() {
		wg.Go(func() {
			if err := m.Close(s.id); err != nil {
				m.opts.Log.Warn("a session did not close cleanly", "session", s.id, "err", err)
			}
		})
	}
	wg.Wait()
}

// Settle makes a client's settings ready as Open does, for work that needs no
// session. It fails with Denied for settings and callers that are refused.
func (m *SessionManager) Settle(req Request) (Settings, error) {
	settings, err := normalize(req.Conf, m.opts.Restrict, m.opts.Ignore, m.opts.Log)
	if err != nil {
		return Settings{}, err
	}
	settings.seal(req)
	return settings, m.limiter.denied(req.User, req.ClientAddress)
}

// Open opens a session. It fails with Denied for settings or callers that are
// refused, Exhausted beyond a limit, and with what the hooks' Attach says.
func (m *SessionManager) Open(ctx context.Context, req Request) (Info, error) {
	settings, err := normalize(req.Conf, m.opts.Restrict, m.opts.Ignore, m.opts.Log)
	if err != nil {
		return Info{}, err
	}
	settings.seal(req)
	s := &session{id: uuid.New(), req: req, settings: settings, shown: m.redact(settings.Conf), created: time.Now()}
	if s.counted, err = m.limiter.take(req.User, req.ClientAddress); err != nil {
		return Info{}, err
	}
	if err := m.hooks.Attach(ctx, s.id, req, settings); err != nil {
		m.giveBack(s)
		return Info{}, err
	}
	s.opened = time.Now()
	s.used = s.opened
	m.mu.Lock()
	refused := m.closing
	if !refused {
		m.sessions[s.id] = s
	}
	m.mu.Unlock()
	if refused {
		m.giveBack(s)
		_ = m.hooks.Detach(s.id)
		return Info{}, Stopping()
	}
	return m.info(s), nil
}

// Close ends a session and what runs in it. It fails with NotFound for an id
// that is not open.
func (m *SessionManager) Close(id uuid.UUID) error {
	m.mu.Lock()
	s := m.sessions[id]
	delete(m.sessions, id)
	m.mu.Unlock()
	if s == nil {
		return NoSuch(id)
	}
	m.giveBack(s)
	return m.hooks.Detach(id)
}

func (m *SessionManager) giveBack(s *session) {
	if s.counted {
		m.limiter.give(s.req.User, s.req.ClientAddress)
	}
}

// Stopping is the error of work that comes while the gateway ends.
func Stopping() error {
	return sqlerr.New(sqlerr.Unavailable, "the gateway is shutting down; connect to another one or try again")
}

// NoSuch is the error of an id that is not open. Whoever hides a session from a
// caller must answer with just this, or the hiding tells that it is there.
func NoSuch(id uuid.UUID) error {
	return sqlerr.New(sqlerr.NotFound, "Invalid SessionHandle [%s]: it was closed, has expired or never existed", id).WithState(sqlerr.NoConnection)
}

func (m *SessionManager) find(id uuid.UUID) (*session, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if s := m.sessions[id]; s != nil {
		return s, nil
	}
	return nil, NoSuch(id)
}

// Get describes a session, or fails with NotFound.
func (m *SessionManager) Get(id uuid.UUID) (Info, error) {
	s, err := m.find(id)
	if err != nil {
		return Info{}, err
	}
	return m.info(s), nil
}

// Use notes that a client uses a session, if he may: may is told the session's acting
// and its real user. It returns the acting one, and fails with NotFound for an id that is
// not open and for a client who may not.
func (m *SessionManager) Use(id uuid.UUID, may func(user, realUser string) bool) (user string, err error) {
	s, err := m.find(id)
	if err != nil {
		return "", err
	}
	if !may(s.req.User, s.req.RealUser) {
		return "", NoSuch(id)
	}
	s.touch()
	return s.req.User, nil
}

// Touch notes that a client has used the session.
func (m *SessionManager) Touch(id uuid.UUID) {
	if s, err := m.find(id); err == nil {
		s.touch()
	}
}

func (s *session) touch() {
	now := time.Now()
	s.mu.Lock()
	s.used = now
	s.mu.Unlock()
}

// Failed notes the text of the session's last failure.
func (m *SessionManager) Failed(id uuid.UUID, text string) {
	if s, err := m.find(id); err == nil {
		s.mu.Lock()
		s.exception = text
		s.mu.Unlock()
	}
}

// ChangeLimits lets edit change the limits. They hold for sessions that are opened
// from then on; open ones stay.
func (m *SessionManager) ChangeLimits(edit func(*Limits)) { m.limiter.change(edit) }

// Count is the number of open sessions.
func (m *SessionManager) Count() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.sessions)
}

// List describes all sessions, oldest first.
func (m *SessionManager) List() []Info {
	all := m.all()
	infos := make([]Info, len(all))
	for i, s := range all {
		infos[i] = m.info(s)
	}
	return infos
}

func (m *SessionManager) all() []*session {
	m.mu.RLock()
	all := slices.Collect(maps.Values(m.sessions))
	m.mu.RUnlock()
	slices.SortFunc(all, func(a, b *session) int {
		return cmp.Or(a.created.Compare(b.created), slices.Compare(a.id[:], b.id[:]))
	})
	return all
}

func (s *session) idle(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Sub(s.used)
}

// redact is conf without what must not be shown, and conf itself when there is none
// of that: most sessions then need no second map.
func (m *SessionManager) redact(conf map[string]string) map[string]string {
	if m.opts.Redact == nil {
		return conf
	}
	shown := make(map[string]string, len(conf))
	for k, v := range conf {
		shown[k] = m.opts.Redact(k, v)
	}
	if maps.Equal(shown, conf) {
		return conf
	}
	return shown
}

func (m *SessionManager) info(s *session) Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Info{
		ID: s.id, User: s.req.User, RealUser: s.req.RealUser, Name: s.settings.Conf[KeyName],
		ClientAddress: s.req.ClientAddress, ServerAddress: s.req.ServerAddress, ConnectionURL: s.req.ConnectionURL,
		Frontend: s.req.Frontend, ProtocolVersion: s.req.ProtocolVersion, Conf: s.shown,
		Created: s.created, Opened: s.opened, LastAccess: s.used, Idle: time.Since(s.used), Exception: s.exception,
	}
}
