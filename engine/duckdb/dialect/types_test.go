package dialect_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

func TestHiveType(t *testing.T) {
	t.Parallel()
	for duck, want := range map[string]string{
		"BOOLEAN":                               "boolean",
		"INTEGER":                               "int",
		"HUGEINT":                               "decimal(38,0)",
		"UBIGINT":                               "decimal(20,0)",
		"DECIMAL(12,2)":                         "decimal(12,2)",
		"VARCHAR":                               "string",
		"BLOB":                                  "binary",
		"TIMESTAMP_NS":                          "timestamp",
		"TIMESTAMP WITH TIME ZONE":              "timestamp",
		"TIME":                                  "string",
		"UUID":                                  "string",
		"ENUM('a', 'b)[]''(')":                  "string",
		"ENUM('a')[]":                           "array<string>",
		"INTEGER[]":                             "array<int>",
		"INTEGER[3][]":                          "array<array<int>>",
		"DECIMAL(5,1)[]":                        "array<decimal(5,1)>",
		"MAP(VARCHAR, INTEGER[])":               "map<string,array<int>>",
		`STRUCT(x INTEGER, "order id" VARCHAR)`: "struct<x:int,order id:string>",
		`STRUCT("a""b" DECIMAL(3,1), c STRUCT(d TIMESTAMP)[])[]`:  `array<struct<a"b:decimal(3,1),c:array<struct<d:timestamp>>>>`,
		"STRUCT(t TIMESTAMP WITH TIME ZONE, e ENUM('x,y', 'z)'))": "struct<t:timestamp,e:string>",
		"UNION(i INTEGER, s VARCHAR)":                             "uniontype<int,string>",
		`"NULL"`:                                                  "void",
		"mood":                                                    "string",
		"STRUCT(a":                                                "string",
		`STRUCT("a`:                                               "string",
		"DECIMAL(":                                                "string",
		"INTEGER[":                                                "string",
		"MAP(" + strings.Repeat("MAP(", 1000):                     "string",
		"":                                                        "string",
	} {
		require.Equal(t, want, dialect.HiveType(duck), duck)
	}
}

func FuzzHiveType(f *testing.F) {
	for _, seed := range []string{"STRUCT(a INTEGER, \"b\" VARCHAR[])[]", "MAP(VARCHAR, DECIMAL(3,1))", "ENUM('a')", "UNION(x BIT)", "STRUCT(\"", "MAP(((", "INTEGER[3]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if dialect.HiveType(s) == "" {
			t.Fatalf("%q has no type", s)
		}
	})
}
