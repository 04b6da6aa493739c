package dialect

import (
	"slices"
	"strings"
)

// library is the database in memory that holds Hive's functions as macros, once
// for all connections, outside of anybody's files: so a file that is read-only
// has them as well. Statements can't name it themselves.
const library = "__hive_sql"

// Library is the name of the database with Hive's functions.
const Library = library

// macro is a function of Hive's. Each body is one number of parameters and what
// it stands for, such as "(a, b) AS a + b".
type macro struct {
	name   string
	bodies []string
}

// allMacros are Hive's functions that DuckDB lacks or has with another meaning or
// type, by what they are about. Where bodies of one number of parameters differ
// in a type, DuckDB takes the typed one whose type the argument has or turns into
// by itself; those without a type are for all others.
func allMacros() []macro {
	return slices.Concat(conditionMacros, castMacros, timeMacros, textMacros, jsonMacros, numberMacros, listMacros, aggregateMacros, varying())
}

// conditionMacros are about NULL and true.
var conditionMacros = []macro{
	{"nvl", []string{"(a, b) AS coalesce(a, b)"}},
	{"nvl2", []string{"(a, b, c) AS CASE WHEN a IS NOT NULL THEN b ELSE c END"}},
	{"isnull", []string{"(a) AS a IS NULL"}},
	{"isnotnull", []string{"(a) AS a IS NOT NULL"}},
	{"nanvl", []string{"(a, b) AS CASE WHEN isnan(a) THEN b ELSE a END"}},
	{"zeroifnull", []string{"(a) AS coalesce(a, 0)"}},
	{"nullifzero", []string{"(a) AS nullif(a, 0)"}},
	{"equal_null", []string{"(a, b) AS a IS NOT DISTINCT FROM b"}},
	{"assert_true", []string{
		"(c) AS CASE WHEN c THEN NULL ELSE error('[USER_RAISED_EXCEPTION] the condition is not true') END",
		"(c, m) AS CASE WHEN c THEN NULL ELSE error(m) END",
	}},
	{"raise_error", []string{"(m) AS error(m)"}},
	{"current_database", []string{"() AS current_schema()"}},
	{"current_user", []string{user}},
	{"session_user", []string{user}},
	{"logged_in_user", []string{user}},
	{"user", []string{user}},
	// x[k]
	{numberedItem, []string{"(x, k) AS x[k + CASE WHEN ends_with(typeof(x), ']') THEN 1 ELSE 0 END]"}},
	{anyItem, []string{
		"(x, k VARCHAR) AS x[k]",
		"(x, k BIGINT) AS x[k + CASE WHEN ends_with(typeof(x), ']') THEN 1 ELSE 0 END]",
		"(x, k HUGEINT) AS x[CAST(k AS BIGINT) + CASE WHEN ends_with(typeof(x), ']') THEN 1 ELSE 0 END]",
		"(x, k DOUBLE) AS map_extract_value(x, k)", "(x, k BOOLEAN) AS map_extract_value(x, k)",
		"(x, k DATE) AS map_extract_value(x, k)", "(x, k TIMESTAMP) AS map_extract_value(x, k)",
	}},
}

// UserVariable is the variable of each connection that has its user, where functions find
// it also in views. Statements can't set it themselves.
const UserVariable = "__hive_user"

const user = "() AS coalesce(getvariable('" + UserVariable + "'), '')"

// TellUser is the statement that tells a connection its user.
func TellUser(name string) string { return "SET VARIABLE " + UserVariable + " = " + quote(name) }

// NameUser are statements that make DuckDB's own names for the user find the one of the
// connection.
func NameUser() string {
	var sql strings.Builder
	for _, name := range [...]string{"current_user", "session_user", "user"} {
		sql.WriteString("CREATE OR REPLACE TEMP MACRO " + quoteName(name) + user + ";")
	}
	return sql.String()
}

// Setup are the statements that make Hive's functions in a fresh database. They
// touch no file.
func Setup() []string {
	sql := []string{"ATTACH ':memory:' AS " + library + " (READ_WRITE)"}
	list := allMacros()
	slices.SortStableFunc(list, func(a, b macro) int { // those that others call come first
		return strings.Compare(ours(a), ours(b))
	})
	list = append(list, siblings()...)
	for _, m := range list {
		sql = append(sql, "CREATE MACRO "+library+".main."+quoteName(m.name)+" "+strings.Join(m.bodies, ", "))
	}
	return sql
}

// ours orders the macros that others call before the others.
func ours(m macro) string {
	if strings.HasPrefix(m.name, "__") {
		return "a"
	}
	return "b"
}

// plainNames takes our names of functions out of a text of DuckDB's. What is left
// can be run again.
func plainNames(sql string) string {
	if !strings.Contains(sql, library) {
		return sql
	}
	return strings.ReplaceAll(withSizes(withoutLibrary(sql)), casting, "")
}

var libraryNames = strings.NewReplacer(library+".main."+once, "", library+"."+once, "", library+".main.", "", library+".", "", `"`+library+`".`, "")

func withoutLibrary(sql string) string { return withBrackets(libraryNames.Replace(sql)) }

// ColumnName is the name of a result's column as clients see it: a cast of a column
// has the column's name, as in Hive.
func ColumnName(name string) string {
	name = withoutLibrary(name)
	if rest, ok := strings.CutPrefix(name, casting); ok {
		if kind, value, ok := strings.Cut(rest, "("); ok && strings.IndexByte(value, '(') < 0 {
			value = strings.TrimSuffix(value, ")")
			if !strings.ContainsAny(value, " '") {
				return value
			}
			return "CAST(" + value + " AS " + strings.ToUpper(kind) + ")"
		}
	}
	if rest, ok := strings.CutPrefix(name, sizing); ok {
		_, value, _ := strings.Cut(rest, "(")
		if comma := strings.LastIndex(value, ", "); comma >= 0 && strings.IndexByte(value, '(') < 0 {
			if value = value[:comma]; !strings.ContainsAny(value, " '") {
				return value
			}
			return "CAST(" + value + " AS VARCHAR)"
		}
	}
	if rest, ok := strings.CutPrefix(name, "TRY_CAST("); ok {
		if value, _, ok := strings.Cut(rest, " AS "); ok && !strings.ContainsAny(value, "( '") {
			return value
		}
	}
	return strings.ReplaceAll(withSizes(name), casting, "")
}
