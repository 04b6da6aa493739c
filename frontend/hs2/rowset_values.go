package hs2

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"

	"github.com/nekomata-sql/nekomata/hive"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// extend lengthens b by n bytes, whatever they hold, and returns them as well.
func extend(b []byte, n int) (all, more []byte) {
	all = slices.Grow(b, n)[:len(b)+n]
	return all, all[len(b):]
}

// appendBools appends a byte for each bit.
func appendBools(dst []byte, arr arrow.Array) []byte {
	b, out := extend(dst, arr.Len())
	if a, ok := arr.(*array.Boolean); ok {
		bitmap, offset := a.Data().Buffers()[1].Bytes(), a.Data().Offset()
		for i := range out {
			out[i] = asByte(bitutil.BitIsSet(bitmap, offset+i))
		}
		return b
	}
	for i := range out {
		out[i] = asByte(!hive.IsNull(arr, i) && boolAt(arr, i))
	}
	return b
}

// appendIntegers appends numbers of the shape's width. The arrays that have just
// that width are copied, others go value by value.
func appendIntegers(dst []byte, column *hive.Column, s shape, arr arrow.Array) ([]byte, error) {
	b, out := extend(dst, arr.Len()*shapes[s].width)
	if copyIntegers(out, s, arr) {
		return b, nil
	}
	for i := range arr.Len() {
		v := int64(0)
		if !hive.IsNull(arr, i) {
			var err error
			if v, err = integerAt(column, s, arr, i); err != nil {
				return dst, err
			}
		}
		out = putInteger(out, s, v)
	}
	return b, nil
}

// copyIntegers fills out with an array's values if they have the shape's width.
func copyIntegers(out []byte, s shape, arr arrow.Array) bool {
	switch a := arr.(type) {
	case *array.Int64:
		if s != i64Shape {
			return false
		}
		putWords(out, a.Values())
	case *array.Int32:
		if s != i32Shape {
			return false
		}
		for i, v := range a.Values() {
			binary.BigEndian.PutUint32(out[4*i:], uint32(v))
		}
	case *array.Int16:
		if s != i16Shape {
			return false
		}
		for i, v := range a.Values() {
			binary.BigEndian.PutUint16(out[2*i:], uint16(v))
		}
	case *array.Int8:
		if s != byteShape {
			return false
		}
		for i, v := range a.Values() {
			out[i] = byte(v)
		}
	default:
		return false
	}
	return true
}

// putWords writes numbers, four at a time as long as there are so many.
func putWords(dst []byte, values []int64) {
	out := dst
	rest := values
	for len(rest) >= 4 && len(out) >= 32 {
		four, room := (*[4]int64)(rest), (*[32]byte)(out)
		binary.BigEndian.PutUint64(room[0:], uint64(four[0]))
		binary.BigEndian.PutUint64(room[8:], uint64(four[1]))
		binary.BigEndian.PutUint64(room[16:], uint64(four[2]))
		binary.BigEndian.PutUint64(room[24:], uint64(four[3]))
		rest, out = rest[4:], out[32:]
	}
	for i, v := range rest {
		binary.BigEndian.PutUint64(out[8*i:], uint64(v))
	}
}

// putInteger writes a number and returns what is behind it.
func putInteger(out []byte, s shape, v int64) []byte {
	switch s {
	case byteShape:
		out[0] = byte(v)
	case i16Shape:
		binary.BigEndian.PutUint16(out, uint16(v))
	case i32Shape:
		binary.BigEndian.PutUint32(out, uint32(v))
	default:
		binary.BigEndian.PutUint64(out, uint64(v))
	}
	return out[shapes[s].width:]
}

// appendDoubles appends floating point numbers. A float becomes the double that
// reads the same.
func appendDoubles(dst []byte, arr arrow.Array) []byte {
	b, out := extend(dst, 8*arr.Len())
	if a, ok := arr.(*array.Float64); ok {
		// The same bits, as whole numbers.
		putWords(out, arrow.Int64Traits.CastFromBytes(arrow.Float64Traits.CastToBytes(a.Values())))
		return b
	}
	for i := range arr.Len() {
		v := 0.0
		if !hive.IsNull(arr, i) {
			v = doubleAt(arr, i)
		}
		binary.BigEndian.PutUint64(out[8*i:], math.Float64bits(v))
	}
	return b
}

// inner sees through the arrays that only stand for another: it returns the one
// that holds value i, and where.
func inner(arr arrow.Array, i int) (arrow.Array, int) {
	switch a := arr.(type) {
	case *array.Dictionary:
		return inner(a.Dictionary(), a.GetValueIndex(i))
	case *array.RunEndEncoded:
		return inner(a.Values(), a.GetPhysicalIndex(i))
	case array.ExtensionArray:
		return inner(a.Storage(), i)
	default:
		return arr, i
	}
}

func boolAt(arr arrow.Array, i int) bool {
	in, at := inner(arr, i)
	a, ok := in.(*array.Boolean)
	return ok && a.Value(at)
}

// integerAt is a whole number that must fit the shape.
func integerAt(column *hive.Column, s shape, arr arrow.Array, i int) (int64, error) {
	in, at := inner(arr, i)
	var v int64
	fits := true
	switch a := in.(type) {
	case *array.Int8:
		v = int64(a.Value(at))
	case *array.Int16:
		v = int64(a.Value(at))
	case *array.Int32:
		v = int64(a.Value(at))
	case *array.Int64:
		v = a.Value(at)
	case *array.Uint8:
		v = int64(a.Value(at))
	case *array.Uint16:
		v = int64(a.Value(at))
	case *array.Uint32:
		v = int64(a.Value(at))
	case *array.Uint64:
		v = int64(a.Value(at))
		fits = v >= 0
	default:
		var err error
		v, err = strconv.ParseInt(string(hive.AppendText(nil, in, at)), 10, 64)
		fits = err == nil
	}
	spare := 64 - 8*shapes[s].width
	if fits = fits && v<<spare>>spare == v; !fits {
		return 0, sqlerr.New(sqlerr.Invalid, "column %q: the value %s is out of the range of %s",
			column.Name, hive.AppendText(nil, in, at), column.Type).WithState("22003")
	}
	return v, nil
}

func doubleAt(arr arrow.Array, i int) float64 {
	in, at := inner(arr, i)
	switch a := in.(type) {
	case *array.Float64:
		return a.Value(at)
	case *array.Float32:
		return hive.Widen(a.Value(at))
	case *array.Float16:
		return float64(a.Value(at).Float32())
	case *array.Int64:
		return float64(a.Value(at))
	case *array.Int32:
		return float64(a.Value(at))
	default:
		v, err := strconv.ParseFloat(string(hive.AppendText(nil, in, at)), 64)
		if err != nil {
			return math.NaN()
		}
		return v
	}
}
