package duckdb

import (
	"context"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// heavySQL takes minutes until its one row is there.
const heavySQL = "SELECT count(*) FROM range(1000000) a(x), range(1000000) b(y) WHERE (x * y) % 7 = 3"

// heavy runs heavySQL on n connections until the returned function is called.
func heavy(tb testing.TB, e *Engine, n int) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	var all sync.WaitGroup
	for range n {
		c := connect(tb, e)
		all.Go(func() {
			_, err := c.Run(ctx, engine.Statement{SQL: heavySQL})
			if err == nil {
				tb.Error("a heavy statement ended by itself")
			}
		})
	}
	require.Eventually(tb, func() bool {
		g := e.admission.statements
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.inside+g.waiting.Len() == n
	}, 10*time.Second, time.Millisecond)
	return func() {
		cancel()
		all.Wait()
	}
}

func TestSmallStatementsPassHeavyOnes(t *testing.T) {
	t.Parallel()
	e := start(t, Options{MaxRunning: 2})
	c := connect(t, e)
	exec(t, c, "CREATE TABLE t AS SELECT i FROM range(1000) t(i)")
	defer heavy(t, e, 4)() // two run, two wait
	for _, sql := range []string{
		"SELECT 1", "SELECT count(*) FROM t", "INSERT INTO t VALUES (1)", "SET a.b = c", "USE default", "SHOW TABLES",
		"CREATE TABLE u (a INT)", "DROP TABLE u", "SELECT a.i FROM t a JOIN t b ON a.i = b.i",
	} {
		began := time.Now()
		exec(t, c, sql)
		t.Logf("%v for %s", time.Since(began), sql)
	}
	rows, err := c.Run(t.Context(), engine.Columns{})
	require.NoError(t, err)
	_, err = count(t, rows)
	require.NoError(t, err)
	require.Zero(t, e.admission.small.inside)
}

func TestHeavyStatementsQueue(t *testing.T) {
	t.Parallel()
	e := start(t, Options{MaxRunning: 1, MaxQueued: 1})
	stop := heavy(t, e, 1)
	defer stop()
	c := connect(t, e)
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error)
	go func() {
		_, err := c.Run(ctx, engine.Statement{SQL: heavySQL})
		done <- err
	}()
	var log []string
	require.Eventually(t, func() bool {
		s := c.Status()
		log = append(log, s.Log...)
		return s.Progress != nil && s.Progress.Stage == stageQueued && len(log) > 0
	}, 10*time.Second, time.Millisecond)
	require.Contains(t, strings.Join(log, "\n"), "0 wait before this one")

	_, err := connect(t, e).Run(t.Context(), engine.Statement{SQL: heavySQL})
	require.ErrorIs(t, err, sqlerr.Exhausted)
	require.Equal(t, "53400", sqlerr.From(err).SQLState())
	require.Contains(t, sqlerr.From(err).Message, "kyuubi.engine.duckdb.max.queued.statements=1")

	began := time.Now()
	cancel(sqlerr.New(sqlerr.Timeout, "too long"))
	require.ErrorIs(t, <-done, sqlerr.Timeout)
	t.Logf("left the queue within %v", time.Since(began))
	exec(t, c, "SELECT 1 + 1")

	// Whoever is closed leaves the queue as well.
	go func() {
		_, err := c.Run(context.WithoutCancel(ctx), engine.Statement{SQL: heavySQL})
		done <- err
	}()
	require.Eventually(t, func() bool { p := c.Status().Progress; return p != nil && p.Stage == stageQueued },
		10*time.Second, time.Millisecond)
	require.NoError(t, c.Close())
	require.Error(t, <-done)

	// And whoever waits for long enough has his turn.
	d := connect(t, e)
	go func() {
		_, err := d.Run(t.Context(), engine.Statement{SQL: "SELECT count(*) FROM range(10000000) t(i)"})
		done <- err
	}()
	require.Eventually(t, func() bool { p := d.Status().Progress; return p != nil && p.Stage == stageQueued },
		10*time.Second, time.Millisecond)
	stop()
	require.NoError(t, <-done)
}

// TestMisjudgedStatementGivesSmallSlotBack has a statement that looks small and
// isn't: after a while it counts among the heavy ones.
func TestMisjudgedStatementGivesSmallSlotBack(t *testing.T) {
	t.Parallel()
	e := start(t, Options{MaxRunning: 1, lentTime: 10 * time.Millisecond})
	defer heavy(t, e, 1)()
	c := connect(t, e)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		// The estimate is one row for each list, since DuckDB doesn't look into them.
		_, err := c.Run(ctx, engine.Statement{SQL: "SELECT sum(list_sum(list_transform(range(9000 + i % 7), x -> x % 7))) FROM range(20000) t(i)"})
		done <- err
	}()
	require.Eventually(t, func() bool {
		g := e.admission.statements
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.inside == 2
	}, 10*time.Second, time.Millisecond)
	cancel()
	<-done
	g := e.admission.statements
	g.mu.Lock()
	defer g.mu.Unlock()
	require.Equal(t, 1, g.inside)
}

func TestPlanRows(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, Options{Dialect: DialectDuckDB}))
	exec(t, c, "CREATE TABLE big AS SELECT i FROM range(1000000) t(i)")
	for sql, small := range map[string]bool{
		"SELECT 1":                                   true,
		"SELECT i FROM range(100) t(i)":              true,
		"SELECT i FROM big":                          false,
		"SELECT max(i) FROM big":                     false,
		"INSERT INTO big SELECT i FROM big":          false,
		"INSERT INTO big VALUES (1)":                 true,
		"CREATE TABLE x AS SELECT i FROM big":        false,
		"CREATE TABLE x (a INT)":                     true,
		"SELECT 1 FROM range(9999) a, range(9999) b": false,
		"SELECT unnest(range(i)) FROM range(9) t(i)": false,
		"WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT i FROM r": false,
		"SELECT table_name FROM duckdb_tables()":                                          true,
		"EXPLAIN ANALYZE SELECT i FROM big":                                               false,
		"SET VARIABLE x = 1":                                                              true,
		"CHECKPOINT":                                                                      false,
	} {
		s, f, err := c.prepare(sql)
		require.NoError(t, err)
		require.False(t, f.failed(), f.text)
		require.Equal(t, small, c.small(s), sql)
		s.close()
	}
	require.True(t, math.IsInf(planRows("no plan"), 1))
}

// BenchmarkSmallUnderHeavy is the time of a small statement while others hold
// every slot.
func BenchmarkSmallUnderHeavy(b *testing.B) {
	e := start(b, Options{MaxRunning: 4})
	c := connect(b, e)
	exec(b, c, "CREATE TABLE t AS SELECT i FROM range(1000) t(i)")
	for _, load := range []struct {
		name string
		n    int
	}{{"idle", 0}, {"8heavy", 8}} {
		b.Run(load.name, func(b *testing.B) {
			defer heavy(b, e, load.n)()
			var times []time.Duration
			for b.Loop() {
				began := time.Now()
				exec(b, c, "SELECT count(*) FROM t WHERE i > 500")
				times = append(times, time.Since(began))
			}
			report(b, times)
		})
	}
}
