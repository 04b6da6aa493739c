package duckdb

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// TestWhatReachesBeyondTheSession is refused in every spelling that reaches DuckDB.
func TestWhatReachesBeyondTheSession(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{DialectDuckDB, DialectHive} {
		e := start(t, Options{Dialect: dialect})
		exec(t, connect(t, e), "CREATE TABLE t AS SELECT 1 AS i")
		for _, sql := range []string{
			"SELECT * FROM enable_logging('QueryLog')",
			"SELECT * FROM enable_logging(storage := 'file', storage_path := '/nowhere')",
			"CALL enable_logging()",
			"FROM Enable_Logging ()",
			`SELECT * FROM "enable_logging"()`,
			"SELECT * FROM system.main.enable_logging/* a /* b */ ( */ -- c\n()",
			"SELECT * FROM enable_logging\u00a0()",
			"SELECT * FROM disable_logging()",
			"SELECT * FROM truncate_duckdb_logs()",
			"SELECT write_log('made up')",
			"SELECT 'made up'.write_log()",
			"SELECT * FROM enable_profiling(format := 'json', save_location := '/tmp/x.json')",
			"SELECT * FROM disable_profiling()",
			"SELECT * FROM enable_peg_parser()",
			"CREATE MACRO m() AS TABLE SELECT * FROM enable_logging()",
			"CREATE VIEW v AS SELECT * FROM enable_logging()",
			"PREPARE p AS SELECT * FROM enable_logging()",
			"EXPLAIN ANALYZE SELECT * FROM enable_logging()",
			"CREATE TABLE u AS SELECT * FROM enable_logging()",
			"INSERT OVERWRITE TABLE t SELECT 1 FROM enable_logging()",
			"DESCRIBE SELECT * FROM enable_logging()",
			"SELECT * FROM query('SELECT * FROM enable_' || 'logging()')",
			"SELECT * FROM t, query('SELECT 1')",
			"SELECT * FROM -- into\n query('SELECT 1')",
			"SELECT * FROM /* into */ query('SELECT 1')",
			"SELECT * FROM system.main.query('SELECT 1')",
			"CREATE MACRO m(s) AS TABLE SELECT * FROM query(s)",
			"SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
			"PRAGMA json_execute_serialized_sql('{}')",
			"SET GLOBAL TimeZone = 'Asia/Tokyo'",
			"/* a */ SET GLOBAL search_path = 'main'",
			"RESET /* a */ GLOBAL TimeZone",
			"PREPARE p AS SET GLOBAL TimeZone = 'Asia/Tokyo'",
		} {
			c := connect(t, e)
			_, err := c.Run(t.Context(), engine.Statement{SQL: sql})
			require.Error(t, err, "%s: %s", dialect, sql)
			// What Hive's grammar has no word for is refused as such.
			if dialect == DialectDuckDB && sql[0] != 'I' {
				require.ErrorIs(t, err, sqlerr.Denied, "%s: %s", dialect, sql)
			}
			c.Close()
		}
		require.Empty(t, names(t, connect(t, e), "SELECT message FROM duckdb_logs"), dialect)
		require.NotContains(t, names(t, connect(t, e), "SELECT current_setting('TimeZone')"), "Asia/Tokyo", dialect)
	}
}

// TestOthersMayBeCalledSo has the same words as names of other things.
func TestOthersMayBeCalledSo(t *testing.T) {
	t.Parallel()
	e := start(t, Options{})
	c := connect(t, e)
	for _, sql := range []string{
		"CREATE TABLE query (query STRING, enable_logging STRING)",
		"INSERT INTO query (query, enable_logging) VALUES ('a', 'b')",
		"INSERT INTO main.t2 (query) VALUES ('a')",
		"SELECT query, (enable_logging) FROM query WHERE query IN ('a') AND `query` = 'a'",
		"WITH query (a) AS (SELECT 1) SELECT a FROM query",
		"SELECT 'enable_logging', 'a query'",
		"CREATE TABLE g (global STRING)",
		"UPDATE g SET global = 'SET GLOBAL'",
		"SET TimeZone = 'Europe/Berlin'",
	} {
		if sql == "INSERT INTO main.t2 (query) VALUES ('a')" {
			exec(t, c, "CREATE TABLE main.t2 (query STRING)")
		}
		exec(t, c, sql)
	}
}

// TestSeedsDoNotPass sets the seed where the text of the SELECT doesn't show it.
func TestSeedsDoNotPass(t *testing.T) {
	file := filepath.Join(t.TempDir(), "seeds.db")
	for _, c := range []struct {
		name, path, made, used string
		spares                 int
	}{
		{name: "macro", path: file, made: "CREATE MACRO m(x) AS setseed(x)", used: "SELECT m(0.5)"},
		{name: "macro of the file", path: file, made: "SELECT 1", used: "SELECT m(0.5)"},
		{name: "view", made: "CREATE VIEW v AS SELECT setseed(0.5) AS x", used: "SELECT x FROM v"},
		{name: "none of that", made: "CREATE MACRO m(x) AS x + 1", used: "SELECT m(0.5)", spares: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := start(t, Options{Dialect: DialectDuckDB, Path: c.path})
			for _, sql := range []string{c.made, c.used} {
				conn := connect(t, e)
				exec(t, conn, sql)
				conn.Close()
			}
			require.Equal(t, c.spares, spareHandles(e))
		})
	}
}
