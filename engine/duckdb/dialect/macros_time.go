package dialect

import "strings"

// seconds of a time, whatever it is written as, since 1970 in UTC.
const seconds = "CAST(floor(epoch(TRY_CAST(x AS TIMESTAMP))) AS BIGINT)"

// day is an expression for the date in a parameter.
func day(parameter string) string { return "CAST(TRY_CAST(" + parameter + " AS TIMESTAMP) AS DATE)" }

// parsed is the time that a text says by a pattern; a time or date is itself.
const parsed = "CASE WHEN typeof(x) = 'VARCHAR' THEN CAST(floor(epoch(try_strptime(CAST(x AS VARCHAR), f))) AS BIGINT) ELSE " + seconds + " END"

// timeMacros are about dates and times.
var timeMacros = []macro{
	{"from_unixtime", []string{
		"(n) AS strftime(make_timestamp(CAST(n AS BIGINT) * 1000000), '%Y-%m-%d %H:%M:%S')",
		"(n, f) AS strftime(make_timestamp(CAST(n AS BIGINT) * 1000000), f)",
	}},
	{"unix_timestamp", []string{"() AS CAST(floor(epoch(now())) AS BIGINT)", "(x) AS " + seconds, "(x, f) AS " + parsed}},
	{"to_unix_timestamp", []string{"(x) AS " + seconds, "(x, f) AS " + parsed}},
	{"date_format", []string{"(x, f) AS strftime(TRY_CAST(x AS TIMESTAMP), f)"}},
	{"to_date", []string{"(x) AS " + day("x"), "(x, f) AS CAST(try_strptime(CAST(x AS VARCHAR), f) AS DATE)"}},
	{"to_timestamp", []string{
		"(x) AS coalesce(TRY_CAST(CAST(x AS VARCHAR) AS TIMESTAMP), make_timestamp(TRY_CAST(CAST(x AS VARCHAR) AS BIGINT) * 1000000))",
		"(x, f) AS try_strptime(CAST(x AS VARCHAR), f)",
	}},
	{"date_add", []string{"(d, n) AS " + day("d") + " + CAST(n AS INTEGER)"}},
	{"date_sub", []string{"(d, n) AS " + day("d") + " - CAST(n AS INTEGER)"}},
	{"dateadd", []string{addition}},
	{"timestampadd", []string{addition}},
	{"datediff", []string{"(a, b) AS CAST(" + day("a") + " - " + day("b") + " AS INTEGER)", difference}},
	{"timestampdiff", []string{difference}},
	{"add_months", []string{"(d, n) AS CAST(" + day("d") + " + to_months(CAST(n AS INTEGER)) AS DATE)"}},
	{"months_between", []string{
		"(a, b) AS round(" + months + ", 8)",
		"(a, b, r) AS CASE WHEN r THEN round(" + months + ", 8) ELSE " + months + " END",
	}},
	{"next_day", []string{"(d, w) AS " + day("d") + " + CAST((list_position(['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'], " +
		"CASE WHEN regexp_full_match(lower(w), 'mo(n(day)?)?|tu(e(sday)?)?|we(d(nesday)?)?|th(u(rsday)?)?|fr(i(day)?)?|sa(t(urday)?)?|su(n(day)?)?') " +
		"THEN lower(w)[:2] END) - isodow(" + day("d") + ") + 6) % 7 + 1 AS INTEGER)"}},
	{"trunc", []string{"(d, f) AS CAST(date_trunc(" + units("YEAR YYYY YY", "QUARTER Q", "MONTH MON MM", "WEEK") + ", " + day("d") + ") AS DATE)"}},
	{"date_trunc", []string{"(f, d) AS date_trunc(" + units("YEAR YYYY YY", "QUARTER", "MONTH MON MM", "WEEK", "DAY DD", "HOUR", "MINUTE", "SECOND",
		"MILLISECOND", "MICROSECOND") + ", TRY_CAST(d AS TIMESTAMP))"}},
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
	{"weekday", []string{"(x) AS CAST(date_part('isodow', TRY_CAST(x AS TIMESTAMP)) - 1 AS INTEGER)"}},
	{"dayofweek", []string{"(x) AS CAST(date_part('dow', TRY_CAST(x AS TIMESTAMP)) + 1 AS INTEGER)"}},
	{"dayname", []string{"(x) AS dayname(" + day("x") + ")[:3]"}},
	{"monthname", []string{"(x) AS monthname(" + day("x") + ")[:3]"}},
	{"date_part", []string{"(f, x) AS CAST(date_part(f, TRY_CAST(x AS TIMESTAMP)) + CASE WHEN lower(f) IN ('dow', 'dayofweek') THEN 1 ELSE 0 END AS INTEGER)"}},
	{"make_date", []string{"(y, m, d) AS TRY(make_date(y, m, d))"}},
	{"to_utc_timestamp", []string{"(t, z) AS timezone('UTC', timezone(z, TRY_CAST(t AS TIMESTAMP)))"}},
	{"from_utc_timestamp", []string{"(t, z) AS timezone(z, timezone('UTC', TRY_CAST(t AS TIMESTAMP)))"}},
	{"date_from_unix_date", []string{"(n) AS DATE '1970-01-01' + CAST(n AS INTEGER)"}},
	{"unix_date", []string{"(d) AS CAST(CAST(d AS DATE) - DATE '1970-01-01' AS INTEGER)"}},
	{"unix_seconds", []string{"(t) AS CAST(floor(epoch(t)) AS BIGINT)"}},
	{"unix_millis", []string{"(t) AS epoch_ms(t)"}},
	{"unix_micros", []string{"(t) AS epoch_us(t)"}},
	{"timestamp_seconds", []string{"(n) AS make_timestamp(CAST(CAST(n AS DOUBLE) * 1000000 AS BIGINT))"}},
	{"timestamp_millis", []string{"(n) AS make_timestamp(n * 1000)"}},
	{"timestamp_micros", []string{"(n) AS make_timestamp(n)"}},
}

// part is a macro for a field of a time, which Hive has as INT.
func part(field string) string {
	return "(x) AS CAST(date_part('" + field + "', TRY_CAST(x AS TIMESTAMP)) AS INTEGER)"
}

// units is the unit that a parameter f names, NULL for any other; each group is a
// unit by all its names.
func units(groups ...string) string {
	var b strings.Builder
	b.WriteString("CASE upper(f)")
	for _, g := range groups {
		names := strings.Fields(g)
		for _, n := range names {
			b.WriteString(" WHEN '" + n + "' THEN '" + names[0] + "'")
		}
	}
	return b.String() + " END"
}

// addition adds n units to a time.
const addition = "(f, n, d) AS TRY_CAST(d AS TIMESTAMP) + CASE upper(f) WHEN 'YEAR' THEN to_years(CAST(n AS INTEGER)) " +
	"WHEN 'QUARTER' THEN to_months(CAST(3 * n AS INTEGER)) WHEN 'MONTH' THEN to_months(CAST(n AS INTEGER)) WHEN 'WEEK' THEN to_days(CAST(7 * n AS INTEGER)) " +
	"WHEN 'DAY' THEN to_days(CAST(n AS INTEGER)) WHEN 'HOUR' THEN to_hours(CAST(n AS BIGINT)) WHEN 'MINUTE' THEN to_minutes(CAST(n AS BIGINT)) " +
	"WHEN 'SECOND' THEN to_seconds(n) END"

// difference counts the whole units from a to b.
const difference = "(f, a, b) AS date_sub(f, TRY_CAST(a AS TIMESTAMP), TRY_CAST(b AS TIMESTAMP))"

// months counts the months from b to a: two days that are alike in their months,
// or both the last, make no fraction; otherwise a month has 31 days.
var months = strings.NewReplacer("A1", "TRY_CAST(a AS TIMESTAMP)", "B1", "TRY_CAST(b AS TIMESTAMP)", "A2", day("a"), "B2", day("b")).Replace(
	"((year(A1) - year(B1)) * 12 + month(A1) - month(B1) + CASE WHEN day(A1) = day(B1) OR " +
		"A2 = last_day(A2) AND B2 = last_day(B2) THEN 0 ELSE " +
		"(day(A1) - day(B1) + (epoch(A1) - epoch(A2) - epoch(B1) + epoch(B2)) / 86400) / 31.0 END)")
