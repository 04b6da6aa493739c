package duckdb

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// TestEachSessionHasItsUser, in views too, also on a handle that was another one's.
func TestEachSessionHasItsUser(t *testing.T) {
	t.Parallel()
	e := start(t, Options{Dialect: DialectHive})
	open := func(user string) *conn {
		c, err := e.Open(t.Context(), engine.OpenRequest{User: user})
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		return c.(*conn)
	}
	ann := open("ann")
	exec(t, ann, "CREATE TABLE t AS SELECT 'ann' AS who, 1 AS n UNION ALL SELECT 'o''bob', 2")
	exec(t, ann, "CREATE VIEW mine AS SELECT n FROM t WHERE who = current_user()")
	require.Equal(t, []string{"1"}, names(t, ann, "SELECT CAST(n AS STRING) FROM mine"))
	ann.Close()
	require.Equal(t, 0, spareHandles(e), "one that has made a view is not used again")

	for _, user := range []string{"carol", "o'bob", "", "carol"} {
		c := open(user)
		for _, sql := range []string{
			"SELECT current_user()", "SELECT CURRENT_USER", "SELECT session_user()", "SELECT user()", "SELECT logged_in_user()",
			"SELECT max(u) FROM (SELECT current_user AS u)", "SELECT current_user() AS current_user",
		} {
			require.Equal(t, []string{user}, names(t, c, sql), sql)
		}
		mine := names(t, c, "SELECT CAST(n AS STRING) FROM mine")
		if user == "o'bob" {
			require.Equal(t, []string{"2"}, mine)
		} else {
			require.Empty(t, mine)
		}
		c.Close()
		require.Equal(t, 1, spareHandles(e), "the next one has its handle")
	}
}

// TestDuckDBsNamesFindTheUser in its own SQL, and in views that it made, whatever reads them.
func TestDuckDBsNamesFindTheUser(t *testing.T) { //nolint:tparallel // the second finds what the first has made
	t.Parallel()
	file := filepath.Join(t.TempDir(), "db")
	open := func(e *Engine, user, dialect string) *conn {
		c, err := e.Open(t.Context(), engine.OpenRequest{User: user, Conf: map[string]string{"kyuubi.engine.duckdb.sql.dialect": dialect}})
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		return c.(*conn)
	}
	asks := []string{
		"SELECT current_user", "SELECT CURRENT_USER AS u", "SELECT session_user", "SELECT user", "SELECT current_user()", "SELECT max(u) FROM (SELECT session_user AS u)",
		"SELECT user FROM (SELECT 'ann' AS user) t",
	}
	views := []string{"SELECT a || b || c FROM seen", "SELECT m()"}
	t.Run("made", func(t *testing.T) {
		e := start(t, Options{Path: file})
		hive, ann := open(e, "ann", DialectHive), open(e, "ann", DialectDuckDB)
		exec(t, hive, "SELECT 1 + 1")
		require.False(t, hive.named, "it costs time, and nobody has asked")
		for _, sql := range asks {
			require.Equal(t, []string{"ann"}, names(t, ann, sql), sql)
		}
		exec(t, ann, "CREATE VIEW seen AS SELECT current_user AS a, session_user() AS b, user AS c")
		exec(t, ann, "CREATE MACRO m() AS current_user || 'x' || 'y'")
		require.Equal(t, []string{"annannann"}, names(t, hive, views[0]))
		exec(t, ann, "BEGIN")
		require.Equal(t, []string{"ann"}, names(t, ann, "SELECT current_user"))
		exec(t, ann, "ROLLBACK")
		require.Equal(t, []string{"ann"}, names(t, ann, "SELECT current_user"))

		begun := open(e, "bob", DialectDuckDB)
		exec(t, begun, "BEGIN")
		require.Equal(t, []string{"bob"}, names(t, begun, "SELECT current_user"))
		exec(t, begun, "ROLLBACK")
		require.Equal(t, []string{"bob"}, names(t, begun, "SELECT current_user"), "what named him is rolled back")
	})
	t.Run("found", func(t *testing.T) {
		e := start(t, Options{Path: file})
		for _, user := range []string{"carol", "o'bob", "carol"} {
			c := open(e, user, DialectHive)
			require.Equal(t, []string{user + user + user}, names(t, c, views[0]))
			require.Equal(t, []string{user + "xy"}, names(t, c, views[1]))
			c.Close()
			require.Equal(t, 1, spareHandles(e))
		}
	})
}

// TestNobodyRedefinesTheUser: what his name means is not for statements to say.
func TestNobodyRedefinesTheUser(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{DialectDuckDB, DialectHive} {
		c := connect(t, start(t, Options{Dialect: dialect}))
		for _, sql := range []string{
			"CREATE TEMP MACRO current_user() AS 'bob'", "CREATE OR REPLACE TEMP FUNCTION \"Session_User\"() AS 'bob'",
			"create macro if not exists temp.main.user() as 'bob'", "DROP MACRO current_user", "drop macro if exists \"temp\".\"current_user\"",
			"CREATE /* a */ TEMP MACRO /* b */ current_user () AS 'bob'", "DROP FUNCTION user",
			"PREPARE p AS CREATE TEMP MACRO current_user() AS 'bob'", "CREATE TEMP MACRO\n--\ncurrent_user() AS TABLE SELECT 1",
		} {
			_, err := c.Run(t.Context(), engine.Statement{SQL: sql})
			require.Error(t, err, sql)
			if dialect == DialectDuckDB {
				require.ErrorIs(t, err, sqlerr.Denied, sql)
			}
		}
		for _, sql := range []string{"CREATE MACRO user_name() AS current_user", "CREATE MACRO is_user(x) AS x = current_user", "DROP MACRO user_name"} {
			exec(t, c, sql)
		}
	}
}

// TestNobodyIsAnother: the variable can't be set by statements.
func TestNobodyIsAnother(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{DialectDuckDB, DialectHive} {
		e := start(t, Options{Dialect: dialect})
		opened, err := e.Open(t.Context(), engine.OpenRequest{User: "ann"})
		require.NoError(t, err)
		c := opened.(*conn)
		t.Cleanup(func() { c.Close() })
		for _, sql := range []string{
			"SET VARIABLE __hive_user = 'bob'", "set variable \"__HIVE_user\" = 'bob'", "RESET VARIABLE __hive_user",
			"PREPARE p AS SET VARIABLE __hive_user = 'bob'", "SET /* a */ VARIABLE __hive_user = 'bob'",
		} {
			_, err := c.Run(t.Context(), engine.Statement{SQL: sql})
			if dialect == DialectDuckDB || sql[4] != '/' { // or a setting of Hive's with an odd name
				require.ErrorIs(t, err, sqlerr.Denied, "%s: %s", dialect, sql)
			}
		}
		for _, sql := range []string{`SET VARIABLE U&"\005F_hive_user" = 'bob'`, `SET VARIABLE "__hive" "_user" = 'bob'`} {
			_, _ = c.Run(t.Context(), engine.Statement{SQL: sql}) // whatever DuckDB thinks of it
		}
		got, f := ask(c.handle, "SELECT getvariable('__hive_user')", 0)
		require.False(t, f.failed())
		require.Equal(t, "ann", got, dialect)
	}
}
