package session

import (
	"context"
	"regexp"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder stands for what runs things for sessions.
type recorder struct {
	mu       sync.Mutex
	attached map[uuid.UUID]Settings
	busy     map[uuid.UUID]bool
	refuse   error
}

func newRecorder() *recorder {
	return &recorder{attached: map[uuid.UUID]Settings{}, busy: map[uuid.UUID]bool{}}
}

func (r *recorder) Attach(_ context.Context, id uuid.UUID, _ Request, s Settings) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse == nil {
		r.attached[id] = s
	}
	return r.refuse
}

func (r *recorder) Detach(id uuid.UUID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.attached, id)
	return nil
}

func (r *recorder) Busy(id uuid.UUID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.busy[id]
}

func (r *recorder) setBusy(id uuid.UUID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy[id] = true
}

func (r *recorder) ids() (ids []uuid.UUID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.attached {
		ids = append(ids, id)
	}
	return ids
}

func TestSettingsAreSortedOut(t *testing.T) {
	t.Parallel()
	hooks := newRecorder()
	asked := 0
	m := NewSessionManager(Options{
		Restrict: []string{"spark.master", "secret.*"}, Ignore: []string{"noise.*"},
		Redact: func(k, v string) string {
			asked++
			if regexp.MustCompile("password").MatchString(k) {
				return "*"
			}
			return v
		},
	}, hooks)
	info, err := m.Open(t.Context(), Request{
		User: "ann", RealUser: "bob", ClientAddress: "10.0.0.1", ServerAddress: "10.0.0.2", ConnectionURL: "gw:10009",
		Conf: map[string]string{
			"set:hiveconf:a": "1", "set:hivevar:v": "2", "set:system:s": "3", "bare": "4", "hivevar:x": "5", "use:database": "sales",
			"noise.k": "6", "my.password": "p", "kyuubi.session.name": "report", "kyuubi.client.ipAddress": "forged", "set:plain": "7",
		},
	})
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"a": "1", "v": "2", "s": "3", "bare": "4", "hivevar:x": "5", "my.password": "*", "kyuubi.session.name": "report", "plain": "7",
		"kyuubi.client.ipAddress": "10.0.0.1", "kyuubi.server.ipAddress": "10.0.0.2", "kyuubi.session.connection.url": "gw:10009", "kyuubi.session.real.user": "bob",
	}, info.Conf)
	require.Equal(t, "report", info.Name)
	s := hooks.attached[info.ID]
	require.Equal(t, "sales", s.Database)
	require.Equal(t, map[string]string{"v": "2"}, s.Vars)
	require.Equal(t, "p", s.Conf["my.password"], "the engine gets the real value")
	before := asked
	again, err := m.Get(info.ID)
	require.NoError(t, err)
	require.Equal(t, info.Conf, again.Conf)
	require.Equal(t, before, asked, "once is enough, and costs enough")

	for _, key := range []string{"spark.master", "set:hiveconf:secret.x", "set:env:PATH"} {
		_, err := m.Open(t.Context(), Request{Conf: map[string]string{key: "v"}})
		require.ErrorIs(t, err, sqlerr.Denied, key)
	}
	_, err = m.Open(t.Context(), Request{Conf: map[string]string{"secretive": "v"}})
	require.NoError(t, err, "a prefix ends at a dot")
}

func TestSettleIsOpenWithoutASession(t *testing.T) {
	t.Parallel()
	m := NewSessionManager(Options{Restrict: []string{"spark.master"}, Limits: Limits{PerUser: 1, DenyUsers: []string{"eve"}, DenyAddresses: []string{"6.6.6.6"}}}, newRecorder())
	for range 3 { // counts nowhere
		s, err := m.Settle(Request{User: "ann", ClientAddress: "1", Conf: map[string]string{"set:hivevar:v": "2", "use:database": "sales"}})
		require.NoError(t, err)
		require.Equal(t, "sales", s.Database)
		require.Equal(t, "2", s.Conf["v"])
		require.Equal(t, "1", s.Conf[KeyClientAddress])
	}
	for _, req := range []Request{{User: "eve"}, {ClientAddress: "6.6.6.6"}, {Conf: map[string]string{"spark.master": "x"}}} {
		_, err := m.Settle(req)
		require.ErrorIs(t, err, sqlerr.Denied)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	m := NewSessionManager(Options{Limits: Limits{PerUser: 2, PerAddress: 3, Unlimited: []string{"root"}, DenyUsers: []string{"eve"}, DenyAddresses: []string{"6.6.6.6"}}}, newRecorder())
	open := func(user, address string) (uuid.UUID, error) {
		info, err := m.Open(t.Context(), Request{User: user, ClientAddress: address})
		return info.ID, err
	}
	first, err := open("ann", "1")
	require.NoError(t, err)
	_, err = open("ann", "1")
	require.NoError(t, err)
	_, err = open("ann", "1")
	require.ErrorIs(t, err, sqlerr.Exhausted)
	require.ErrorContains(t, err, "Connection limit per user reached (user: ann limit: 2)")
	_, err = open("bob", "1")
	require.NoError(t, err, "a refused session is counted nowhere")
	_, err = open("cid", "1")
	require.ErrorContains(t, err, "Connection limit per ipaddress reached")
	for range 5 {
		_, err = open("root", "1")
		require.NoError(t, err)
	}
	require.NoError(t, m.Close(first))
	_, err = open("ann", "1")
	require.NoError(t, err, "a closed one makes room")
	_, err = open("eve", "2")
	require.ErrorIs(t, err, sqlerr.Denied)
	_, err = open("ann", "6.6.6.6")
	require.ErrorIs(t, err, sqlerr.Denied)
}

func TestLimitsChange(t *testing.T) {
	t.Parallel()
	m := NewSessionManager(Options{Limits: Limits{PerUser: 1, Unlimited: []string{"ann"}}}, newRecorder())
	open := func(user string) (uuid.UUID, error) {
		info, err := m.Open(t.Context(), Request{User: user, ClientAddress: "1"})
		return info.ID, err
	}
	anns, err := open("ann")
	require.NoError(t, err)
	bobs, err := open("bob")
	require.NoError(t, err)
	m.ChangeLimits(func(l *Limits) { l.Unlimited, l.DenyUsers = []string{"bob"}, []string{"eve"} })
	require.NoError(t, m.Close(anns), "it was not counted in, and is not counted out")
	require.NoError(t, m.Close(bobs), "it was, and is")
	_, err = open("eve")
	require.ErrorIs(t, err, sqlerr.Denied)
	_, err = open("ann")
	require.NoError(t, err)
	_, err = open("ann")
	require.ErrorIs(t, err, sqlerr.Exhausted)
	m.ChangeLimits(func(l *Limits) { l.Unlimited, l.DenyUsers = nil, nil })
	for range 2 {
		id, err := open("bob")
		require.NoError(t, err)
		require.NoError(t, m.Close(id))
	}
	require.Len(t, m.limiter.counts, 3, "ann's alone")
}

func TestRefusedByTheEngine(t *testing.T) {
	t.Parallel()
	hooks := newRecorder()
	hooks.refuse = sqlerr.New(sqlerr.NotFound, "no database x")
	m := NewSessionManager(Options{Limits: Limits{PerUser: 1}}, hooks)
	for range 3 {
		_, err := m.Open(t.Context(), Request{User: "ann"})
		require.ErrorIs(t, err, sqlerr.NotFound, "and not a limit: it was given back")
	}
	require.Zero(t, m.Count())
}

func TestIdleSessionsExpireAndStopClosesAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hooks := newRecorder()
		m := NewSessionManager(Options{IdleTimeout: time.Hour, CheckInterval: time.Minute}, hooks)
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- m.Run(ctx, func() {}) }()
		open := func() uuid.UUID {
			info, err := m.Open(t.Context(), Request{User: "ann"})
			require.NoError(t, err)
			return info.ID
		}
		idle, used, busy := open(), open(), open()
		hooks.setBusy(busy)
		time.Sleep(50 * time.Minute)
		m.Touch(used)
		time.Sleep(15 * time.Minute)
		_, err := m.Get(idle)
		require.ErrorIs(t, err, sqlerr.NotFound)
		require.NotContains(t, hooks.ids(), idle)
		for _, id := range []uuid.UUID{used, busy} {
			_, err := m.Get(id)
			require.NoError(t, err)
		}
		require.ErrorIs(t, m.Close(idle), sqlerr.NotFound)
		require.Equal(t, "08003", sqlerr.From(m.Close(idle)).SQLState(), "pools let go of class 08 only")
		stop()
		require.NoError(t, <-over)
		require.Zero(t, m.Count())
		require.Empty(t, hooks.ids())
		_, err = m.Open(t.Context(), Request{User: "ann"})
		require.ErrorIs(t, err, sqlerr.Unavailable)
		require.Empty(t, hooks.ids())
	})
}

func TestInfo(t *testing.T) {
	t.Parallel()
	m := NewSessionManager(Options{}, newRecorder())
	a, err := m.Open(t.Context(), Request{User: "ann", Frontend: "REST", ProtocolVersion: 5})
	require.NoError(t, err)
	b, err := m.Open(t.Context(), Request{User: "bob"})
	require.NoError(t, err)
	m.Failed(a.ID, "it broke")
	list := m.List()
	require.Len(t, list, 2)
	require.Equal(t, []uuid.UUID{a.ID, b.ID}, []uuid.UUID{list[0].ID, list[1].ID})
	require.Equal(t, "it broke", list[0].Exception)
	require.Equal(t, 5, list[0].ProtocolVersion)
	user, err := m.Use(b.ID, func(user, _ string) bool { return user == "bob" })
	require.NoError(t, err)
	require.Equal(t, "bob", user)
	_, err = m.Use(b.ID, func(string, string) bool { return false })
	_, missing := m.Use(uuid.New(), func(string, string) bool { return true })
	require.ErrorIs(t, err, sqlerr.NotFound)
	require.ErrorIs(t, missing, sqlerr.NotFound)
}
