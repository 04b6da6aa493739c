package token

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// TestStores holds every Store to the same.
func TestStores(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) Store{
		"memory": func(*testing.T) Store { return NewMemory() },
		"files":  func(t *testing.T) Store { t.Helper(); return NewFiles(filepath.Join(t.TempDir(), "tokens")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, s := t.Context(), open(t)
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
		})
	}
}

func requireCounts(t *testing.T, s Store, his, all int) {
	t.Helper()
	n, m, err := s.Count(t.Context(), "ann")
	require.NoError(t, err)
	require.Equal(t, [2]int{his, all}, [2]int{n, m})
}

func TestFilesOutliveTheProcess(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), t.TempDir()
	now := time.Now().Truncate(time.Millisecond).UTC()
	kept := Record{ID: uuid.New(), Owner: "ann", Renewer: "ann", Issued: now, Expires: now.Add(time.Hour), Latest: now.Add(2 * time.Hour)}
	gone := Record{ID: uuid.New(), Owner: "ann", Expires: now.Add(time.Hour)}
	s := NewFiles(dir)
	require.NoError(t, s.Open(ctx))
	require.NoError(t, s.Insert(ctx, kept))
	require.NoError(t, s.Insert(ctx, gone))
	require.NoError(t, s.Delete(ctx, gone.ID))
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".new-1"), []byte("{"), 0o600)) // a crash in the midst

	s = NewFiles(dir)
	require.NoError(t, s.Open(ctx))
	requireCounts(t, s, 1, 1)
	got, err := s.Find(ctx, kept.ID)
	require.NoError(t, err)
	require.Equal(t, kept, got)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(dir, kept.ID.String()+".json")}, files)
	info, err := os.Stat(files[0])
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	require.NoError(t, os.WriteFile(filepath.Join(dir, uuid.NewString()+".json"), []byte("{}"), 0o600))
	require.ErrorContains(t, NewFiles(dir).Open(ctx), "can't be understood")
}

func TestFilesThatCanNotBeWrittenTellNoPaths(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "tokens")
	s := NewFiles(dir)
	require.NoError(t, s.Open(context.Background()))
	require.NoError(t, os.Remove(dir))
	err := s.Insert(t.Context(), Record{ID: uuid.New(), Owner: "ann"})
	require.ErrorIs(t, err, sqlerr.Internal)
	require.NotContains(t, sqlerr.From(err).Message, dir)
	require.Contains(t, err.Error(), dir, "the log has it")
	requireCounts(t, s, 0, 0)
}
