package batch_test

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// cluster is an application that does what a test says. All runners of a test
// share it, as gateways share a cluster.
type cluster struct {
	store interface {
		ClaimStart(ctx context.Context, l metadata.Lease, st metadata.Start) error
	}
	host string // binds what is started

	mu       sync.Mutex
	launched map[string]int // started jobs
	asked    map[string]int // calls of Launch
	forgot   map[string]int
	state    map[string]application.Info
	// launch may fail a launch, before and after the claim.
	before, after func(job application.Job) error
	// find may stand in for Find.
	find func(job application.Job) (application.Info, error)
	// begin is a job's state once it is launched; nil is RUNNING.
	begin func(job application.Job) application.Info
	most  int // of launches at the same time
	now   int
	slow  time.Duration
}

func newCluster(store *metadata.Store) *cluster {
	return &cluster{
		store: store, launched: map[string]int{}, asked: map[string]int{}, forgot: map[string]int{}, state: map[string]application.Info{},
	}
}

func (c *cluster) Launch(ctx context.Context, job application.Job) error {
	c.mu.Lock()
	c.asked[job.ID]++
	c.now++
	c.most = max(c.most, c.now)
	before, after, slow := c.before, c.after, c.slow
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.now--
		c.mu.Unlock()
	}()
	if slow > 0 {
		time.Sleep(slow)
	}
	if before != nil {
		if err := before(job); err != nil {
			return err
		}
	}
	l := metadata.Lease{ID: job.ID, Owner: job.Claim.Owner, Version: job.Claim.Version}
	if err := c.store.ClaimStart(ctx, l, metadata.Start{Host: c.host, LogLocation: job.Log}); err != nil {
		return err
	}
	c.mu.Lock()
	c.launched[job.ID]++
	c.state[job.ID] = application.Info{ID: "app-" + job.Name, Name: job.Name, URL: "http://rm/" + job.Name, State: application.Running}
	if c.begin != nil {
		c.state[job.ID] = c.begin(job)
	}
	c.mu.Unlock()
	if after != nil {
		return after(job)
	}
	return nil
}

func (c *cluster) Find(_ context.Context, job application.Job) (application.Info, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.find != nil {
		return c.find(job)
	}
	if info, ok := c.state[job.ID]; ok {
		return info, nil
	}
	return application.Info{State: application.NotFound}, nil
}

func (c *cluster) Kill(_ context.Context, job application.Job) (string, error) {
	c.set(job.ID, application.Killed, "")
	return "killed it", nil
}

func (c *cluster) Forget(_ context.Context, job application.Job) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgot[job.ID]++
	return nil
}

func (c *cluster) Bound() bool { return c.host != "" }

// set moves a job that has not ended.
func (c *cluster) set(id string, s application.State, diagnostic string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info := c.state[id]
	if !info.State.Ended() {
		info.State, info.Diagnostic = s, diagnostic
		c.state[id] = info
	}
}

func (c *cluster) starts(id string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.launched[id]
}

// house is a store and a cluster, for any number of runners.
type house struct {
	*metadata.Store
	t       *testing.T
	cluster *cluster
}

func newHouse(t *testing.T) *house {
	t.Helper()
	s := metadatatest.Open(t, metadata.Options{URL: "jdbc:sqlite:" + filepath.Join(t.TempDir(), "s.db")})
	return &house{Store: s, t: t, cluster: newCluster(s)}
}

// run starts a runner, which stop stops.
func (h *house) run(edit func(*batch.RunnerOptions)) (r *batch.Runner, stop func()) {
	h.t.Helper()
	o := batch.RunnerOptions{
		Store: h.Store, Host: "here", MaxRunning: 100, MaxLaunching: 16, Lease: time.Hour,
		Instance:      func() string { return "gw:1" },
		LogFile:       func(id string) string { return "/log/" + id },
		Application:   func(metadata.Batch) (application.Application, error) { return h.cluster, nil },
		QueueInterval: 50 * time.Millisecond, CheckInterval: 100 * time.Millisecond,
		Log: slog.New(slog.NewTextHandler(h.t.Output(), nil)),
	}
	if edit != nil {
		edit(&o)
	}
	r = batch.NewRunner(o)
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.t.Context()))
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() { ended <- r.Run(ctx, func() { close(ready) }) }()
	<-ready
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(h.t, <-ended)
	})
	h.t.Cleanup(stop)
	return r, stop
}

// add puts a batch into the queue.
func (h *house) add(edit ...func(*metadata.Batch)) string {
	h.t.Helper()
	b := metadatatest.NewBatch()
	for _, e := range edit {
		e(&b)
	}
	require.NoError(h.t, h.Insert(h.t.Context(), b))
	return b.ID
}

func (h *house) get(id string) metadata.Batch {
	h.t.Helper()
	b, err := h.Get(h.t.Context(), id)
	require.NoError(h.t, err)
	return b
}

// reaches waits until a batch is in a state.
func (h *house) reaches(id string, s metadata.State) metadata.Batch {
	h.t.Helper()
	var b metadata.Batch
	require.Eventually(h.t, func() bool {
		b = h.get(id)
		return b.State == s
	}, 20*time.Second, 5*time.Millisecond, "%s does not become %s", id, s)
	return b
}

func TestRunnerSeesBatchesToTheirEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		state      application.State
		diagnostic string
		want       metadata.State
		reason     string
	}{
		"finished": {application.Finished, "", metadata.Finished, ""},
		"failed":   {application.Failed, "exit code 3", metadata.Error, "exit code 3"},
		"killed":   {application.Killed, "", metadata.Error, "the application was killed"},
		"gone":     {application.NotFound, "", metadata.Error, "no trace"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			r, _ := h.run(nil)
			id := h.add(func(b *metadata.Batch) { b.Name = "count" })
			r.Wake()
			b := h.reaches(id, metadata.Running)
			require.Equal(t, "app-count", b.App.ID)
			require.Equal(t, "http://rm/count", b.App.URL)
			require.Equal(t, "/log/"+id, b.LogLocation)
			require.False(t, b.App.Opened.IsZero())
			h.cluster.set(id, test.state, test.diagnostic)
			b = h.reaches(id, test.want)
			require.Equal(t, "app-count", b.App.ID, "what was known stays")
			require.Equal(t, string(test.state), b.App.State)
			require.Contains(t, b.App.Diagnostic, test.reason)
			require.False(t, b.Ended.IsZero())
			require.Equal(t, 1, h.cluster.starts(id))
			require.Eventually(t, func() bool { return r.Stats().Held == 0 }, 5*time.Second, time.Millisecond)
			require.Equal(t, 1, h.cluster.forgot[id])
		})
	}
}

func TestRunnerRemovesWhatCameWithABatch(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dir := t.TempDir()
	upload := func(id, said string) func(*metadata.Batch) {
		return func(b *metadata.Batch) {
			b.ID, b.Conf = id, map[string]string{"kyuubi.batch.resource.uploaded": said}
			require.NoError(t, os.MkdirAll(filepath.Join(dir, id), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(dir, id, "a.py"), nil, 0o600))
		}
	}
	with := h.add(upload(uuid.NewString(), "true"))
	without := h.add(upload(uuid.NewString(), "false"))
	r, _ := h.run(func(o *batch.RunnerOptions) { o.Uploads = dir })
	for _, id := range []string{with, without} {
		h.reaches(id, metadata.Running)
		require.FileExists(t, filepath.Join(dir, id, "a.py"))
		h.cluster.set(id, application.Failed, "")
		h.reaches(id, metadata.Error)
	}
	require.Eventually(t, func() bool { return r.Stats().Held == 0 }, 5*time.Second, time.Millisecond)
	require.NoDirExists(t, filepath.Join(dir, with))
	require.FileExists(t, filepath.Join(dir, without, "a.py"), "nothing came with that one")
}

func TestRunnerNoticesWhatEndedAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cluster.begin = func(job application.Job) application.Info {
		return application.Info{ID: "1", State: application.State(job.Name)}
	}
	ids := map[metadata.State]string{}
	for state, want := range map[application.State]metadata.State{application.Finished: metadata.Finished, application.Failed: metadata.Error} {
		ids[want] = h.add(func(b *metadata.Batch) { b.Name = string(state) })
	}
	h.run(nil)
	for want, id := range ids {
		b := h.reaches(id, want)
		require.False(t, b.App.Opened.IsZero(), "it had an application")
	}
}

func TestRunnerCancels(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	waiting := h.add()
	require.NoError(t, h.RequestCancel(t.Context(), waiting))
	r, _ := h.run(func(o *batch.RunnerOptions) { o.Lease = time.Second })
	require.Contains(t, h.reaches(waiting, metadata.Canceled).App.Diagnostic, "before it was started")
	require.Equal(t, 0, h.cluster.starts(waiting))

	near, far := h.add(), h.add()
	h.reaches(near, metadata.Running)
	h.reaches(far, metadata.Running)
	require.NoError(t, h.RequestCancel(t.Context(), near))
	r.Nudge(near)
	require.Equal(t, "killed it", h.reaches(near, metadata.Canceled).App.Diagnostic)
	require.NoError(t, h.RequestCancel(t.Context(), far)) // on another gateway, which can't nudge this one
	require.Equal(t, "KILLED", h.reaches(far, metadata.Canceled).App.State)
}

// TestRunnerCancelsWhatAnotherHasKilled takes a batch over whose gateway has killed
// the job and died.
func TestRunnerCancelsWhatAnotherHasKilled(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	states := []application.State{application.Killed, application.NotFound, application.Failed, application.Finished}
	want := []metadata.State{metadata.Canceled, metadata.Canceled, metadata.Error, metadata.Finished}
	var ids []string
	_, stop := h.run(nil)
	for range states {
		ids = append(ids, h.add())
		h.reaches(ids[len(ids)-1], metadata.Running)
	}
	stop()
	for i, id := range ids {
		require.NoError(t, h.RequestCancel(t.Context(), id))
		h.cluster.set(id, states[i], "")
	}
	h.run(nil)
	for i, id := range ids {
		h.reaches(id, want[i])
	}
}

func TestRunnerLimits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cluster.slow = 20 * time.Millisecond
	var ids []string
	for i := range 8 {
		ids = append(ids, h.add(func(b *metadata.Batch) { b.Priority = 100 - i }))
	}
	r, _ := h.run(func(o *batch.RunnerOptions) { o.MaxRunning, o.MaxLaunching = 5, 2 })
	for _, id := range ids[:5] {
		h.reaches(id, metadata.Running)
	}
	require.Equal(t, 2, h.cluster.most)
	require.Never(t, func() bool { return r.Stats().Held > 5 }, 300*time.Millisecond, 10*time.Millisecond)
	require.Equal(t, metadata.Pending, h.get(ids[5]).State)
	h.cluster.set(ids[0], application.Finished, "")
	h.reaches(ids[5], metadata.Running)
	require.Equal(t, metadata.Pending, h.get(ids[6]).State)

	other := newHouse(t)
	id := other.add()
	other.run(func(o *batch.RunnerOptions) { o.MaxRunning = 0 })
	time.Sleep(200 * time.Millisecond)
	require.Equal(t, 0, other.get(id).Attempt)
}

func TestRunnerAndFailedLaunches(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var once sync.Map
	first := func(job application.Job, err error) error {
		if _, again := once.LoadOrStore(job.ID, true); again {
			return nil
		}
		return err
	}
	h.cluster.before = func(job application.Job) error {
		switch job.Name {
		case "invalid":
			return sqlerr.New(sqlerr.Invalid, "no such class")
		case "away":
			return first(job, sqlerr.New(sqlerr.Unavailable, "the cluster is away"))
		case "unsure, not started":
			return first(job, sqlerr.Wrap(application.ErrUnsure, sqlerr.Internal, "the answer is lost"))
		case "broken":
			return sqlerr.New(sqlerr.Internal, "the disk is broken")
		}
		return nil
	}
	h.cluster.after = func(job application.Job) error {
		if job.Name == "unsure, started" {
			return sqlerr.Wrap(application.ErrUnsure, sqlerr.Timeout, "the answer is lost")
		}
		return nil
	}
	ids := map[string]string{}
	for _, name := range []string{"invalid", "away", "unsure, not started", "unsure, started", "broken"} {
		ids[name] = h.add(func(b *metadata.Batch) { b.Name = name })
	}
	// A batch that others have failed to launch before.
	worn := metadata.Taker{Owner: "x", Host: "here", Lease: time.Hour}
	for range 4 {
		taken, err := h.Take(t.Context(), worn, 9)
		require.NoError(t, err)
		for _, b := range taken {
			if b.Name == "broken" {
				require.NoError(t, h.Release(t.Context(), b.Lease))
			}
		}
	}
	_, err := h.Renew(t.Context(), "x", -time.Second, slices.Collect(maps.Values(ids)))
	require.NoError(t, err)
	h.run(nil)
	require.Equal(t, "no such class", h.reaches(ids["invalid"], metadata.Error).App.Diagnostic)
	for _, name := range []string{"away", "unsure, not started", "unsure, started"} {
		h.reaches(ids[name], metadata.Running)
		require.Equal(t, 1, h.cluster.starts(ids[name]), name)
	}
	require.Equal(t, 1, h.cluster.asked[ids["unsure, started"]], "it must not be launched again")
	require.Equal(t, "the disk is broken", h.reaches(ids["broken"], metadata.Error).App.Diagnostic)
	require.Equal(t, 1, h.cluster.asked[ids["broken"]], "it was the fifth attempt")
}

func TestRunnerGivesItsLeasesBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	running, slow := h.add(), ""
	_, stop := h.run(nil)
	h.reaches(running, metadata.Running)
	h.cluster.mu.Lock()
	h.cluster.slow = 300 * time.Millisecond
	h.cluster.mu.Unlock()
	slow = h.add()
	require.Eventually(t, func() bool {
		h.cluster.mu.Lock()
		defer h.cluster.mu.Unlock()
		return h.cluster.asked[slow] == 1
	}, 10*time.Second, time.Millisecond)
	stop() // in the middle of a launch
	for _, id := range []string{running, slow} {
		b := h.get(id)
		require.Equal(t, metadata.Lease{}, b.Lease)
		require.False(t, b.Started.IsZero())
		require.Equal(t, 1, h.cluster.starts(id))
	}
	// Leases last an hour here, and yet another gateway goes on at once.
	h.run(nil)
	for _, id := range []string{running, slow} {
		h.reaches(id, metadata.Running)
		h.cluster.set(id, application.Finished, "")
		h.reaches(id, metadata.Finished)
		require.Equal(t, 1, h.cluster.starts(id))
	}
}

func TestRunnerThatPausesTakesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	running := h.add()
	r, _ := h.run(nil)
	h.reaches(running, metadata.Running)
	r.Pause()
	waits := h.add()
	r.Wake()
	h.cluster.set(running, application.Finished, "")
	h.reaches(running, metadata.Finished)
	require.Zero(t, h.cluster.starts(waits))
	h.run(nil)
	h.reaches(waits, metadata.Running)
}

func TestRunnerEndsWhatIsLostWithItsHost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cluster.host = "there"
	old := time.Now().Add(-time.Hour)
	started := h.add()
	there := func(o *batch.RunnerOptions) { o.Host, o.HostSilence = "there", 2*time.Second }
	_, stop := h.run(there)
	h.reaches(started, metadata.Running)
	stop()
	uploaded := h.add(func(b *metadata.Batch) { b.Host, b.Created = "there", old })
	mine := h.add(func(b *metadata.Batch) { b.Host, b.Created = "here", old })
	h.cluster.host = ""
	h.run(func(o *batch.RunnerOptions) { o.HostSilence = 2 * time.Second })
	for _, id := range []string{started, uploaded} {
		require.Contains(t, h.reaches(id, metadata.Error).App.Diagnostic, "lost with its host there")
	}
	silent, err := h.Hold(t.Context(), metadata.HostDuty+"there", "somebody", time.Millisecond)
	require.NoError(t, err)
	require.True(t, silent, "its host had been heard of just before")
	h.reaches(mine, metadata.Running)
	require.Equal(t, 0, h.cluster.starts(uploaded))
	require.Equal(t, 1, h.cluster.starts(started))

	// Only its gateways were away: the job that was given up must not go on.
	jobs := t.TempDir()
	for _, id := range []string{started, uploaded, mine, uuid.NewString(), "x"} {
		require.NoError(t, os.Mkdir(filepath.Join(jobs, id), 0o700))
	}
	h.run(func(o *batch.RunnerOptions) { there(o); o.Jobs = jobs })
	require.Eventually(t, func() bool {
		h.cluster.mu.Lock()
		defer h.cluster.mu.Unlock()
		return h.cluster.forgot[started] > 0 && h.cluster.state[started].State == application.Killed
	}, 20*time.Second, 10*time.Millisecond)
	require.Equal(t, metadata.Error, h.get(started).State)
	require.Equal(t, metadata.Running, h.get(mine).State, "it has not ended")
}
