package token

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	ctx, s := t.Context(), NewMemory()
	require.NoError(t, s.Open(ctx))
	now := time.Now().Truncate(time.Millisecond)
	a := Record{ID: uuid.New(), Owner: "ann", Renewer: "bob", Issued: now, Expires: now.Add(time.Hour), Latest: now.Add(time.Hour)}
	b := Record{ID: uuid.New(), Owner: "ann", Renewer: "ann", Issued: now, Expires: now.Add(2 * time.Hour), Latest: now.Add(9 * time.Hour)}
	require.NoError(t, s.Insert(ctx, a))
	require.NoError(t, s.Insert(ctx, b))
	requireCounts(t, s, 2, 2)
	got, err := s.Find(ctx, a.ID)
	require.NoError(t, err)
	require.Equal(t, a, got)

	require.NoError(t, s.Extend(ctx, b.ID, now.Add(3*time.Hour)))
	n, err := s.Prune(ctx, now.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = s.Find(ctx, a.ID)
	require.ErrorIs(t, err, sqlerr.NotFound)
	got, err = s.Find(ctx, b.ID)
	require.NoError(t, err)
	require.Equal(t, now.Add(3*time.Hour), got.Expires)

	for _, err := range []error{s.Extend(ctx, a.ID, now), s.Delete(ctx, a.ID)} {
		require.ErrorIs(t, err, sqlerr.NotFound)
	}
	require.NoError(t, s.Delete(ctx, b.ID))
	requireCounts(t, s, 0, 0)
}

func requireCounts(t *testing.T, s Store, his, all int) {
	t.Helper()
	n, m, err := s.Count(t.Context(), "ann")
	require.NoError(t, err)
	require.Equal(t, [2]int{his, all}, [2]int{n, m})
}
