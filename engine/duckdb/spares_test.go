package duckdb

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
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
	first := handle("SELECT i FROM t", "SELECT 1")
	require.Equal(t, 1, spareHandles(e))
	require.Equal(t, first, handle("WITH a AS (SELECT 1) SELECT * FROM a"))
	for _, trace := range []string{
		"SET TimeZone = 'Asia/Tokyo'", "SET VARIABLE v = 1", "USE main", "CREATE TEMP TABLE x (i int)", "CREATE TEMP VIEW y AS SELECT 1",
		"CREATE TEMP MACRO z() AS 1", "PREPARE p AS SELECT 1", "BEGIN", "SELECT setseed(0.5)", "EXPLAIN ANALYZE SELECT 1",
	} {
		handle("SELECT 1", trace, "SELECT 1")
		require.Zero(t, spareHandles(e), trace)
		handle("SELECT 1")
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
	exec(t, c, "SELECT 1")
	c.Close()
	c, err = e.Open(t.Context(), engine.OpenRequest{Database: "main"})
	require.NoError(t, err)
	exec(t, c, "SELECT 1")
	c.Close()
	require.Zero(t, spareHandles(e))
}
