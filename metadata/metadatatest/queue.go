package metadatatest

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// taker is a gateway of its own machine; its leases outlive the test.
func taker(name string) metadata.Taker {
	return metadata.Taker{Owner: name, Instance: name + ":10099", Host: "host-" + name, Lease: time.Hour}
}

// dying is taker a whose leases are over at once.
func dying() metadata.Taker {
	by := taker("a")
	by.Lease = -time.Second
	return by
}

func names(list []metadata.Batch) []string {
	out := make([]string, len(list))
	for i, b := range list {
		out[i] = b.Name
	}
	return out
}

func (s *suite) queue(t *testing.T) {
	start := time.Now().Truncate(time.Millisecond)
	add := func(name string, priority int, age time.Duration, host string) {
		s.insert(t, func(b *metadata.Batch) {
			b.Name, b.Priority, b.Created, b.Host = name, priority, start.Add(-age), host
		})
	}
	add("new", 10, time.Second, "")
	add("old", 10, time.Hour, "")
	add("low", 1, 2*time.Hour, "")
	add("high", 20, 0, "")
	add("elsewhere", 30, 0, "host-b")
	add("same1", 5, time.Minute, "host-a")
	add("same2", 5, time.Minute, "")

	taken, err := s.store.Take(t.Context(), taker("a"), 4)
	require.NoError(t, err)
	require.Equal(t, []string{"high", "old", "new", "same1"}, names(taken))
	first := taken[0]
	require.Equal(t, metadata.Lease{ID: first.ID, Owner: "a", Version: 1}, first.Lease)
	require.Equal(t, 1, first.Attempt)
	require.Equal(t, "a:10099", first.Instance)
	require.Equal(t, metadata.Pending, first.State)
	require.NotNil(t, first.Conf)
	require.WithinDuration(t, time.Now().Add(time.Hour), first.LeaseExpires, time.Minute)
	require.Equal(t, first, s.get(t, first.ID))

	taken, err = s.store.Take(t.Context(), taker("b"), 9)
	require.NoError(t, err)
	require.Equal(t, []string{"elsewhere", "same2", "low"}, names(taken))
	for _, n := range []int{0, 9} {
		taken, err = s.store.Take(t.Context(), taker("a"), n)
		require.NoError(t, err)
		require.Empty(t, taken)
	}
}

func (s *suite) takersRace(t *testing.T) {
	const batches, takers = 60, 6
	for i := range batches {
		s.insert(t, func(b *metadata.Batch) { b.Name = strconv.Itoa(i) })
	}
	var (
		mu    sync.Mutex
		times = map[string]int{}
		group sync.WaitGroup
	)
	for i := range takers {
		group.Go(func() {
			for range batches { // an empty answer may mean that others were in the way
				got, err := s.store.Take(t.Context(), taker(strconv.Itoa(i)), 3)
				if err != nil {
					t.Errorf("take: %v", err)
					return
				}
				mu.Lock()
				for _, b := range got {
					times[b.ID]++
				}
				done := len(times) == batches
				mu.Unlock()
				if done {
					return
				}
			}
		})
	}
	group.Wait()
	require.Len(t, times, batches)
	for id, n := range times {
		require.Equal(t, 1, n, "batch %s was taken %d times", id, n)
	}
}

// takeOne inserts a batch and takes it.
func (s *suite) takeOne(t *testing.T, by metadata.Taker) metadata.Batch {
	t.Helper()
	b := s.insert(t, func(b *metadata.Batch) { b.Priority = 100 })
	taken, err := s.store.Take(t.Context(), by, 1)
	require.NoError(t, err)
	require.Len(t, taken, 1)
	require.Equal(t, b.ID, taken[0].ID)
	return taken[0]
}

func (s *suite) takeOver(t *testing.T) {
	ctx, app := t.Context(), metadata.Application{ID: "app"}
	free := s.takeOne(t, dying())
	bound := s.takeOne(t, dying())
	require.NoError(t, s.store.ClaimStart(ctx, bound.Lease, metadata.Start{Host: "host-a", LogLocation: "file:/l"}))
	require.NoError(t, s.store.MarkRunning(ctx, bound.Lease, app))
	ended := s.takeOne(t, dying())
	require.NoError(t, s.store.Fail(ctx, ended.Lease, app))
	s.takeOne(t, taker("a")) // alive
	s.insert(t)              // waits

	taken, err := s.store.Take(ctx, taker("b"), 9)
	require.NoError(t, err)
	require.Len(t, taken, 1, "a lease that is over is no place in the queue")

	taken, err = s.store.TakeOver(ctx, taker("b"), 9)
	require.NoError(t, err)
	require.Len(t, taken, 1, "what is bound to another machine stays there")
	require.Equal(t, free.ID, taken[0].ID)
	require.Equal(t, metadata.Lease{ID: free.ID, Owner: "b", Version: 2}, taken[0].Lease)
	require.Equal(t, 2, taken[0].Attempt)
	require.True(t, taken[0].Started.IsZero(), "it may be started")

	taken, err = s.store.TakeLost(ctx, taker("b"), time.Hour, 9)
	require.NoError(t, err)
	require.Empty(t, taken, "its host may come back")
	reborn := taker("a2")
	reborn.Host, reborn.Lease = "host-a", -2*time.Hour
	taken, err = s.store.TakeOver(ctx, reborn, 9)
	require.NoError(t, err)
	require.Len(t, taken, 1)
	require.Equal(t, bound.ID, taken[0].ID)
	require.Equal(t, metadata.Running, taken[0].State)
	require.False(t, taken[0].Started.IsZero(), "it must not be started again")
	require.Equal(t, "file:/l", taken[0].LogLocation)

	taken, err = s.store.TakeLost(ctx, taker("b"), time.Hour, 9)
	require.NoError(t, err)
	require.Len(t, taken, 1)
	require.NoError(t, s.store.Fail(ctx, taken[0].Lease, metadata.Application{Diagnostic: "lost with its host"}))
	taken, err = s.store.TakeOver(ctx, reborn, 9)
	require.NoError(t, err)
	require.Empty(t, taken)
}

// lostHosts has batches of a machine that has no gateway any more.
func (s *suite) lostHosts(t *testing.T) {
	ctx, old := t.Context(), time.Now().Add(-time.Hour)
	lost := func() []string {
		taken, err := s.store.TakeLost(ctx, taker("b"), 10*time.Minute, 9)
		require.NoError(t, err)
		return names(taken)
	}
	for _, b := range []metadata.Batch{
		{Name: "old", Host: "host-a", Created: old},
		{Name: "new", Host: "host-a", Created: time.Now()},
		{Name: "ours", Host: "host-b", Created: old},
		{Name: "anywhere", Created: old},
	} {
		s.insert(t, func(n *metadata.Batch) { n.Name, n.Host, n.Created = b.Name, b.Host, b.Created })
	}
	oldest, err := s.store.OldestWaiting(ctx)
	require.NoError(t, err)
	require.WithinDuration(t, old, oldest, time.Millisecond)
	ok, err := s.store.Hold(ctx, metadata.HostDuty+"host-a", "host-a", time.Hour)
	require.NoError(t, err)
	require.True(t, ok)
	require.Empty(t, lost(), "it has a gateway")
	ok, err = s.store.Hold(ctx, metadata.HostDuty+"host-a", "host-a", -time.Second)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, []string{"old"}, lost())

	given := s.takeOne(t, taker("a"))
	require.NoError(t, s.store.ClaimStart(ctx, given.Lease, metadata.Start{Host: "host-a"}))
	require.NoError(t, s.store.Release(ctx, given.Lease))
	require.Empty(t, lost(), "it was given back just now")
}

func (s *suite) fencing(t *testing.T) {
	ctx := t.Context()
	old := s.takeOne(t, dying())
	held, err := s.store.Renew(ctx, "a", -time.Second, []string{old.ID})
	require.NoError(t, err)
	require.Equal(t, []metadata.Held{{Lease: old.Lease}}, held, "nobody has taken it meanwhile")
	taken, err := s.store.TakeOver(ctx, taker("b"), 1)
	require.NoError(t, err)
	app := metadata.Application{ID: "late"}
	for name, call := range map[string]func() error{
		"start":   func() error { return s.store.ClaimStart(ctx, old.Lease, metadata.Start{}) },
		"run":     func() error { return s.store.MarkRunning(ctx, old.Lease, app) },
		"update":  func() error { return s.store.UpdateApplication(ctx, old.Lease, app) },
		"fail":    func() error { return s.store.Fail(ctx, old.Lease, app) },
		"cancel":  func() error { return s.store.Cancel(ctx, old.Lease, app) },
		"release": func() error { return s.store.Release(ctx, old.Lease) },
	} {
		err := call()
		require.ErrorIs(t, err, metadata.ErrLeaseLost, name)
		require.ErrorIs(t, err, sqlerr.Conflict, name)
	}
	held, err = s.store.Renew(ctx, "a", time.Hour, []string{old.ID})
	require.NoError(t, err)
	require.Empty(t, held)
	require.Equal(t, taken[0], s.get(t, old.ID), "nothing has changed")

	// The same owner, but an earlier lease of his.
	again := taken[0].Lease
	again.Version--
	require.ErrorIs(t, s.store.Cancel(ctx, again, app), metadata.ErrLeaseLost)
	require.NoError(t, s.store.Cancel(ctx, taken[0].Lease, app))
	err = s.store.Cancel(ctx, taken[0].Lease, app)
	require.ErrorIs(t, err, sqlerr.Conflict)
	require.NotErrorIs(t, err, metadata.ErrLeaseLost, "the batch has ended")
}

func (s *suite) release(t *testing.T) {
	ctx := t.Context()
	b := s.takeOne(t, taker("a"))
	require.NoError(t, s.store.Release(ctx, b.Lease))
	taken, err := s.store.Take(ctx, taker("b"), 1)
	require.NoError(t, err)
	require.Equal(t, b.ID, taken[0].ID, "it waits again")
	require.NoError(t, s.store.ClaimStart(ctx, taken[0].Lease, metadata.Start{}))
	require.NoError(t, s.store.Release(ctx, taken[0].Lease))
	taken, err = s.store.Take(ctx, taker("c"), 1)
	require.NoError(t, err)
	require.Empty(t, taken, "it was started")
	taken, err = s.store.TakeOver(ctx, taker("c"), 1)
	require.NoError(t, err)
	require.Equal(t, b.ID, taken[0].ID)
}
