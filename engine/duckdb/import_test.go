package duckdb

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// TestExportedIsImported with tables, views of both dialects, macros and what else EXPORT
// writes.
func TestExportedIsImported(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from := connect(t, start(t, Options{AllowedDirectories: []string{dir}}))
	for _, sql := range []string{
		"CREATE DATABASE d", "CREATE TABLE d.t (a INT COMMENT 'it''s; one', v VARCHAR(3)) COMMENT 'a comment'", "INSERT INTO d.t VALUES (1, 'x;y'), (2, NULL)",
		"CREATE VIEW d.v AS SELECT date_format(DATE '2024-01-02', 'yyyy') AS y, current_user() AS u", "CREATE MACRO twice(x) AS x * 2",
		"CREATE SEQUENCE s START 5", "CREATE TABLE empty (a INT)",
	} {
		exec(t, from, sql)
	}
	exec(t, from, "EXPORT DATABASE '"+dir+"/out''put' (FORMAT csv)")
	to := connect(t, start(t, Options{AllowedDirectories: []string{dir}}))
	exec(t, to, "/* back */ IMPORT DATABASE '"+dir+"/out''put';")
	require.Equal(t, []string{"x;y"}, names(t, to, "SELECT v FROM d.t WHERE a = 1"))
	require.Equal(t, []string{"2024"}, names(t, to, "SELECT y FROM d.v"))
	require.Equal(t, []string{"6"}, names(t, to, "SELECT CAST(twice(3) AS STRING)"))
}

// TestImportsAreLookedAt: files are no way round what statements may not do.
func TestImportsAreLookedAt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := start(t, Options{AllowedDirectories: []string{dir}})
	c := connect(t, e)
	run := func(schema, load string) error {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "schema.sql"), []byte(schema), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "load.sql"), []byte(load), 0o600))
		_, err := c.Run(t.Context(), engine.Statement{SQL: "IMPORT DATABASE '" + dir + "'"})
		return err
	}
	for _, sql := range []string{
		"SET GLOBAL TimeZone = 'Asia/Tokyo'", "/* a */ SET VARIABLE __hive_user = 'bob'", "-- a\nPRAGMA threads = 1", "SELECT enable_logging()", "(SELECT 1)",
		"CREATE OR REPLACE MACRO __hive_sql.main.current_user() AS 'bob'", "create macro \"__HIVE_SQL\".main.x() AS 1", "CREATE TEMP MACRO current_user() AS 'bob'",
		"CREATE TABLE x AS SELECT enable_logging()", "ALTER TABLE __hive_sql.main.x ADD COLUMN a INT", "ATTACH 'x' AS y", "BEGIN", "USE main",
		"PREPARE p AS SELECT 1", "EXECUTE p", "IMPORT DATABASE 'x'", "DROP TABLE t", "LOAD spatial", "CREATE SCHEMA __hive_sql.x",
	} {
		require.ErrorIs(t, run("CREATE TABLE made (a INT);\n"+sql+";", ""), sqlerr.Denied, sql)
		require.ErrorIs(t, run(";", "\n;"+sql), sqlerr.Denied, sql)
	}
	_, err := c.Run(t.Context(), engine.Statement{SQL: "SELECT * FROM made"})
	require.ErrorIs(t, err, sqlerr.NotFound, "nothing is run of what is refused")
	require.NoError(t, run("-- nothing\n;;", " "))
	require.NoError(t, run("CREATE TABLE made (a VARCHAR DEFAULT 'SET GLOBAL; x');", "INSERT INTO made VALUES ('a;b')"))
	for _, sql := range []string{"PRAGMA import_database('" + dir + "')", "PRAGMA import_database = '" + dir + "'", "CALL import_database('" + dir + "')", "\u00a0IMPORT DATABASE E'" + dir + "'", "-- a\nIMPORT\u2003DATABASE $$" + dir + "$$", "PREPARE p AS IMPORT DATABASE '" + dir + "'"} {
		_, err := c.Run(t.Context(), engine.Statement{SQL: sql})
		require.Error(t, err, sql)
	}
	for _, sql := range []string{"IMPORT DATABASE", "IMPORT TABLE 'a'"} {
		_, err := c.Run(t.Context(), engine.Statement{SQL: sql})
		require.ErrorIs(t, err, sqlerr.Invalid, sql)
	}
	_, err = c.Run(t.Context(), engine.Statement{SQL: "IMPORT DATABASE '/nowhere'"})
	require.Error(t, err)
}
