package batch_test

import (
	"context"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// link is a runner's way to the store. While it is stopped its calls wait, as those
// of a paused process do; while it is cut they fail.
type link struct {
	*metadata.Store
	mu      sync.Mutex
	stopped chan struct{} // closed when calls may go on; nil while nothing is stopped
	cut     bool
}

func (l *link) pass(ctx context.Context) error {
	l.mu.Lock()
	wait, cut := l.stopped, l.cut
	l.mu.Unlock()
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return sqlerr.Wrap(ctx.Err(), sqlerr.Canceled, "canceled")
		}
	}
	if cut {
		return sqlerr.New(sqlerr.Unavailable, "the store is away")
	}
	return nil
}

func (l *link) stop() (resume func()) {
	c := make(chan struct{})
	l.mu.Lock()
	l.stopped = c
	l.mu.Unlock()
	return func() {
		l.mu.Lock()
		l.stopped = nil
		l.mu.Unlock()
		close(c)
	}
}

func (l *link) sever(cut bool) {
	l.mu.Lock()
	l.cut = cut
	l.mu.Unlock()
}

func (l *link) Take(ctx context.Context, by metadata.Taker, n int) ([]metadata.Batch, error) {
	if err := l.pass(ctx); err != nil {
		return nil, err
	}
	return l.Store.Take(ctx, by, n)
}

func (l *link) TakeOver(ctx context.Context, by metadata.Taker, n int) ([]metadata.Batch, error) {
	if err := l.pass(ctx); err != nil {
		return nil, err
	}
	return l.Store.TakeOver(ctx, by, n)
}

func (l *link) Renew(ctx context.Context, owner string, lease time.Duration, ids []string) ([]metadata.Held, error) {
	if err := l.pass(ctx); err != nil {
		return nil, err
	}
	return l.Store.Renew(ctx, owner, lease, ids)
}

func (l *link) Get(ctx context.Context, id string) (metadata.Batch, error) {
	if err := l.pass(ctx); err != nil {
		return metadata.Batch{}, err
	}
	return l.Store.Get(ctx, id)
}

type change func(context.Context, metadata.Lease, metadata.Application) error

func (l *link) through(ctx context.Context, c change, lease metadata.Lease, a metadata.Application) error {
	if err := l.pass(ctx); err != nil {
		return err
	}
	return c(ctx, lease, a)
}

func (l *link) MarkRunning(ctx context.Context, lease metadata.Lease, a metadata.Application) error {
	return l.through(ctx, l.Store.MarkRunning, lease, a)
}

func (l *link) UpdateApplication(ctx context.Context, lease metadata.Lease, a metadata.Application) error {
	return l.through(ctx, l.Store.UpdateApplication, lease, a)
}

func (l *link) Finish(ctx context.Context, lease metadata.Lease, a metadata.Application) error {
	return l.through(ctx, l.Store.Finish, lease, a)
}

func (l *link) Fail(ctx context.Context, lease metadata.Lease, a metadata.Application) error {
	return l.through(ctx, l.Store.Fail, lease, a)
}

func (l *link) Release(ctx context.Context, lease metadata.Lease) error {
	if err := l.pass(ctx); err != nil {
		return err
	}
	return l.Store.Release(ctx, lease)
}

// ClaimStart is the way of a job that a runner launches.
func (l *link) ClaimStart(ctx context.Context, lease metadata.Lease, st metadata.Start) error {
	if err := l.pass(ctx); err != nil {
		return err
	}
	return l.Store.ClaimStart(ctx, lease, st)
}

// gateway runs a runner with short leases behind a link of its own.
func (h *house) gateway(lease time.Duration) (r *batch.Runner, l *link, stop func()) {
	h.t.Helper()
	l = &link{Store: h.Store}
	r, stop = h.run(func(o *batch.RunnerOptions) { o.Store, o.Lease, o.Grace = l, lease, time.Second })
	return r, l, stop
}

// TestGateways has several gateways, on both kinds of database.
func TestGateways(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, newHouse func(*testing.T) *house) {
		t.Helper()
		for name, test := range map[string]func(*testing.T, *house){
			"DieAndOthersGoOn":    dieAndOthersGoOn,
			"PausedStartsNothing": pausedStartsNothing,
			"KeepsWhatNobodyTook": keepsWhatNobodyTook,
			"RunEachBatchOnce":    runEachBatchOnce,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, newHouse(t))
			})
		}
	}
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		run(t, newHouse)
	})
	t.Run("MariaDB", func(t *testing.T) {
		t.Parallel()
		m := metadatatest.StartMariaDB(t)
		onMariaDB := func(t *testing.T) *house {
			t.Helper()
			s := metadatatest.Open(t, metadata.Options{URL: m.URL(m.Database(t)), User: "root"})
			return &house{Store: s, t: t, cluster: newCluster(s)}
		}
		t.Run("Up", func(t *testing.T) { run(t, onMariaDB) })
		t.Run("GoesAwayAndReturns", func(t *testing.T) { goesAwayAndReturns(t, m, onMariaDB(t)) })
	})
}

// dieAndOthersGoOn cuts one gateway of two from the store for longer
// than its leases, and lets it come back.
func dieAndOthersGoOn(t *testing.T, h *house) {
	t.Helper()
	const lease = 800 * time.Millisecond
	a, way, _ := h.gateway(lease)
	id := h.add()
	h.reaches(id, metadata.Running)
	b, _, _ := h.gateway(lease)
	way.sever(true)
	h.cluster.set(id, application.Finished, "") // a sees it, and can't say so
	got := h.reaches(id, metadata.Finished)
	require.Equal(t, 2, got.Attempt)
	require.Equal(t, int64(1), b.Stats().TakenOver)
	way.sever(false)
	require.Eventually(t, func() bool { return a.Stats().Held == 0 }, 10*time.Second, 5*time.Millisecond)
	require.Equal(t, int64(0), a.Stats().Finished)
	require.Equal(t, got, h.get(id))
	require.Equal(t, 1, h.cluster.starts(id))
}

// pausedStartsNothing stops a gateway just before it claims a start.
func pausedStartsNothing(t *testing.T, h *house) {
	t.Helper()
	const lease = 800 * time.Millisecond
	a, way, _ := h.gateway(lease)
	claiming := make(chan struct{})
	first := true
	var resume func()
	h.cluster.mu.Lock()
	h.cluster.before = func(job application.Job) error {
		h.cluster.mu.Lock()
		mine := first
		first = false
		h.cluster.mu.Unlock()
		if mine {
			resume = way.stop()
			close(claiming)
			return way.pass(t.Context())
		}
		return nil
	}
	h.cluster.mu.Unlock()
	id := h.add()
	<-claiming
	b, _, _ := h.gateway(lease)
	got := h.reaches(id, metadata.Running)
	require.Equal(t, 1, h.cluster.starts(id))
	require.Equal(t, int64(1), b.Stats().Requeued)
	resume()
	require.Eventually(t, func() bool { return a.Stats().Held == 0 }, 10*time.Second, 5*time.Millisecond)
	require.Equal(t, 1, h.cluster.starts(id), "its lease was gone")
	require.Equal(t, got.Lease, h.get(id).Lease)
	h.cluster.set(id, application.Finished, "")
	h.reaches(id, metadata.Finished)
}

// keepsWhatNobodyTook is alone, and cut off for longer than its leases.
func keepsWhatNobodyTook(t *testing.T, h *house) {
	t.Helper()
	const lease = time.Second // shorter ones end by themselves where a disk is busy
	a, way, _ := h.gateway(lease)
	goesOn, ends := h.add(), h.add()
	h.reaches(goesOn, metadata.Running)
	h.reaches(ends, metadata.Running)
	way.sever(true)
	h.cluster.set(ends, application.Failed, "out of memory")
	time.Sleep(5 * lease / 2)
	require.Equal(t, 2, a.Stats().Held, "it still knows what it watches")
	way.sever(false)
	require.Equal(t, "out of memory", h.reaches(ends, metadata.Error).App.Diagnostic)
	h.cluster.set(goesOn, application.Finished, "")
	require.Equal(t, 1, h.reaches(goesOn, metadata.Finished).Attempt)
	require.Equal(t, int64(0), a.Stats().Lost)
}

// runEachBatchOnce has gateways that come and go.
func runEachBatchOnce(t *testing.T, h *house) {
	t.Helper()
	const batches, gateways = 120, 3
	h.cluster.begin = func(job application.Job) application.Info {
		return application.Info{ID: job.Name, State: application.Finished}
	}
	h.cluster.slow = 10 * time.Millisecond
	var ids []string
	for i := range batches {
		ids = append(ids, h.add(func(b *metadata.Batch) { b.Name = "n" + strconv.Itoa(i) }))
	}
	type running struct {
		way  *link
		stop func()
	}
	var all []running
	for range gateways {
		_, way, stop := h.gateway(500 * time.Millisecond)
		all = append(all, running{way, stop})
	}
	for i := range 4 {
		g := &all[i%gateways]
		switch i % 2 {
		case 0: // paused for longer than the lease
			resume := g.way.stop()
			time.Sleep(700 * time.Millisecond)
			resume()
		default: // restarted
			g.stop()
			_, g.way, g.stop = h.gateway(500 * time.Millisecond)
		}
	}
	for _, id := range ids {
		h.reaches(id, metadata.Finished)
		require.Equal(t, 1, h.cluster.starts(id))
	}
}

// goesAwayAndReturns stops a real database for longer than the leases.
func goesAwayAndReturns(t *testing.T, m *metadatatest.MariaDB, h *house) {
	t.Helper()
	a, _, _ := h.gateway(time.Second)
	b, _, _ := h.gateway(time.Second)
	var ids []string
	for range 10 {
		ids = append(ids, h.add())
	}
	for _, id := range ids {
		h.reaches(id, metadata.Running)
	}
	m.Stop(t)
	for i, id := range ids {
		if i%2 == 0 {
			h.cluster.set(id, application.Finished, "")
		}
	}
	time.Sleep(2500 * time.Millisecond)
	require.Equal(t, 10, a.Stats().Held+b.Stats().Held, "what runs is still watched")
	m.Start(t)
	for i, id := range ids {
		if i%2 == 0 {
			h.reaches(id, metadata.Finished)
		}
	}
	for i, id := range ids {
		if i%2 == 1 {
			h.cluster.set(id, application.Finished, "")
			h.reaches(id, metadata.Finished)
		}
		require.Equal(t, 1, h.cluster.starts(id))
	}
	late := h.add()
	h.reaches(late, metadata.Running)
}

// TestTwoProcessesOnOneFile has two stores on one file, as two processes have.
func TestTwoProcessesOnOneFile(t *testing.T) {
	t.Parallel()
	o := metadata.Options{URL: "jdbc:sqlite:" + filepath.Join(t.TempDir(), "s.db")}
	one, two := metadatatest.Open(t, o), metadatatest.Open(t, o)
	h := &house{Store: one, t: t, cluster: newCluster(one)}
	h.cluster.begin = func(job application.Job) application.Info {
		return application.Info{ID: job.Name, State: application.Finished}
	}
	h.run(nil)
	h.run(func(o *batch.RunnerOptions) { o.Store = two })
	for range 40 {
		id := h.add()
		h.reaches(id, metadata.Finished)
		require.Equal(t, 1, h.cluster.starts(id))
	}
}
