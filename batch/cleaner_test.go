package batch_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/metadata"
)

func TestCleanerForgetsOldBatches(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	logs := t.TempDir()
	file := func(name string, age time.Duration) string {
		path := filepath.Join(logs, name)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Chtimes(path, time.Time{}, time.Now().Add(-age)))
		return path
	}
	var old []string
	for range 5 {
		id := h.add()
		require.NoError(t, h.CancelWaiting(t.Context(), id))
		old = append(old, file(id+".log", 2*time.Hour))
	}
	waits := h.add()
	kept := []string{
		file(waits+".log", 2*time.Hour),
		file(uuid.NewString()+".log", time.Minute), // its batch is about to be stored
		file("readme.txt", 2*time.Hour),
	}
	time.Sleep(10 * time.Millisecond) // so that all are old enough
	r, stop := h.run(func(o *batch.RunnerOptions) {
		o.MaxRunning = 0
		o.Cleaner = batch.CleanerOptions{
			MaxAge: time.Millisecond, Interval: 100 * time.Millisecond, Step: 2, Pause: time.Millisecond, Dirs: []string{logs, logs + "/none"},
		}
	})
	require.Eventually(t, func() bool { return r.Stats().Cleaned == 5 }, 10*time.Second, 5*time.Millisecond)
	for _, path := range old {
		require.Eventually(t, func() bool {
			_, err := os.Stat(path)
			return os.IsNotExist(err)
		}, 10*time.Second, 5*time.Millisecond)
	}
	for _, path := range kept {
		require.FileExists(t, path)
	}
	require.Equal(t, metadata.Pending, h.get(waits).State)

	// While one gateway cleans, others don't.
	stop()
	ok, err := h.Hold(t.Context(), "clean", "another gateway", time.Hour)
	require.NoError(t, err)
	require.True(t, ok, "it was given back")
	id := h.add()
	require.NoError(t, h.CancelWaiting(t.Context(), id))
	other, _ := h.run(func(o *batch.RunnerOptions) {
		o.Cleaner = batch.CleanerOptions{MaxAge: time.Millisecond, Interval: 10 * time.Millisecond}
	})
	require.Never(t, func() bool { return other.Stats().Cleaned > 0 }, 200*time.Millisecond, 20*time.Millisecond)
}
