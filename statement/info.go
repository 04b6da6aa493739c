package statement

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Request asks to run one statement.
type Request struct {
	// Session says who asks, from where and with which settings, as for a session.
	Session session.Request
	// SQL is the statement as the client wrote it.
	SQL string
	// Database is the schema to run in; empty means the one of the settings, or
	// the engine's default.
	Database string
	// MaxRows ends the result after so many rows; 0 means no limit of the client's.
	MaxRows int64
	// Timeout ends the statement, from its start to its last row, with TIMEDOUT; 0
	// means no limit of the client's.
	Timeout time.Duration
	// Wait is how long to wait for the end.
	Wait time.Duration
}

// Info is a snapshot of a statement.
type Info struct {
	ID uuid.UUID
	// User is the acting user, RealUser the one who logged in.
	User, RealUser string
	SQL            string
	// State is RUNNING until the last row is kept, unlike an operation's.
	State operation.State
	// Created, Started, Completed and Expires are zero until they are known. A
	// statement is forgotten once it has expired.
	Created, Started, Completed, Expires time.Time
	// Progress is the engine's last word; nil when it said nothing.
	Progress *engine.Progress
	// Described says that HasResultSet and Schema are known. They are as soon as
	// there are rows to read, and at the latest with the state FINISHED.
	Described    bool
	HasResultSet bool
	Schema       *arrow.Schema
	// Rows is the number of rows in the result, -1 while it is not known.
	Rows int64
	// ModifiedRows is the number of rows changed, or -1.
	ModifiedRows int64
	// Err is why the state is ERROR, TIMEDOUT or CANCELED; nil otherwise.
	Err *sqlerr.Error
}

// Filter picks statements.
type Filter struct {
	// User picks those of one user; empty means the caller's own, [Everybody] all.
	// Only administrators see other people's.
	User string
	// States picks some states; empty means all.
	States []operation.State
	// Since leaves out what was created before.
	Since time.Time
	// From and Size pick a run of those that fit, the newest being number 0.
	From, Size int
}

// Everybody as a filter's user means all users.
const Everybody = "*"
