package operation

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Request asks for one operation.
type Request struct {
	// ID is to be the operation's; the zero value makes one up.
	ID uuid.UUID
	// SessionID and User say whose operation it is.
	SessionID uuid.UUID
	User      string
	// Query is what to run.
	Query engine.Query
	// Async returns from the start at once; otherwise the call waits for the end.
	Async bool
	// Timeout ends the query with TIMEDOUT; 0 means no limit of the client's.
	Timeout time.Duration
	// MaxRows ends the result after so many rows; 0 means no limit of the client's.
	MaxRows int64
}

// Info is a snapshot of an operation.
type Info struct {
	ID        uuid.UUID
	SessionID uuid.UUID
	User      string
	Query     engine.Query
	Async     bool
	State     State
	// Created, Started and Completed are zero until they happen.
	Created, Started, Completed time.Time
	// HasResultSet is meaningful once the state is FINISHED: false for a statement
	// without rows.
	HasResultSet bool
	// ModifiedRows is the number of rows changed, or -1.
	ModifiedRows int64
	// Err is why the state is ERROR, TIMEDOUT or CANCELED; nil otherwise.
	Err *sqlerr.Error
	// Progress is the engine's last word; nil when it said nothing.
	Progress *engine.Progress
	// FetchedRows and FetchedLogLines count what clients have read.
	FetchedRows, FetchedLogLines int64
	// SessionType is "BATCH" for what runs a batch, and Instance the host:port of the
	// gateway that it is at; both are "" for operations of this gateway's sessions.
	SessionType, Instance string
}

// Orientation says where a fetch begins.
type Orientation uint8

// The orientations that are served.
const (
	// Next goes on after the last fetch.
	Next Orientation = iota
	// First begins again at the first row.
	First
)

// Fetch asks for a part of a result or a log.
type Fetch struct {
	Orientation Orientation
	// MaxRows bounds the answer; it must be positive.
	MaxRows int64
	// MaxBytes bounds the answer's Arrow size, so that large cells don't make
	// messages that clients refuse. At least one row is always delivered. 0 means
	// no bound.
	MaxBytes int64
	// Encode, if there is one, is given the page that the same request would get
	// next, while the client is busy with this one. What it returns comes with that
	// page as its Encoded. It must not keep the page, nor wait for anybody.
	Encode func(next *Page) any
}

// Page is a run of rows of a result. Release it when it has been sent: what will be
// asked for next is made ready from then on, while the client is busy.
type Page struct {
	// Schema is nil for a statement without a result set.
	Schema *arrow.Schema
	// Batches hold the rows in order.
	Batches []arrow.RecordBatch
	// Start is the offset of the first row in the whole result.
	Start int64
	// Rows is the number of rows in Batches.
	Rows int64
	// HasMore is false once the result is known to have ended here.
	HasMore bool
	// Total is the number of rows in the whole result, -1 while it is not known.
	Total int64
	// Encoded is what Fetch.Encode made of just these rows beforehand, or nil.
	Encoded any

	next func() // makes ready what follows; nil when nothing does
}

// Release gives the batches back, and encodes the next page if its rows are at hand. A
// second call does nothing.
func (p *Page) Release() {
	for _, b := range p.Batches {
		b.Release()
	}
	p.Batches = nil
	if next := p.next; next != nil {
		p.next = nil
		next()
	}
}
