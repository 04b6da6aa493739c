// Package enginetest is the conformance suite of package engine: what every engine
// does, whatever runs its SQL.
//
// It must not know any engine. Its statements are such that Hive, Spark and DuckDB
// all read them.
package enginetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/hive"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// promptly is how long a test waits for what should take milliseconds. It only
// keeps a broken engine from hanging the test.
const promptly = 30 * time.Second

// Run runs the suite. newEngine gives a running engine, which may be the same
// each time; tests make objects with names of their own.
func Run(t *testing.T, newEngine func(t *testing.T) engine.Engine) {
	t.Helper()
	for name, test := range map[string]func(t *testing.T, e engine.Engine){
		"one row":                testOneRow,
		"kinds of values":        testKinds,
		"no rows":                testNoRows,
		"no result set":          testNoResultSet,
		"long result":            testLongResult,
		"rows outlive context":   testRowsOutliveContext,
		"second query":           testSecondQuery,
		"cancel in Run":          testCancelRun,
		"cancel in Next":         testCancelNext,
		"timeout":                testTimeout,
		"errors":                 testErrors,
		"isolation":              testIsolation,
		"parallel connections":   testParallel,
		"status":                 testStatus,
		"close during Run":       testCloseDuringRun,
		"use after Close":        testUseAfterClose,
		"unknown database":       testUnknownDatabase,
		"metadata columns":       testMetadataColumns,
		"metadata of a table":    testMetadataOfTable,
		"settings and variables": testSettings,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newEngine(t))
		})
	}
}

var serial atomic.Int64

// unique makes a name that no other test uses.
func unique(prefix string) string { return fmt.Sprintf("%s_%d", prefix, serial.Add(1)) }

func open(t *testing.T, e engine.Engine) engine.Conn {
	t.Helper()
	c, err := e.Open(t.Context(), engine.OpenRequest{SessionID: t.Name(), User: "tester"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func run(ctx context.Context, c engine.Conn, sql string) (engine.Rows, error) {
	return c.Run(ctx, engine.Statement{SQL: sql})
}

// exec runs a statement to its end.
func exec(t *testing.T, c engine.Conn, sql string) engine.Rows {
	t.Helper()
	rows, err := run(t.Context(), c, sql)
	require.NoError(t, err, sql)
	if rows.Schema() == nil {
		return rows
	}
	for {
		batch, err := rows.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return rows
		}
		require.NoError(t, err, sql)
		batch.Release()
	}
}

// read gives all rows of a query as lines of Hive's texts with | between.
func read(t *testing.T, c engine.Conn, q engine.Query) []string {
	t.Helper()
	rows, err := c.Run(t.Context(), q)
	require.NoError(t, err)
	return rest(t, rows)
}

func query(t *testing.T, c engine.Conn, sql string) []string {
	t.Helper()
	return read(t, c, engine.Statement{SQL: sql})
}

// rest reads rows to their end.
func rest(t *testing.T, rows engine.Rows) []string {
	t.Helper()
	var lines []string
	for {
		batch, err := rows.Next(t.Context())
		if errors.Is(err, io.EOF) {
			require.NoError(t, rows.Close())
			return lines
		}
		require.NoError(t, err)
		for i := range int(batch.NumRows()) {
			cells := make([]string, batch.NumCols())
			for j, column := range batch.Columns() {
				cells[j] = "NULL"
				if !hive.IsNull(column, i) {
					cells[j] = string(hive.AppendText(nil, column, i))
				}
			}
			lines = append(lines, strings.Join(cells, "|"))
		}
		batch.Release()
	}
}

// digits makes a table of the digits and gives its name; joined with itself it
// has as many rows as one likes.
func digits(t *testing.T, c engine.Conn) string {
	t.Helper()
	name := unique("digits")
	exec(t, c, "CREATE TABLE "+name+" (d INT)")
	exec(t, c, "INSERT INTO "+name+" VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)")
	t.Cleanup(func() { _, _ = run(context.WithoutCancel(t.Context()), c, "DROP TABLE "+name) })
	return name
}

// endless is a query that takes hours until its one row is there.
func endless(digits string) string {
	from := make([]string, 14)
	sum := make([]string, len(from))
	for i := range from {
		from[i] = fmt.Sprintf("%s t%d", digits, i)
		sum[i] = fmt.Sprintf("t%d.d", i)
	}
	return "SELECT count(*) FROM " + strings.Join(from, " CROSS JOIN ") + " WHERE " + strings.Join(sum, " + ") + " = 7"
}

// thousands is a query with 10^power rows, all numbers in any order, in a column n.
func thousands(digits string, power int) string {
	from := make([]string, power)
	sum := make([]string, power)
	factor := "1"
	for i := range from {
		from[i] = fmt.Sprintf("%s t%d", digits, i)
		sum[i] = fmt.Sprintf("t%d.d * %s", i, factor)
		factor += "0"
	}
	return "SELECT " + strings.Join(sum, " + ") + " AS n FROM " + strings.Join(from, " CROSS JOIN ")
}

// kind asserts that err is one of the given kind, and not a bug.
func kind(t *testing.T, err error, want sqlerr.Kind) *sqlerr.Error {
	t.Helper()
	require.Error(t, err)
	require.ErrorIs(t, err, want)
	var e *sqlerr.Error
	require.ErrorAs(t, err, &e)
	return e
}

// usable asserts that a connection answers.
func usable(t *testing.T, c engine.Conn) {
	t.Helper()
	require.Equal(t, []string{"42"}, query(t, c, "SELECT 42"))
}
