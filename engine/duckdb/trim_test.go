package duckdb

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// fakeTrimmer is a trimmer of memory that is made up. It counts how often it has
// trimmed; what is free is resident no longer then.
func fakeTrimmer(resident, free *atomic.Int64) (t *trimmer, times *atomic.Int64) {
	times = new(atomic.Int64)
	t = &trimmer{
		measure: func() footprint { return footprint{resident: resident.Load() << 20, free: free.Load() << 20} },
		trim:    func() { times.Add(1); resident.Store(100) },
	}
	t.least = t.measure()
	return t, times
}

func TestTrimmerTrimsWhatHasGrown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var resident, free atomic.Int64
		resident.Store(100)
		trimmer, times := fakeTrimmer(&resident, &free)
		looks := func(now, unused, trimmed int64) {
			t.Helper()
			resident.Store(now)
			free.Store(unused)
			trimmer.later()
			trimmer.later()
			elapse(trimAfter - time.Nanosecond)
			require.Equal(t, now, resident.Load(), "not before its time")
			elapse(time.Nanosecond)
			require.Equal(t, trimmed, times.Load())
		}
		looks(164, 0, 0)
		looks(165, 10, 1)
		looks(120, 10, 1)
		looks(90, 10, 1)
		looks(155, 10, 2) // more than it was at least
		looks(100, 74, 2)
		looks(100, 75, 3) // what was in use when it trimmed
		looks(100, 75, 3)
		looks(100, 20, 3)
		looks(100, 85, 4) // used again in between, and free again
		resident.Store(1000)
		elapse(time.Hour)
		require.EqualValues(t, 4, times.Load(), "nobody has asked")
		trimmer.close()
	})
}

// TestTrimmerIsClosed before, during and after a look.
func TestTrimmerIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var resident, free atomic.Int64
		trimmer, times := fakeTrimmer(&resident, &free)
		resident.Store(1000)
		trimmer.later()
		trimmer.close()
		trimmer.close()
		trimmer.later()
		elapse(time.Hour)
		require.Zero(t, times.Load())

		resident.Store(0)
		trimmer, _ = fakeTrimmer(&resident, &free)
		resident.Store(1000)
		trimming, goOn, over := make(chan struct{}), make(chan struct{}), make(chan struct{})
		trimmer.trim = func() { close(trimming); <-goOn }
		trimmer.later()
		<-trimming
		trimmer.later() // waits for nobody
		go func() { defer close(over); trimmer.close() }()
		elapse(trimAfter / 2)
		select {
		case <-over:
			t.Fatal("closed while it trims")
		default:
		}
		close(goOn)
		<-over
	})
}

// TestParsersMemoryIsGivenBack must not run beside others, which use memory too.
func TestParsersMemoryIsGivenBack(t *testing.T) { //nolint:paralleltest // as said
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	e := start(t, Options{Dialect: DialectDuckDB})
	long := "SELECT 1 WHERE 1 IN (0" + strings.Repeat(", 2 + 3", 30_000) + ")"
	exec(t, connect(t, e), "SELECT 1")
	trimmer := e.database().trimmer
	base := trimmer.measure().resident
	more := func() int64 { return (trimmer.measure().resident - base) >> 20 }
	trimmer.looking.Lock() // not half way through
	var sessions sync.WaitGroup
	for range 8 {
		c := connect(t, e)
		sessions.Go(func() { exec(t, c, long) })
	}
	sessions.Wait()
	held := more()
	trimmer.looking.Unlock()
	require.Eventually(t, func() bool { return more() < held/2 }, time.Minute, 100*time.Millisecond, "%d MB are held", held)
	t.Logf("%d MB after the statements, %d then", held, more())
}
