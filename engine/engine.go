// Package engine is the vocabulary between the gateway and whatever runs SQL:
// engines, connections, queries and rows.
//
// It holds no code that does anything, and no value that could not cross a
// process boundary: requests, Arrow record batches, progress, log lines and
// typed errors ([sqlerr.Error]) only. It must not know sessions, operations or
// any protocol.
package engine

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
)

// Engine runs SQL. One engine serves many connections; all methods may be
// called from any goroutine.
type Engine interface {
	// Open makes a connection with the settings of req. It fails with Invalid
	// for settings that the engine refuses, NotFound for an unknown database and
	// Unavailable when the engine can't be reached.
	Open(ctx context.Context, req OpenRequest) (Conn, error)
	// Info describes the engine. It must be cheap.
	Info() Info
}

// OpenRequest is what a connection starts with.
type OpenRequest struct {
	// SessionID names the session that the connection is for, in logs.
	SessionID string
	// User is the acting user.
	User string
	// Database is the schema to use at first; empty means the engine's default.
	Database string
	// Conf holds the session's settings, keys without any set: or hiveconf: prefix.
	Conf map[string]string
	// Vars holds the session's Hive variables (set:hivevar:).
	Vars map[string]string
}

// Conn is one session's place in an engine: temporary objects, the current
// database and SET values live in it. Run and Close are called by one
// goroutine at a time; Status by any, at any time.
type Conn interface {
	// Run executes q and returns once its first rows could be read, or, for a
	// statement without rows, once it is done. Ending ctx interrupts it
	// promptly; the error is then Canceled or Timeout. The rows outlive ctx: ending
	// it after Run has returned does not touch them.
	Run(ctx context.Context, q Query) (Rows, error)
	// Status tells how far the running query is. It is cheap and never waits for
	// the query.
	Status() Status
	// SingleStream says that a second Run ends the rows of the first, so that
	// the caller must drain them before.
	SingleStream() bool
	// Close ends what runs and frees the connection. A second call does nothing.
	Close() error
}

// Rows is one result. It is read by one goroutine at a time.
type Rows interface {
	// Schema describes the columns. It is nil when the statement has no result
	// set (DDL, INSERT, SET k=v).
	Schema() *arrow.Schema
	// Next returns the next batch, which the caller releases, or io.EOF when the
	// result was delivered whole. Any other error means it was not. Ending ctx
	// interrupts the query and ends the rows.
	Next(ctx context.Context) (arrow.RecordBatch, error)
	// ModifiedRows is the number of rows that the statement changed, or -1 when
	// that is not known or means nothing.
	ModifiedRows() int64
	// Close gives up what was not read. A second call does nothing.
	Close() error
}

// Info describes an engine to clients.
type Info struct {
	// Type is the engine's kind in Kyuubi's words, such as "DUCKDB".
	Type string
	// Name is the product name, such as "DuckDB".
	Name string
	// Version is the product's version.
	Version string
	// ID names the running engine.
	ID string
	// URL leads to the engine's own pages; empty when it has none.
	URL string
	// Keywords lists the engine's reserved words beyond SQL:2003, comma separated.
	Keywords string
}

// Status is what an engine tells about a connection's running query.
type Status struct {
	// Progress is nil when nothing is known.
	Progress *Progress
	// Log has the lines since the last call, oldest first.
	Log []string
}

// Progress says how far a query is.
type Progress struct {
	// Stage names what is being done, such as "Query" or "Queued".
	Stage string
	// Total, Completed and Running count units of work (rows, tasks); 0 when unknown.
	Total, Completed, Running int64
	// Fraction is how much is done, from 0 to 1.
	Fraction float64
}
