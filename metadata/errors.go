package metadata

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/go-sql-driver/mysql"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// ErrLeaseLost is the cause of a Conflict: another gateway has taken the batch.
var ErrLeaseLost = errors.New("the lease is another gateway's")

// Retry says what a failed call may have left behind.
type Retry uint8

// What can be done after a failure.
const (
	// Never means that the same call fails again.
	Never Retry = iota
	// Safe means that nothing was written: the call may be made again.
	Safe
	// Unsure means that the write may have happened although its answer was lost:
	// look before writing again. Conditional changes find out by themselves.
	Unsure
)

// RetryOf tells what can be done about an error of a [Store].
func RetryOf(err error) Retry {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.retry
	}
	return Never
}

// failure is a database's error with its verdict; it is the cause of a *sqlerr.Error.
type failure struct {
	error

	kind  sqlerr.Kind
	retry Retry
	// at once says that the store itself may try again right away.
	atOnce bool
}

func (f *failure) Unwrap() error { return f.error }

// convert makes the one error type of a database's error. What says what was
// tried, such as "the batch can't be stored".
func convert(err error, what string) error {
	var known *sqlerr.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return judge(err).say(what)
}

// say is the error for callers.
func (f *failure) say(what string) error {
	switch f.kind {
	case sqlerr.Canceled:
		return sqlerr.Wrap(f, f.kind, "%s: the request was canceled", what)
	case sqlerr.Timeout:
		return sqlerr.Wrap(f, f.kind, "%s: the metadata store did not answer in time", what)
	case sqlerr.Unavailable:
		return sqlerr.Wrap(f, f.kind, "%s: the metadata store is not available right now, try again", what)
	case sqlerr.Exists:
		return sqlerr.Wrap(f, f.kind, "%s: it is there already", what)
	case sqlerr.Invalid:
		return sqlerr.Wrap(f, f.kind, "%s: a value is too long or not text", what)
	default:
		return sqlerr.Wrap(f, f.kind, "%s; the server's log has the details", what)
	}
}

// judge classifies by type and number, never by text.
func judge(err error) *failure {
	var (
		my   *mysql.MySQLError
		lit  *sqlite.Error
		op   *net.OpError
		wire net.Error
	)
	f := &failure{error: err, kind: sqlerr.Internal}
	switch {
	case errors.Is(err, context.Canceled):
		f.kind, f.retry = sqlerr.Canceled, Unsure
	case errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &op):
		f.kind, f.retry = sqlerr.Timeout, Unsure
	case errors.As(err, &my):
		f.mysql(my.Number)
	case errors.As(err, &lit):
		f.sqlite(lit.Code())
	case errors.As(err, &op) && op.Op == "dial":
		f.kind, f.retry = sqlerr.Unavailable, Safe
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, sql.ErrConnDone),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &wire):
		f.kind, f.retry = sqlerr.Unavailable, Unsure
	}
	return f
}

// mysql judges by the server's error number.
func (f *failure) mysql(number uint16) {
	switch number {
	case 1062: // ER_DUP_ENTRY
		f.kind = sqlerr.Exists
	case 1213, // ER_LOCK_DEADLOCK: rolled back
		1020: // ER_CHECKREAD: MariaDB's snapshot isolation
		f.kind, f.retry, f.atOnce = sqlerr.Unavailable, Safe, true
	case 1040, 1203, 1226, // too many connections
		1129,             // host blocked
		1205,             // lock wait timeout
		1290, 1792, 1836: // read-only: a replica, or a failover under way
		f.kind, f.retry = sqlerr.Unavailable, Safe
	case 1021, 1041, 1114, // disk, memory or table full
		1053, 1152, 1158, 1159, 1160, 1161, // shutdown, aborted, network
		1317, 1927, 3024: // interrupted, killed
		f.kind, f.retry = sqlerr.Unavailable, Unsure
	case 1366, 1406: // not text of the column's character set, too long
		f.kind = sqlerr.Invalid
	}
}

// sqlite judges by SQLite's extended result code.
func (f *failure) sqlite(code int) {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		f.kind = sqlerr.Exists
		return
	}
	const primary = 0xff
	switch code & primary {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		f.kind, f.retry = sqlerr.Unavailable, Safe
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM:
		f.kind, f.retry = sqlerr.Unavailable, Unsure
	case sqlite3.SQLITE_INTERRUPT:
		f.kind, f.retry = sqlerr.Canceled, Unsure
	case sqlite3.SQLITE_TOOBIG:
		f.kind = sqlerr.Invalid
	}
}
