package duckdb

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// spareHandles is how many handles wait for connections.
func spareHandles(e *Engine) int {
	db := e.database()
	db.mu.Lock()
	defer db.mu.Unlock()
	return len(db.spares.handles)
}

// TestHandlesServeAgain opens a connection for each query, and only those whose
// connection can't tell of it leave their handle to the next.
func TestHandlesServeAgain(t *testing.T) {
	e := start(t, Options{Dialect: DialectDuckDB})
	exec(t, connect(t, e), "CREATE TABLE t AS SELECT range AS i FROM range(10000)")
	handle := func(sql ...string) any {
		c := connect(t, e)
		for _, q := range sql {
			exec(t, c, q)
		}
		h := c.handle.Ptr
		c.Close()
		return h
	}
	first := handle("SELECT i FROM t", "SELECT 1 + 1")
	require.Equal(t, 1, spareHandles(e))
	require.Equal(t, first, handle("WITH a AS (SELECT 1) SELECT * FROM a"))
	for _, trace := range []string{
		"SET TimeZone = 'Asia/Tokyo'", "SET VARIABLE v = 1", "USE main", "CREATE TEMP TABLE x (i int)", "CREATE TEMP VIEW y AS SELECT 1",
		"CREATE TEMP MACRO z() AS 1", "PREPARE p AS SELECT 1", "BEGIN", "SELECT setseed(0.5)", "EXPLAIN ANALYZE SELECT 1",
	} {
		handle("SELECT 1 + 1", trace, "SELECT 1 + 1")
		require.Zero(t, spareHandles(e), trace)
		handle("SELECT 1 + 1")
	}
}

func TestWhatIsMarkedIsNotUsedAgain(t *testing.T) {
	e := start(t, Options{})
	exec(t, connect(t, e), "CREATE TABLE t AS SELECT id AS i FROM range(100000)")
	for name, do := range map[string]func(c engine.Conn){
		"half read": func(c engine.Conn) {
			rows, err := c.Run(t.Context(), engine.Statement{SQL: "SELECT i FROM t"})
			require.NoError(t, err)
			batch, err := rows.Next(t.Context())
			require.NoError(t, err)
			batch.Release()
		},
		"unused":                    func(engine.Conn) {},
		"several statements in one": func(c engine.Conn) { exec(t, c, "INSERT OVERWRITE TABLE t SELECT 1") },
	} {
		do2 := func() { c := connect(t, e); do(c); c.Close() }
		do2()
		require.Zero(t, spareHandles(e), name)
	}
	c, err := e.Open(t.Context(), engine.OpenRequest{Conf: map[string]string{"TimeZone": "Asia/Tokyo"}})
	require.NoError(t, err)
	exec(t, c, "SELECT 1 + 1")
	c.Close()
	c, err = e.Open(t.Context(), engine.OpenRequest{Database: "main"})
	require.NoError(t, err)
	exec(t, c, "SELECT 1 + 1")
	c.Close()
	require.Zero(t, spareHandles(e))
}

// TestHandlesComeWithTheFirstStatement: who waits for one has none, nor does who never had any.
func TestHandlesComeWithTheFirstStatement(t *testing.T) {
	t.Parallel()
	e := start(t, Options{MaxRunning: 1})
	c, d := connect(t, e), connect(t, e)
	require.Nil(t, c.handle.Ptr)
	exec(t, c, "set some.name = 1")
	require.Nil(t, c.handle.Ptr, "DuckDB has no part in it")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Run(canceled, engine.Statement{SQL: "select 1 + 1"})
	require.Error(t, err)
	c.tidy()
	exec(t, c, "select 1 + 1")
	h := c.handle.Ptr
	require.NotNil(t, h)
	c.Close()
	exec(t, d, "select 1 + 1")
	require.Equal(t, h, d.handle.Ptr)
	require.NoError(t, connect(t, e).Close())
	require.Zero(t, spareHandles(e))
}

// TestHandlesAreRefused when the database has been closed in the meantime.
func TestHandlesAreRefused(t *testing.T) {
	t.Parallel()
	e := start(t, Options{})
	c := connect(t, e)
	db := e.database()
	db.mu.Lock()
	db.closed, db.why = true, sqlerr.New(sqlerr.Unavailable, "on purpose")
	db.mu.Unlock()
	_, err := c.Run(t.Context(), engine.Statement{SQL: "select 1 + 1"})
	require.ErrorIs(t, err, db.why)
}

// fingerprint is what a connection may have of its own.
const fingerprint = "SELECT x FROM (" +
	"SELECT 'setting ' || name || '=' || coalesce(value, 'NULL') AS x FROM duckdb_settings() WHERE name <> 'allowed_configs' " +
	"UNION ALL SELECT 'variable ' || name FROM duckdb_variables() " +
	"UNION ALL SELECT 'prepared ' || name FROM duckdb_prepared_statements() WHERE name <> '' " +
	"UNION ALL SELECT 'table ' || table_name FROM duckdb_tables() WHERE temporary " +
	"UNION ALL SELECT 'view ' || view_name FROM duckdb_views() WHERE temporary AND NOT internal " +
	"UNION ALL SELECT 'sequence ' || sequence_name FROM duckdb_sequences() WHERE temporary " +
	"UNION ALL SELECT 'macro ' || function_name FROM duckdb_functions() WHERE database_name = 'temp' " +
	"UNION ALL SELECT 'type ' || type_name FROM duckdb_types() WHERE database_name = 'temp' AND NOT internal " +
	"UNION ALL SELECT 'row of t ' || i FROM t " +
	"UNION ALL SELECT 'schema ' || current_schema()) ORDER BY x"

// TestTheNextOneFindsNothing does to a connection what can be done, by statements
// that end well, fail, or are given up half way, and looks at the next one.
func TestTheNextOneFindsNothing(t *testing.T) {
	e := start(t, Options{Dialect: DialectDuckDB})
	exec(t, connect(t, e), "CREATE TABLE t AS SELECT 1 AS i")
	exec(t, connect(t, e), "CREATE SCHEMA other")
	fresh := names(t, connect(t, e), fingerprint)
	require.NotEmpty(t, fresh)
	for _, traces := range [][]string{
		{"SET TimeZone = 'Asia/Tokyo'"},
		{"SET SESSION integer_division = true"},
		{"SET explain_output = 'all'"},
		{"SET VARIABLE v = 1"},
		{"USE other"},
		{"SET search_path = 'other'"},
		{"SET schema = 'other'"},
		{"USE nowhere"},
		{"CREATE TEMP TABLE x (i int)"},
		{"CREATE TEMP VIEW y AS SELECT 1"},
		{"CREATE TEMP MACRO z() AS 1"},
		{"CREATE TEMP SEQUENCE s"},
		{"CREATE TEMP TYPE mood AS ENUM ('a')"},
		{"PIVOT t ON i USING count(i)"},
		{"PREPARE p AS SELECT 1", "EXECUTE p"},
		{"BEGIN", "INSERT INTO t VALUES (2)"},
		{"BEGIN", "INSERT INTO t VALUES (2)", "SELECT 1 / 'x'::int"},
		{"BEGIN READ ONLY"},
		{"PRAGMA disable_optimizer"},
		{"PRAGMA enable_verification"},
		{"PRAGMA enable_profiling"},
		{"PRAGMA disable_progress_bar"},
		{"RESET TimeZone"},
		{"RESET enable_progress_bar"},
		{"SELECT * FROM enable_profiling()"},
		{"SELECT * FROM query('SELECT setseed(0.1)')"},
		{"SELECT error('on purpose')"},
		{"SELECT if(range = 90000, error('late'), 1) FROM range(100000)"},
		{"SELECT nothing FROM nowhere"},
		{"INSERT OVERWRITE TABLE t SELECT error('on purpose')"},
	} {
		c := connect(t, e)
		for _, sql := range append([]string{"SELECT 1 + 1"}, traces...) {
			if rows, err := c.Run(t.Context(), engine.Statement{SQL: sql}); err == nil {
				_, _ = count(t, rows) // some fail here, which is as good
			}
		}
		c.Close()
		for range 2 {
			c = connect(t, e)
			require.Equal(t, fresh, names(t, c, fingerprint), "%q", traces)
			c.Close()
		}
	}
}

// TestTheInterruptedLeaveNothing ends connections while they are at work.
func TestTheInterruptedLeaveNothing(t *testing.T) {
	e := start(t, Options{Dialect: DialectDuckDB})
	exec(t, connect(t, e), "CREATE TABLE t AS SELECT 1 AS i")
	for i := range 40 {
		c := connect(t, e)
		exec(t, c, "SELECT 1 + 1")
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*200*time.Microsecond)
		rows, err := c.Run(ctx, engine.Statement{SQL: "SELECT sum(range * i) AS n FROM range(20000000), t"})
		if err == nil {
			_, _ = rows.Next(ctx)
		}
		cancel()
		c.Close()
		next := connect(t, e)
		require.Equal(t, []string{"1"}, names(t, next, "SELECT i FROM t"), "nothing of the interrupt is left over")
		exec(t, next, "INSERT INTO t SELECT 2 WHERE false")
		next.Close()
	}
}
