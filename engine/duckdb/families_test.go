package duckdb

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// step is a statement and its rows, one a line with the columns between bars. "-" is
// no result set, "!" and a SQLSTATE an error, "*" any answer.
type step struct{ sql, want string }

// answers runs a statement and writes its answer as a step's want has it.
func answers(t *testing.T, c engine.Conn, sql string) string {
	t.Helper()
	rows, err := c.Run(t.Context(), engine.Statement{SQL: sql})
	if err != nil {
		return "!" + sqlerr.From(err).SQLState() + " " + err.Error()
	}
	defer rows.Close()
	if rows.Schema() == nil {
		return "-"
	}
	var lines []string
	for {
		batch, err := rows.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return strings.Join(lines, "\n")
		}
		if err != nil {
			return "!" + sqlerr.From(err).SQLState() + " " + err.Error()
		}
		for i := range int(batch.NumRows()) {
			var cells []string
			for k := range int(batch.NumCols()) {
				cells = append(cells, strings.Clone(batch.Column(k).ValueStr(i))) // the batch's memory is DuckDB's
			}
			lines = append(lines, strings.TrimSuffix(strings.Join(cells, "|"), "|(null)"))
		}
		batch.Release()
	}
}

// TestFamilies asks each statement family in words that no client has sent: what
// they answer is Hive's, or what docs/dialect.md says.
func TestFamilies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "more.csv")
	require.NoError(t, os.WriteFile(file, []byte("7,seven\n8,eight\n"), 0o600))
	for name, steps := range map[string][]step{
		"create and describe": {
			{"create table if not exists zoo (`id` bigint comment 'its number', kind string, w decimal(7,2)) comment 'animals' stored as orc tblproperties ('purpose' = 'test', \"a;b\" = 'c')", "-"},
			{"create table if not exists zoo (id int)", "-"},
			{"create table zoo (id int)", "!42P07*"},
			{"describe zoo", "id|bigint|its number\nkind|string\nw|decimal(7,2)"},
			{"show tblproperties zoo ('a;b')", "*"},
			{"create table zoo2 like zoo", "-"},
			{"show columns in zoo2", "id\nkind\nw"},
			{"drop table zoo2 purge", "-"},
			{"drop table if exists zoo2", "-"},
			{"drop table zoo2", "!42P01*"},
		},
		"create as select": {
			{"create table big stored as parquet as select id, cast(id as string) as name from range(3)", "-"},
			{"select * from big order by id desc", "2|2\n1|1\n0|0"},
		},
		"insert": {
			{"create table t (a int, b string)", "-"},
			{"insert into table t values (1, 'x'), (2, null)", "-"},
			{"insert into t (b) values ('only b')", "-"},
			{"from t insert into table t select a + 10, b where a = 1", "!0A000*"},
			{"from t select count(*), count(a)", "3|2"},
		},
		"overwrite reads its own target": {
			{"create table t (a int)", "-"},
			{"insert into t values (1), (2), (3)", "-"},
			{"insert overwrite table t select a * 10 from t where a > 1", "-"},
			{"select a from t order by a", "20\n30"},
			{"insert overwrite table t select 1 / 0 union all select cast('no' as int) + nope from t", "!42703*"},
			{"select a from t order by a", "20\n30"},
			{"insert overwrite table t select a from t where false", "-"},
			{"select count(*) from t", "0"},
		},
		"partitions": {
			{"create table p (v string) partitioned by (y int, m string)", "-"},
			{"insert into p partition (y = 2024, m = '01') values ('a')", "-"},
			{"insert into table p partition (y = 2024, m) select 'b', '02'", "-"},
			{"insert into p partition (y, m) values ('c', 2025, '01')", "-"},
			{"show partitions p", "y=2024/m=01\ny=2024/m=02\ny=2025/m=01"},
			{"show partitions p partition (y = 2024)", "y=2024/m=01\ny=2024/m=02"},
			{"insert overwrite table p partition (y = 2024, m = '01') select 'A'", "-"},
			{"insert overwrite table p partition (y, m) select 'C', 2025, '01' union all select 'D', 2026, '01'", "-"},
			{"select v, y, m from p order by v", "A|2024|01\nC|2025|01\nD|2026|01\nb|2024|02"},
			{"alter table p drop if exists partition (y = 2026, m = '01')", "-"},
			{"alter table p add if not exists partition (y = 2030, m = '12')", "-"},
			{"show partitions p", "*"},
			{"truncate table p partition (y = 2025, m = '01')", "-"},
			{"select count(*) from p", "2"},
			{"truncate table p", "-"},
			{"select count(*) from p", "0"},
		},
		"merge": {
			{"create table target (id int, v string, n int)", "-"},
			{"create table source (n int, id int, v string)", "-"},
			{"insert into target values (1, 'old', 1), (2, 'old', 2), (3, 'old', 3)", "-"},
			{"insert into source values (20, 2, 'new'), (30, 3, null), (40, 4, 'new')", "-"},
			{"merge into target as t using source as s on t.id = s.id when matched and s.v is null then delete when matched then update set * when not matched then insert *", "-"},
			{"select id, v, n from target order by id", "1|old|1\n2|new|20\n4|new|40"},
		},
		"views": {
			{"create table t (a int)", "-"},
			{"insert into t values (1), (2)", "-"},
			{"create view if not exists v (x comment 'the a') comment 'a view' tblproperties ('k' = 'v') as select a from t", "-"},
			{"create or replace view v as select a + 1 as x from t", "-"},
			{"select x from v order by x", "2\n3"},
			{"alter view v set tblproperties ('k' = 'w')", "-"},
			{"alter view v as select a * 2 as x from t", "-"},
			{"select x from v order by x", "2\n4"},
			{"show tblproperties v ('k')", "k|w"},
			{"alter view t as select 1", "!42809*"},
			{"show views", "v"},
			{"drop view v", "-"},
			{"drop view if exists v", "-"},
		},
		"alter": {
			{"create table t (a int, b string)", "-"},
			{"insert into t values (1, 'x')", "-"},
			{"alter table t add columns (c double comment 'new', d array<string>)", "-"},
			{"alter table t change column a a2 bigint comment 'renamed'", "-"},
			{"describe t", "a2|bigint|renamed\nb|string\nc|double|new\nd|array<string>"},
			{"alter table t set tblproperties ('x' = 'y')", "-"},
			{"alter table t unset tblproperties if exists ('x')", "-"},
			{"alter table t rename to u", "-"},
			{"select a2, b from u", "1|x"},
			{"alter table u drop column d", "-"},
			{"show columns from u", "a2\nb\nc"},
		},
		"databases": {
			{"create database if not exists sales comment 'of all' with dbproperties ('owner' = 'me')", "-"},
			{"create schema sales", "!42P06*"},
			{"show databases like 'sal*'", "sales"},
			{"describe database sales", "*"},
			{"use sales", "-"},
			{"create table here (a int)", "-"},
			{"select current_database()", "sales"},
			{"use default", "-"},
			{"show tables in sales", "here"},
			{"drop database sales", "!2BP01*"},
			{"drop database if exists sales cascade", "-"},
			{"show databases like 'sal*'", ""},
		},
		"show": {
			{"create table one (a int)", "-"},
			{"create table two (a int)", "-"},
			{"create table other (a int)", "-"},
			{"show tables 'o*'", "one\nother"},
			{"show tables like 'one|two'", "one\ntwo"},
			{"show functions like 'get_json*'", "get_json_object"},
			{"show create table one", "*"},
			{"show tables in nowhere", "!42704*"},
		},
		"set and variables": {
			{"set x.y=a=b; c", "*"},
			{"set x.y", "x.y|a=b; c"},
			{"set hivevar:day=2024-02-03", "*"},
			{"select '${hivevar:day}', '${day}'", "2024-02-03|2024-02-03"},
			{"set hiveconf:limit=2", "*"},
			{"select id from range(10) limit ${hiveconf:limit}", "0\n1"},
			{"set hive.exec.dynamic.partition.mode=nonstrict", "*"},
			{"reset", "*"},
		},
		"lateral views": {
			{"create table t (id int, tags array<string>, m map<string,int>)", "-"},
			{"insert into t select 1, array('a', 'b'), map('k', 5)", "-"},
			{"insert into t select 2, array(), map()", "-"},
			{"select id, tag from t lateral view explode(tags) x as tag order by tag", "1|a\n1|b"},
			{"select id, tag from t lateral view outer explode(tags) x as tag order by id, tag", "1|a\n1|b\n2"},
			{"select id, pos, tag from t lateral view posexplode(tags) x as pos, tag order by pos", "1|0|a\n1|1|b"},
			{"select id, k, v from t lateral view explode(m) x as k, v", "1|k|5"},
			{"select id, a.tag, b.tag from t lateral view explode(tags) a as tag lateral view explode(tags) b as tag order by 2, 3", "1|a|a\n1|a|b\n1|b|a\n1|b|b"},
		},
		"accepted": {
			{"create table t (a int)", "-"},
			{"cache table t", "-"},
			{"uncache table if exists t", "-"},
			{"refresh table t", "-"},
			{"analyze table t compute statistics for all columns", "-"},
			{"msck repair table t", "-"},
		},
		"load": {
			{"create table t (a int, b string) row format delimited fields terminated by ','", "-"},
			{"load data local inpath '" + file + "' into table t", "-"},
			{"select a, b from t order by a", "7|seven\n8|eight"},
			{"load data local inpath '" + file + "' overwrite into table t", "-"},
			{"select count(*) from t", "2"},
			{"load data local inpath '/etc/passwd' into table t", "!42501*"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connect(t, start(t, Options{AllowedDirectories: []string{dir}}))
			for _, s := range steps {
				got := answers(t, c, s.sql)
				switch want, prefix := strings.CutSuffix(s.want, "*"); {
				case prefix:
					require.True(t, strings.HasPrefix(got, want), "%s\n%s", s.sql, got)
					require.True(t, want != "" || !strings.HasPrefix(got, "!"), "%s\n%s", s.sql, got)
				default:
					require.Equal(t, s.want, got, s.sql)
				}
			}
		})
	}
}
