package hs2

import (
	"encoding/binary"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/thrift/lib/go/thrift"

	"github.com/nekomata-sql/nekomata/hive"
)

// appendRows appends the rows as TRow structs, for clients of before V6.
func (r *rowSet) appendRows(dst []byte) ([]byte, error) {
	b := dst
	var err error
	for _, batch := range r.batches {
		for i := range int(batch.NumRows()) {
			b = append(b, thrift.LIST, 0, 1, thrift.STRUCT) // colVals
			b = binary.BigEndian.AppendUint32(b, uint32(len(r.columns)))
			for k := range r.columns {
				if b, err = appendCell(b, &r.columns[k], batch.Column(k), i); err != nil {
					return b, err
				}
			}
			b = append(b, thrift.STOP)
		}
	}
	return b, nil
}

// appendCell appends a TColumnValue: a member of the union whose value is set
// unless it is null. Binary values have no member of their own and are text.
func appendCell(dst []byte, column *hive.Column, arr arrow.Array, i int) ([]byte, error) {
	s := shapeOf(column.Type)
	if s == binaryShape {
		s = stringShape
	}
	b := append(dst, thrift.STRUCT, 0, byte(s))
	if hive.IsNull(arr, i) {
		return append(b, thrift.STOP, thrift.STOP), nil
	}
	b = append(b, shapes[s].elem, 0, 1) // value
	switch s {
	case boolShape:
		b = append(b, asByte(boolAt(arr, i)))
	case doubleShape:
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(doubleAt(arr, i)))
	case stringShape:
		at := len(b)
		b = hive.AppendText(append(b, 0, 0, 0, 0), arr, i)
		putLength(b, at)
	default:
		v, err := integerAt(column, s, arr, i)
		if err != nil {
			return b, err
		}
		var out []byte
		b, out = extend(b, shapes[s].width)
		putInteger(out, s, v)
	}
	return append(b, thrift.STOP, thrift.STOP), nil
}

// size guesses the bytes of the row set, from above for the usual types, so that
// the answer is allocated once.
func (r *rowSet) size() int {
	rows, total := r.length(), 64
	if r.byRow {
		total += 9 * rows
	}
	for k := range r.columns {
		s := shapeOf(r.columns[k].Type)
		total += 32 + rows/8 + rows*shapes[s].width
		if r.byRow {
			total += 8 * rows
		}
		if shapes[s].width > 0 {
			continue
		}
		for _, batch := range r.batches {
			total += textSize(batch.Column(k))
		}
	}
	return total
}

// textSize guesses the bytes of an array's values as text.
func textSize(arr arrow.Array) int {
	if arr.Len() == 0 {
		return 0
	}
	switch a := arr.(type) {
	case *array.String:
		return 4*a.Len() + len(a.ValueBytes())
	case *array.LargeString:
		return 4*a.Len() + len(a.ValueBytes())
	case *array.Binary:
		return 4*a.Len() + len(a.ValueBytes())
	case *array.LargeBinary:
		return 4*a.Len() + len(a.ValueBytes())
	case *array.Timestamp:
		return hive.TimestampCell * a.Len()
	case *array.Decimal128:
		return decimalsRoom(a.Len())
	case *array.Null:
		return 4 * a.Len()
	default:
		return 16 * arr.Len()
	}
}
