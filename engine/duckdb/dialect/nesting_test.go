//go:build duckdb_arrow

package dialect_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func nest(call string, depth int) string {
	sql := "c"
	for range depth {
		sql = strings.ReplaceAll(call, "{}", sql)
	}
	return sql
}

// Each of these took DuckDB minutes and gigabytes at some depth below eight. That is no
// measure of time: twenty levels would not end in a lifetime if they still multiplied.
func TestCallsInsideOfCalls(t *testing.T) {
	d := newDuck(t)
	for call, want := range map[string]string{
		"cast({} as string)":                     "1",
		"cast({} as int)":                        "1",
		"cast({} as bigint)":                     "1",
		"cast({} as double)":                     "1",
		"cast({} as timestamp)":                  "NULL",
		"int({})":                                "1",
		"cast(cast({} as int) as string)":        "1",
		"length({})":                             "1",
		"ceil({})":                               "1",
		"size(array({}))":                        "1",
		"pmod({}, 3)":                            "1",
		"year({})":                               "NULL",
		"get_json_object({}, '$')":               "1",
		"substring_index({}, '.', 1)":            "1",
		"concat_ws(',', {})":                     "1",
		"months_between({}, '2020-01-01')":       "NULL",
		"cast(if(true, {}, '2') as varchar(10))": "1",
	} {
		done := make(chan string, 1)
		go func() {
			a, err := d.hive("select " + nest(call, 20) + " from (select " + start(call) + " as c) t")
			if err != nil {
				done <- err.Error()
				return
			}
			done <- a.rows[0][0]
		}()
		select {
		case got := <-done:
			require.Equal(t, want, strings.TrimSuffix(got, ".0"), call)
		case <-time.After(2 * time.Minute):
			require.FailNow(t, "no answer", call)
		}
	}
}

// start is a value that a call takes.
func start(call string) string {
	if strings.HasPrefix(call, "pmod") {
		return "1"
	}
	return "'1'"
}

// Groups, aggregates, windows and subqueries may stand in what is written once.
func TestCallsInsideOfCallsAnywhere(t *testing.T) {
	d := newDuck(t)
	d.must("create table n (c int, s string)")
	d.must("insert into n values (1, '1'), (2, '2'), (2, '3')")
	deep := func(of string) string {
		return strings.Replace(nest("cast(cast({} as int) as string)", 6), "(c ", "("+of+" ", 1)
	}
	for sql, want := range map[string][][]string{
		"select " + deep("c") + ", count(*) from n group by " + deep("c") + " order by 1":       {{"1", "1"}, {"2", "2"}},
		"select " + deep("sum(c)") + " from n":                                                  {{"5"}},
		"select " + deep("row_number() over (order by s)") + " from n order by 1":               {{"1"}, {"2"}, {"3"}},
		"select " + deep("(select max(c) from n)"):                                              {{"2"}},
		"select s from n where " + deep("c") + " = '1'":                                         {{"1"}},
		"select a.s from n a join n b on " + deep("a.c") + " = " + deep("b.s") + " order by 1":  {{"1"}, {"2"}, {"3"}},
		"select (select max(" + deep("b.c + a.c") + ") from n b) from n a order by 1":           {{"3"}, {"4"}, {"4"}},
		"select transform(array(1, 2), x -> " + deep("x") + ")":                                 {{`["1","2"]`}},
		"select s from n having max(" + deep("c") + ") = '2' group by s order by 1":             nil,
		"select s from n group by s having max(" + deep("c") + ") = '2' order by " + deep("s"):  {{"2"}, {"3"}},
		"select sum(cast(" + deep("c") + " as int)) over (partition by 1) as t from n limit 1":  {{"5"}},
		"select case when " + deep("c") + " = '1' then 'one' end from n order by " + deep("s"):  {{"one"}, {"NULL"}, {"NULL"}},
		"with v as (select " + deep("c") + " as x from n) select distinct x from v order by 1":  {{"1"}, {"2"}},
		"select c from n where c in (select cast(" + deep("c") + " as int) from n where c = 1)": {{"1"}},
		"select " + deep("max(c)") + " from n group by c having " + deep("count(*)") + " = '2'": {{"2"}},
	} {
		a, err := d.hive(sql)
		if want == nil {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err, sql)
		require.Equal(t, want, a.rows, sql)
	}
}

// What is written once has the value and the type of what is written as it is.
func TestMacrosThatWriteArgumentsOnce(t *testing.T) {
	d := newDuck(t)
	values := []string{
		"'12'", "'2024-03-05 06:07:08.9'", "'a b,c'", "1.5::DOUBLE", "1e20::DOUBLE", "7", "3000000000", "1.25", "DATE '2024-03-05'",
		"TIMESTAMP '2024-03-05 06:07:08'", "true", "[1, NULL]", "MAP {'a': 1}", "'\\xAA'::BLOB", "'{\"a\": 1}'", "NULL::INTEGER", "NULL::VARCHAR",
	}
	others := []string{"1", "2", "'a'", "'%Y'", "'$.a'", "'MM'", "DATE '2024-01-31'"}
	compared := map[string]int{}
	for _, row := range d.raw("SELECT function_name, len(parameters) FROM duckdb_functions() WHERE starts_with(function_name, '__once_') AND len(parameters) < 5").rows {
		name := row[0]
		rest, err := strconv.Atoi(row[1])
		require.NoError(t, err)
		rest = max(0, rest-1)
		for _, v := range values {
			for _, other := range others {
				args := "(v" + strings.Repeat(", o", rest) + ")"
				from := " FROM (SELECT " + v + " AS v, " + other + " AS o)"
				direct := func(f string) (answer, error) {
					call := `__hive_sql.main."` + f + `"` + args
					return d.tryRaw("SELECT CAST(" + call + " AS VARCHAR), typeof(" + call + ")" + from)
				}
				want, err := direct(strings.TrimPrefix(name, "__once_"))
				if err != nil {
					continue
				}
				got, err := direct(name)
				require.NoError(t, err, name+args+from)
				require.Equal(t, want.rows, got.rows, name+args+from)
				compared[name]++
				if rest == 0 {
					break
				}
			}
		}
	}
	require.Greater(t, len(compared), 40)
	require.True(t, slices.ContainsFunc([]string{"__once___as_int"}, func(n string) bool { return compared[n] > 10 }))
}

func TestLengthOfBinary(t *testing.T) {
	d := newDuck(t)
	a := d.must(`select length(unhex('00FF41')), octet_length(unhex('C3A4')), bit_length(cast('ä' as binary)), length(cast('' as binary)), octet_length('ä')`)
	require.Equal(t, [][]string{{"3", "2", "16", "0", "2"}}, a.rows)
}
