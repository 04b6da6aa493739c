package duckdb

import (
	"fmt"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	native "github.com/duckdb/duckdb-go-bindings"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

// TestColumnsLikeDuckDB makes batches of chunks and compares them with DuckDB's own.
func TestColumnsLikeDuckDB(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, Options{Dialect: DialectDuckDB}))
	for _, expression := range []string{
		"i", "(i % 100)::TINYINT", "(i % 100)::UTINYINT", "(-i)::SMALLINT", "i::USMALLINT", "(-i)::INTEGER", "i::UINTEGER", "i::UBIGINT",
		"(-i)::HUGEINT * 12345678901234567890", "i % 3 = 0", "i / 7", "(i / 7)::FLOAT",
		"(i % 90 - 45)::DECIMAL(4,1)", "(-i)::DECIMAL(9,2)", "(-i * 1000000007)::DECIMAL(18,3)", "(-i)::DECIMAL(38,10)", "i * 1.5",
		"DATE '2024-01-01' + i::INTEGER", "CASE i % 5 WHEN 0 THEN 'infinity'::DATE ELSE DATE '1969-12-31' END",
		"make_timestamp(i * 1000000007)", "'2024-02-29 12:34:56'::TIMESTAMP_S", "'2024-02-29 12:34:56.789'::TIMESTAMP_MS",
		"'2024-02-29 12:34:56.123456789'::TIMESTAMP_NS", "make_timestamp(i)::TIMESTAMPTZ", "TIME '12:34:56.789'", "'12:34:56.123456789'::TIME_NS",
		"i::VARCHAR", "repeat('x', (i % 30)::INTEGER)", "'é' || i", "''", "encode(i::VARCHAR)", "'12345678901' || (i % 100)",
	} {
		for _, nullIf := range []string{"false", "true", "i % 3 = 1", "i = 70", "i < 64"} {
			sql := fmt.Sprintf("SELECT CASE WHEN %s THEN NULL ELSE %s END AS a, i AS b, %s AS c FROM range(", nullIf, expression, expression)
			for _, rows := range []int{1, 2, 63, 64, 65, 2048, 5000} {
				compareColumns(t, c, fmt.Sprint(sql, rows, ") t(i)"))
			}
		}
	}
}

func compareColumns(t *testing.T, c *conn, sql string) {
	t.Helper()
	require.NoError(t, c.enter(t.Context(), false))
	defer c.leave()
	require.NoError(t, c.take())
	p, f, err := c.prepare(sql)
	require.NoError(t, err)
	require.False(t, f.failed(), f.text)
	defer p.close()
	s := &stream{conn: c, plan: dialect.Plan{}}
	require.Equal(t, native.StateSuccess, native.ExecutePrepared(p.handle, &s.result))
	defer native.DestroyResult(&s.result)
	s.options = native.ResultGetArrowOptions(&s.result)
	defer native.DestroyArrowOptions(&s.options)
	require.False(t, s.describe().failed())
	require.NotNil(t, s.columns, "%s: %s", sql, s.chunks)
	for {
		chunk := native.FetchChunk(s.result)
		if chunk.Ptr == nil {
			return
		}
		want, failed := native.DataChunkToArrowArray(s.options, s.chunks, chunk)
		require.False(t, native.ErrorDataHasError(failed))
		got := s.batchOf(chunk)
		native.DestroyDataChunk(&chunk) // what we have is ours
		require.True(t, array.RecordEqual(want, got), "%s\nwant %v\ngot %v", sql, want, got)
		for i := range int(want.NumCols()) {
			require.Equal(t, want.Column(i).NullN(), got.Column(i).NullN())
		}
		want.Release()
		got.Release()
	}
}

// TestColumnsThatOnlyDuckDBMakes: one of them is enough for DuckDB to make all.
func TestColumnsThatOnlyDuckDBMakes(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, Options{Dialect: DialectDuckDB}))
	for _, expression := range []string{"[i]", "{'a': i}", "'b'::ENUM('a', 'b')", "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::UUID", "map {i: i}"} {
		_, n := exec(t, c, "SELECT i, "+expression+" FROM range(3000) t(i)")
		require.EqualValues(t, 3000, n)
		require.Nil(t, c.current)
	}
}

func TestBlocksAreLentAgain(t *testing.T) {
	t.Parallel()
	var pool sync.Pool
	small := lend(&pool, 100)
	require.Len(t, small.bytes, 100)
	small.Free(nil)
	first := lend(&pool, 90_000)
	require.GreaterOrEqual(t, len(first.bytes), 90_000)
	carve := carver{block: first, rest: first.bytes}
	a, b := carve.buffer(carve.cut(10)), carve.buffer(carve.cut(20))
	require.Equal(t, 10, a.Len())
	a.Release()
	b.Retain()
	b.Release()
	first.Free(nil)
	require.EqualValues(t, 1, first.users.Load())
	b.Release()
	require.Zero(t, first.users.Load())
	if again := lend(&pool, 95_000); again == first { // a pool may forget
		require.EqualValues(t, 1, again.users.Load())
		again.Free(nil)
	}
	require.Less(t, len(lend(&pool, 20_000).bytes), 40_001)
}
