package metadatatest

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// transitions tries every way from every state.
func (s *suite) transitions(t *testing.T) {
	ctx, store := t.Context(), s.store
	app := metadata.Application{ID: "app_1", Name: "count", URL: "http://rm/app_1", State: "RUNNING", Diagnostic: strings.Repeat("é", 100)}
	moves := map[metadata.State]func(metadata.Lease) error{
		metadata.Running:  func(l metadata.Lease) error { return store.MarkRunning(ctx, l, app) },
		metadata.Finished: func(l metadata.Lease) error { return store.Finish(ctx, l, app) },
		metadata.Error:    func(l metadata.Lease) error { return store.Fail(ctx, l, app) },
		metadata.Canceled: func(l metadata.Lease) error { return store.Cancel(ctx, l, app) },
	}
	reach := map[metadata.State][]metadata.State{
		metadata.Pending:  {},
		metadata.Running:  {metadata.Running},
		metadata.Finished: {metadata.Running, metadata.Finished},
		metadata.Error:    {metadata.Error},
		metadata.Canceled: {metadata.Canceled},
	}
	may := map[metadata.State]string{metadata.Pending: "RUNNING ERROR CANCELED", metadata.Running: "FINISHED ERROR CANCELED"}
	for from, path := range reach {
		for to, move := range moves {
			b := s.takeOne(t, taker("a"))
			for _, step := range path {
				require.NoError(t, moves[step](b.Lease), "to %s by %s", from, step)
			}
			before := s.get(t, b.ID)
			require.Equal(t, from, before.State)
			err := move(b.Lease)
			after := s.get(t, b.ID)
			if !strings.Contains(may[from], string(to)) {
				require.ErrorIs(t, err, sqlerr.Conflict, "%s to %s", from, to)
				require.Equal(t, before, after)
				continue
			}
			require.NoError(t, err, "%s to %s", from, to)
			require.Equal(t, to, after.State)
			require.Equal(t, to.Terminal(), !after.Ended.IsZero(), "the end is set, and only then")
			require.Equal(t, to.Terminal(), after.Lease == metadata.Lease{}, "the lease ends with the batch")
			require.Equal(t, from == metadata.Running || to == metadata.Running, !after.App.Opened.IsZero())
			after.App.Opened = time.Time{}
			require.Equal(t, app, after.App)
		}
	}
	missing := metadata.Lease{ID: uuid.NewString(), Owner: "a", Version: 1}
	for to, move := range moves {
		require.ErrorIs(t, move(missing), sqlerr.NotFound, to)
	}
	b := s.takeOne(t, taker("a"))
	app.State, app.URL, app.Diagnostic = "ACCEPTED", strings.Repeat("雪", 1000), strings.Repeat("x", 2<<20)
	require.NoError(t, store.UpdateApplication(ctx, b.Lease, app))
	require.NoError(t, store.UpdateApplication(ctx, b.Lease, app), "the same again changes nothing and is no failure")
	got := s.get(t, b.ID)
	require.Equal(t, "ACCEPTED", got.App.State)
	require.Len(t, got.App.Diagnostic, 1<<20)
	require.Equal(t, metadata.Pending, got.State)
}

func (s *suite) startsOnce(t *testing.T) {
	b := s.takeOne(t, taker("a"))
	var (
		won   atomic.Int64
		group sync.WaitGroup
	)
	for range 6 {
		group.Go(func() {
			if s.store.ClaimStart(t.Context(), b.Lease, metadata.Start{Host: "h", LogLocation: "l"}) == nil {
				won.Add(1)
			}
		})
	}
	group.Wait()
	require.Equal(t, int64(1), won.Load())
	got := s.get(t, b.ID)
	require.WithinDuration(t, time.Now(), got.Started, time.Minute)
	require.Equal(t, []string{"h", "l"}, []string{got.Host, got.LogLocation})
	require.ErrorIs(t, s.store.ClaimStart(t.Context(), b.Lease, metadata.Start{}), sqlerr.Conflict)
}

func (s *suite) cancel(t *testing.T) {
	ctx := t.Context()
	waiting := s.insert(t)
	require.NoError(t, s.store.CancelWaiting(ctx, waiting.ID))
	got := s.get(t, waiting.ID)
	require.Equal(t, metadata.Canceled, got.State)
	require.False(t, got.Ended.IsZero())
	require.ErrorIs(t, s.store.CancelWaiting(ctx, waiting.ID), sqlerr.Conflict)
	require.ErrorIs(t, s.store.RequestCancel(ctx, waiting.ID), sqlerr.Conflict)
	require.ErrorIs(t, s.store.CancelWaiting(ctx, "x"), sqlerr.NotFound)
	require.ErrorIs(t, s.store.RequestCancel(ctx, "x"), sqlerr.NotFound)

	held, other := s.takeOne(t, taker("a")), s.takeOne(t, taker("a"))
	require.ErrorIs(t, s.store.CancelWaiting(ctx, held.ID), sqlerr.Conflict)
	require.NoError(t, s.store.RequestCancel(ctx, held.ID))
	require.NoError(t, s.store.RequestCancel(ctx, held.ID), "twice is the same as once")
	leases, err := s.store.Renew(ctx, "a", time.Hour, []string{held.ID, other.ID, waiting.ID})
	require.NoError(t, err)
	require.ElementsMatch(t, []metadata.Held{{Lease: held.Lease, CancelRequested: true}, {Lease: other.Lease}}, leases)
	require.True(t, s.get(t, held.ID).CancelRequested)
}

func (s *suite) clean(t *testing.T) {
	ctx := t.Context()
	for range 5 {
		require.NoError(t, s.store.CancelWaiting(ctx, s.insert(t).ID))
	}
	s.insert(t)
	s.takeOne(t, taker("a"))
	old, soon := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	for _, test := range []struct {
		ended time.Time
		limit int
		want  int64
	}{{old, 9, 0}, {soon, 3, 3}, {soon, 9, 2}, {soon, 9, 0}} {
		n, err := s.store.DeleteOlderThan(ctx, test.ended, test.limit)
		require.NoError(t, err)
		require.Equal(t, test.want, n)
	}
	n, err := s.store.Count(ctx, metadata.Filter{})
	require.NoError(t, err)
	require.Equal(t, int64(2), n, "what has not ended stays")
}

func (s *suite) duties(t *testing.T) {
	ctx := t.Context()
	hold := func(owner string, term time.Duration) bool {
		ok, err := s.store.Hold(ctx, "clean", owner, term)
		require.NoError(t, err)
		return ok
	}
	require.True(t, hold("a", time.Hour))
	require.False(t, hold("b", time.Hour))
	require.True(t, hold("a", -time.Second), "its owner may change the term")
	require.True(t, hold("b", time.Hour))
	require.False(t, hold("a", time.Hour))
	var (
		won   atomic.Int64
		group sync.WaitGroup
	)
	for range 6 {
		group.Go(func() {
			ok, err := s.store.Hold(ctx, "race", uuid.NewString(), time.Hour)
			if err != nil {
				t.Errorf("hold: %v", err)
			}
			if ok {
				won.Add(1)
			}
		})
	}
	group.Wait()
	require.Equal(t, int64(1), won.Load())
}
