package dialect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		dialect, script string
		want            []string
	}{
		{"hive", "", nil},
		{"hive", " ;; -- nothing;\n/* ; */ ;", nil},
		{"hive", "select 1", []string{"select 1"}},
		{"hive", "select 1 ;\n -- two; \n select 2; ", []string{"select 1", "select 2"}},
		{"hive", `select 'a;\';' as x; select ";", ` + "`;`", []string{`select 'a;\';' as x`, `select ";", ` + "`;`"}},
		{"hive", "select '${hivevar:x};'; set a=b", []string{"select '${hivevar:x};'", "set a=b"}},
		{"hive", "select ${hivevar:x}, ${y}; select 2", []string{"select ${hivevar:x}, ${y}", "select 2"}},
		{"duckdb", `select 'a\'; select 2`, []string{`select 'a\'`, "select 2"}},
		{"duckdb", `select 'it''s;', E'\';', "a"";"; select $$;'$$, $t$;$$;$t$, $1`, []string{`select 'it''s;', E'\';', "a"";"`, `select $$;'$$, $t$;$$;$t$, $1`}},
		{"duckdb", "/* a /* ; */ ; */ select 1 -- ;\n; -- end", []string{"select 1"}},
	} {
		parts, err := dialect.Split(tc.script, map[string]string{dialect.KeyDialect: tc.dialect}, dialect.Options{})
		require.NoError(t, err, tc.script)
		var got []string
		for _, p := range parts {
			got = append(got, tc.script[p[0]:p[1]])
		}
		require.Equal(t, tc.want, got)
	}
	for _, kind := range []string{"hive", "duckdb"} {
		_, err := dialect.Split("select 1;\n select 'x", nil, dialect.Options{Hive: kind == "hive"})
		require.ErrorIs(t, err, sqlerr.Invalid)
		require.ErrorContains(t, err, "line 2, column 9")
	}
}
