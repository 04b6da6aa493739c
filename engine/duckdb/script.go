package duckdb

import (
	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

// Split finds the statements of a script: the first and the last offset of each.
// defaultDialect is as Options.Dialect; a session's settings come first. It fails
// with Invalid.
func Split(script string, conf map[string]string, defaultDialect string) ([][2]int, error) {
	return dialect.Split(script, conf, dialect.Options{Hive: defaultDialect != DialectDuckDB})
}
