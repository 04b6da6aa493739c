// Package duckdb is the embedded engine: DuckDB in this process, each connection
// of the gateway one connection of DuckDB's on a shared database.
//
// It talks to DuckDB's C interface, not through database/sql, because that reads
// whole results into memory: here rows stream as Arrow record batches, chunk by
// chunk, and an interrupt takes effect within milliseconds. The package needs the
// build tag duckdb_arrow and cgo.
//
// The files, from the outside in: engine.go and database.go own the database and
// its settings, conn.go a connection and who may touch it, run.go and
// statement.go a statement, remember.go those that need no DuckDB, stream.go the rows,
// of which columns.go makes Arrow where that is only copying. admission.go and gate.go decide who runs when, crew.go
// and helpers.go on how many threads, trim.go gives memory back, errors.go turns
// DuckDB's errors into ours, types.go says which types Arrow can't carry. What clients
// of Hive write is read by package dialect.
//
// It must not know sessions, operations, protocols or configuration keys, except
// for the names of keys in messages.
package duckdb
