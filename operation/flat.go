package operation

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// The flat form of a batch is a head and then the buffers of its columns, each at a
// multiple of 8. The head is in numbers of 64 bits: the mark and, in its other bytes,
// the length of the head; the rows; and for each column its nulls and its buffers
// with their sizes, one more than they have, and 0 for one that is not there; and for one
// that is, how it is narrowed.

// flatMark is the first byte of the flat form; none of an Arrow IPC stream's.
const flatMark = 1

var flatPad [8]byte

// appendFlat appends the parts that a batch's flat form is made of, if it has one:
// if its columns are nothing but buffers, with no more in them than its rows. They
// are the batch's own memory, but for what is made narrow.
func appendFlat(parts [][]byte, b arrow.RecordBatch, schema *arrow.Schema, pack *packer) (_ [][]byte, flat bool) {
	if int(b.NumCols()) != schema.NumFields() {
		return parts, false
	}
	head := make([]byte, 16, 16+64*b.NumCols())
	out := append(parts, nil)
	at := len(parts)
	size := int64(0)
	for i := range int(b.NumCols()) {
		d := b.Column(i).Data()
		if !flatColumn(d, schema.Field(i).Type) {
			pack.saved = 0
			return parts, false
		}
		head = binary.LittleEndian.AppendUint64(head, uint64(int64(d.NullN())))
		head = binary.LittleEndian.AppendUint64(head, uint64(len(d.Buffers())))
		for k, buffer := range d.Buffers() {
			if buffer == nil {
				head = binary.LittleEndian.AppendUint64(head, 0)
				continue
			}
			size += int64(buffer.Len())
			bytes, how := pack.narrow(d, k)
			if how == 0 {
				bytes = buffer.Bytes()
			}
			n := len(bytes)
			pack.saved += int64(buffer.Len() - n)
			head = binary.LittleEndian.AppendUint64(head, uint64(n+1))
			head = binary.LittleEndian.AppendUint64(head, uint64(how))
			if n > 0 {
				out = append(out, bytes)
			}
			if pad := -n & 7; pad > 0 {
				out = append(out, flatPad[:pad])
			}
		}
	}
	const spare = 4 << 10 // what small batches may have allocated for more rows
	if size > 2*batchBytes(b)+spare {
		pack.saved = 0
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

// flatReader takes a flat form apart. A disk may have damaged it: no number in it is
// believed.
type flatReader struct {
	head, body []byte
	damaged    bool
}

// number is the next one of the head, which is in [0, most].
func (r *flatReader) number(most int) int {
	if len(r.head) < 8 {
		r.damaged = true
		return 0
	}
	n := binary.LittleEndian.Uint64(r.head)
	r.head = r.head[8:]
	if n > uint64(most) {
		r.damaged = true
		return 0
	}
	return int(n)
}

// begin reads what comes before the columns, and returns the number of rows.
func (r *flatReader) begin(all []byte) int {
	r.head = all
	size := r.number(math.MaxInt) >> 8
	if size < 16 || size > len(all) {
		r.damaged = true
		return 0
	}
	r.head, r.body = all[8:size], all[size:]
	return r.number(math.MaxInt)
}

func (r *flatReader) buffer() *memory.Buffer {
	n := r.number(len(r.body) + 1)
	if n == 0 {
		return nil
	}
	n--
	how := narrowing(r.number(math.MaxUint8))
	b := memory.NewBufferBytes(r.body[:n:n])
	if how != 0 {
		if b = how.widen(b.Bytes()); b == nil {
			r.damaged = true
		}
	}
	r.body = r.body[min(len(r.body), (n+7)&^7):]
	return b
}

// column reads a column, or nothing of a damaged one.
func (r *flatReader) column(typ arrow.DataType, rows int) arrow.Array {
	const unknown = array.UnknownNullCount // -1, which has no place in a number
	nulls := unknown
	if len(r.head) >= 8 && binary.LittleEndian.Uint64(r.head) == math.MaxUint64 {
		r.head = r.head[8:]
	} else {
		nulls = r.number(rows)
	}
	n := r.number(len(r.head) / 8)
	buffers := make([]*memory.Buffer, 0, n)
	for range n {
		buffers = append(buffers, r.buffer())
	}
	if r.damaged = r.damaged || !enough(typ.Layout(), rows, buffers); r.damaged {
		return nil
	}
	data := array.NewData(typ, rows, buffers, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// enough says whether buffers are those of a column of a layout, and long enough for
// its rows.
func enough(layout arrow.DataTypeLayout, rows int, buffers []*memory.Buffer) bool {
	specs := layout.Buffers
	if len(buffers) < len(specs) || len(buffers) > len(specs) && layout.VariadicSpec == nil {
		return false
	}
	for i, spec := range specs {
		ok := true
		switch b := buffers[i]; {
		case spec.Kind == arrow.KindAlwaysNull:
			ok = b == nil
		case rows == 0, b == nil && i == 0: // a column without nulls needs no bitmap of them
		case spec.Kind == arrow.KindBitmap:
			ok = b != nil && b.Len() > (rows-1)/8
		case spec.Kind == arrow.KindFixedWidth:
			ok = spec.ByteWidth == 0 || b != nil && b.Len()/spec.ByteWidth >= rows
		case spec.Kind == arrow.KindVarWidth:
			ok = within(buffers[i-1], specs[i-1].ByteWidth, rows, b)
		}
		if !ok {
			return false
		}
	}
	return true
}

// within says whether the offsets of so many rows go that far, and the first and the
// last of them no further than the values.
func within(offsets *memory.Buffer, width, rows int, values *memory.Buffer) bool {
	if offsets.Len()/width <= rows {
		return false
	}
	offset := func(i int) uint64 {
		b := offsets.Bytes()[i*width:]
		if width == arrow.Int32SizeBytes {
			return uint64(binary.LittleEndian.Uint32(b))
		}
		return binary.LittleEndian.Uint64(b)
	}
	size := 0
	if values != nil {
		size = values.Len()
	}
	return offset(0) <= offset(rows) && offset(rows) <= uint64(size)
}

// readFlat makes a batch of its flat form.
func readFlat(part *io.SectionReader, schema *arrow.Schema) (arrow.RecordBatch, error) {
	all := make([]byte, part.Size())
	if _, err := io.ReadFull(part, all); err != nil {
		return nil, sqlerr.Wrap(err, sqlerr.Internal, "the result's file could not be read")
	}
	var r flatReader
	rows := r.begin(all)
	columns := make([]arrow.Array, 0, schema.NumFields())
	defer func() {
		for _, c := range columns {
			c.Release()
		}
	}()
	for _, f := range schema.Fields() {
		if c := r.column(f.Type, rows); c != nil {
			columns = append(columns, c)
		}
	}
	if r.damaged {
		return nil, sqlerr.New(sqlerr.Internal, "the result's file is damaged")
	}
	return array.NewRecordBatch(schema, columns, int64(rows)), nil
}
