package hs2

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/nekomata-sql/nekomata/hive"
)

// dice gives the fuzzer's bytes as random numbers, so that each of its changes
// has one effect, and when they are used up numbers that differ: those who want a
// number below a bound may throw some away.
type dice struct {
	rest []byte
	more uint64
}

func (d *dice) Uint64() uint64 {
	if len(d.rest) == 0 {
		d.more += 0x9e3779b97f4a7c15
		return d.more ^ d.more>>29
	}
	var word [8]byte
	n := copy(word[:], d.rest)
	d.rest = d.rest[n:]
	return binary.LittleEndian.Uint64(word[:])
}

// FuzzRowSet encodes batches of any types and reads them back by the generated code,
// which must have written the same bytes.
func FuzzRowSet(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		more := make([]byte, 600)
		for i := range more {
			more[i] = byte(r.Uint32())
		}
		f.Add(more[:3], more[3:6], more[6:], false)
		f.Add(more[:1], more[1:4], more[4:], true)
	}
	f.Fuzz(func(t *testing.T, columns, batches, values []byte, byRow bool) {
		r := rand.New(&dice{rest: values})
		every := everyField()
		var fields []arrow.Field
		for _, c := range columns[:min(len(columns), 6)] {
			fields = append(fields, every[int(c)%len(every)])
		}
		schema := arrow.NewSchema(fields, nil)
		f := &fetchResults{hasMore: r.IntN(2) > 0}
		f.rows.byRow = byRow
		f.rows.start = int64(r.Uint64() & math.MaxInt64)
		f.rows.columns = hive.Columns(schema)
		for _, b := range batches[:min(len(batches), 4)] {
			n := int(b) % 70
			var arrays []arrow.Array
			for _, field := range fields {
				arrays = append(arrays, randomArray(r, field.Type, n))
			}
			f.rows.batches = append(f.rows.batches, array.NewRecordBatch(schema, arrays, int64(n)))
		}
		requireGenerated(t, int32(r.Uint32()), f)
	})
}
