package duckdb

import (
	"errors"
	"io"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// exec runs a statement to its end and gives the number of its rows.
func exec(tb testing.TB, c engine.Conn, sql string) (engine.Rows, int64) {
	tb.Helper()
	rows, err := c.Run(tb.Context(), engine.Statement{SQL: sql})
	require.NoError(tb, err, sql)
	n, err := count(tb, rows)
	require.NoError(tb, err, sql)
	return rows, n
}

func count(tb testing.TB, rows engine.Rows) (int64, error) {
	tb.Helper()
	n := int64(0)
	for {
		batch, err := rows.Next(tb.Context())
		if errors.Is(err, io.EOF) {
			return n, rows.Close()
		}
		if err != nil {
			return n, err
		}
		n += batch.NumRows()
		batch.Release()
	}
}

func TestResultsByStatement(t *testing.T) {
	t.Parallel()
	e := start(t, Options{ExternalAccess: true})
	c := connect(t, e)
	file := filepath.Join(t.TempDir(), "t.csv")
	for _, tc := range []struct {
		sql      string
		rows     int64 // -1: no result set
		modified int64
	}{
		{"CREATE TABLE t (a INT, b STRING)", -1, -1},
		{"INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z')", -1, 3},
		{"INSERT INTO t VALUES (4, 'v') RETURNING a", 1, -1},
		{"UPDATE t SET b = 'w' WHERE a > 1", -1, 3},
		{"DELETE FROM t WHERE a = 1", -1, 1},
		{"CREATE TABLE u AS SELECT a FROM t", -1, 3},
		{"CREATE TABLE IF NOT EXISTS u AS SELECT a FROM t", -1, -1},
		{"CREATE TABLE w COMMENT 'with a statement behind it' AS SELECT sum(a) AS s FROM t GROUP BY a % 2", -1, 2},
		{"CREATE OR REPLACE TABLE w AS SELECT a FROM t WHERE a < 0", -1, 0},
		{"CREATE VIEW v AS SELECT a FROM t", -1, -1},
		{"DROP VIEW v", -1, -1},
		{"DROP TABLE w", -1, -1},
		{"SELECT a FROM t", 3, -1},
		{"COPY t TO '" + file + "'", -1, 3},
		{"EXPLAIN SELECT 1", 1, -1},
		{"PRAGMA database_list", 2, -1},
		{"CALL pragma_version()", 1, -1},
		{"SHOW TABLES", 2, -1},
		{"USE default", -1, -1},
		{"SET VARIABLE x = 1", -1, -1},
		{"PREPARE p AS SELECT 1", -1, -1},
		{"EXECUTE p", 1, -1},
		{"BEGIN", -1, -1},
		{"INSERT INTO t VALUES (5, 'q')", -1, 1},
		{"ROLLBACK", -1, -1},
		{"PIVOT t ON b USING count(*)", 3, -1}, // DuckDB makes two statements of it
		{"ALTER TABLE t ADD COLUMN c INT", -1, -1},
		{"DROP TABLE t", -1, -1},
		{"CHECKPOINT", 0, -1},
	} {
		rows, n := exec(t, c, tc.sql)
		if tc.rows < 0 {
			require.Nil(t, rows.Schema(), tc.sql)
		} else {
			require.NotNil(t, rows.Schema(), tc.sql)
			require.Equal(t, tc.rows, n, tc.sql)
		}
		require.Equal(t, tc.modified, rows.ModifiedRows(), tc.sql)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, Options{MemoryLimit: 100 << 20, Threads: 1, TempDirectory: t.TempDir(), MaxTempDirectorySize: 1 << 20}))
	exec(t, c, "CREATE TABLE t (a INT PRIMARY KEY, b STRING NOT NULL CHECK (b <> 'no'))")
	exec(t, c, "CREATE TABLE child (a INT REFERENCES t (a))")
	exec(t, c, "CREATE VIEW v AS SELECT 1 AS a")
	exec(t, c, "INSERT INTO t VALUES (1, 'x')")
	for _, tc := range []struct {
		sql   string
		kind  sqlerr.Kind
		state string
		words string
	}{
		{"SELECT a FRM t", sqlerr.Invalid, "42601", "[PARSE_SYNTAX_ERROR]"},
		{"SELECT a FROM nope", sqlerr.NotFound, "42P01", "Table not found nope: Table nope does not exist!"},
		{"SELECT a FROM default.nope", sqlerr.NotFound, "42P01", "SemanticException Table not found default.nope: "},
		{"SELECT a FROM no_db.nope", sqlerr.NotFound, "42P01", "Table not found no_db.nope"},
		{"INSERT INTO nope VALUES (1)", sqlerr.NotFound, "42P01", "Table not found nope"},
		{"DROP TABLE nope", sqlerr.NotFound, "42P01", "Table not found nope"},
		{"DROP SCHEMA nope", sqlerr.NotFound, "42704", "nope"},
		{"SELECT zz FROM t", sqlerr.Invalid, "42703", "zz"},
		{"SELECT t.zz FROM t", sqlerr.Invalid, "42703", "zz"},
		{"SELECT x.a FROM t", sqlerr.Invalid, "42P01", "x"},
		{"SELECT nofunc(1)", sqlerr.NotFound, "42883", "nofunc"},
		{"SELECT sum(b) FROM t", sqlerr.Invalid, "42883", "sum"},
		{"SELECT a, count(*) FROM t", sqlerr.Invalid, "42803", "GROUP BY"},
		{"SELECT CAST(1 AS nosuch)", sqlerr.NotFound, "42704", "nosuch"},
		{"CREATE TABLE t (a INT)", sqlerr.Exists, "42P07", "t"},
		{"CREATE SCHEMA default", sqlerr.Exists, "42P06", "default"},
		{"ALTER TABLE t ADD COLUMN a INT", sqlerr.Exists, "42701", "a"},
		{"DROP TABLE v", sqlerr.Invalid, "42809", "View"},
		{"INSERT INTO t VALUES (1, 'x')", sqlerr.Exists, "23505", "Duplicate key"},
		{"INSERT INTO t VALUES (2, NULL)", sqlerr.Invalid, "23502", "NOT NULL"},
		{"INSERT INTO t VALUES (2, 'no')", sqlerr.Invalid, "23514", "CHECK"},
		{"INSERT INTO child VALUES (77)", sqlerr.Conflict, "23503", "foreign key"},
		{"SELECT 'x'::INT", sqlerr.Invalid, "22018", "'x'"},
		{"SELECT 200::TINYINT", sqlerr.Invalid, "22003", "200"},
		{"SELECT '2024-13-01'::DATE", sqlerr.Invalid, "22008", "2024-13-01"},
		{"SELECT 100::TINYINT + CAST(100 AS TINYINT)", sqlerr.Invalid, "22003", "Overflow"},
		{"SELECT CASE WHEN i > 100000 THEN error('boom') ELSE 'x' END FROM range(1000000) t(i)", sqlerr.Invalid, "22023", "boom"},
		{"SELECT ?", sqlerr.Invalid, "07001", "parameters"},
		{"COMMIT", sqlerr.Conflict, "25000", "no transaction is active"},
		{"SET threads = 7", sqlerr.Denied, "42501", "locked"},
		{"SET errors_as_json = false", sqlerr.Denied, "42501", "locked"},
		{"SET lock_configuration = false", sqlerr.Denied, "42501", "locked"},
		{"SELECT a FROM read_csv('/etc/passwd')", sqlerr.Denied, "42501", "/etc/passwd"},
		{"ATTACH '/tmp/x.db'", sqlerr.Denied, "42501", "x.db"},
		{"INSTALL httpfs", sqlerr.Denied, "42501", "disabled"},
		{"SELECT list(i) FROM range(100000000) t(i)", sqlerr.Exhausted, "53200", "memory"},
		{"SELECT error('INTERNAL Error: not really')", sqlerr.Invalid, "22023", "INTERNAL Error: not really"},
		{`SELECT error('{"exception_type":"FATAL","exception_message":"not really"}')`, sqlerr.Invalid, "22023", "not really"},
	} {
		rows, err := c.Run(t.Context(), engine.Statement{SQL: tc.sql})
		if err == nil {
			_, err = count(t, rows)
		}
		require.Error(t, err, tc.sql)
		got := sqlerr.From(err)
		require.Equal(t, tc.kind.String(), got.Kind.String(), "%s: %v", tc.sql, err)
		require.Equal(t, tc.state, got.SQLState(), "%s: %v", tc.sql, err)
		require.Contains(t, got.Message, tc.words, tc.sql)
		require.NotContains(t, got.Message, "exception_type\":\"I", tc.sql)
	}
	_, err := c.Run(t.Context(), engine.Statement{SQL: "SELECT a,\n  zz FROM t"})
	require.Contains(t, sqlerr.From(err).Message, "(line 2, column 3)")
}

func TestTransactions(t *testing.T) {
	t.Parallel()
	e := start(t, Options{})
	a, b := connect(t, e), connect(t, e)
	exec(t, a, "CREATE TABLE t (a INT)")
	exec(t, a, "INSERT INTO t VALUES (1)")

	exec(t, a, "BEGIN TRANSACTION")
	exec(t, a, "INSERT INTO t VALUES (2)")
	_, n := exec(t, b, "SELECT a FROM t")
	require.Equal(t, int64(1), n, "b doesn't see it yet")
	_, err := a.Run(t.Context(), engine.Statement{SQL: "SELECT error('x')"})
	require.Error(t, err)
	_, err = a.Run(t.Context(), engine.Statement{SQL: "SELECT 1"})
	require.Equal(t, "25P02", sqlerr.From(err).SQLState())
	exec(t, a, "/* over */ ROLLBACK")
	_, n = exec(t, a, "SELECT a FROM t")
	require.Equal(t, int64(1), n)

	exec(t, a, "BEGIN")
	exec(t, a, "UPDATE t SET a = 5")
	exec(t, b, "BEGIN")
	_, err = b.Run(t.Context(), engine.Statement{SQL: "UPDATE t SET a = 6"})
	require.Equal(t, "40001", sqlerr.From(err).SQLState(), "%v", err)
	exec(t, b, "ROLLBACK")
	exec(t, a, "COMMIT")
	exec(t, b, "UPDATE t SET a = 7")
}

// TestEarlyCloseFreesTransaction sees that rows given up don't hold on to DuckDB:
// a transaction left open keeps checkpoints away.
func TestEarlyCloseFreesTransaction(t *testing.T) {
	t.Parallel()
	e := start(t, Options{})
	a, b := connect(t, e), connect(t, e)
	exec(t, a, "CREATE TABLE t AS SELECT i FROM range(1000000) t(i)")
	rows, err := a.Run(t.Context(), engine.Statement{SQL: "SELECT i FROM t"})
	require.NoError(t, err)
	exec(t, b, "ALTER TABLE t ADD COLUMN j INT")
	_, err = b.Run(t.Context(), engine.Statement{SQL: "CHECKPOINT"})
	require.Error(t, err, "this is what an open stream does; without it the test shows nothing")
	require.NoError(t, rows.Close())
	exec(t, b, "CHECKPOINT")
}

// TestConflictsAreTriedAgain has many connections create and drop at once.
func TestConflictsAreTriedAgain(t *testing.T) {
	t.Parallel()
	e := start(t, Options{})
	done := make(chan error, 8)
	for range cap(done) {
		c := connect(t, e)
		go func() {
			var err error
			for range 20 {
				if _, err = c.Run(t.Context(), engine.Statement{SQL: "CREATE OR REPLACE TABLE contested AS SELECT 1 AS a"}); err != nil {
					break
				}
			}
			done <- err
		}()
	}
	for range cap(done) {
		require.NoError(t, <-done)
	}
}
