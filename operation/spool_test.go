package operation

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"
)

// batchOf makes a batch of JSON rows.
func batchOf(tb testing.TB, schema *arrow.Schema, json string) arrow.RecordBatch {
	tb.Helper()
	b, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, bytes.NewReader([]byte(json)))
	require.NoError(tb, err)
	return b
}

// TestSpoolKeepsEveryKindOfColumn puts batches of many types into a spool and takes
// them out in any order, from its memory and from its file.
func TestSpoolKeepsEveryKindOfColumn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		typ  arrow.DataType
		flat bool
		rows [3]string
	}{
		"bigint":    {arrow.PrimitiveTypes.Int64, true, [3]string{"1", "null", "-3"}},
		"tinyint":   {arrow.PrimitiveTypes.Int8, true, [3]string{"1", "2", "3"}},
		"boolean":   {arrow.FixedWidthTypes.Boolean, true, [3]string{"true", "false", "null"}},
		"double":    {arrow.PrimitiveTypes.Float64, true, [3]string{"1.5", "null", "0"}},
		"string":    {arrow.BinaryTypes.String, true, [3]string{`"abc"`, "null", `""`}},
		"large":     {arrow.BinaryTypes.LargeString, true, [3]string{`"abc"`, `"x"`, `"é"`}},
		"view":      {arrow.BinaryTypes.StringView, true, [3]string{`"abc"`, `"longer than twelve letters"`, `null`}},
		"binary":    {arrow.BinaryTypes.Binary, true, [3]string{`"YWJj"`, "null", `""`}},
		"decimal":   {&arrow.Decimal128Type{Precision: 20, Scale: 1}, true, [3]string{`"1.5"`, "null", `"-99.9"`}},
		"timestamp": {&arrow.TimestampType{Unit: arrow.Microsecond}, true, [3]string{`"2024-01-02 03:04:05.678"`, "null", `"1970-01-01 00:00:00"`}},
		"void":      {arrow.Null, true, [3]string{"null", "null", "null"}},
		"list":      {arrow.ListOf(arrow.PrimitiveTypes.Int32), false, [3]string{"[1,2]", "null", "[]"}},
		"struct":    {arrow.StructOf(arrow.Field{Name: "a", Type: arrow.BinaryTypes.String, Nullable: true}), false, [3]string{`{"a":"x"}`, "null", `{"a":null}`}},
		"enum":      {&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.BinaryTypes.String}, false, [3]string{`"a"`, `"b"`, `"a"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			schema := arrow.NewSchema([]arrow.Field{
				{Name: "n", Type: arrow.PrimitiveTypes.Int32, Nullable: true}, {Name: "c", Type: c.typ, Nullable: true},
			}, nil)
			var want []arrow.RecordBatch
			for i, text := range []string{
				fmt.Sprintf(`[{"n":1,"c":%s},{"n":2,"c":%s},{"n":null,"c":%s}]`, c.rows[0], c.rows[1], c.rows[2]),
				"[]",
				fmt.Sprintf(`[{"n":4,"c":%s}]`, c.rows[2]),
			} {
				want = append(want, batchOf(t, schema, text))
				_, flat := appendFlat(nil, want[i], schema, &packer{})
				require.Equal(t, c.flat, flat)
			}
			want = append(want, want[0].NewSlice(1, 3)) // not from the first row on
			testSpool(t, schema, want)
		})
	}
}

func testSpool(t *testing.T, schema *arrow.Schema, want []arrow.RecordBatch) {
	t.Helper()
	s, err := newSpool(t.TempDir(), schema)
	require.NoError(t, err)
	defer s.close()
	check := func() {
		for i, b := range slices.Backward(want) {
			got, err := s.at(i)
			require.NoError(t, err)
			require.True(t, array.RecordEqual(b, got), "%v\n%v", b, got)
			got.Release()
		}
	}
	for _, b := range want {
		require.NoError(t, s.add(b))
	}
	require.Len(t, s.waiting, len(want))
	check()
	require.NoError(t, s.flush())
	require.Empty(t, s.waiting)
	require.Equal(t, s.end, s.written)
	info, err := s.file.Stat()
	require.NoError(t, err)
	require.Equal(t, s.end, info.Size())
	require.LessOrEqual(t, s.end, s.size+8*int64(len(want)*schema.NumFields()), "but for what narrow values begin with")
	check()
}

// TestSpoolWritesAFewAtOnce: not each batch by itself, and not all in the end.
func TestSpoolWritesAFewAtOnce(t *testing.T) {
	t.Parallel()
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	s, err := newSpool(t.TempDir(), schema)
	require.NoError(t, err)
	defer s.close()
	b := manyRows(schema, 8192)
	for range 100 {
		require.NoError(t, s.add(b))
		require.Less(t, s.end-s.written, int64(spoolAtOnce))
	}
	require.Positive(t, s.written)
	require.Greater(t, s.size, 100*batchBytes(b), "what a result may have doesn't depend on what its numbers are")
	require.Less(t, s.end, 100*batchBytes(b)/2)
	for i := range 100 {
		got, err := s.at(i)
		require.NoError(t, err)
		require.True(t, array.RecordEqual(b, got))
	}
}

func manyRows(schema *arrow.Schema, n int) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for i := range n {
		for _, f := range b.Fields() {
			switch f := f.(type) {
			case *array.Int64Builder:
				f.Append(int64(i))
			case *array.StringBuilder:
				f.Append(strconv.Itoa(i))
			}
		}
	}
	return b.NewRecordBatch()
}

// TestSpoolTakesManyColumns: more buffers than the system writes in one call.
func TestSpoolTakesManyColumns(t *testing.T) {
	t.Parallel()
	fields := make([]arrow.Field, 2000)
	for i := range fields {
		fields[i] = arrow.Field{Name: strconv.Itoa(i), Type: arrow.BinaryTypes.String, Nullable: true}
	}
	schema := arrow.NewSchema(fields, nil)
	testSpool(t, schema, []arrow.RecordBatch{manyRows(schema, 3), manyRows(schema, 1)})
}

func TestBehind(t *testing.T) {
	t.Parallel()
	for n, want := range []string{"abc de f", "bc de f", "c de f", "de f", "e f", "f", ""} {
		left := behind([][]byte{[]byte("abc"), []byte("de"), []byte("f")}, n)
		require.Equal(t, want, string(bytes.Join(left, []byte(" "))))
	}
}

func TestSpoolTellsOfAFileThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	s, err := newSpool(t.TempDir(), schema)
	require.NoError(t, err)
	b := manyRows(schema, 10)
	require.NoError(t, s.add(b))
	require.NoError(t, s.flush())
	require.NoError(t, s.file.Truncate(s.end-8))
	_, err = s.at(0)
	require.ErrorContains(t, err, "the result's file could not be read")
	require.NoError(t, s.add(b))
	require.NoError(t, s.file.Close())
	require.ErrorContains(t, s.flush(), "is the disk full")
	s.close()
	_, err = newSpool("/nowhere", schema)
	require.ErrorContains(t, err, "no file could be made")
}

func BenchmarkSpool(b *testing.B) {
	fields := []arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64}, {Name: "b", Type: arrow.BinaryTypes.String}, {Name: "c", Type: arrow.PrimitiveTypes.Int64}}
	schema := arrow.NewSchema(fields, nil)
	batch := manyRows(schema, 2048)
	r := newResult(&fakeRows{}, ResultOptions{Dir: b.TempDir(), SpillMax: 1 << 40})
	r.schema = schema
	n := 0
	b.ReportAllocs()
	b.SetBytes(batchBytes(batch))
	for b.Loop() {
		if n++; n%2000 == 0 { // a new file now and then
			r.spool.close()
			r.spool = nil
		}
		if err := r.spill(batch); err != nil {
			b.Fatal(err)
		}
	}
	r.spool.close()
}
