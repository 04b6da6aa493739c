package duckdb

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/hive"
)

// typesOf are the names and types of a result's columns, and its first row.
func typesOf(t *testing.T, c engine.Conn, sql string) (types, row []string) {
	t.Helper()
	rows, err := c.Run(t.Context(), engine.Statement{SQL: sql})
	require.NoError(t, err, sql)
	defer rows.Close()
	for _, column := range hive.Columns(rows.Schema()) {
		text := column.Name + " " + column.Type.String()
		if column.Length > 0 {
			text += fmt.Sprintf("(%d)", column.Length)
		}
		types = append(types, text)
	}
	batch, err := rows.Next(t.Context())
	if errors.Is(err, io.EOF) {
		return types, nil
	}
	require.NoError(t, err, sql)
	defer batch.Release()
	for _, a := range batch.Columns() {
		if texts, ok := a.(*array.String); ok && batch.NumRows() > 0 && texts.IsValid(0) {
			row = append(row, texts.Value(0))
		} else {
			row = append(row, "-")
		}
	}
	return types, row
}

func TestLengths(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, Options{Dialect: DialectHive}))
	for _, tc := range []struct {
		sql   string
		types []string
		row   []string
	}{
		{"SELECT CAST('abcdef' AS VARCHAR(3)) AS v, 'x' AS s", []string{"v varchar(3)", "s string"}, []string{"abc", "x"}},
		{"SELECT cast('ab ' AS char(5)) c, CAST(NULL AS char(2)) n", []string{"c char(5)", "n char(2)"}, []string{"ab   ", "-"}},
		{"SELECT cast('äöü' AS char(4)) c", []string{"c char(4)"}, []string{"äöü "}},
		{"SELECT CAST(12345 AS varchar ( 2 )) FROM (SELECT 1) t", []string{"12345 varchar(2)"}, []string{"12"}},
		{"SELECT CAST(s AS varchar(2)) FROM (SELECT 'xyz' AS s) t", []string{"s varchar(2)"}, []string{"xy"}},
		{"SELECT concat(CAST('ab' AS char(5)), 'c') AS x", []string{"x string"}, []string{"abc"}},
		{"SELECT CAST('abc' AS varchar(2)) || 'z' AS x", []string{"x string"}, []string{"abz"}},
		{"SELECT CAST('a' AS varchar(2)) AS x UNION ALL SELECT 'abc'", []string{"x string"}, []string{"a"}},
		{"SELECT CAST('abc' AS varchar(70000)) AS x, CAST('abc' AS varchar(0)) AS y", []string{"x string", "y string"}, []string{"abc", "abc"}},
		{"SELECT json_tuple('{\"a\":1,\"b\":2}', 'a', 'b'), CAST('abc' AS varchar(2)) AS x", nil, nil},
		{"SELECT x FROM (SELECT CAST('abc' AS varchar(2)) AS x) t", []string{"x string"}, []string{"ab"}},
		{"SELECT DISTINCT CAST('abc' AS varchar(2)) AS x", []string{"x varchar(2)"}, []string{"ab"}},
	} {
		types, row := typesOf(t, c, tc.sql)
		if tc.types == nil {
			require.NotContains(t, types, "x char", tc.sql)
			continue
		}
		require.Equal(t, tc.types, types, tc.sql)
		require.Equal(t, tc.row, row, tc.sql)
	}
}

func TestLengthsOfTables(t *testing.T) { //nolint:tparallel // the second finds what the first has made
	t.Parallel()
	file := filepath.Join(t.TempDir(), "db")
	t.Run("made here", func(t *testing.T) {
		e := start(t, Options{Dialect: DialectHive, Path: file})
		c := connect(t, e)
		require.False(t, e.database().lengths.Load())
		exec(t, c, "CREATE TABLE plain (id INT, w STRING)")
		exec(t, c, "INSERT INTO plain VALUES (1, 'w')")
		require.False(t, e.database().lengths.Load(), "nothing to ask for")
		exec(t, c, "CREATE TABLE t (id INT, v VARCHAR(10), c CHAR(3), s STRING)")
		exec(t, c, "INSERT INTO t VALUES (1, 'vv', 'c', 's')")
		exec(t, c, "CREATE TABLE made AS SELECT CAST(s AS varchar(4)) AS m, CAST(c AS char(2)) AS n, s FROM t")
		lengthsOfTables(t, c)
	})
	t.Run("found", func(t *testing.T) {
		lengthsOfTables(t, connect(t, start(t, Options{Dialect: DialectHive, Path: file})))
	})
}

func lengthsOfTables(t *testing.T, c engine.Conn) {
	t.Helper()
	all, row := []string{"id int", "v varchar(10)", "c char(3)", "s string"}, []string{"-", "vv", "c  ", "s"}
	for _, tc := range []struct {
		sql   string
		types []string
		row   []string
	}{
		{"SELECT * FROM t", all, row},
		{"SELECT * FROM default.t x WHERE id = 1 LIMIT 5", all, row},
		{"SELECT x.* FROM `t` AS x ORDER BY id", all, row},
		{"SELECT c, V, t.v AS w, upper(v) AS u FROM t", []string{"c char(3)", "v varchar(10)", "w varchar(10)", "u string"}, []string{"c  ", "vv", "vv", "VV"}},
		{"SELECT replace(s, 's', 'r') AS r, v FROM t", []string{"r string", "v varchar(10)"}, []string{"r", "vv"}},
		{"SELECT * EXCLUDE (id, s) FROM t", []string{"v string", "c string"}, []string{"vv", "c"}},
		{"SELECT * REPLACE (upper(v) AS v) FROM t", []string{"id int", "v string", "c string", "s string"}, []string{"-", "VV", "c", "s"}},
		{"SELECT COLUMNS('v|c') FROM t", []string{"v string", "c string"}, []string{"vv", "c"}},
		{"SELECT v, count(*) n FROM t GROUP BY v", []string{"v varchar(10)", "n bigint"}, []string{"vv", "-"}},
		{
			"SELECT a.v, p.*, w, a.c FROM t a LEFT JOIN plain p ON a.id = p.id AND left(p.w, 1) = 'w'",
			[]string{"v varchar(10)", "id int", "w string", "w string", "c char(3)"},
			[]string{"vv", "-", "w", "w", "c  "},
		},
		{"SELECT v FROM t WHERE c = 'c'", []string{"v varchar(10)"}, []string{"vv"}},
		{"SELECT v FROM (SELECT 'a longer text' AS v) t", []string{"v string"}, []string{"a longer text"}},
		{"WITH t AS (SELECT 'a longer text' AS v) SELECT v FROM t", []string{"v string"}, []string{"a longer text"}},
		{"SELECT v FROM t UNION ALL SELECT 'a longer text'", []string{"v string"}, []string{"vv"}},
		{"SELECT * FROM made", []string{"m varchar(4)", "n char(2)", "s string"}, []string{"s", "c ", "s"}},
		{"SELECT w FROM plain", []string{"w string"}, []string{"w"}},
	} {
		types, row := typesOf(t, c, tc.sql)
		require.Len(t, types, len(tc.types), tc.sql)
		for i := range types {
			require.Equal(t, strings.ToLower(tc.types[i]), strings.ToLower(types[i]), tc.sql)
		}
		require.Equal(t, tc.row, row, tc.sql)
	}
	exec(t, c, "CREATE TEMP TABLE t AS SELECT 'hidden' AS v")
	types, _ := typesOf(t, c, "SELECT v FROM t")
	require.Equal(t, []string{"v string"}, types, "DuckDB reads the other t")
	exec(t, c, "DROP TABLE temp.t")
	_, err := c.Run(t.Context(), engine.Statement{SQL: "SELECT v FROM absent"})
	require.ErrorContains(t, err, "Table not found absent")
}

// TestLengthsInGetColumns: with the length as size, and the code of CHAR.
func TestLengthsInGetColumns(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, Options{Dialect: DialectHive}))
	exec(t, c, "CREATE TABLE t (`It's` VARCHAR(10), c CHAR(3), s STRING, d DECIMAL(5,1)) COMMENT 'a comment'")
	rows, err := c.Run(t.Context(), engine.Columns{Table: "t"})
	require.NoError(t, err)
	defer rows.Close()
	batch, err := rows.Next(t.Context())
	require.NoError(t, err)
	defer batch.Release()
	var got []string
	for i := range int(batch.NumRows()) {
		var line []string
		for _, column := range []int{3, 4, 5, 6} { // name, code, type, size
			line = append(line, batch.Column(column).ValueStr(i))
		}
		got = append(got, strings.Join(line, " "))
	}
	require.Equal(t, []string{"It's 12 VARCHAR(10) 10", "c 1 CHAR(3) 3", "s 12 STRING 2147483647", "d 3 DECIMAL(5,1) 5"}, got)
}

// TestLengthsAreThoseOfToday: what has been asked is asked again when it may have changed.
func TestLengthsAreThoseOfToday(t *testing.T) {
	t.Parallel()
	e := start(t, Options{Dialect: DialectHive})
	c, other := connect(t, e), connect(t, e)
	is := func(c engine.Conn, want string) {
		t.Helper()
		for range 2 {
			types, _ := typesOf(t, c, "SELECT v FROM t")
			require.Equal(t, []string{"v " + want}, types)
		}
	}
	exec(t, c, "CREATE TABLE t (v VARCHAR(3))")
	is(c, "varchar(3)")
	is(other, "varchar(3)")
	exec(t, c, "DROP TABLE t")
	exec(t, c, "CREATE TABLE t (v VARCHAR(4))")
	is(other, "varchar(4)")
	is(c, "varchar(4)")
	exec(t, other, "BEGIN")
	exec(t, other, "ALTER TABLE t RENAME TO u")
	exec(t, other, "CREATE TABLE t (v CHAR(5))")
	is(other, "char(5)")
	is(c, "varchar(4)")
	exec(t, other, "ROLLBACK")
	is(other, "varchar(4)")
	exec(t, other, "CREATE DATABASE d")
	exec(t, other, "CREATE TABLE d.t (v VARCHAR(6))")
	exec(t, other, "USE d")
	is(other, "varchar(6)")
	is(c, "varchar(4)")
	is(connect(t, e), "varchar(4)")
}
