package hs2

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/thrift/lib/go/thrift"

	"github.com/nekomata-sql/nekomata/hive"
)

// rowSet is a run of rows to be sent: Arrow batches that become one TRowSet.
type rowSet struct {
	// columns are hive.Columns of the batches' schema.
	columns []hive.Column
	// batches hold the rows in order; they become one column each in the answer.
	batches []arrow.RecordBatch
	// start is the number of the first row in the whole result.
	start int64
	// byRow writes rows (protocol V1 to V5) instead of columns.
	byRow bool
}

// fetchResults is the answer of FetchResults. It writes its whole message itself,
// from Arrow straight into the protocol's bytes.
type fetchResults struct {
	rows    rowSet
	hasMore bool
}

var (
	_ response = (*fetchResults)(nil)
	_ message  = (*fetchResults)(nil)
)

// appendMessage appends the reply to FetchResults with sequence number seq. It
// fails, and appends nothing, when a value does not fit its column's type.
func (f *fetchResults) appendMessage(dst []byte, seq int32) ([]byte, error) { panic("not yet") }

// Write writes the TFetchResultsResp alone.
func (f *fetchResults) Write(ctx context.Context, p thrift.TProtocol) error { panic("not yet") }

// textRows are rows of one string column, which is how an operation's log travels.
func textRows(lines []string, start int64, byRow bool) rowSet { panic("not yet") }
