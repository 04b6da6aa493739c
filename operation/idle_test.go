package operation

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestIdleOperationsAreClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{IdleTimeout: time.Hour, CheckInterval: time.Minute}, map[string]script{"slow": {delay: 5 * time.Hour}, "one": {batches: 1, perBatch: 1}})
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- b.Run(ctx, func() {}) }()
		one, err := b.start(t, "one", false, 0)
		require.NoError(t, err)
		slow, err := b.start(t, "slow", true, 0)
		require.NoError(t, err)
		time.Sleep(59 * time.Minute)
		_, err = b.Get(one.ID) // a use
		require.NoError(t, err)
		time.Sleep(59 * time.Minute)
		_, err = b.FetchLog(one.ID, Fetch{MaxRows: 1}) // another
		require.NoError(t, err)
		time.Sleep(59 * time.Minute)
		require.Len(t, b.All(), 2)
		time.Sleep(2 * time.Minute)
		left := b.All()
		require.Len(t, left, 1, "what runs is not idle")
		require.Equal(t, slow.ID, left[0].ID)
		stop()
		require.NoError(t, <-over)
	})
}

func TestWhatIsReadIsNotIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{IdleTimeout: time.Hour, CheckInterval: time.Minute}, map[string]script{"rare": {batches: 4, perBatch: 1024, nextDelay: 5 * time.Hour}})
		ctx, stop := context.WithCancel(t.Context())
		over := make(chan error)
		go func() { over <- b.Run(ctx, func() {}) }()
		info, err := b.start(t, "rare", false, 0)
		require.NoError(t, err)
		busy := func() int {
			_, _, n := b.Counts(b.session)
			return n
		}
		require.Zero(t, busy())
		for i := range 4 {
			if i > 0 { // the first page is there already
				time.AfterFunc(2*time.Hour, func() { require.Equal(t, 1, busy()) })
			}
			p, err := b.Fetch(info.ID, Fetch{MaxRows: 1024})
			require.NoError(t, err, "a call that takes long is a use")
			require.EqualValues(t, 1024, p.Rows)
			defer p.Release() // not yet: that reads ahead
			time.Sleep(50 * time.Minute)
		}
		require.Zero(t, busy())
		time.Sleep(70 * time.Minute)
		require.Empty(t, b.All())
		stop()
		require.NoError(t, <-over)
	})
}
