package duckdb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file.db")
	o := Options{Path: path}
	t.Run("write", func(t *testing.T) {
		c := connect(t, start(t, o))
		exec(t, c, "CREATE TABLE t AS SELECT 42 AS a")
		exec(t, c, "CREATE TABLE main.elsewhere AS SELECT 7 AS a")
		require.Len(t, names(t, c, "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'default'"), 1, "new tables go there")
	})
	o.ReadOnly = true
	t.Run("read", func(t *testing.T) {
		c := connect(t, start(t, o))
		require.Equal(t, []string{"42"}, names(t, c, "SELECT a FROM default.t"))
		require.Equal(t, []string{"42"}, names(t, c, "SELECT a FROM t"))
		require.Equal(t, []string{"7"}, names(t, c, "SELECT a FROM elsewhere"))
		_, err := c.Run(t.Context(), engine.Statement{SQL: "INSERT INTO t VALUES (1)"})
		require.Equal(t, "25006", sqlerr.From(err).SQLState(), "%v", err)
	})
}

// TestReadOnlyFileOfOthers has no schema default, and can't be given one.
func TestReadOnlyFileOfOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "others.db")
	t.Run("write", func(t *testing.T) {
		c := connect(t, start(t, Options{Path: path, Dialect: DialectDuckDB}))
		exec(t, c, "CREATE TABLE main.t AS SELECT 42 AS a")
		exec(t, c, "USE main")
		exec(t, c, `DROP SCHEMA "default"`)
	})
	t.Run("read", func(t *testing.T) {
		e := start(t, Options{Path: path, ReadOnly: true})
		for _, database := range []string{"", "default", "main"} {
			c, err := e.Open(t.Context(), engine.OpenRequest{Database: database})
			require.NoError(t, err, database)
			exec(t, c, "USE default")
			require.Equal(t, []string{"42"}, names(t, c, "SELECT a FROM t"))
			c.Close()
		}
	})
}

// names reads one column of texts or numbers.
func names(t *testing.T, c engine.Conn, sql string) []string {
	t.Helper()
	rows, err := c.Run(t.Context(), engine.Statement{SQL: sql})
	require.NoError(t, err, sql)
	defer rows.Close()
	var out []string
	for {
		batch, err := rows.Next(t.Context())
		if err != nil {
			return out
		}
		for i := range int(batch.NumRows()) {
			out = append(out, strings.Clone(batch.Column(0).ValueStr(i))) // the batch's memory is DuckDB's
		}
		batch.Release()
	}
}

func TestStartErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		o     Options
		words string
	}{
		{Options{Path: filepath.Join(t.TempDir(), "no", "such", "directory.db")}, "kyuubi.engine.duckdb.path="},
		{Options{ReadOnly: true}, "read-only"},
		{Options{Dialect: "oracle"}, "kyuubi.engine.duckdb.sql.dialect=oracle"},
	} {
		e := New(tc.o)
		err := e.Run(t.Context(), func() { t.Error("ready") })
		require.ErrorContains(t, err, tc.words)
		_, err = e.Open(t.Context(), engine.OpenRequest{})
		require.ErrorIs(t, err, sqlerr.Unavailable)
	}
}

func TestSettingsHold(t *testing.T) {
	t.Parallel()
	allowed := t.TempDir()
	e := start(t, Options{
		MemoryLimit: 256 << 20, Threads: 1, TempDirectory: t.TempDir(), MaxTempDirectorySize: 64 << 20,
		AllowedDirectories: []string{allowed},
	})
	c, err := e.Open(t.Context(), engine.OpenRequest{Conf: map[string]string{"TimeZone": "Asia/Tokyo", "threads": "64", "user": "me"}})
	require.NoError(t, err)
	defer c.Close()
	for name, want := range map[string]string{
		"memory_limit": "256.0 MiB", "threads": "1", "max_temp_directory_size": "64.0 MiB", "TimeZone": "Asia/Tokyo",
		"default_null_order": "NULLS_FIRST_ON_ASC_LAST_ON_DESC", "autoload_known_extensions": "false",
		"allow_persistent_secrets": "false", "enable_external_access": "false", "lock_configuration": "true",
	} {
		require.Equal(t, []string{want}, names(t, c, "SELECT current_setting('"+name+"')::VARCHAR"), name)
	}
	require.Equal(t, []string{"(null)", "1"}, names(t, c, "SELECT a FROM (VALUES (1), (NULL)) t(a) ORDER BY a"))
	exec(t, c, "COPY (SELECT 1 AS a) TO '"+filepath.Join(allowed, "a.parquet")+"'")
	require.Equal(t, []string{"1"}, names(t, c, "SELECT a FROM '"+filepath.Join(allowed, "a.parquet")+"'"))

	_, err = e.Open(t.Context(), engine.OpenRequest{Conf: map[string]string{"TimeZone": "Nowhere/Land"}})
	require.ErrorIs(t, err, sqlerr.Invalid)
	require.Contains(t, sqlerr.From(err).Message, "TimeZone=Nowhere/Land")
	require.Equal(t, 1, e.Connections(), "who wasn't let in leaves nothing")
}

func TestInfo(t *testing.T) {
	t.Parallel()
	e := start(t, Options{})
	info := e.Info()
	require.Equal(t, "DUCKDB", info.Type)
	require.Regexp(t, `^\d+\.\d+\.\d+$`, info.Version)
	require.NotEmpty(t, info.ID)
	reserved := names(t, connect(t, e), "SELECT upper(keyword_name) FROM duckdb_keywords() WHERE keyword_category = 'reserved'")
	for word := range strings.SplitSeq(info.Keywords, ",") {
		require.Contains(t, reserved, word)
	}
}

// TestDatabaseGivenUp makes DuckDB fail in such a way that it refuses everything
// until it is opened again.
func TestDatabaseGivenUp(t *testing.T) {
	t.Parallel()
	e := start(t, Options{Path: filepath.Join(t.TempDir(), "broken.db"), unlocked: []string{"debug_checkpoint_abort"}})
	c, other := connect(t, e), connect(t, e)
	exec(t, c, "CREATE TABLE t AS SELECT 42 AS a")
	exec(t, c, "SET debug_checkpoint_abort = 'before_header'")
	_, err := c.Run(t.Context(), engine.Statement{SQL: "CHECKPOINT"})
	require.ErrorIs(t, err, sqlerr.Internal)
	require.NotContains(t, sqlerr.From(err).Message, "debug_checkpoint_abort", "what is inside stays inside")
	require.Eventually(t, func() bool {
		_, err = other.Run(t.Context(), engine.Statement{SQL: "SELECT 1"})
		return err != nil && sqlerr.From(err).Kind == sqlerr.Unavailable
	}, 10*time.Second, time.Millisecond)
	require.Contains(t, sqlerr.From(err).Message, "open a new session")
	var again engine.Conn
	require.Eventually(t, func() bool {
		again, err = e.Open(t.Context(), engine.OpenRequest{})
		return err == nil
	}, 10*time.Second, time.Millisecond)
	defer again.Close()
	require.Equal(t, []string{"42"}, names(t, again, "SELECT a FROM t"), "what was committed is there")
	require.Equal(t, 1, e.Connections())
}

func TestStopInterrupts(t *testing.T) {
	t.Parallel()
	e := New(Options{})
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- e.Run(ctx, func() { close(ready) }) }()
	<-ready
	c, err := e.Open(t.Context(), engine.OpenRequest{})
	require.NoError(t, err)
	ran := make(chan error, 1)
	go func() {
		_, err := c.Run(t.Context(), engine.Statement{SQL: heavySQL})
		ran <- err
	}()
	require.Eventually(t, func() bool {
		s := &c.(*conn).status
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.now == stageRunning
	}, 10*time.Second, time.Millisecond)
	began := time.Now()
	cancel()
	require.NoError(t, <-done)
	require.ErrorIs(t, <-ran, sqlerr.Unavailable)
	t.Logf("stopped within %v", time.Since(began))
	require.NoError(t, c.Close())
}

// TestNothingLeaks opens, uses and closes many connections, in all sorts of ways.
func TestNothingLeaks(t *testing.T) {
	rounds := 1000
	if testing.Short() {
		rounds = 100
	}
	e := start(t, Options{})
	exec(t, connect(t, e), "CREATE TABLE t AS SELECT i, 'text ' || i AS s FROM range(10000) t(i)")
	cycle := func(i int) {
		c, err := e.Open(t.Context(), engine.OpenRequest{})
		require.NoError(t, err)
		defer c.Close()
		switch i % 5 {
		case 0:
			_, n := exec(t, c, "SELECT i, s FROM t")
			require.Equal(t, int64(10000), n)
		case 1: // half read
			rows, err := c.Run(t.Context(), engine.Statement{SQL: "SELECT i, s FROM t"})
			require.NoError(t, err)
			batch, err := rows.Next(t.Context())
			require.NoError(t, err)
			batch.Release()
		case 2:
			_, err := c.Run(t.Context(), engine.Statement{SQL: "SELECT nope FROM t"})
			require.Error(t, err)
		case 3:
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			_, err := c.Run(ctx, engine.Statement{SQL: heavySQL})
			require.Error(t, err)
			cancel()
		case 4: // types that are converted on the way
			exec(t, c, "SELECT NULL, i::UHUGEINT, [i::TIMETZ] FROM (SELECT NULL::TIME AS i)")
		}
	}
	for i := range rounds / 5 {
		cycle(i)
	}
	runtime.GC()
	base, goroutines := resident(t), runtime.NumGoroutine()
	for i := range rounds {
		cycle(i)
	}
	runtime.GC()
	grown := resident(t) - base
	t.Logf("%d rounds, %+.1f MB", rounds, float64(grown)/(1<<20))
	require.Less(t, grown, int64(40<<20))
	require.Equal(t, 1, e.Connections())
	require.LessOrEqual(t, runtime.NumGoroutine(), goroutines+2)
}

// TestFlatMemory reads a result that is larger than what memory may grow by.
func TestFlatMemory(t *testing.T) {
	e := start(t, Options{})
	c := connect(t, e)
	exec(t, c, "SELECT i FROM range(1000000) t(i)")
	base, most := resident(t), int64(0)
	rows, err := c.Run(t.Context(), engine.Statement{SQL: "SELECT i, 'a text that is not short ' || i AS s FROM range(5000000) t(i)"})
	require.NoError(t, err)
	n, bytes := int64(0), int64(0)
	for {
		batch, err := rows.Next(t.Context())
		if err != nil {
			break
		}
		n += batch.NumRows()
		for _, column := range batch.Columns() {
			for _, buffer := range column.Data().Buffers() {
				if buffer != nil {
					bytes += int64(buffer.Len())
				}
			}
		}
		batch.Release()
		if n%(1<<19) < 2048 {
			most = max(most, resident(t)-base)
		}
	}
	require.Equal(t, int64(5_000_000), n)
	t.Logf("%d MB of rows, %d MB more memory at most", bytes>>20, most>>20)
	require.Less(t, most, bytes/4)
}

// TestAskForNull: what DuckDB leaves in the place of a NULL is no text to read.
func TestAskForNull(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, Options{}))
	for range 100 {
		exec(t, c, "SELECT i, repeat('x', 50) || i AS s FROM range(5000) t(i) ORDER BY s")
		text, ok := c.lookup("SELECT string_agg(tag, ' ') FROM duckdb_memory() WHERE memory_usage_bytes < 0", 0)
		require.True(t, ok)
		require.Empty(t, text)
	}
}

// resident is the process's memory in bytes.
func resident(tb testing.TB) int64 {
	tb.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		tb.Skip("no /proc here")
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	require.NoError(tb, err)
	return pages * int64(os.Getpagesize())
}

// report adds percentiles to a benchmark.
func report(b *testing.B, times []time.Duration) {
	b.Helper()
	slices.Sort(times)
	for _, p := range []int{50, 95} {
		b.ReportMetric(float64(times[len(times)*p/100].Microseconds()), fmt.Sprintf("p%d-us", p))
	}
}

func BenchmarkSelect1(b *testing.B) {
	c := connect(b, start(b, Options{}))
	b.ReportAllocs()
	for b.Loop() {
		exec(b, c, "SELECT 1")
	}
}

func BenchmarkOpenClose(b *testing.B) {
	e := start(b, Options{})
	for _, sql := range []string{"", "SELECT 1"} {
		b.Run("then "+sql, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c, err := e.Open(b.Context(), engine.OpenRequest{})
				require.NoError(b, err)
				if sql != "" {
					exec(b, c, sql)
				}
				c.Close()
			}
		})
	}
}

// BenchmarkStream reads a stored table of four columns.
func BenchmarkStream(b *testing.B) {
	c := connect(b, start(b, Options{}))
	const rows = 2_000_000
	exec(b, c, "CREATE TABLE t AS SELECT i, 'text ' || (i % 1000) AS s, i / 7 AS d, "+
		"TIMESTAMP '2024-01-01 00:00:00' + to_seconds(i) AS ts FROM range(2000000) t(i)")
	b.ReportAllocs()
	began := time.Now()
	n := 0
	for b.Loop() {
		_, got := exec(b, c, "SELECT i, s, d, ts FROM t")
		require.Equal(b, int64(rows), got)
		n++
	}
	b.ReportMetric(float64(n*rows)/time.Since(began).Seconds()/1e6, "Mrows/s")
}
