package hs2

import (
	"encoding/binary"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/nekomata-sql/nekomata/hive"
)

// Room for values with their lengths: times if the years are ours, decimals if they are short.
const (
	timestampRoom = 4 + hive.TimestampRoom
	dateRoom      = 4 + 10
	decimalRoom   = 4 + 20 // for a number of 64 bits and its point, but what is behind the last is written to as well
)

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
	skip := arr.NullN() > 0
	from, p := 0, 0
	for i := range n {
		to := int(offsets[i+1] - offsets[0])
		if skip && arr.IsNull(i) {
			binary.BigEndian.PutUint32(out[p:], 0)
			from, p = to, p+4
			continue
		}
		size := to - from
		if size <= 16 && from+16 <= len(data) && p+20 <= len(out) {
			// One move of sixteen bytes is cheaper than a call that moves few; what is
			// too much is overwritten next.
			cell := (*[20]byte)(out[p:])
			binary.BigEndian.PutUint32(cell[:], uint32(size))
			*(*[16]byte)(cell[4:]) = *(*[16]byte)(data[from:])
		} else {
			binary.BigEndian.PutUint32(out[p:], uint32(size))
			copy(out[p+4:], data[from:to])
		}
		p += 4
		from, p = to, p+size
	}
	return b[:len(dst)+p]
}

func appendTimestamps(dst []byte, arr *array.Timestamp) []byte {
	typ, _ := arr.DataType().(*arrow.TimestampType)
	text := hive.NewTimestamps(typ)
	skip := arr.NullN() > 0
	b, out := extend(dst, timestampRoom*arr.Len())
	p := 0
	for i, v := range arr.Values() {
		cell := (*[timestampRoom]byte)(out[p:])
		size := 0
		if !skip || arr.IsValid(i) {
			if size = text.Put((*[hive.TimestampRoom]byte)(cell[4:]), v); size == 0 {
				// The others may be longer than there is room.
				return appendFarTimestamps(b[:len(dst)+p], arr, i)
			}
		}
		binary.BigEndian.PutUint32(cell[:], uint32(size))
		p += 4 + size
	}
	return b[:len(dst)+p]
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
	scale := int(typ.GetScale())
	skip := arr.NullN() > 0
	b, out := extend(dst, decimalRoom*arr.Len()+hive.ScaledRoom)
	p := 0
	for i, v := range arr.Values() {
		if len(out)-p < 4+hive.ScaledRoom {
			return appendWideDecimals(b[:len(dst)+p], arr, i)
		}
		cell := (*[4 + hive.ScaledRoom]byte)(out[p:])
		size := 0
		if !skip || arr.IsValid(i) {
			low, high := v.LowBits(), v.HighBits()
			sign := uint64(high >> 63) // all bits or none
			if high == int64(sign) && (high == 0 || low != 0) {
				size = hive.PutScaled((*[hive.ScaledRoom]byte)(cell[4:]), (low^sign)-sign, sign != 0, scale)
			}
			if size == 0 {
				return appendWideDecimals(b[:len(dst)+p], arr, i)
			}
		}
		binary.BigEndian.PutUint32(cell[:], uint32(size))
		p += 4 + size
	}
	return b[:len(dst)+p]
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
