package duckdb

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/hive"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// one reads the only row of a query in raw DuckDB SQL, of one column.
func one(t *testing.T, c *conn, sql string) (field arrow.Field, text string) {
	t.Helper()
	rows, err := c.Run(t.Context(), engine.Statement{SQL: sql})
	require.NoError(t, err, sql)
	defer rows.Close()
	batch, err := rows.Next(t.Context())
	require.NoError(t, err, sql)
	defer batch.Release()
	require.Equal(t, int64(1), batch.NumRows(), sql)
	require.True(t, arrow.TypeEqual(batch.Schema().Field(0).Type, rows.Schema().Field(0).Type),
		"%s: batch %s, schema %s", sql, batch.Schema(), rows.Schema())
	if hive.IsNull(batch.Column(0), 0) {
		return rows.Schema().Field(0), "NULL"
	}
	return rows.Schema().Field(0), string(hive.AppendText(nil, batch.Column(0), 0))
}

// TestTypes is the table of what becomes of DuckDB's types: the Arrow type, its
// name for Hive's clients, and the value's text.
func TestTypes(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, Options{Dialect: DialectDuckDB}))
	exec(t, c, "SET TimeZone = 'UTC'")
	const most128 = "170141183460469231731687303715884105727"
	for _, tc := range []struct{ sql, arrow, hive, text string }{
		{"true", "bool", "boolean", "true"},
		{"(-128)::TINYINT", "int8", "tinyint", "-128"},
		{"(-32768)::SMALLINT", "int16", "smallint", "-32768"},
		{"(-2147483648)::INTEGER", "int32", "int", "-2147483648"},
		{"'-9223372036854775808'::BIGINT", "int64", "bigint", "-9223372036854775808"},
		{"255::UTINYINT", "uint8", "smallint", "255"},
		{"65535::USMALLINT", "uint16", "int", "65535"},
		{"4294967295::UINTEGER", "uint32", "bigint", "4294967295"},
		{"18446744073709551615::UBIGINT", "uint64", "decimal(20,0)", "18446744073709551615"},
		{"12::HUGEINT", "decimal(38, 0)", "decimal(38,0)", "12"},
		{"(" + most128 + ")::HUGEINT", "decimal(38, 0)", "decimal(38,0)", most128}, // 39 digits, all of them
		{"(-" + most128 + ")::HUGEINT - 1", "decimal(38, 0)", "decimal(38,0)", "-170141183460469231731687303715884105728"},
		{"340282366920938463463374607431768211455::UHUGEINT", "utf8", "string", "340282366920938463463374607431768211455"},
		{"'123456789012345678901234567890123456789012345'::BIGNUM", "utf8", "string", "123456789012345678901234567890123456789012345"},
		{"0.5::FLOAT", "float32", "float", "0.5"},
		{"0.1::DOUBLE", "float64", "double", "0.1"},
		{"'nan'::DOUBLE", "float64", "double", "NaN"},
		{"'-inf'::DOUBLE", "float64", "double", "-Infinity"},
		{"(-999.9)::DECIMAL(4,1)", "decimal(4, 1)", "decimal(4,1)", "-999.9"},
		{"12345678.9::DECIMAL(9,1)", "decimal(9, 1)", "decimal(9,1)", "12345678.9"},
		{"12345678901234567.8::DECIMAL(18,1)", "decimal(18, 1)", "decimal(18,1)", "12345678901234567.8"},
		{"'0.99999999999999999999999999999999999999'::DECIMAL(38,38)", "decimal(38, 38)", "decimal(38,38)", "0.99999999999999999999999999999999999999"},
		{"'wörter'::VARCHAR", "utf8", "string", "wörter"},
		{`'a\x00b'::BLOB`, "binary", "binary", "a\x00b"},
		{"'0101'::BIT", "utf8", "string", "0101"},
		{"'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::UUID", "utf8", "string", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
		{`'{"a": 1}'::JSON`, "utf8", "string", `{"a": 1}`},
		{"'b'::ENUM('a', 'b')", "dictionary<values=utf8, indices=uint8, ordered=false>", "string", "b"},
		{"'2024-02-29'::DATE", "date32", "date", "2024-02-29"},
		{"'infinity'::DATE", "date32", "date", "infinity"},
		{"'12:34:56.789012'::TIME", "time64[us]", "string", "12:34:56.789012"},
		{"'24:00:00'::TIME", "time64[us]", "string", "24:00:00"},
		{"'12:34:56.123456789'::TIME_NS", "time64[ns]", "string", "12:34:56.123456789"},
		{"'12:34:56+05:30'::TIMETZ", "utf8", "string", "12:34:56+05:30"},
		{"'2024-02-29 12:34:56.789012'::TIMESTAMP", "timestamp[us]", "timestamp", "2024-02-29 12:34:56.789012"},
		{"'2024-02-29 12:34:56'::TIMESTAMP_S", "timestamp[s]", "timestamp", "2024-02-29 12:34:56"},
		{"'2024-02-29 12:34:56.789'::TIMESTAMP_MS", "timestamp[ms]", "timestamp", "2024-02-29 12:34:56.789"},
		{"'2024-02-29 12:34:56.123456789'::TIMESTAMP_NS", "timestamp[ns]", "timestamp", "2024-02-29 12:34:56.123456789"},
		{"'-infinity'::TIMESTAMP", "timestamp[us]", "timestamp", "-infinity"},
		{"'2024-02-29 12:34:56+02'::TIMESTAMPTZ", "timestamp[us, tz=UTC]", "timestamp", "2024-02-29 10:34:56"},
		{"INTERVAL '1 year 2 days 3 hours'", "utf8", "string", "1 year 2 days 03:00:00"},
		{"to_microseconds(9223372036854775807)", "utf8", "string", "2562047788:00:54.775807"}, // in Arrow it would overflow
		{"[1, NULL]", "list<l: int32, nullable>", "array<int>", "[1,null]"},
		{"[1, 2]::INTEGER[2]", "fixed_size_list<: int32, nullable>[2]", "array<int>", "[1,2]"},
		{"{'a': 1, 'b': 'x'}", "struct<a: int32 nullable, b: utf8 nullable>", "struct<a:int,b:string>", `{"a":1,"b":"x"}`},
		{"MAP {'k': 1}", "map<utf8, int32, items_nullable>", "map<string,int>", `{"k":1}`},
		{"1::UNION(a INTEGER, b VARCHAR)", "sparse_union<a: type=int32, nullable=0, b: type=utf8, nullable=1>", "uniontype<int,string>", "{0:1}"},
		{"1::VARIANT", "utf8", "string", "1"},
		{"'POINT (1 2)'::GEOMETRY", "utf8", "string", "POINT (1 2)"},
		{"NULL", "int32", "int", "NULL"}, // DuckDB's own choice
		{"NULL::INTEGER", "int32", "int", "NULL"},
		{"NULL::UNION(a INTEGER)", "sparse_union<a: type=int32, nullable=0>", "uniontype<int>", "NULL"},
		// What Arrow can't carry is text inside of containers, too.
		{"['12:00:00+02'::TIMETZ]", "list<l: utf8, nullable>", "array<string>", `["12:00:00+02"]`},
		{
			"{'b': [1.5::DECIMAL(3,1)], 'a': 1::UHUGEINT}", "struct<b: list<l: decimal(3, 1), nullable> nullable, a: utf8 nullable>",
			"struct<b:array<decimal(3,1)>,a:string>", `{"b":[1.5],"a":"1"}`,
		},
		{"MAP {'01'::BIT: '1'::BIT}", "map<utf8, utf8, items_nullable>", "map<string,string>", `{"01":"1"}`},
		{"['1'::BIT]::BIT[1]", "fixed_size_list<: utf8, nullable>[1]", "array<string>", `["1"]`},
		{"[INTERVAL '1 day']", "list<l: utf8, nullable>", "array<string>", `["1 day"]`},
		{"'1'::BIT::UNION(a BIT, b INTEGER)", "sparse_union<a: type=utf8, nullable=0, b: type=int32, nullable=1>", "uniontype<string,int>", `{0:"1"}`},
		{"row('1'::BIT, 2)", "utf8", "string", "(1, 2)"},
	} {
		field, text := one(t, c, "SELECT "+tc.sql+" AS v")
		require.Equal(t, "v", field.Name, tc.sql)
		got := fmt.Sprint(field.Type)
		require.Equal(t, tc.arrow, got, tc.sql)
		require.Equal(t, tc.hive, hive.TypeName(field), tc.sql)
		require.Equal(t, tc.text, text, tc.sql)
	}
}

func TestTypesOfManyRows(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, Options{Dialect: DialectDuckDB}))
	// The casts around the query leave its order and the columns' names as they are.
	rows, err := c.Run(t.Context(), engine.Statement{SQL: `SELECT NULL AS n, i AS "i""x", i::UHUGEINT AS i, ` +
		`CASE WHEN i % 2 = 0 THEN to_days(i::INTEGER) END AS d FROM range(5000) t(i) ORDER BY i DESC; -- and a comment`})
	require.NoError(t, err)
	require.Equal(t, `i"x`, rows.Schema().Field(1).Name)
	n := int64(0)
	for {
		batch, err := rows.Next(t.Context())
		if err != nil {
			break
		}
		for i := range int(batch.NumRows()) {
			want := strconv.FormatInt(4999-n, 10)
			require.Equal(t, want, string(hive.AppendText(nil, batch.Column(1), i)))
			require.Equal(t, want, string(hive.AppendText(nil, batch.Column(2), i)))
			require.True(t, batch.Column(0).IsNull(i))
			n++
		}
		batch.Release()
	}
	require.Equal(t, int64(5000), n)
}

func TestTypesThatCannotBe(t *testing.T) {
	t.Parallel()
	c := connect(t, start(t, Options{Dialect: DialectDuckDB}))
	for _, tc := range []struct{ sql, state, words string }{
		{"SELECT avg(1) EXPORT_STATE", "0A000", "AGGREGATE_STATE"},
		{"INSERT INTO zoned VALUES ('12:00:00+02') RETURNING z", "0A000", "cast it to VARCHAR"},
	} {
		exec(t, c, "CREATE TABLE IF NOT EXISTS zoned (z TIMETZ)")
		_, err := c.Run(t.Context(), engine.Statement{SQL: tc.sql})
		require.Error(t, err, tc.sql)
		require.Equal(t, tc.state, sqlerr.From(err).SQLState(), "%s: %v", tc.sql, err)
		require.Contains(t, sqlerr.From(err).Message, tc.words)
	}
	_, text := one(t, c, "SELECT count(*) FROM zoned")
	require.Equal(t, "0", text, "what can't be returned was not inserted")
}
