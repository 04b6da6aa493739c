package hs2

import (
	"context"
	"encoding/binary"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/thrift/lib/go/thrift"

	"github.com/nekomata-sql/nekomata/hive"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// rowSet is a run of rows to be sent: Arrow batches that become one TRowSet.
//
// Its bytes are those that the generated code would write, yet made straight from
// the columns: no struct, no interface and no string for a value.
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
	ready   *ready // rows, when they were encoded before
}

// ready is a TRowSet that was encoded before it was asked for, with room before it for
// what a message begins with.
type ready struct {
	message []byte
	head    int // where the rows begin
}

// answerHead is the length of what a message has before its rows, after its frame's
// header.
const answerHead = len(fetchHeader) + 25

var (
	_ response = (*fetchResults)(nil)
	_ message  = (*fetchResults)(nil)
)

// fetchHeader begins every reply to FetchResults: version 1 of the strict binary
// protocol, a reply, the method's name.
const fetchHeader = "\x80\x01\x00\x02\x00\x00\x00\x0cFetchResults"

// messageSize is about the number of bytes that appendMessage appends.
func (f *fetchResults) messageSize() int {
	if f.ready != nil {
		return answerHead
	}
	return f.rows.size() + answerHead + 64
}

// appendMessage appends the reply to FetchResults with sequence number seq. It
// fails, and appends nothing, when a value does not fit its column's type. What it
// returns is in the memory of the rows that were ready, when that has just the room.
func (f *fetchResults) appendMessage(dst []byte, seq int32) ([]byte, error) {
	b := slices.Grow(dst, f.messageSize())
	b = append(b, fetchHeader...)
	b = binary.BigEndian.AppendUint32(b, uint32(seq))
	b = append(b, thrift.STRUCT, 0, 0) // success
	b = f.appendBegin(b)
	switch r := f.ready; {
	case r == nil:
		var err error
		if b, err = f.rows.appendTo(b); err != nil {
			return dst, err
		}
	case r.head == len(b):
		copy(r.message, b)
		b = r.message
	default: // another connection's, with other frames
		b = append(b, r.message[r.head:]...)
	}
	return append(b, thrift.STOP, thrift.STOP), nil
}

// Write writes the TFetchResultsResp alone.
func (f *fetchResults) Write(_ context.Context, p thrift.TProtocol) error {
	b, err := f.rows.appendTo(f.appendBegin(make([]byte, 0, f.messageSize())))
	if err != nil {
		return err
	}
	_, err = p.Transport().Write(append(b, thrift.STOP))
	return err
}

// appendBegin appends what a TFetchResultsResp has before its rows.
func (f *fetchResults) appendBegin(dst []byte) []byte {
	return append(dst,
		thrift.STRUCT, 0, 1, // status
		thrift.I32, 0, 1, 0, 0, 0, 0, // statusCode = SUCCESS_STATUS
		thrift.STOP,
		thrift.BOOL, 0, 2, asByte(f.hasMore), // hasMoreRows
		thrift.STRUCT, 0, 3, // results
	)
}

// appendTo appends a TRowSet.
func (r *rowSet) appendTo(dst []byte) ([]byte, error) {
	for _, batch := range r.batches {
		if int(batch.NumCols()) != len(r.columns) {
			return dst, sqlerr.New(sqlerr.Internal, "a batch has %d columns where the result has %d",
				batch.NumCols(), len(r.columns))
		}
	}
	b := append(dst, thrift.I64, 0, 1) // startRowOffset
	b = binary.BigEndian.AppendUint64(b, uint64(r.start))
	b = append(b, thrift.LIST, 0, 2, thrift.STRUCT) // rows
	var err error
	if r.byRow {
		b, err = r.appendRows(binary.BigEndian.AppendUint32(b, uint32(r.length())))
	} else {
		b = append(b, 0, 0, 0, 0, thrift.LIST, 0, 3, thrift.STRUCT) // columns
		b = binary.BigEndian.AppendUint32(b, uint32(len(r.columns)))
		for k := range r.columns {
			if b, err = r.appendColumn(b, k); err != nil {
				break
			}
		}
	}
	return append(b, thrift.STOP), err
}

// length is the number of rows.
func (r *rowSet) length() int {
	n := 0
	for _, batch := range r.batches {
		n += int(batch.NumRows())
	}
	return n
}

// textRows are rows of one string column, which is how an operation's log travels.
func textRows(lines []string, start int64, byRow bool) rowSet {
	field := arrow.Field{Name: "operation_logs", Type: arrow.BinaryTypes.String}
	b := array.NewStringBuilder(memory.DefaultAllocator)
	b.AppendStringValues(lines, nil)
	schema := arrow.NewSchema([]arrow.Field{field}, nil)
	batch := array.NewRecordBatch(schema, []arrow.Array{b.NewArray()}, int64(len(lines)))
	return rowSet{columns: hive.Columns(schema), batches: []arrow.RecordBatch{batch}, start: start, byRow: byRow}
}

func asByte(v bool) byte {
	if v {
		return 1
	}
	return 0
}
