package duckdb

import (
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
)

func schemaOf(t *testing.T, c engine.Conn, sql string) *arrow.Schema {
	t.Helper()
	rows, err := c.Run(t.Context(), engine.Statement{SQL: sql})
	require.NoError(t, err, sql)
	defer rows.Close()
	return rows.Schema()
}

// What is remembered of a result is what DuckDB says, whatever came before under the
// same names.
func TestShapes(t *testing.T) {
	t.Parallel()
	statements := []string{
		"select 1 as a", "select 1::bigint as a", "select 'x' as a", "select '1'::json as a", "select 1.5 as a", "select [1] as a",
		"select timestamp '2024-01-01 00:00:00' as a", "select timestamptz '2024-01-01 00:00:00+00' as a", "select null as a",
		"select 1 as b", "select 1 as a, 'x' as b", "select sum(1) as a", "select 'x' as \"a\"\"b\"", "select cast(1 as bigint)",
		"select sum(x) as a from (values (1.5), (2.5)) t(x)", "show tables",
	}
	e := start(t, Options{})
	c := connect(t, e)
	wants := map[string]*arrow.Schema{}
	for _, sql := range statements {
		wants[sql] = schemaOf(t, connect(t, start(t, Options{})), sql)
	}
	for range 2 {
		for _, sql := range statements {
			want, got := wants[sql], schemaOf(t, c, sql)
			require.True(t, want.Equal(got), "%s: %s instead of %s", sql, got, want)
			require.Equal(t, want.Fields(), got.Fields())
		}
	}
	require.Same(t, schemaOf(t, c, "select 1 as a"), schemaOf(t, c, "select 2 as a"))
}

func TestShapesAreFew(t *testing.T) {
	t.Parallel()
	var s shapes
	for i := range 3 * mostShapes {
		s.put(strconv.Itoa(i), arrow.NewSchema(nil, nil))
	}
	require.LessOrEqual(t, len(s.known), mostShapes)
	e := start(t, Options{})
	c := connect(t, e)
	exec(t, c, "select 1 as \""+strings.Repeat("x", 2*shapeBytes)+"\"")
	require.Empty(t, e.database().shapes.known)
}
