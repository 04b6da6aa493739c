package rest

import (
	"encoding/base64"
	"io"
	"strconv"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/nekomata-sql/nekomata/hive"
	"github.com/nekomata-sql/nekomata/operation"
)

// binaryVersion is protocol V6, the first to carry binary values as such.
const binaryVersion = 5

// flushSize is how many bytes of rows are collected before they are sent.
const flushSize = 64 << 10

// rowBuffers are reused between answers. They don't grow much beyond flushSize
// plus the longest row.
var rowBuffers = sync.Pool{New: func() any { return new(make([]byte, 0, flushSize+flushSize/8)) }}

// rowBuffer is an empty buffer; giveBack takes what it has grown to.
func rowBuffer() (buf []byte, giveBack func(grown []byte)) {
	const reusable = 1 << 20
	kept, _ := rowBuffers.Get().(*[]byte)
	return (*kept)[:0], func(grown []byte) {
		if cap(grown) <= reusable {
			*kept = grown
			rowBuffers.Put(kept)
		}
	}
}

// rowWriter writes rows as JSON, straight from Arrow.
type rowWriter struct {
	// base64 sends binary values as BINARY_VAL in base64 instead of as text.
	base64 bool
	// tail, unless nil, appends further members of the answer.
	tail func(dst []byte) []byte
}

// write sends a page. Write errors mean that the client has gone; they end it.
func (rw rowWriter) write(w io.Writer, page *operation.Page) {
	buf, giveBack := rowBuffer()
	defer func() { giveBack(buf) }()
	buf = append(buf, `{"rows":[`...)
	first := true
	for _, b := range page.Batches {
		cells := rw.cells(b)
		for i := range int(b.NumRows()) {
			if !first {
				buf = append(buf, ',')
			}
			first = false
			buf = appendRow(buf, cells, i)
			if len(buf) < flushSize {
				continue
			}
			if _, err := w.Write(buf); err != nil {
				return
			}
			buf = buf[:0]
		}
	}
	buf = append(buf, `],"rowCount":`...)
	buf = strconv.AppendInt(buf, page.Rows, 10)
	if rw.tail != nil {
		buf = rw.tail(buf)
	}
	buf = append(buf, '}')
	_, _ = w.Write(buf)
}

func appendRow(dst []byte, cells []cell, i int) []byte {
	dst = append(dst, `{"fields":[`...)
	for j := range cells {
		if j > 0 {
			dst = append(dst, ',')
		}
		dst = cells[j].append(dst, i)
	}
	return append(dst, `]}`...)
}

// cell writes one column's values.
type cell struct {
	head  string
	arr   arrow.Array
	value func(dst []byte, i int) []byte // nil for a column of nulls
}

func (c *cell) append(dst []byte, i int) []byte {
	dst = append(dst, c.head...)
	if c.value == nil || hive.IsNull(c.arr, i) {
		dst = append(dst, "null"...)
	} else {
		dst = c.value(dst, i)
	}
	return append(dst, '}')
}

// cells prepares the columns of a batch.
func (rw rowWriter) cells(b arrow.RecordBatch) []cell {
	columns := hive.Columns(b.Schema())
	cells := make([]cell, len(columns))
	for j, col := range columns {
		arr := b.Column(j)
		cells[j] = cell{head: `{"dataType":"` + rw.tag(col.Type) + `","value":`, arr: arr}
		if arr.DataType().ID() != arrow.NULL {
			cells[j].value = rw.value(col.Type, arr)
		}
	}
	return cells
}

// tag is how Kyuubi marks the values of a type.
func (rw rowWriter) tag(t hive.TypeID) string {
	switch t {
	case hive.Boolean:
		return "BOOL_VAL"
	case hive.TinyInt:
		return "BYTE_VAL"
	case hive.SmallInt:
		return "I16_VAL"
	case hive.Int:
		return "I32_VAL"
	case hive.BigInt:
		return "I64_VAL"
	case hive.Float, hive.Double:
		return "DOUBLE_VAL"
	case hive.Binary:
		if rw.base64 {
			return "BINARY_VAL"
		}
		return "STRING_VAL"
	default:
		return "STRING_VAL"
	}
}

// value appends the values of arr, none of which is null, as JSON of type t.
func (rw rowWriter) value(t hive.TypeID, arr arrow.Array) func([]byte, int) []byte {
	switch t {
	case hive.Boolean, hive.TinyInt, hive.SmallInt, hive.Int, hive.BigInt:
		return integers(arr)
	case hive.Float, hive.Double:
		return floats(arr)
	case hive.Binary:
		if a, ok := arr.(interface{ Value(i int) []byte }); ok {
			return rw.bytes(a)
		}
	case hive.String, hive.Varchar, hive.Char:
		if a, ok := arr.(interface{ Value(i int) string }); ok && isText(arr) {
			return func(dst []byte, i int) []byte { return appendJSONString(dst, a.Value(i)) }
		}
	default: // everything else has a text of its own
	}
	return func(dst []byte, i int) []byte {
		dst = append(dst, '"')
		start := len(dst)
		return closeQuote(hive.AppendText(dst, arr, i), start)
	}
}

// isText tells columns of plain text from extensions that look like it.
func isText(arr arrow.Array) bool {
	switch arr.DataType().ID() {
	case arrow.STRING, arrow.LARGE_STRING, arrow.STRING_VIEW:
		return true
	default:
		return false
	}
}

// integers appends booleans and integers. Those in an unusual encoding have the
// same text in Hive as in JSON.
func integers(arr arrow.Array) func([]byte, int) []byte {
	switch a := arr.(type) {
	case *array.Int8:
		return numbers(a.Values())
	case *array.Int16:
		return numbers(a.Values())
	case *array.Int32:
		return numbers(a.Values())
	case *array.Int64:
		return numbers(a.Values())
	case *array.Uint8:
		return numbers(a.Values())
	case *array.Uint16:
		return numbers(a.Values())
	case *array.Uint32:
		return numbers(a.Values())
	default:
		return func(dst []byte, i int) []byte { return hive.AppendText(dst, arr, i) }
	}
}

func numbers[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32](values []T) func([]byte, int) []byte {
	return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(values[i]), 10) }
}

// floats appends floating-point numbers as Java writes them, so that 1.0 stays
// one. JSON has no NaN and no infinity: they are the strings "NaN", "Infinity"
// and "-Infinity".
func floats(arr arrow.Array) func([]byte, int) []byte {
	return func(dst []byte, i int) []byte {
		start := len(dst)
		dst = hive.AppendText(dst, arr, i)
		switch last := dst[len(dst)-1]; {
		case last >= '0' && last <= '9':
			return dst
		default:
			text := string(dst[start:])
			return appendJSONString(dst[:start], text)
		}
	}
}

// bytes appends binary values, in base64 or as the text that they may be.
func (rw rowWriter) bytes(a interface{ Value(i int) []byte }) func([]byte, int) []byte {
	if rw.base64 {
		return func(dst []byte, i int) []byte {
			dst = append(dst, '"')
			return append(base64.StdEncoding.AppendEncode(dst, a.Value(i)), '"')
		}
	}
	return func(dst []byte, i int) []byte { return appendJSONString(dst, a.Value(i)) }
}
