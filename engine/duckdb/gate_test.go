package duckdb

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGateIsFIFO(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 0)
		require.True(t, g.try())
		var order []int
		var mu sync.Mutex
		for i := range 5 {
			go func() {
				assert.NoError(t, g.enter(t.Context(), nil, func(ahead int) { assert.Equal(t, i, ahead) }))
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				g.leave()
			}()
			synctest.Wait()
		}
		require.False(t, g.try())
		g.leave()
		synctest.Wait()
		require.Equal(t, []int{0, 1, 2, 3, 4}, order)
		require.True(t, g.try())
	})
}

func TestGateLimitsAndGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 2)
		require.True(t, g.try())
		quit := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 2)
		go func() { errs <- g.enter(ctx, quit, nil) }()
		go func() { errs <- g.enter(t.Context(), quit, nil) }()
		synctest.Wait()
		require.ErrorIs(t, g.enter(t.Context(), quit, nil), errFull)
		cancel()
		require.ErrorIs(t, <-errs, context.Canceled)
		close(quit)
		require.ErrorIs(t, <-errs, errQuit)
		g.leave()
		require.True(t, g.try(), "those who gave up have left no trace")
	})
}

// Who is in a hurry waits only where the gate is seen to move, and not behind those
// who have time.
func TestGateSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 0)
		soon := func() error { return g.enterSoon(t.Context(), nil, 20*time.Millisecond) }
		require.True(t, g.try())
		require.ErrorIs(t, soon(), errSlow, "nobody has ever left")
		g.leave()
		require.NoError(t, soon(), "there is room")

		got := make(chan error)
		go func() { got <- soon() }()
		time.Sleep(10 * time.Millisecond)
		g.leave()
		require.NoError(t, <-got)

		g.leave()
		require.True(t, g.try())
		began := time.Now()
		require.ErrorIs(t, soon(), errSlow)
		require.Equal(t, 20*time.Millisecond, time.Since(began), "its patience")

		g.leave()
		require.True(t, g.try())
		go func() { got <- g.enter(t.Context(), nil, nil) }()
		synctest.Wait()
		require.ErrorIs(t, soon(), errSlow, "somebody else waits for however long it takes")
		g.leave()
		require.NoError(t, <-got)
		g.leave()
		require.Equal(t, [3]int{}, [3]int{g.inside, g.patient, g.waiting.Len()})
	})
}

func TestGateForce(t *testing.T) {
	t.Parallel()
	g := newGate(1, 0)
	require.True(t, g.try())
	g.force()
	g.leave()
	require.False(t, g.try(), "one too many was inside")
	g.leave()
	require.True(t, g.try())
}

// TestGateUnderStorm has the number inside never pass the room, whoever gives up.
func TestGateUnderStorm(t *testing.T) {
	t.Parallel()
	g := newGate(3, 0)
	var inside, most atomic.Int64
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			for j := range 50 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration((i*j)%7)*100*time.Microsecond)
				if g.enter(ctx, nil, nil) == nil {
					n := inside.Add(1)
					for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
					}
					inside.Add(-1)
					g.leave()
				}
				cancel()
			}
		})
	}
	all.Wait()
	require.LessOrEqual(t, most.Load(), int64(3))
	require.Zero(t, g.inside)
	require.Zero(t, g.waiting.Len())
}

// Those who will soon give up take no place of those who wait however long it takes.
func TestImpatientOnesDoNotFillTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 1)
		require.True(t, g.try())
		g.leave()
		require.True(t, g.try())
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() { assert.ErrorIs(t, g.enterSoon(t.Context(), nil, time.Second), errSlow) })
		}
		synctest.Wait()
		all.Go(func() {
			if assert.NoError(t, g.enter(t.Context(), nil, nil)) {
				g.leave()
			}
		})
		synctest.Wait()
		require.ErrorIs(t, g.enter(t.Context(), nil, nil), errFull)
		time.Sleep(time.Minute)
		g.leave()
		all.Wait()
	})
}
