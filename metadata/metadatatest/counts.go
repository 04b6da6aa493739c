package metadatatest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/metadata"
)

func (s *suite) counts(t *testing.T) {
	o := s.opts
	o.ExactCount = 5
	store := Open(t, o)
	count := func() int64 {
		n, err := store.Count(t.Context(), metadata.Filter{User: "ann"})
		require.NoError(t, err)
		return n
	}
	for i := range int64(5) {
		require.Equal(t, i, count(), "up to the bound it is exact")
		s.insert(t)
	}
	require.Equal(t, int64(5), count())
	s.insert(t)
	require.Equal(t, int64(6), count())
	s.insert(t)
	require.Equal(t, int64(6), count(), "beyond it is a few seconds old")
	n, err := store.Count(t.Context(), metadata.Filter{})
	require.NoError(t, err)
	require.Equal(t, int64(7), n, "another filter, another count")
}

// exactCounts has few batches of many, so that most of them were counted before,
// while two gateways add, change and delete some.
func (s *suite) exactCounts(t *testing.T) {
	ctx, o := t.Context(), s.opts
	o.ExactCount = 6
	store := Open(t, o)
	started := time.Now().Add(-time.Hour)
	filters := map[string]metadata.Filter{
		"user": {User: "ann"}, "user and type": {User: "ann", Type: "SPARK"}, "user and name": {User: "ann", Name: "count"},
		"user and time": {User: "ann", CreatedFrom: started}, "user and state": {User: "ann", State: metadata.Pending},
		"nobody": {User: "nobody"}, "name": {Name: "ann's"},
	}
	exact := func(name string, want int64) {
		t.Helper()
		n, err := store.Count(ctx, filters[name])
		require.NoError(t, err)
		require.Equal(t, want, n, name)
	}
	all := func(want int64) {
		t.Helper()
		for name := range filters {
			switch name {
			case "nobody", "name":
				exact(name, 0)
			default:
				exact(name, want)
			}
		}
	}
	others := func(n int) {
		for range n {
			s.insert(t, func(b *metadata.Batch) { b.User = "bob" })
		}
	}
	mine := []metadata.Batch{s.insert(t), s.insert(t), s.insert(t)}
	others(10)
	all(3)
	all(3)
	s.insert(t)
	all(4)
	others(10)
	s.insert(t)
	all(5)

	require.NoError(t, s.store.CancelWaiting(ctx, mine[0].ID))
	exact("user and state", 4)
	exact("user", 5)
	n, err := s.store.DeleteOlderThan(ctx, time.Now().Add(time.Hour), 9)
	require.NoError(t, err)
	require.Equal(t, int64(1), n)
	all(4)
	n, err = s.store.DeleteOlderThan(ctx, time.Now().Add(time.Hour), 9)
	require.NoError(t, err)
	require.Zero(t, n)
	s.insert(t)
	all(5)
}

// exactEnds counts batches that have ended while others do, old ones and new ones, by
// hands of another gateway.
func (s *suite) exactEnds(t *testing.T) {
	ctx, o := t.Context(), s.opts
	o.ExactCount = 6
	store := Open(t, o)
	exact := func(want int64) {
		t.Helper()
		for _, f := range []metadata.Filter{
			{State: metadata.Canceled}, {User: "ann", State: metadata.Canceled}, {User: "ann", Type: "SPARK", State: metadata.Canceled},
		} {
			for range 2 { // from nothing, and from what was counted
				n, err := store.Count(ctx, f)
				require.NoError(t, err)
				require.Equal(t, want, n, "%+v", f)
			}
		}
	}
	end := func(b metadata.Batch) { require.NoError(t, s.store.CancelWaiting(ctx, b.ID)) }
	var mine []metadata.Batch
	for range 4 {
		mine = append(mine, s.insert(t))
	}
	exact(0)
	end(mine[0])
	end(mine[1])
	for range 10 { // after these, those above are no longer counted each time
		s.insert(t, func(b *metadata.Batch) { b.User = "bob" })
	}
	exact(2)
	end(s.insert(t))
	exact(3)
	end(mine[3])
	exact(4)
	n, err := s.store.DeleteOlderThan(ctx, time.Now().Add(time.Hour), 1)
	require.NoError(t, err)
	require.Equal(t, int64(1), n)
	exact(3)
	end(mine[2])
	exact(4)
	list, err := s.store.List(ctx, metadata.Filter{User: "ann", State: metadata.Canceled}, metadata.Page{Size: 10})
	require.NoError(t, err)
	require.Len(t, list, 4)
}

// countsAtOnce counts while batches are added: whoever has added one sees it.
func (s *suite) countsAtOnce(t *testing.T) {
	const writers, each = 4, 10
	o := s.opts
	o.ExactCount = writers * each
	store := Open(t, o)
	for range o.ExactCount + 1 {
		s.insert(t, func(b *metadata.Batch) { b.User = "bob" })
	}
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			last := int64(0)
			for i := range int64(each) {
				if err := store.Insert(t.Context(), NewBatch()); err != nil {
					t.Errorf("insert: %v", err)
				}
				n, err := store.Count(t.Context(), metadata.Filter{User: "ann"})
				if err != nil || n <= i || n < last {
					t.Errorf("%d after %d and %d of one's own: %v", n, last, i+1, err)
				}
				last = n
			}
		})
	}
	all.Wait()
	n, err := store.Count(t.Context(), metadata.Filter{User: "ann"})
	require.NoError(t, err)
	require.Equal(t, int64(writers*each), n)
}
