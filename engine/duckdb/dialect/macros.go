package dialect

import (
	"strconv"
	"strings"
)

// library is the database in memory that holds Hive's functions as macros, once
// for all connections, outside of anybody's files: so a file that is read-only
// has them as well. Statements can't name it themselves.
const library = "__hive_sql"

// macro is a function of Hive's. Each body is one number of parameters and what
// it stands for, such as "(a, b) AS a + b".
type macro struct {
	name   string
	bodies []string
}

// seconds of a time, whatever it is written as, since 1970 in UTC.
const seconds = "CAST(floor(epoch(TRY_CAST(x AS TIMESTAMP))) AS BIGINT)"

// day is an expression for the date in a parameter.
func day(parameter string) string { return "CAST(TRY_CAST(" + parameter + " AS TIMESTAMP) AS DATE)" }

// macros are Hive's functions that DuckDB lacks or has with another meaning or
// type.
var macros = []macro{
	// conditions
	{"nvl", []string{"(a, b) AS coalesce(a, b)"}},
	{"nvl2", []string{"(a, b, c) AS CASE WHEN a IS NOT NULL THEN b ELSE c END"}},
	{"isnull", []string{"(a) AS a IS NULL"}},
	{"isnotnull", []string{"(a) AS a IS NOT NULL"}},
	{"assert_true", []string{
		"(c) AS CASE WHEN c THEN NULL ELSE error('[USER_RAISED_EXCEPTION] the condition is not true') END",
		"(c, m) AS CASE WHEN c THEN NULL ELSE error(m) END",
	}},
	{"raise_error", []string{"(m) AS error(m)"}},
	{"current_database", []string{"() AS current_schema()"}},
	// x[k]
	{numberedItem, []string{"(x, k) AS x[k + CASE WHEN ends_with(typeof(x), ']') THEN 1 ELSE 0 END]"}},
	{anyItem, []string{
		"(x, k VARCHAR) AS x[k]",
		"(x, k BIGINT) AS x[k + CASE WHEN ends_with(typeof(x), ']') THEN 1 ELSE 0 END]",
		"(x, k HUGEINT) AS x[CAST(k AS BIGINT) + CASE WHEN ends_with(typeof(x), ']') THEN 1 ELSE 0 END]",
		"(x, k DOUBLE) AS map_extract_value(x, k)", "(x, k BOOLEAN) AS map_extract_value(x, k)",
		"(x, k DATE) AS map_extract_value(x, k)", "(x, k TIMESTAMP) AS map_extract_value(x, k)",
	}},
	// casts
	{"tinyint", []string{"(x) AS TRY_CAST(trunc(TRY_CAST(x AS DOUBLE)) AS TINYINT)"}},
	{"smallint", []string{"(x) AS TRY_CAST(trunc(TRY_CAST(x AS DOUBLE)) AS SMALLINT)"}},
	{"int", []string{"(x) AS TRY_CAST(trunc(TRY_CAST(x AS DOUBLE)) AS INTEGER)"}},
	{"bigint", []string{"(x) AS TRY_CAST(trunc(TRY_CAST(x AS DECIMAL(38, 10))) AS BIGINT)"}},
	{"double", []string{"(x) AS TRY_CAST(x AS DOUBLE)"}},
	{"float", []string{"(x) AS TRY_CAST(x AS FLOAT)"}},
	{"boolean", []string{"(x) AS TRY_CAST(x AS BOOLEAN)"}},
	{"string", []string{"(x) AS CAST(x AS VARCHAR)"}},
	{"date", []string{"(x) AS " + day("x")}},
	{"timestamp", []string{"(x) AS TRY_CAST(x AS TIMESTAMP)"}},
	// times
	{"from_unixtime", []string{
		"(n) AS strftime(make_timestamp(CAST(n AS BIGINT) * 1000000), '%Y-%m-%d %H:%M:%S')",
		"(n, f) AS strftime(make_timestamp(CAST(n AS BIGINT) * 1000000), f)",
	}},
	{"unix_timestamp", []string{
		"() AS CAST(floor(epoch(now())) AS BIGINT)", "(x) AS " + seconds,
		"(x, f) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CAST(floor(epoch(try_strptime(CAST(x AS VARCHAR), f))) AS BIGINT) ELSE " + seconds + " END",
	}},
	{"to_unix_timestamp", []string{
		"(x) AS " + seconds,
		"(x, f) AS CASE WHEN typeof(x) = 'VARCHAR' THEN CAST(floor(epoch(try_strptime(CAST(x AS VARCHAR), f))) AS BIGINT) ELSE " + seconds + " END",
	}},
	{"date_format", []string{"(x, f) AS strftime(TRY_CAST(x AS TIMESTAMP), f)"}},
	{"to_date", []string{"(x) AS " + day("x"), "(x, f) AS CAST(try_strptime(CAST(x AS VARCHAR), f) AS DATE)"}},
	{"to_timestamp", []string{
		"(x) AS coalesce(TRY_CAST(CAST(x AS VARCHAR) AS TIMESTAMP), make_timestamp(TRY_CAST(CAST(x AS VARCHAR) AS BIGINT) * 1000000))",
		"(x, f) AS try_strptime(CAST(x AS VARCHAR), f)",
	}},
	{"date_add", []string{"(d, n) AS " + day("d") + " + CAST(n AS INTEGER)"}},
	{"date_sub", []string{"(d, n) AS " + day("d") + " - CAST(n AS INTEGER)"}},
	{"datediff", []string{"(a, b) AS CAST(" + day("a") + " - " + day("b") + " AS INTEGER)"}},
	{"add_months", []string{"(d, n) AS CAST(" + day("d") + " + to_months(CAST(n AS INTEGER)) AS DATE)"}},
	{"months_between", []string{
		"(a, b) AS round(date_diff('month', TRY_CAST(b AS TIMESTAMP), TRY_CAST(a AS TIMESTAMP)) + CASE WHEN " +
			"day(TRY_CAST(a AS TIMESTAMP)) = day(TRY_CAST(b AS TIMESTAMP)) OR " +
			day("a") + " = last_day(" + day("a") + ") AND " + day("b") + " = last_day(" + day("b") + ") THEN 0 ELSE " +
			"(day(TRY_CAST(a AS TIMESTAMP)) - day(TRY_CAST(b AS TIMESTAMP)) + (epoch(TRY_CAST(a AS TIMESTAMP)) - epoch(" + day("a") + ")" +
			" - epoch(TRY_CAST(b AS TIMESTAMP)) + epoch(" + day("b") + ")) / 86400) / 31.0 END, 8)",
	}},
	{"trunc", []string{
		"(d, f) AS CASE upper(f) WHEN 'YEAR' THEN CAST(date_trunc('year', " + day("d") + ") AS DATE) " +
			"WHEN 'YYYY' THEN CAST(date_trunc('year', " + day("d") + ") AS DATE) WHEN 'YY' THEN CAST(date_trunc('year', " + day("d") + ") AS DATE) " +
			"WHEN 'QUARTER' THEN CAST(date_trunc('quarter', " + day("d") + ") AS DATE) WHEN 'Q' THEN CAST(date_trunc('quarter', " + day("d") + ") AS DATE) " +
			"WHEN 'MONTH' THEN CAST(date_trunc('month', " + day("d") + ") AS DATE) WHEN 'MON' THEN CAST(date_trunc('month', " + day("d") + ") AS DATE) " +
			"WHEN 'MM' THEN CAST(date_trunc('month', " + day("d") + ") AS DATE) WHEN 'WEEK' THEN CAST(date_trunc('week', " + day("d") + ") AS DATE) END",
	}},
	{"last_day", []string{"(d) AS last_day(" + day("d") + ")"}},
	{"year", []string{part("year")}},
	{"quarter", []string{part("quarter")}},
	{"month", []string{part("month")}},
	{"day", []string{part("day")}},
	{"dayofmonth", []string{part("day")}},
	{"hour", []string{part("hour")}},
	{"minute", []string{part("minute")}},
	{"second", []string{part("second")}},
	{"weekofyear", []string{part("week")}},
	{"dayofyear", []string{part("doy")}},
	{"dayofweek", []string{"(x) AS CAST(date_part('dow', TRY_CAST(x AS TIMESTAMP)) + 1 AS INTEGER)"}},
	// strings
	{"length", []string{"(x) AS CAST(length(x) AS INTEGER)"}},
	{"char_length", []string{"(x) AS CAST(length(x) AS INTEGER)"}},
	{"character_length", []string{"(x) AS CAST(length(x) AS INTEGER)"}},
	{"substr", substring},
	{"substring", substring},
	{"instr", []string{"(x, s) AS CAST(strpos(x, s) AS INTEGER)"}},
	{"locate", []string{
		"(s, x) AS CAST(strpos(x, s) AS INTEGER)",
		"(s, x, p) AS CAST(CASE WHEN p < 1 THEN 0 WHEN strpos(x[p:], s) = 0 THEN 0 ELSE strpos(x[p:], s) + p - 1 END AS INTEGER)",
	}},
	{"split", []string{"(s, p) AS regexp_split_to_array(s, p)"}},
	{"regexp_replace", []string{`(s, p, r) AS regexp_replace(s, p, regexp_replace(r, '\$(\d)', '\\\1', 'g'), 'g')`}},
	{"regexp_extract", []string{"(s, p) AS regexp_extract(s, p, 1)"}},
	{"get_json_object", []string{"(j, p) AS json_extract_string(CASE WHEN json_valid(j) THEN j END, p)"}},
	{"initcap", []string{"(s) AS array_to_string(list_transform(string_split(lower(s), ' '), lambda w: upper(w[1]) || w[2:]), ' ')"}},
	{"find_in_set", []string{"(s, l) AS CASE WHEN s IS NULL OR l IS NULL THEN NULL ELSE CAST(coalesce(list_position(string_split(l, ','), s), 0) AS INTEGER) END"}},
	{"space", []string{"(n) AS repeat(' ', n)"}},
	{"unbase64", []string{"(s) AS from_base64(s)"}},
	{"ucase", []string{"(s) AS upper(s)"}},
	{"lcase", []string{"(s) AS lower(s)"}},
	// numbers
	{"pmod", []string{"(a, b) AS ((a % b) + b) % b"}},
	{"rand", []string{"() AS random()"}},
	{"ceil", []string{"(x) AS CAST(ceil(x) AS BIGINT)"}},
	{"ceiling", []string{"(x) AS CAST(ceil(x) AS BIGINT)"}},
	{"floor", []string{"(x) AS CAST(floor(x) AS BIGINT)"}},
	// collections
	{"size", []string{"(x) AS CAST(CASE WHEN x IS NULL THEN -1 WHEN starts_with(typeof(x), 'MAP(') THEN len(json_keys(to_json(x))) " +
		"ELSE json_array_length(to_json(x)) END AS INTEGER)"}},
	{"array_join", []string{"(l, s) AS array_to_string(l, s)", "(l, s, n) AS array_to_string(list_transform(l, lambda e: coalesce(e, n)), s)"}},
	{"sort_array", []string{"(l) AS list_sort(l, 'ASC', 'NULLS FIRST')"}},
	{"array_contains", []string{"(l, v) AS list_contains(l, v)"}},
	// aggregates
	{"collect_list", []string{"(x) AS coalesce(list(x) FILTER (x IS NOT NULL), [])"}},
	{"collect_set", []string{"(x) AS coalesce(list(DISTINCT x) FILTER (x IS NOT NULL), [])"}},
	{"percentile_approx", []string{"(x, p) AS quantile_disc(x, p)", "(x, p, n) AS quantile_disc(x, p)"}},
	{"approx_percentile", []string{"(x, p) AS quantile_disc(x, p)", "(x, p, n) AS quantile_disc(x, p)"}},
	{"percentile", []string{"(x, p) AS quantile_cont(x, p)"}},
}

// substring counts from 1, and takes 0 for 1.
var substring = []string{
	"(s, p) AS substr(CAST(s AS VARCHAR), CASE WHEN p = 0 THEN 1 ELSE p END)",
	"(s, p, n) AS substr(CAST(s AS VARCHAR), CASE WHEN p = 0 THEN 1 ELSE p END, n)",
}

// part is a macro for a field of a time, which Hive has as INT.
func part(field string) string {
	return "(x) AS CAST(date_part('" + field + "', TRY_CAST(x AS TIMESTAMP)) AS INTEGER)"
}

// mostArguments is how many arguments concat and map take as macros.
const mostArguments = 24

// varying are the macros that take any number of arguments, up to a limit.
func varying() []macro {
	concat := macro{name: "concat"}
	entries := macro{name: "map"}
	var names, keys, values []string
	for i := range mostArguments {
		p := "p" + strconv.Itoa(i)
		names = append(names, p)
		together := strings.Join(names, " || ") // of arrays too
		if i == 0 {
			together = "'' || " + p
		}
		concat.bodies = append(concat.bodies, "("+strings.Join(names, ", ")+") AS "+together)
		if i%2 == 0 {
			keys = append(keys, p)
			continue
		}
		values = append(values, p)
		entries.bodies = append(entries.bodies,
			"("+strings.Join(names, ", ")+") AS map(["+strings.Join(keys, ", ")+"], ["+strings.Join(values, ", ")+"])")
	}
	return []macro{concat, entries}
}

// Setup are the statements that make Hive's functions in a fresh database. They
// touch no file.
func Setup() []string {
	sql := []string{"ATTACH ':memory:' AS " + library + " (READ_WRITE)"}
	for _, m := range append(varying(), macros...) {
		sql = append(sql, "CREATE MACRO "+library+".main."+quoteName(m.name)+" "+strings.Join(m.bodies, ", "))
	}
	return sql
}

// plainNames takes our names of functions out of a text of DuckDB's.
func plainNames(sql string) string {
	if !strings.Contains(sql, library) {
		return sql
	}
	return withBrackets(strings.NewReplacer(library+".main.", "", library+".", "", `"`+library+`".`, "").Replace(sql))
}

// ColumnName is the name of a result's column as clients see it.
func ColumnName(name string) string { return plainNames(name) }
