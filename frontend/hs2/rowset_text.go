package hs2

import (
	"encoding/binary"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"

	"github.com/nekomata-sql/nekomata/hive"
)

// dateRoom is for a date with its length, if the year is ours.
const dateRoom = 4 + 10

// decimalsRoom is for so many short decimals.
func decimalsRoom(n int) int { return hive.DecimalCell*n + hive.DecimalSlack }

// appendTexts appends values in Hive's text form, each with its length before it;
// a null is no text.
func appendTexts(dst []byte, arr arrow.Array) []byte {
	switch a := arr.(type) {
	case *array.String:
		return appendRuns(dst, arr, a.ValueOffsets(), a.ValueBytes())
	case *array.LargeString:
		return appendRuns(dst, arr, a.ValueOffsets(), a.ValueBytes())
	case *array.Timestamp:
		return appendTimestamps(dst, a)
	case *array.Date32:
		return appendDates(dst, a)
	case *array.Decimal128:
		return appendDecimals(dst, a)
	}
	b := dst
	for i := range arr.Len() {
		at := len(b)
		b = append(b, 0, 0, 0, 0)
		if !hive.IsNull(arr, i) {
			b = hive.AppendText(b, arr, i)
			putLength(b, at)
		}
	}
	return b
}

// appendBinaries appends bytes as they are, each with their length.
func appendBinaries(dst []byte, arr arrow.Array) []byte {
	switch a := arr.(type) {
	case *array.Binary:
		return appendRuns(dst, arr, a.ValueOffsets(), a.ValueBytes())
	case *array.LargeBinary:
		return appendRuns(dst, arr, a.ValueOffsets(), a.ValueBytes())
	}
	b := dst
	for i := range arr.Len() {
		at := len(b)
		b = append(b, 0, 0, 0, 0)
		if !hive.IsNull(arr, i) {
			b = appendBytesAt(b, arr, i)
			putLength(b, at)
		}
	}
	return b
}

func appendBytesAt(dst []byte, arr arrow.Array, i int) []byte {
	in, at := inner(arr, i)
	if a, ok := in.(interface{ Value(i int) []byte }); ok {
		return append(dst, a.Value(at)...)
	}
	return hive.AppendText(dst, in, at)
}

// putLength writes the length of what follows it to the end of b.
func putLength(b []byte, at int) {
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
}

// appendRuns appends values that lie one after the other in data. The offsets, one
// more than there are values, say where, counted from any number.
func appendRuns[O int32 | int64](dst []byte, arr arrow.Array, offsets []O, data []byte) []byte {
	n := arr.Len()
	b, out := extend(dst, 4*n+len(data))
	at := runs{out: out, data: data}
	valid := validOf(arr)
	for i := 0; i < n; i++ {
		end := valid.until(i)
		for i < end {
			i += putShort(&at, offsets[i:end+1])
			i += putLong(&at, offsets[i:end+1])
		}
		if i < n { // a null, whatever is there
			binary.BigEndian.PutUint32(at.out, 0)
			at.out, at.data = at.out[4:], at.data[offsets[i+1]-offsets[i]:]
		}
	}
	return b[:len(dst)+len(out)-len(at.out)]
}

// runs is where the next value goes, with room for all that are left, and where it
// comes from.
type runs struct{ out, data []byte }

// shortRun is the size of values that are moved as sixteen bytes: one move is cheaper
// than a call that moves few. What is too much is overwritten next.
const shortRun = 16

// isShort says whether a value can be moved that way, by its size and by what is left.
func isShort(size int, out, data []byte) bool {
	return uint(size) <= shortRun && len(data) >= shortRun && len(out) >= 4+shortRun
}

// putShort puts values as long as they are short, and returns how many.
func putShort[O int32 | int64](r *runs, offsets []O) (n int) {
	out, data, before := r.out, r.data, offsets[0]
	for _, offset := range offsets[1:] {
		size := int(offset - before)
		if !isShort(size, out, data) {
			break
		}
		cell := (*[4 + shortRun]byte)(out)
		binary.BigEndian.PutUint32(cell[:], uint32(size))
		*(*[shortRun]byte)(cell[4:]) = *(*[shortRun]byte)(data)
		out, data = out[4+size:], data[size:]
		before = offset
		n++
	}
	r.out, r.data = out, data
	return n
}

// putLong puts values as long as they are not short, and returns how many.
func putLong[O int32 | int64](r *runs, offsets []O) (n int) {
	out, data, before := r.out, r.data, offsets[0]
	for _, offset := range offsets[1:] {
		size := int(offset - before)
		if isShort(size, out, data) {
			break
		}
		binary.BigEndian.PutUint32(out, uint32(size))
		copy(out[4:], data[:size])
		out, data = out[4+size:], data[size:]
		before = offset
		n++
	}
	r.out, r.data = out, data
	return n
}

// valid tells which values of an array are not null.
type valid struct {
	bits   []byte // nil when all are
	offset int
	n      int
}

func validOf(arr arrow.Array) valid {
	v := valid{n: arr.Len()}
	if arr.NullN() > 0 {
		v.bits, v.offset = arr.NullBitmapBytes(), arr.Data().Offset()
	}
	return v
}

// until is where the next null is, from value i on, or the end.
func (v *valid) until(i int) int {
	if len(v.bits) == 0 {
		return v.n
	}
	for i < v.n && bitutil.BitIsSet(v.bits, v.offset+i) {
		i++
	}
	return i
}

func appendTimestamps(dst []byte, arr *array.Timestamp) []byte {
	typ, _ := arr.DataType().(*arrow.TimestampType)
	text := hive.NewTimestamps(typ)
	b, n := appendCells(dst, arr, arr.Values(), hive.TimestampCell*arr.Len(), text.PutCells)
	if n < arr.Len() { // the others may be longer than there is room
		return appendFarTimestamps(b, arr, n)
	}
	return b
}

// appendCells appends values as put does, which returns how many it has written and how
// many bytes, and may end before one that it can't write; room is what all may take.
// It returns how many there are now, with the nulls.
func appendCells[V any](dst []byte, arr arrow.Array, values []V, room int, put func([]byte, []V) (n, size int)) ([]byte, int) {
	b, out := extend(dst, room)
	valid := validOf(arr)
	p := 0
	for i := 0; i < len(values); {
		end := valid.until(i)
		n, size := put(out[p:], values[i:end])
		p += size
		if i += n; i < end {
			return b[:len(dst)+p], i
		}
		if i < len(values) {
			binary.BigEndian.PutUint32(out[p:], 0) // a null
			p += 4
			i++
		}
	}
	return b[:len(dst)+p], len(values)
}

// appendFarTimestamps goes on at value i, whatever the years.
func appendFarTimestamps(dst []byte, arr *array.Timestamp, i int) []byte {
	typ, _ := arr.DataType().(*arrow.TimestampType)
	text := hive.NewTimestamps(typ)
	b := dst
	for ; i < arr.Len(); i++ {
		at := len(b)
		b = append(b, 0, 0, 0, 0)
		if arr.IsValid(i) {
			b = text.Append(b, arr.Value(i))
			putLength(b, at)
		}
	}
	return b
}

func appendDates(dst []byte, arr *array.Date32) []byte {
	skip := arr.NullN() > 0
	b := slices.Grow(dst, dateRoom*arr.Len())
	for i, v := range arr.Values() {
		at := len(b)
		b = append(b, 0, 0, 0, 0)
		if skip && arr.IsNull(i) {
			continue
		}
		b = hive.AppendDate(b, int32(v))
		putLength(b, at)
	}
	return b
}

// appendDecimals takes the short way with numbers of 16 figures, which most are.
func appendDecimals(dst []byte, arr *array.Decimal128) []byte {
	typ, _ := arr.DataType().(arrow.DecimalType)
	text := hive.NewDecimals(int(typ.GetScale()))
	b, n := appendCells(dst, arr, arr.Values(), decimalsRoom(arr.Len()), text.PutCells)
	if n < arr.Len() {
		return appendWideDecimals(b, arr, n)
	}
	return b
}

// appendWideDecimals goes on at value i, however many figures there are.
func appendWideDecimals(dst []byte, arr *array.Decimal128, i int) []byte {
	typ, _ := arr.DataType().(arrow.DecimalType)
	scale := int(typ.GetScale())
	b := dst
	for ; i < arr.Len(); i++ {
		at := len(b)
		b = append(b, 0, 0, 0, 0)
		if arr.IsNull(i) {
			continue
		}
		switch low, high := arr.Value(i).LowBits(), arr.Value(i).HighBits(); {
		case high == 0:
			b = hive.AppendScaled(b, low, false, scale)
		case high == -1 && low != 0:
			b = hive.AppendScaled(b, -low, true, scale)
		default:
			b = hive.AppendText(b, arr, i)
		}
		putLength(b, at)
	}
	return b
}
