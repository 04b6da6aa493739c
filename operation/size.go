package operation

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// batchBytes is the Arrow size of a batch's rows in bytes, exact for flat
// columns and near enough for nested ones. A slice counts only its own rows.
func batchBytes(b arrow.RecordBatch) int64 {
	return rangeBytes(b, 0, int(b.NumRows()))
}

// rangeBytes is the size of the rows in [from, to).
func rangeBytes(b arrow.RecordBatch, from, to int) int64 {
	var n int64
	for i := range int(b.NumCols()) {
		n += columnBytes(b.Column(i), from, to)
	}
	return n
}

// variableWidth is what strings and binaries of all offset widths have in common.
type variableWidth interface {
	ValueOffset64(i int) int64
	ValueLen(i int) int
}

func columnBytes(c arrow.Array, from, to int) int64 {
	if to <= from {
		return 0
	}
	rows := int64(to - from)
	switch c := c.(type) {
	case variableWidth:
		last := to - 1
		return c.ValueOffset64(last) + int64(c.ValueLen(last)) - c.ValueOffset64(from) + 4*rows
	case array.ListLike: // lists and maps
		first, _ := c.ValueOffsets(from)
		_, last := c.ValueOffsets(to - 1)
		return columnBytes(c.ListValues(), int(first), int(last)) + 4*rows
	case *array.Struct:
		var n int64
		for i := range c.NumField() {
			n += columnBytes(c.Field(i), from, to)
		}
		return n
	}
	if t, ok := c.DataType().(arrow.FixedWidthDataType); ok {
		return rows * int64(max(1, t.BitWidth()/8))
	}
	return rows * 16
}

// room is what a bound of bytes leaves after used, in fit's terms; a bound of 0 is
// none.
func room(bound, used int64) int64 {
	if bound <= 0 {
		return -1
	}
	return max(0, bound-used)
}

// fit says how many rows of b from row on may be delivered: at most limit, and
// no more than room bytes (negative: no bound), but at least one row when force
// is set, and what those rows weigh.
func fit(b arrow.RecordBatch, row int, limit, room int64, force bool) (n int, size int64) {
	end := int(min(b.NumRows(), int64(row)+limit))
	size = rangeBytes(b, row, end)
	if room < 0 || size <= room {
		return end - row, size
	}
	lo, hi := 0, end-row // rows that fit, rows that don't
	for hi-lo > 1 {
		mid := (lo + hi) / 2
		if rangeBytes(b, row, row+mid) <= room {
			lo = mid
		} else {
			hi = mid
		}
	}
	if lo == 0 && force && end > row {
		lo = 1
	}
	return lo, rangeBytes(b, row, row+lo)
}

// part is n rows of b from row on, to be released by who gets it: b itself, mostly, since
// pages have more rows than batches.
func part(b arrow.RecordBatch, row, n int) arrow.RecordBatch {
	if row == 0 && int64(n) == b.NumRows() {
		b.Retain()
		return b
	}
	return b.NewSlice(int64(row), int64(row+n))
}
