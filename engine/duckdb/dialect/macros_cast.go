package dialect

import "strings"

// castMacros are Hive's casts, which are functions too: what can't be cast is NULL.
// They branch by the type's name, which DuckDB knows before it runs; every branch
// must be fit for every type. (Macros with typed parameters can't be used here:
// DuckDB doesn't know the types of aggregates and of outer columns early enough.)
var castMacros = []macro{
	whole("tinyint", "TINYINT", "256", "-128", "127"),
	whole("smallint", "SMALLINT", "65536", "-32768", "32767"),
	whole("int", "INTEGER", "4294967296", "-2147483648", "2147483647"),
	{casting + "bigint", []string{"(x) AS CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN CASE WHEN TRY_CAST(x AS DOUBLE) >= 9223372036854775807 THEN 9223372036854775807 " +
		"WHEN TRY_CAST(x AS DOUBLE) <= -9223372036854775808 THEN CAST(-9223372036854775808 AS BIGINT) ELSE TRY_CAST(trunc(TRY_CAST(x AS DOUBLE)) AS BIGINT) END " +
		"WHEN typeof(x) = 'VARCHAR' AND " + exponent + " THEN NULL WHEN typeof(x) = 'VARCHAR' OR starts_with(typeof(x), 'DECIMAL') THEN TRY_CAST(trunc(TRY_CAST(x AS DECIMAL(38, 10))) AS BIGINT) " +
		"WHEN " + isTime + " THEN " + seconds + " ELSE TRY_CAST(x AS BIGINT) END"}},
	{casting + "double", []string{"(x) AS CASE WHEN " + isTime + " THEN epoch(TRY_CAST(x AS TIMESTAMP)) ELSE TRY_CAST(x AS DOUBLE) END"}},
	{casting + "float", []string{"(x) AS TRY_CAST(x AS FLOAT)"}},
	{casting + "boolean", []string{"(x) AS TRY_CAST(x AS BOOLEAN)"}},
	{casting + "string", []string{"(x) AS " + asString()}},
	{sizing + "varchar", []string{"(x, n) AS left(" + asString() + ", n)"}},
	{sizing + "char", []string{"(x, n) AS rtrim(left(" + asString() + ", n), ' ')"}},
	{casting + "binary", []string{"(x) AS CASE WHEN typeof(x) = 'BLOB' THEN TRY_CAST(x AS BLOB) ELSE encode(CAST(x AS VARCHAR)) END"}},
	{casting + "date", []string{"(x) AS CASE WHEN typeof(x) = 'VARCHAR' THEN coalesce(" + day("x") + ", CASE WHEN regexp_full_match(CAST(x AS VARCHAR), " +
		`'\d{4}(-\d{1,2})?') THEN TRY_CAST(CAST(x AS VARCHAR) || CASE WHEN contains(CAST(x AS VARCHAR), '-') THEN '-01' ELSE '-01-01' END AS DATE) END) ` +
		"ELSE TRY_CAST(x AS DATE) END"}},
	{casting + "timestamp", []string{"(x) AS CASE WHEN typeof(x) IN ('BIGINT', 'INTEGER', 'SMALLINT', 'TINYINT', 'DOUBLE', 'FLOAT', 'HUGEINT') OR " +
		"starts_with(typeof(x), 'DECIMAL') THEN make_timestamp(CAST(TRY_CAST(x AS DOUBLE) * 1000000 AS BIGINT)) ELSE TRY_CAST(x AS TIMESTAMP) END"}},
	{"typeof", []string{"(x) AS " + hiveTypeOf}},
}

// casting begins the names of macros for casts: a function that is called like a
// type is a cast of DuckDB's own when its argument is a text.
const casting = "__as_"

// sizing begins the names of macros for casts to a type with a length.
const sizing = "__to_"

func asString() string {
	return "CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN " + javaDouble() + " ELSE CAST(x AS VARCHAR) END"
}

// javaDouble writes a number with a floating point as Java does: with an exponent
// from ten million on and below a thousandth, 1.0E10.
func javaDouble() string {
	text := "ltrim(CAST(x AS VARCHAR), '-')"
	mantissa := "split_part(" + text + ", 'e', 1)"
	before, after := "ltrim(split_part("+mantissa+", '.', 1), '0')", "split_part("+mantissa+", '.', 2)"
	digits := "rtrim(ltrim(" + before + " || " + after + ", '0'), '0')"
	exponent := "coalesce(TRY_CAST(split_part(" + text + ", 'e', 2) AS INTEGER), 0) + CASE WHEN " + before + " <> '' THEN length(" + before + ") - 1 " +
		"ELSE length(ltrim(" + after + ", '0')) - length(" + after + ") - 1 END"
	value := "TRY_CAST(x AS DOUBLE)"
	return "CASE WHEN isnan(" + value + ") THEN 'NaN' WHEN isinf(" + value + ") THEN CASE WHEN " + value + " > 0 THEN 'Infinity' ELSE '-Infinity' END " +
		"WHEN " + value + " = 0 OR abs(" + value + ") >= 0.001 AND abs(" + value + ") < 10000000 THEN CAST(x AS VARCHAR) " +
		"ELSE CASE WHEN " + value + " < 0 THEN '-' ELSE '' END || " + digits + "[1] || '.' || " +
		"CASE WHEN length(" + digits + ") > 1 THEN " + digits + "[2:] ELSE '0' END || 'E' || CAST(" + exponent + " AS VARCHAR) END"
}

// exponent tells whether a text has one, which makes it no whole number.
const exponent = "regexp_matches(CAST(x AS VARCHAR), '[eE]')"

const isTime = "starts_with(typeof(x), 'TIMESTAMP')"

// whole are the casts to a type of whole numbers: fractions are cut, whole
// numbers that are too large keep their lowest bits, other numbers end at the
// type's ends.
func whole(name, duck, size, least, most string) macro {
	return macro{casting + name, []string{strings.NewReplacer("SIZE", size, "LEAST", least, "MOST", most, "DUCK", duck).Replace(
		"(x) AS CASE WHEN typeof(x) IN ('BIGINT', 'INTEGER', 'SMALLINT', 'TINYINT') THEN coalesce(TRY_CAST(x AS DUCK), " +
			"CAST(CASE WHEN TRY_CAST(x AS BIGINT) % SIZE > MOST THEN TRY_CAST(x AS BIGINT) % SIZE - SIZE " +
			"WHEN TRY_CAST(x AS BIGINT) % SIZE < LEAST THEN TRY_CAST(x AS BIGINT) % SIZE + SIZE ELSE TRY_CAST(x AS BIGINT) % SIZE END AS DUCK)) " +
			"WHEN typeof(x) = 'VARCHAR' THEN CASE WHEN " + exponent + " THEN NULL ELSE TRY_CAST(trunc(TRY_CAST(x AS DOUBLE)) AS DUCK) END WHEN " + isTime + " THEN TRY_CAST(" + seconds + " AS DUCK) " +
			"WHEN TRY_CAST(x AS DOUBLE) > MOST THEN MOST WHEN TRY_CAST(x AS DOUBLE) < LEAST THEN LEAST ELSE TRY_CAST(trunc(TRY_CAST(x AS DOUBLE)) AS DUCK) END")}}
}

// hiveTypeOf is the name of a type; arrays, maps and structs of plain types too.
const hiveTypeOf = `replace(replace(replace(replace(replace(replace(replace(regexp_replace(regexp_replace(regexp_replace(` +
	`lower(typeof(x)), '^map\((\w+), (\w+)\)$', 'map<\1,\2>'), '^(.+)\[\]$', 'array<\1>'), ` +
	`'^struct\((\w+) (\w+)\)$', 'struct<\1:\2>'), 'varchar', 'string'), 'integer', 'int'), 'blob', 'binary'), ` +
	`'hugeint', 'decimal(38,0)'), 'smallint', 'smallint'), 'timestamp_ns', 'timestamp'), '"null"', 'void')`
