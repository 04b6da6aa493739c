package batch_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestRunnerTellsOfEnds(t *testing.T) {
	t.Parallel()
	s := metadatatest.Open(t, metadata.Options{URL: "jdbc:sqlite:" + filepath.Join(t.TempDir(), "s.db"), Notices: true})
	h := &house{Store: s, t: t, cluster: newCluster(s)}
	var mu sync.Mutex
	told, calls, deaf := map[string]metadata.State{}, 0, true
	tell := func(_ context.Context, b metadata.Batch) error {
		mu.Lock()
		defer mu.Unlock()
		if calls++; deaf {
			return sqlerr.New(sqlerr.Unavailable, "it is away")
		}
		told[b.ID] = b.State
		return nil
	}
	count := func() (n, all int) {
		mu.Lock()
		defer mu.Unlock()
		return len(told), calls
	}
	end := func() string {
		id := h.add()
		require.NoError(t, h.CancelWaiting(t.Context(), id))
		return id
	}
	var ids []string
	for range 20 {
		ids = append(ids, end())
	}
	with := func(o *batch.RunnerOptions) { o.MaxRunning, o.Tell, o.QueueInterval = 0, tell, 20*time.Millisecond }
	_, stop := h.run(with)
	require.Eventually(t, func() bool {
		_, calls := count()
		return calls == len(ids)
	}, 10*time.Second, time.Millisecond)
	stop() // with all of them put off
	mu.Lock()
	deaf = false
	mu.Unlock()
	// The next gateway goes on, with what was put off when that is due.
	late := end()
	h.run(with)
	require.Eventually(t, func() bool {
		n, _ := count()
		return n == len(ids)+1
	}, 20*time.Second, 5*time.Millisecond)
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, metadata.Canceled, told[late])
	require.Equal(t, 2*len(ids)+1, calls)
	require.Eventually(t, func() bool {
		left, err := h.Notices(t.Context(), 9)
		return err == nil && len(left) == 0
	}, 10*time.Second, time.Millisecond)
}
