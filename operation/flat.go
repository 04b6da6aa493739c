package operation

import (
	"encoding/binary"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// The flat form of a batch is a head and then the buffers of its columns, each at a
// multiple of 8. The head is in numbers of 64 bits: the mark and, in its other bytes,
// the length of the head; the rows; and for each column its nulls and its buffers
// with their sizes, one more than they have, and 0 for one that is not there.

// flatMark is the first byte of the flat form; none of an Arrow IPC stream's.
const flatMark = 1

var flatPad [8]byte

// appendFlat appends the parts that a batch's flat form is made of, if it has one:
// if its columns are nothing but buffers, with no more in them than its rows. They
// are the batch's own memory.
func appendFlat(parts [][]byte, b arrow.RecordBatch, schema *arrow.Schema) (_ [][]byte, flat bool) {
	if int(b.NumCols()) != schema.NumFields() {
		return parts, false
	}
	head := make([]byte, 16, 16+40*b.NumCols())
	out := append(parts, nil)
	at := len(parts)
	size := int64(0)
	for i := range int(b.NumCols()) {
		d := b.Column(i).Data()
		if !flatColumn(d, schema.Field(i).Type) {
			return parts, false
		}
		head = binary.LittleEndian.AppendUint64(head, uint64(int64(d.NullN())))
		head = binary.LittleEndian.AppendUint64(head, uint64(len(d.Buffers())))
		for _, buffer := range d.Buffers() {
			if buffer == nil {
				head = binary.LittleEndian.AppendUint64(head, 0)
				continue
			}
			n := buffer.Len()
			head = binary.LittleEndian.AppendUint64(head, uint64(n+1))
			if n > 0 {
				out = append(out, buffer.Bytes())
			}
			if pad := -n & 7; pad > 0 {
				out = append(out, flatPad[:pad])
			}
			size += int64(n)
		}
	}
	const spare = 4 << 10 // what small batches may have allocated for more rows
	if size > 2*batchBytes(b)+spare {
		return parts, false
	}
	binary.LittleEndian.PutUint64(head, uint64(len(head))<<8|flatMark)
	binary.LittleEndian.PutUint64(head[8:], uint64(b.NumRows()))
	out[at] = head
	return out, true
}

// flatColumn says whether a column is nothing but buffers, from the first row on.
func flatColumn(d arrow.ArrayData, typ arrow.DataType) bool {
	switch id := d.DataType().ID(); {
	case id != typ.ID(), id == arrow.DICTIONARY, id == arrow.EXTENSION:
		return false
	}
	return len(d.Children()) == 0 && d.Offset() == 0
}

// flatReader takes a flat form apart.
type flatReader struct {
	head, body []byte
	short      bool
}

func (r *flatReader) number() int {
	if len(r.head) < 8 {
		r.short = true
		return 0
	}
	n := binary.LittleEndian.Uint64(r.head)
	r.head = r.head[8:]
	return int(n)
}

func (r *flatReader) buffer() *memory.Buffer {
	n := r.number() - 1
	if n < 0 {
		return nil
	}
	if n > len(r.body) {
		r.short = true
		return nil
	}
	b := memory.NewBufferBytes(r.body[:n:n])
	r.body = r.body[min(len(r.body), (n+7)&^7):]
	return b
}

// readFlat makes a batch of its flat form.
func readFlat(part *io.SectionReader, schema *arrow.Schema) (arrow.RecordBatch, error) {
	all := make([]byte, part.Size())
	if _, err := io.ReadFull(part, all); err != nil {
		return nil, sqlerr.Wrap(err, sqlerr.Internal, "the result's file could not be read")
	}
	r := flatReader{head: all}
	size := min(r.number()>>8, len(all))
	r.head, r.body = all[min(8, size):size], all[size:]
	rows := r.number()
	columns := make([]arrow.Array, 0, schema.NumFields())
	for _, f := range schema.Fields() {
		nulls, n := r.number(), r.number()
		buffers := make([]*memory.Buffer, 0, min(n, 8))
		for range n {
			if buffers = append(buffers, r.buffer()); r.short {
				break
			}
		}
		if r.short {
			return nil, sqlerr.New(sqlerr.Internal, "the result's file is damaged")
		}
		data := array.NewData(f.Type, rows, buffers, nil, nulls, 0)
		columns = append(columns, array.MakeFromData(data))
		data.Release()
	}
	b := array.NewRecordBatch(schema, columns, int64(rows))
	for _, c := range columns {
		c.Release()
	}
	return b, nil
}
