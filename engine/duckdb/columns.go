package duckdb

import (
	"encoding/binary"
	"math"
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	native "github.com/duckdb/duckdb-go-bindings"
)

// form is how a column's values get from a chunk into Arrow's memory.
type form uint8

const (
	foreign  form = iota // only DuckDB knows
	same                 // as they are
	texts                // one after the other, with their offsets
	bools                // a bit for each byte
	widened2             // decimals of 2, 4 and 8 bytes
	widened4
	widened8
)

// column is one of a stream whose batches are made here: numbers, times, decimals
// and texts need no more than copying, for which DuckDB's own way is a long one.
type column struct {
	typ  arrow.DataType
	form form
	bits int // of a value in Arrow, unless it is a text
}

// size is how many bytes so many values take in Arrow.
func (c column) size(rows int) int { return (rows*c.bits + 7) / 8 }

// columnsOf are the columns of a result, nil when there are some that only DuckDB
// can make Arrow of.
func columnsOf(result *native.Result, schema *arrow.Schema) []column {
	out := make([]column, schema.NumFields())
	for i := range out {
		typ := schema.Field(i).Type
		out[i] = column{typ: typ, form: formOf(result, native.IdxT(i), typ)}
		if out[i].form == foreign {
			return nil
		}
		if fixed, ok := typ.(arrow.FixedWidthDataType); ok {
			out[i].bits = fixed.BitWidth()
		}
	}
	return out
}

// plainTypes are DuckDB's types and Arrow's that hold the same bytes.
var plainTypes = map[native.Type]arrow.Type{
	native.TypeTinyInt: arrow.INT8, native.TypeSmallInt: arrow.INT16, native.TypeInteger: arrow.INT32, native.TypeBigInt: arrow.INT64,
	native.TypeUTinyInt: arrow.UINT8, native.TypeUSmallInt: arrow.UINT16, native.TypeUInteger: arrow.UINT32, native.TypeUBigInt: arrow.UINT64,
	native.TypeFloat: arrow.FLOAT32, native.TypeDouble: arrow.FLOAT64, native.TypeHugeInt: arrow.DECIMAL128, native.TypeDate: arrow.DATE32,
	native.TypeTimestamp: arrow.TIMESTAMP, native.TypeTimestampS: arrow.TIMESTAMP, native.TypeTimestampMS: arrow.TIMESTAMP,
	native.TypeTimestampNS: arrow.TIMESTAMP, native.TypeTimestampTZ: arrow.TIMESTAMP,
	native.TypeTime: arrow.TIME64, native.TypeTimeNS: arrow.TIME64,
}

func formOf(result *native.Result, i native.IdxT, typ arrow.DataType) form {
	id := native.ColumnType(result, i)
	if want, ok := plainTypes[id]; ok && typ.ID() == want {
		return same
	}
	switch {
	case id == native.TypeVarchar && typ.ID() == arrow.STRING, id == native.TypeBlob && typ.ID() == arrow.BINARY:
		return texts
	case id == native.TypeBoolean && typ.ID() == arrow.BOOL:
		return bools
	case id != native.TypeDecimal || typ.ID() != arrow.DECIMAL128:
		return foreign
	}
	t := native.ColumnLogicalType(result, i)
	defer native.DestroyLogicalType(&t)
	switch native.DecimalInternalType(t) {
	case native.TypeSmallInt:
		return widened2
	case native.TypeInteger:
		return widened4
	case native.TypeBigInt:
		return widened8
	case native.TypeHugeInt:
		return same
	}
	return foreign
}

// text is a text as DuckDB has it: up to twelve bytes right here, more behind a
// pointer in the last eight.
type text struct {
	size uint32
	here [12]byte
}

const textHere = 12

func (t *text) bytes() []byte {
	if t.size <= textHere {
		return t.here[:t.size]
	}
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&t.here[4])), t.size) //nolint:gosec // DuckDB's own layout
}

// vector is a column of a chunk.
type vector struct {
	data  unsafe.Pointer
	valid []uint64 // a bit for each row that isn't NULL, or nil for all
	size  int      // bytes of all texts
}

func (v *vector) isNull(i int) bool {
	return v.valid != nil && v.valid[i/64]>>(i%64)&1 == 0
}

// values are a vector's n values of a type that has DuckDB's layout.
func values[T any](v *vector, n int) []T {
	return unsafe.Slice((*T)(v.data), n) //nolint:gosec // a vector has that many
}

// vectorAt looks at a column of a chunk.
func vectorAt(chunk native.DataChunk, i, rows int, f form) vector {
	from := native.DataChunkGetVector(chunk, native.IdxT(i))
	v := vector{data: native.VectorGetData(from)}
	if mask := native.VectorGetValidity(from); mask != nil {
		v.valid = unsafe.Slice((*uint64)(mask), (rows+63)/64) //nolint:gosec // a bit for each row
	}
	if f == texts {
		v.size = textBytes(values[text](&v, rows), &v)
	}
	return v
}

// textBytes is how many bytes a vector's texts have, without those that are NULL.
func textBytes(all []text, v *vector) (size int) {
	if v.valid == nil {
		for k := range all {
			size += int(all[k].size)
		}
		return size
	}
	for k := range all {
		if !v.isNull(k) {
			size += int(all[k].size)
		}
	}
	return size
}

// block is memory for a batch, lent until its last column is released.
type block struct {
	bytes []byte
	users atomic.Int32
	pool  *sync.Pool // nil for one that is used once
}

// Allocate is not for blocks: Arrow asks for nothing here.
func (*block) Allocate(size int) []byte { return make([]byte, size) }

// Reallocate is as little for blocks as Allocate.
func (*block) Reallocate(size int, b []byte) []byte {
	return append(make([]byte, 0, size), b...)[:size]
}

// Free is called when a part has been released.
func (b *block) Free([]byte) {
	if b.users.Add(-1) == 0 && b.pool != nil {
		b.pool.Put(b)
	}
}

// lend finds a block of that many bytes, and not of many more: what keeps batches
// counts their values. Its caller is its first user.
func lend(pool *sync.Pool, size int) *block {
	const step = 16 << 10 // makes sizes few, so that the next batch finds one that fits
	if size < step {
		b := &block{bytes: make([]byte, size)}
		b.users.Store(1)
		return b
	}
	b, _ := pool.Get().(*block)
	if b == nil || len(b.bytes) < size || len(b.bytes) > 2*size {
		b = &block{bytes: make([]byte, (size+step-1)/step*step), pool: pool}
	}
	b.users.Store(1)
	return b
}

// carver gives a block away in parts.
type carver struct {
	block *block
	rest  []byte
}

// aligned is the room that n bytes take.
func aligned(n int) int { return (n + 15) &^ 15 }

// cut takes n bytes.
func (c *carver) cut(n int) []byte {
	part := c.rest[:n:aligned(n)]
	c.rest = c.rest[aligned(n):]
	return part
}

// buffer makes Arrow's of a part.
func (c *carver) buffer(part []byte) *memory.Buffer {
	c.block.users.Add(1)
	return memory.NewBufferWithAllocator(part, c.block)
}

// batchOf makes a batch of a chunk; nil when it is too large for Arrow's offsets.
func (s *stream) batchOf(chunk native.DataChunk) arrow.RecordBatch {
	rows := int(native.DataChunkGetSize(chunk))
	vectors := make([]vector, len(s.columns))
	room := 0
	for i, c := range s.columns {
		v := vectorAt(chunk, i, rows, c.form)
		if v.size > math.MaxInt32 {
			return nil
		}
		vectors[i] = v
		room += aligned((rows+7)/8) + aligned(c.size(rows))
		if c.form == texts {
			room += aligned(4*(rows+1)) + aligned(v.size+textHere)
		}
	}
	carve := carver{block: lend(&s.conn.db.blocks, room)}
	carve.rest = carve.block.bytes
	arrays := make([]arrow.Array, len(s.columns))
	for i, c := range s.columns {
		arrays[i] = c.array(&carve, &vectors[i], rows)
	}
	carve.block.Free(nil)
	batch := array.NewRecordBatch(s.chunks, arrays, int64(rows))
	for _, a := range arrays {
		a.Release()
	}
	return batch
}

// array copies a column.
func (c column) array(carve *carver, v *vector, rows int) arrow.Array {
	buffers := make([]*memory.Buffer, 1, 3)
	nulls := 0
	if v.valid != nil {
		bitmap := carve.cut((rows + 7) / 8)
		if nulls = putValidity(bitmap, v.valid, rows); nulls > 0 {
			buffers[0] = carve.buffer(bitmap)
		}
	}
	if c.form == texts {
		offsets := carve.cut(4 * (rows + 1))
		data := carve.cut(v.size + textHere)
		putTexts(unsafe.Slice((*int32)(unsafe.Pointer(&offsets[0])), rows+1), data, v, rows) //nolint:gosec // aligned, and of that size
		buffers = append(buffers, carve.buffer(offsets), carve.buffer(data[:v.size]))
	} else {
		out := carve.cut(c.size(rows))
		c.put(out, v, rows)
		buffers = append(buffers, carve.buffer(out))
	}
	data := array.NewData(c.typ, rows, buffers, nil, nulls, 0)
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	defer data.Release()
	return array.MakeFromData(data)
}

// put copies values of fixed width.
func (c column) put(out []byte, v *vector, rows int) {
	switch c.form {
	case widened2:
		widen(out, values[int16](v, rows))
	case widened4:
		widen(out, values[int32](v, rows))
	case widened8:
		widen(out, values[int64](v, rows))
	case bools:
		clear(out)
		for i, b := range values[byte](v, rows) {
			out[i/8] |= b & 1 << (i % 8)
		}
	default:
		copy(out, values[byte](v, len(out)))
	}
}

// widen makes decimals of 16 bytes.
func widen[T int16 | int32 | int64](out []byte, from []T) {
	for i, v := range from {
		low := int64(v)
		binary.LittleEndian.PutUint64(out[16*i:], uint64(low))
		binary.LittleEndian.PutUint64(out[16*i+8:], uint64(low>>63))
	}
}

// putValidity copies a bitmap and counts the rows that are not valid.
func putValidity(out []byte, valid []uint64, rows int) (nulls int) {
	nulls = rows
	for i, word := range valid {
		if rest := rows - 64*i; rest < 64 {
			word &= 1<<rest - 1
		}
		nulls -= bits.OnesCount64(word)
		var room [8]byte
		binary.LittleEndian.PutUint64(room[:], word)
		copy(out[8*i:], room[:])
	}
	return nulls
}

// putTexts copies texts; there is room for a short one behind the last.
func putTexts(offsets []int32, data []byte, v *vector, rows int) {
	at, rest := 0, data
	all := values[text](v, rows)
	valid := v.valid
	offsets = offsets[:len(all)+1]
	for i := range all {
		offsets[i] = int32(at)
		t := &all[i]
		size := int(t.size)
		switch {
		case valid != nil && v.isNull(i):
			continue
		case size <= textHere:
			*(*[textHere]byte)(rest) = t.here // what is too much is overwritten next
		default:
			copy(rest, t.bytes())
		}
		rest = rest[size:]
		at += size
	}
	offsets[rows] = int32(at)
}
