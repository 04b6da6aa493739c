package operation

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// flatSchema has a column of each layout that has a flat form.
var flatSchema = arrow.NewSchema([]arrow.Field{
	{Name: "n", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "l", Type: arrow.BinaryTypes.LargeString, Nullable: true},
	{Name: "b", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
	{Name: "v", Type: arrow.BinaryTypes.StringView, Nullable: true},
	{Name: "d", Type: &arrow.Decimal128Type{Precision: 20, Scale: 1}, Nullable: true},
	{Name: "z", Type: arrow.Null, Nullable: true},
}, nil)

// flatForms are good ones: of some rows and of none.
func flatForms(tb testing.TB) (forms [][]byte) {
	tb.Helper()
	for _, json := range []string{
		`[{"n":1,"s":"a","l":"","b":true,"v":"longer than twelve letters","d":"1.5","z":null},
		  {"n":null,"s":null,"l":"bc","b":null,"v":"x","d":null,"z":null}]`, "[]",
	} {
		b := batchOf(tb, flatSchema, json)
		parts, flat := appendFlat(nil, b, flatSchema, &packer{})
		require.True(tb, flat)
		forms = append(forms, bytes.Join(parts, nil))
	}
	return forms
}

func readForm(form []byte) (arrow.RecordBatch, error) { return readFlatForm(form, flatSchema) }

func readFlatForm(form []byte, schema *arrow.Schema) (arrow.RecordBatch, error) {
	return readFlat(io.NewSectionReader(bytes.NewReader(form), 0, int64(len(form))), schema)
}

// A number of the head that a disk has changed is an error, whichever it is.
func TestDamagedFlatForm(t *testing.T) {
	t.Parallel()
	for _, form := range flatForms(t) {
		head := int(binary.LittleEndian.Uint64(form) >> 8)
		for at := 0; at < head; at += 8 {
			for _, n := range []uint64{1 << 63, 1<<63 + 77, 1 << 62, 1<<64 - 2, 1 << 40} {
				bad := slices.Clone(form)
				binary.LittleEndian.PutUint64(bad[at:], n)
				b, err := readForm(bad)
				require.ErrorIs(t, err, sqlerr.Internal, "%x at %d", n, at)
				require.ErrorContains(t, err, "damaged")
				require.Nil(t, b)
			}
		}
		for n := range head {
			_, err := readForm(form[:n])
			require.ErrorIs(t, err, sqlerr.Internal, "%d bytes of it", n)
		}
	}
}

// FuzzFlat: whatever stands in a result's file, it is a batch or an error.
func FuzzFlat(f *testing.F) {
	for _, form := range flatForms(f) {
		f.Add(form)
	}
	f.Fuzz(func(t *testing.T, form []byte) {
		b, err := readForm(form)
		if err != nil {
			require.ErrorIs(t, err, sqlerr.Internal)
			return
		}
		defer b.Release()
		for _, c := range b.Columns() {
			require.EqualValues(t, b.NumRows(), c.Len())
			require.NoError(t, array.Validate(c))
		}
	})
}
