package duckdb

import (
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
