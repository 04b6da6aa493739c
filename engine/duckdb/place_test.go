package duckdb

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// TestErrorsPointIntoWhatWasWritten asks what DuckDB refuses, in texts that were
// rewritten for it: SQLSTATE, the words that clients look for, and the place are
// those of the user's text.
func TestErrorsPointIntoWhatWasWritten(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, Options{}))
	exec(t, c, "create table t (a int, `b c` string, ds string) partitioned by (ds)")
	for _, q := range []struct{ sql, state, words string }{
		{"select length(`b c`),\n  nosuch\nfrom t", "42703", "(line 2, column 3)"},
		{"select /* x */ cast(a as int), cast(nosuch as int) from t", "42703", "(line 1, column 37)"},
		{"select a, nvl(`b c`, 'x''y\\n'), nosuch(a) from t", "42883", "(line 1, column 33)"},
		{"select * from\n\tnosuch", "42P01", "Table not found nosuch"},
		{"select * from `no`.`such` where a > 1", "42P01", "Table not found no.such"},
		{"select a from t where", "42601", "[PARSE_SYNTAX_ERROR]"},
		{"select a frm t where `b c` = 'x'", "42601", "(line 1, column 14)"},
		{"select date_format(a, 'yyyy-MM-dd'), unix_timestamp(nosuch) from t", "42703", "(line 1, column 53)"},
		{"insert into t values\n(1, 'a', nosuch)", "42703", "(line 2, column 10)"},
		{"insert overwrite table t partition (ds = 'x')\nselect a, nosuch from t", "42703", "(line 2, column 11)"},
		{"insert overwrite table nosuch select 1", "42P01", "Table not found nosuch"},
		{"create table u using parquet as\nselect a, sum(nosuch) from t group by a", "42703", "(line 2, column 15)"},
		{"create view v as select\n  nosuch from t", "42703", "(line 2, column 3)"},
		{"select e from t lateral view explode(split(nosuch, ',')) v as e", "42703", "(line 1, column 44)"},
		{"select a from t where ds rlike 'x' and nosuch = 1", "42703", "(line 1, column 40)"},
		{"alter table t rename column nosuch to x", "42703", "nosuch"},
		{"select 'it''s', \"nosuch\" from t", "42703", "(line 1, column 17)"},
		{"describe nosuch", "42P01", "Table not found nosuch"},
		{"show tables in nosuch", "42704", "[SCHEMA_NOT_FOUND]"},
		{"select 'never ends", "42601", "(line 1, column 8)"},
	} {
		_, err := c.Run(t.Context(), engine.Statement{SQL: q.sql})
		require.Error(t, err, q.sql)
		e := sqlerr.From(err)
		require.Equal(t, q.state, e.SQLState(), "%s\n%s", q.sql, e.Message)
		require.Contains(t, e.Message, q.words, q.sql)
		require.NotContains(t, e.Message, "__hive", q.sql)
	}
}
