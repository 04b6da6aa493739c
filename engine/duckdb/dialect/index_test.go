//go:build duckdb_arrow

package dialect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

// TestBrackets: arrays count from 0 and maps go by their keys, whatever stands in the bracket.
func TestBrackets(t *testing.T) {
	t.Parallel()
	d := newDuck(t)
	d.must("create table t as select array('a', 'b', 'c') as tags, map('k', 'v') as props, map(1, 'one') as numbers," +
		" array(array(1, 2), array(3)) as deep, named_struct('list', array(7, 8)) as s, 1 as i, 'k' as name, map(date '2024-01-01', 'new year') as days")
	d.must("create table t2 as select 1 as one")
	for sql, want := range map[string]string{
		"tags[0]":                      "a",
		"tags[i]":                      "b",
		"t.tags[i + 1]":                "c",
		"`tags`[(i)]":                  "b",
		"tags[3]":                      "NULL",
		"tags[i + 5]":                  "NULL",
		"tags[-1]":                     "NULL",
		"tags[-i]":                     "NULL",
		"tags[size(tags) - 1]":         "c",
		"split('x|y|z', '\\\\|')[(1)]": "y",
		"split('x,y,z', ',')[size(split('x,y', ','))]":                                  "z",
		"split('a-b', '-')[(length('a-b') - length(replace('a-b', '-', '')) + 1 + -1)]": "b",
		"deep[i][i - 1]": "3",
		"deep[0][i]":     "2",
		"deep[i - 1][1]": "2",
		"s.list[i]":      "8",
		"(tags)[i]":      "b",
		"upper(tags[i])": "B",
		"concat(tags[i], tags[cast('2' as int)])": "bc",
		"tags[deep[0][0]]":                        "b",
		"tags[deep[i - 1][i - 1]]":                "b",
		"props['k']":                              "v",
		"props[name]":                             "v",
		"props[concat('', name)]":                 "v",
		"numbers[1]":                              "one",
		"numbers[i]":                              "one",
		"numbers[i + 0]":                          "one",
		"days[to_date('2024-01-01')]":             "new year",
		"case when i in (1) then tags[i] end":     "b",
		"tags[count(*) over () ]":                 "b",
		"tags[cast(sum(i) over () as int)]":       "b",
	} {
		require.Equal(t, [][]string{{want}}, d.must("select "+sql+" from t").rows, sql)
	}
	require.Equal(t, [][]string{{"b"}}, d.must("select tags[i]from t").rows)
	require.Equal(t, [][]string{{"b"}}, d.must("select any_value(tags)[max(i)] from t").rows)
	require.Equal(t, [][]string{{`["b"]`}}, d.must("select list_transform([1], y -> tags[y]) from t").rows)
	require.Equal(t, [][]string{{"b"}}, d.must("select`tags`[i]\n\n/* x */from t").rows)
	// DuckDB's own brackets stay what they are.
	for sql, want := range map[string]string{
		"[1, 2][1:1]":                      "[1]",
		"array[i, 2]":                      "[1,2]",
		"array[i]":                         "[1]",
		"[x + 1 for x in [i]]":             "[2]",
		"i in [1, 2]":                      "true",
		"i in [i]":                         "true",
		"cast([1, 2] as int[2])":           "[1,2]",
		"[1, 2]::int[2]":                   "[1,2]",
		"cast(tags as varchar[])":          `["a","b","c"]`,
		"list_transform([i], lambda x: x)": "[1]",
	} {
		require.Equal(t, [][]string{{want}}, d.must("select "+sql+" from t").rows, sql)
	}
	for sql, want := range map[string]string{
		"tags[0]": "tags[0]", "tags[i + 1]": "tags[(i + 1)]", "deep[i][0]": "deep[i][0]",
		"concat(tags[0], ', hive_item(')": "concat(tags[0], ', hive_item(')",
		"split('a,b)', ',')[0]":           "split('a,b)', ',')[0]",
	} {
		require.Equal(t, want, dialect.ColumnName(d.must("select " + sql + " from t").columns[0]), sql)
	}
	d.must("create view `default`.v as select tags[0] as a, deep[i][deep[0][0]] as b from `default`.t")
	require.Contains(t, d.must("show create table `default`.v").rows[0][0], "SELECT tags[0] AS a, deep[i][deep[0][0]] AS b")
	require.Equal(t, [][]string{{"1"}}, d.must("select [[[[[[[[[[1]]]]]]]]]][0][0][0][0][0][0][0][0][0][0]").rows)
}
