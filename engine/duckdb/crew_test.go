package duckdb

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	native "github.com/duckdb/duckdb-go-bindings"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
)

// fakeCrew is a crew without threads: it counts shifts, and time goes by at the
// pace of busy.
func fakeCrew(t *testing.T) (c *crew, here, busy *atomic.Int64) {
	t.Helper()
	here, busy = new(atomic.Int64), new(atomic.Int64)
	c = newCrew(func(gone func()) func() {
		here.Add(1)
		return func() {
			here.Add(-1)
			gone()
		}
	})
	began := time.Now()
	c.used = func(int) time.Duration { return time.Since(began) * time.Duration(busy.Load()) / 100 }
	busy.Store(100)
	return c, here, busy
}

// elapse lets time go by until nothing more happens then.
func elapse(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestCrewComesForWhatLasts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, here, _ := fakeCrew(t)
		var long, short work
		for range 100 {
			c.begin(&short, false)
			elapse(patience / 2)
			c.end(&short)
		}
		require.Zero(t, here.Load())
		c.begin(&long, false)
		elapse(patience / 2)
		require.Zero(t, here.Load())
		elapse(3 * patience)
		require.EqualValues(t, 1, here.Load())
		c.begin(&short, false)
		elapse(1000 * patience)
		require.EqualValues(t, 1, here.Load())
		c.end(&long) // in the middle and at the ends of the list
		elapse(1000 * patience)
		require.EqualValues(t, 1, here.Load())
		c.end(&short)
		elapse(staying * patience / 2)
		require.EqualValues(t, 1, here.Load())
		elapse(staying * patience)
		require.Zero(t, here.Load())
		c.mu.Lock()
		defer c.mu.Unlock()
		require.Equal(t, 1, c.times)
		require.False(t, c.watched)
	})
}

// TestCrewDoesNotCrowd: who can't get a processor is not helped by others who want
// it too, but who waits for something else is, after a while.
func TestCrewDoesNotCrowd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, here, busy := fakeCrew(t)
		defer c.close()
		busy.Store(10)
		var w work
		c.begin(&w, false)
		elapse(8 * patience)
		require.Zero(t, here.Load())
		elapse(8 * patience)
		require.EqualValues(t, 1, here.Load())
		c.end(&w)
		elapse(2 * staying * patience)
		busy.Store(0)
		c.begin(&w, false)
		elapse((enough - 1) * patience)
		require.Zero(t, here.Load())
		elapse(4 * patience)
		require.EqualValues(t, 1, here.Load())
		c.end(&w)
		c.end(&w) // once more is nothing
	})
}

// TestCrewLooksSeldomAtWhatIsBrief: rows that come quickly, again and again, wake nobody
// each millisecond; those that don't are helped all the same, and a statement that
// begins meanwhile is as soon as any.
func TestCrewLooksSeldomAtWhatIsBrief(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, here, _ := fakeCrew(t)
		defer c.close()
		looks := func() int {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.now
		}
		stream := func(n int) {
			var w work
			for range n {
				c.begin(&w, true)
				elapse(patience / 4)
				c.end(&w)
				elapse(patience / 4)
			}
		}
		stream(400)
		require.Zero(t, here.Load())
		require.LessOrEqual(t, looks(), 2*200/20)
		require.Positive(t, looks())
		var rows, statement work
		c.begin(&rows, true)
		elapse(leisure + 3*patience)
		require.EqualValues(t, 1, here.Load())
		c.end(&rows)
		elapse(2 * staying * patience)
		require.Zero(t, here.Load())
		stream(100)
		c.begin(&statement, false)
		elapse(4 * patience)
		require.EqualValues(t, 1, here.Load())
		c.end(&statement)
		elapse(2*staying*patience + leisure)
		c.mu.Lock()
		defer c.mu.Unlock()
		require.False(t, c.watched)
	})
}

func TestCrewIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, here, _ := fakeCrew(t)
		var w, late work
		c.begin(&w, false)
		elapse(5 * patience)
		require.EqualValues(t, 1, here.Load())
		c.close()
		require.Zero(t, here.Load())
		c.begin(&late, false)
		elapse(5 * patience)
		require.Zero(t, here.Load())
		c.end(&late)
		c.end(&w)
		c.close()
	})
	alone := newCrew(nil)
	var w work
	alone.begin(&w, false)
	alone.end(&w)
	alone.close()
	require.Zero(t, alone.now)
}

// TestHelpersDoTheWork leaves all of a statement's tasks to them.
func TestHelpersDoTheWork(t *testing.T) {
	t.Parallel()
	e := start(t, Options{Threads: 4})
	c := connect(t, e)
	exec(t, c, "create table t as select id as i from range(1000000)")
	_, n := exec(t, c, "select 1 where current_setting('threads') = 4")
	require.EqualValues(t, 1, n)
	c.lock <- struct{}{} // not as work: the crew must not come by itself
	defer func() { <-c.lock }()
	s, f, err := c.prepare("select sum(i), count(*) from t group by i % 7")
	require.NoError(t, err)
	require.False(t, f.failed())
	defer s.close()
	var pending native.PendingResult
	defer native.DestroyPending(&pending)
	require.Equal(t, native.StateSuccess, native.PendingPreparedStreaming(s.handle, &pending))
	waiting := func() bool {
		state := native.PendingExecuteCheckState(pending)
		return state == native.PendingStateNoTasksAvailable || state == native.PendingStateResultNotReady
	}
	require.True(t, waiting())
	gone := make(chan struct{})
	dismiss := enlist(e.database().handle, 3, func() { close(gone) })
	done := assert.Eventually(t, func() bool { return !waiting() }, time.Minute, time.Millisecond)
	dismiss()
	<-gone
	require.True(t, done)
	var result native.Result
	defer native.DestroyResult(&result)
	require.Equal(t, native.StateSuccess, native.ExecutePending(pending, &result), native.PendingError(pending))
}

// TestCrewHelps: a statement that lasts is helped, and the engine ends while helpers
// are there.
func TestCrewHelps(t *testing.T) {
	t.Parallel()
	e := New(Options{Threads: 3})
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- e.Run(ctx, func() { close(ready) }) }()
	<-ready
	c := connect(t, e)
	rows, err := c.Run(t.Context(), engine.Statement{SQL: "select max(hash(i)) from range(30000000) t(i)"})
	require.NoError(t, err)
	require.NoError(t, rows.Close())
	crew := e.database().crew
	crew.mu.Lock()
	require.Positive(t, crew.times)
	crew.mu.Unlock()
	cancel()
	require.NoError(t, <-done)
	crew.mu.Lock()
	defer crew.mu.Unlock()
	require.Nil(t, crew.dismiss)
}

// TestOneThread: where one is wanted, it stays alone.
func TestOneThread(t *testing.T) {
	t.Parallel()
	e := start(t, Options{Threads: 1})
	c := connect(t, e)
	_, n := exec(t, c, "select 1 where current_setting('threads') = 1")
	require.EqualValues(t, 1, n)
	require.Nil(t, e.database().crew.enlist)
}

// TestFreedMemoryIsGivenBack must not run beside others, which use memory too.
func TestFreedMemoryIsGivenBack(t *testing.T) { //nolint:paralleltest // as said
	c := connect(t, start(t, Options{Threads: 4}))
	base := resident(t)
	exec(t, c, "CREATE TABLE t AS SELECT i::VARCHAR || repeat('x', 50) s FROM range(3000000) t(i)")
	exec(t, c, "CREATE TABLE u AS SELECT s, count(*) n FROM t GROUP BY s ORDER BY s DESC")
	exec(t, c, "DROP TABLE t")
	exec(t, c, "DROP TABLE u")
	held := resident(t) - base
	require.Eventually(t, func() bool { return resident(t)-base < held/2 }, 30*time.Second, 100*time.Millisecond,
		"%d MB are held", held>>20)
	t.Logf("%d MB after the statements, %d then", held>>20, (resident(t)-base)>>20)
}
