package enginetest

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
)

func testOneRow(t *testing.T, e engine.Engine) {
	t.Helper()
	c := open(t, e)
	rows, err := run(t.Context(), c, "SELECT 1 AS a, 'x' AS b")
	require.NoError(t, err)
	require.Equal(t, 2, rows.Schema().NumFields())
	require.Equal(t, "a", rows.Schema().Field(0).Name)
	require.Equal(t, "b", rows.Schema().Field(1).Name)
	require.Equal(t, []string{"1|x"}, rest(t, rows))
	_, err = rows.Next(t.Context())
	require.ErrorIs(t, err, io.EOF, "the end stays the end")
	require.NoError(t, rows.Close())
	require.NoError(t, rows.Close(), "a second Close does nothing")
	require.Equal(t, []string{"1"}, query(t, c, "-- a comment first\nSELECT 1 /* and one last */ ;  "))
}

func testKinds(t *testing.T, e engine.Engine) {
	t.Helper()
	c := open(t, e)
	for _, tc := range []struct{ expression, want string }{
		{"CAST(127 AS TINYINT)", "127"},
		{"CAST(-32768 AS SMALLINT)", "-32768"},
		{"CAST(2147483647 AS INT)", "2147483647"},
		{"CAST(9223372036854775807 AS BIGINT)", "9223372036854775807"},
		{"CAST(1.5 AS DOUBLE)", "1.5"},
		{"CAST(2.5 AS FLOAT)", "2.5"},
		{"CAST('12345678.91' AS DECIMAL(10, 2))", "12345678.91"},
		{"1 = 1", "true"},
		{"CAST('wörter' AS STRING)", "wörter"},
		{"DATE '2024-02-29'", "2024-02-29"},
		{"CAST(NULL AS STRING)", "NULL"},
		{"CAST(NULL AS INT)", "NULL"},
		{"NULL", "NULL"},
	} {
		require.Equal(t, []string{tc.want}, query(t, c, "SELECT "+tc.expression), tc.expression)
	}
	require.Contains(t, query(t, c, "SELECT TIMESTAMP '2024-02-29 12:34:56'")[0], "2024-02-29 12:34:56")
}

func testNoRows(t *testing.T, e engine.Engine) {
	t.Helper()
	c := open(t, e)
	rows, err := run(t.Context(), c, "SELECT 1 AS a WHERE 1 = 0")
	require.NoError(t, err)
	require.NotNil(t, rows.Schema(), "there is a result set, without rows")
	require.Empty(t, rest(t, rows))
}

func testNoResultSet(t *testing.T, e engine.Engine) {
	t.Helper()
	c := open(t, e)
	name := unique("nothing")
	for _, step := range []struct {
		sql      string
		modified int64
	}{
		{"CREATE TABLE " + name + " (a INT)", -1},
		{"INSERT INTO " + name + " VALUES (1), (2)", 2},
		{"DROP TABLE " + name, -1},
	} {
		rows, err := run(t.Context(), c, step.sql)
		require.NoError(t, err, step.sql)
		require.Nil(t, rows.Schema(), step.sql)
		if step.modified >= 0 && rows.ModifiedRows() >= 0 { // -1: the engine doesn't know
			require.Equal(t, step.modified, rows.ModifiedRows(), step.sql)
		}
		_, err = rows.Next(t.Context())
		require.ErrorIs(t, err, io.EOF, step.sql)
		require.NoError(t, rows.Close())
	}
}

func testLongResult(t *testing.T, e engine.Engine) {
	t.Helper()
	c := open(t, e)
	table := digits(t, c)
	before := residentBytes()
	began := time.Now()
	rows, err := run(t.Context(), c, thousands(table, 6))
	require.NoError(t, err)
	first := time.Since(began)
	n, sum, batches, most := 0, int64(0), 0, int64(0)
	for {
		batch, err := rows.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch column := batch.Column(0).(type) {
		case *array.Int32:
			for _, v := range column.Int32Values() {
				sum += int64(v)
			}
		case *array.Int64:
			for _, v := range column.Int64Values() {
				sum += v
			}
		default:
			require.Failf(t, "not a number", "%T", column)
		}
		n += int(batch.NumRows())
		batches++
		most = max(most, residentBytes()-before)
		batch.Release()
	}
	require.Equal(t, 1_000_000, n)
	require.Equal(t, int64(999_999)*1_000_000/2, sum, "every number once")
	require.NoError(t, rows.Close())
	t.Logf("first rows after %v, %d batches, %v in all, %d MB more than before at most",
		first, batches, time.Since(began), most>>20)
}

// residentBytes is how much memory the process has; 0 where that isn't told.
func residentBytes() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

func testRowsOutliveContext(t *testing.T, e engine.Engine) {
	t.Helper()
	c := open(t, e)
	table := digits(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	rows, err := run(ctx, c, thousands(table, 5))
	require.NoError(t, err)
	cancel()
	require.Len(t, rest(t, rows), 100_000)
}

func testSecondQuery(t *testing.T, e engine.Engine) {
	t.Helper()
	c := open(t, e)
	table := digits(t, c)
	rows, err := run(t.Context(), c, thousands(table, 6))
	require.NoError(t, err)
	usable(t, c)
	if !c.SingleStream() {
		require.Len(t, rest(t, rows), 1_000_000)
		return
	}
	// The rows before are lost, and that must not look like their end.
	for err == nil {
		_, err = rows.Next(t.Context())
	}
	require.NotErrorIs(t, err, io.EOF)
	require.NoError(t, rows.Close())
	usable(t, c)

	rows, err = run(t.Context(), c, thousands(table, 6))
	require.NoError(t, err)
	batch, err := rows.Next(t.Context())
	require.NoError(t, err)
	batch.Release()
	require.NoError(t, rows.Close(), "in the middle")
	_, err = rows.Next(t.Context())
	require.Error(t, err)
	require.NotErrorIs(t, err, io.EOF)
	usable(t, c)
}
