package hs2

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/thrift/lib/go/thrift"

	"github.com/nekomata-sql/nekomata/hive"
)

// shape is how a column's values travel. The numbers are the field ids of TColumn,
// and of TColumnValue as far as that goes.
type shape uint8

const (
	boolShape shape = iota + 1
	byteShape
	i16Shape
	i32Shape
	i64Shape
	doubleShape
	stringShape
	binaryShape
)

// shapeOf is how values of a type travel: numbers as numbers, all the rest as text.
func shapeOf(t hive.TypeID) shape {
	switch t {
	case hive.Boolean:
		return boolShape
	case hive.TinyInt:
		return byteShape
	case hive.SmallInt:
		return i16Shape
	case hive.Int:
		return i32Shape
	case hive.BigInt:
		return i64Shape
	case hive.Float, hive.Double:
		return doubleShape
	case hive.Binary:
		return binaryShape
	default:
		return stringShape
	}
}

// shapes has each shape's Thrift type and the bytes of a value, 0 when they vary.
var shapes = [...]struct {
	elem  byte
	width int
}{
	boolShape:   {thrift.BOOL, 1},
	byteShape:   {thrift.I08, 1},
	i16Shape:    {thrift.I16, 2},
	i32Shape:    {thrift.I32, 4},
	i64Shape:    {thrift.I64, 8},
	doubleShape: {thrift.DOUBLE, 8},
	stringShape: {thrift.STRING, 0},
	binaryShape: {thrift.STRING, 0},
}

// appendColumn appends column k of all batches as one TColumn.
func (r *rowSet) appendColumn(dst []byte, k int) ([]byte, error) {
	column := &r.columns[k]
	s := shapeOf(column.Type)
	b := append(dst,
		thrift.STRUCT, 0, byte(s), // the union's member
		thrift.LIST, 0, 1, shapes[s].elem, // values
	)
	b = binary.BigEndian.AppendUint32(b, uint32(r.length()))
	values := len(b)
	var err error
	for _, batch := range r.batches {
		if b, err = appendValues(b, column, s, batch.Column(k)); err != nil {
			return b, err
		}
	}
	b, nulls := r.appendNulls(append(b, thrift.STRING, 0, 2), k)
	if w := shapes[s].width; w > 0 {
		clearNulls(b[values:], w, nulls)
	}
	return append(b, thrift.STOP, thrift.STOP), nil
}

// appendValues appends the values of one array. Where a value is null there may be
// anything of the right width, but no text.
func appendValues(dst []byte, column *hive.Column, s shape, arr arrow.Array) ([]byte, error) {
	if arr.Len() == 0 {
		return dst, nil // it may lack even its buffers
	}
	switch s {
	case boolShape:
		return appendBools(dst, arr), nil
	case byteShape, i16Shape, i32Shape, i64Shape:
		return appendIntegers(dst, column, s, arr)
	case doubleShape:
		return appendDoubles(dst, arr), nil
	case binaryShape:
		return appendBinaries(dst, arr), nil
	default:
		return appendTexts(dst, arr), nil
	}
}

// appendNulls appends the bitmap of column k's nulls, a bit for every row, or
// nothing but its length, 0, when there is none. It returns the bitmap as well.
func (r *rowSet) appendNulls(dst []byte, k int) (b, nulls []byte) {
	b = append(dst, 0, 0, 0, 0)
	start := len(b)
	b = slices.Grow(b, (r.length()+7)/8)
	nulls = b[start : start+(r.length()+7)/8]
	clear(nulls)
	found, row := false, 0
	for _, batch := range r.batches {
		arr := batch.Column(k)
		found = setNulls(nulls, row, arr) || found
		row += arr.Len()
	}
	if !found {
		return b, nil
	}
	binary.BigEndian.PutUint32(b[start-4:], uint32(len(nulls)))
	return b[:start+len(nulls)], nulls
}

// setNulls sets the bits of an array's nulls, which begin at bit row, and says
// whether there was one.
func setNulls(nulls []byte, row int, arr arrow.Array) bool {
	if !knowsNulls(arr) {
		found := false
		for i := range arr.Len() {
			if hive.IsNull(arr, i) {
				nulls[(row+i)/8] |= 1 << ((row + i) % 8)
				found = true
			}
		}
		return found
	}
	if arr.NullN() == 0 || arr.Len() == 0 {
		return false
	}
	bitutil.InvertBitmap(arr.NullBitmapBytes(), arr.Data().Offset(), arr.Len(), nulls, row)
	return true
}

// knowsNulls says whether an array's own bitmap knows all of its nulls.
func knowsNulls(arr arrow.Array) bool {
	switch arr.(type) {
	case *array.Dictionary, *array.SparseUnion, *array.DenseUnion, *array.RunEndEncoded, *array.Null, array.ExtensionArray:
		return false
	default:
		return true
	}
}

// clearNulls writes zeros where a value of fixed width is null: what Arrow has
// there may be anything, even another query's.
func clearNulls(values []byte, width int, nulls []byte) {
	for i, set := range nulls {
		for ; set != 0; set &= set - 1 {
			at := (8*i + bits.TrailingZeros8(set)) * width
			clear(values[at : at+width])
		}
	}
}
