package metadatatest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/auth/token"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// tokens asks two gateways of one database.
func (s *suite) tokens(t *testing.T) {
	ctx := t.Context()
	here, there := s.store.Tokens(), Open(t, s.opts).Tokens()
	require.NoError(t, here.Open(ctx))
	now := time.Now().Truncate(time.Millisecond)
	record := func(owner string, good time.Duration) token.Record {
		r := token.Record{ID: uuid.New(), Owner: owner, Renewer: "rm", Issued: now, Expires: now.Add(good), Latest: now.Add(9 * time.Hour)}
		require.NoError(t, here.Insert(ctx, r))
		return r
	}
	a, b := record("ann", time.Hour), record("ann", 2*time.Hour)
	record("Ann", 3*time.Hour)
	require.ErrorIs(t, there.Insert(ctx, a), sqlerr.Exists)
	got, err := there.Find(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, a, got)
	his, all, err := there.Count(ctx, "ann")
	require.NoError(t, err)
	require.Equal(t, []int{2, 3}, []int{his, all})

	require.NoError(t, there.Extend(ctx, b.ID, now.Add(4*time.Hour)))
	got, err = here.Find(ctx, b.ID)
	require.NoError(t, err)
	require.Equal(t, now.Add(4*time.Hour), got.Expires)
	n, err := there.Prune(ctx, now.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NoError(t, here.Delete(ctx, b.ID))
	for _, id := range []uuid.UUID{a.ID, b.ID} {
		_, err = there.Find(ctx, id)
		require.ErrorIs(t, err, sqlerr.NotFound)
		require.ErrorIs(t, there.Delete(ctx, id), sqlerr.NotFound)
		require.ErrorIs(t, there.Extend(ctx, id, now), sqlerr.NotFound)
	}
}

// manyOpen starts several gateways at once on an empty database.
func (s *suite) manyOpen(t *testing.T) {
	fresh, _ := s.database(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			store, stop, err := TryOpen(t, fresh)
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			defer stop()
			if err := store.Insert(t.Context(), NewBatch()); err != nil {
				t.Errorf("insert: %v", err)
			}
		})
	}
	group.Wait()
	store := Open(t, fresh)
	n, err := store.Count(t.Context(), metadata.Filter{})
	require.NoError(t, err)
	require.Equal(t, int64(8), n)
}

func (s *suite) closedIsRefused(t *testing.T) {
	store, stop := OpenUntil(t, s.opts)
	stop()
	err := store.Insert(t.Context(), NewBatch())
	require.ErrorIs(t, err, sqlerr.Unavailable)
	require.Equal(t, metadata.Safe, metadata.RetryOf(err))
	require.ErrorIs(t, store.Tokens().Open(t.Context()), sqlerr.Unavailable)
}

func (s *suite) newerIsRefused(t *testing.T) {
	s.raw("INSERT INTO nekomata_schema (version, name, applied) VALUES (1000, 'of the future', 0)")
	_, _, err := TryOpen(t, s.opts)
	require.ErrorIs(t, err, sqlerr.Conflict)
	require.ErrorContains(t, err, "version 1000")
	require.ErrorContains(t, err, "kyuubi.metadata.store.jdbc.url")
	s.raw("DELETE FROM nekomata_schema WHERE version = 1000")
	Open(t, s.opts)
}
