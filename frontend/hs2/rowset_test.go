package hs2

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/thrift/lib/go/thrift"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nekomata-sql/nekomata/hive"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// generated is the reply to FetchResults as the generated code writes it.
func generated(seq int32, resp *tcli.TFetchResultsResp) []byte {
	ctx := context.Background()
	buf := thrift.NewTMemoryBuffer()
	p := thrift.NewTBinaryProtocolConf(buf, nil)
	_ = p.WriteMessageBegin(ctx, "FetchResults", thrift.REPLY, seq)
	_ = (&tcli.TCLIServiceFetchResultsResult{Success: resp}).Write(ctx, p)
	return buf.Bytes()
}

// parsed reads a reply back.
func parsed(t require.TestingT, b []byte) *tcli.TFetchResultsResp {
	ctx := context.Background()
	buf := thrift.NewTMemoryBuffer()
	buf.Write(b)
	p := thrift.NewTBinaryProtocolConf(buf, nil)
	name, kind, _, err := p.ReadMessageBegin(ctx)
	require.NoError(t, err)
	require.Equal(t, "FetchResults", name)
	require.Equal(t, thrift.REPLY, kind)
	var result tcli.TCLIServiceFetchResultsResult
	require.NoError(t, result.Read(ctx, p))
	require.Zero(t, buf.Len(), "nothing is left over")
	return result.Success
}

// boxed makes the generated structs of a row set, value by value.
func boxed(r *rowSet) *tcli.TRowSet {
	set := &tcli.TRowSet{StartRowOffset: r.start, Rows: []*tcli.TRow{}}
	if r.byRow {
		for _, batch := range r.batches {
			for i := range int(batch.NumRows()) {
				row := &tcli.TRow{ColVals: []*tcli.TColumnValue{}}
				for k, c := range r.columns {
					row.ColVals = append(row.ColVals, boxedValue(c, batch.Column(k), i))
				}
				set.Rows = append(set.Rows, row)
			}
		}
		return set
	}
	set.Columns = []*tcli.TColumn{}
	for k, c := range r.columns {
		set.Columns = append(set.Columns, boxedColumn(r, k, c))
	}
	return set
}

// boxedText is a value as text, or "" for a null.
func boxedText(arr arrow.Array, i int) string {
	if hive.IsNull(arr, i) {
		return ""
	}
	return string(hive.AppendText(nil, arr, i))
}

func boxedInt(arr arrow.Array, i int) int64 {
	v, _ := strconv.ParseInt(boxedText(arr, i), 10, 64)
	return v
}

func boxedDouble(arr arrow.Array, i int) float64 {
	v, _ := strconv.ParseFloat(boxedText(arr, i), 64)
	return v
}

func boxedBytes(arr arrow.Array, i int) []byte {
	if hive.IsNull(arr, i) {
		return []byte{}
	}
	if a, ok := arr.(interface{ Value(i int) []byte }); ok {
		return a.Value(i)
	}
	return []byte(boxedText(arr, i))
}

func boxedValue(c hive.Column, arr arrow.Array, i int) *tcli.TColumnValue {
	null := hive.IsNull(arr, i)
	n := boxedInt(arr, i)
	switch c.Type {
	case hive.Boolean:
		return &tcli.TColumnValue{BoolVal: &tcli.TBoolValue{Value: unless(null, boxedText(arr, i) == "true")}}
	case hive.TinyInt:
		return &tcli.TColumnValue{ByteVal: &tcli.TByteValue{Value: unless(null, int8(n))}}
	case hive.SmallInt:
		return &tcli.TColumnValue{I16Val: &tcli.TI16Value{Value: unless(null, int16(n))}}
	case hive.Int:
		return &tcli.TColumnValue{I32Val: &tcli.TI32Value{Value: unless(null, int32(n))}}
	case hive.BigInt:
		return &tcli.TColumnValue{I64Val: &tcli.TI64Value{Value: unless(null, n)}}
	case hive.Float, hive.Double:
		return &tcli.TColumnValue{DoubleVal: &tcli.TDoubleValue{Value: unless(null, boxedDouble(arr, i))}}
	default:
		return &tcli.TColumnValue{StringVal: &tcli.TStringValue{Value: unless(null, boxedText(arr, i))}}
	}
}

func unless[T any](null bool, v T) *T {
	if null {
		return nil
	}
	return &v
}

// each collects f of every value of column k.
func each[T any](r *rowSet, k int, f func(arrow.Array, int) T) []T {
	out := []T{}
	for _, batch := range r.batches {
		for i := range int(batch.NumRows()) {
			out = append(out, f(batch.Column(k), i))
		}
	}
	return out
}

func boxedColumn(r *rowSet, k int, c hive.Column) *tcli.TColumn {
	nulls, found := make([]byte, (r.length()+7)/8), false
	for i, null := range each(r, k, hive.IsNull) {
		if null {
			nulls[i/8] |= 1 << (i % 8)
			found = true
		}
	}
	if !found {
		nulls = []byte{}
	}
	switch c.Type {
	case hive.Boolean:
		return &tcli.TColumn{BoolVal: &tcli.TBoolColumn{Nulls: nulls, Values: each(r, k, func(a arrow.Array, i int) bool { return boxedText(a, i) == "true" })}}
	case hive.TinyInt:
		return &tcli.TColumn{ByteVal: &tcli.TByteColumn{Nulls: nulls, Values: each(r, k, func(a arrow.Array, i int) int8 { return int8(boxedInt(a, i)) })}}
	case hive.SmallInt:
		return &tcli.TColumn{I16Val: &tcli.TI16Column{Nulls: nulls, Values: each(r, k, func(a arrow.Array, i int) int16 { return int16(boxedInt(a, i)) })}}
	case hive.Int:
		return &tcli.TColumn{I32Val: &tcli.TI32Column{Nulls: nulls, Values: each(r, k, func(a arrow.Array, i int) int32 { return int32(boxedInt(a, i)) })}}
	case hive.BigInt:
		return &tcli.TColumn{I64Val: &tcli.TI64Column{Nulls: nulls, Values: each(r, k, boxedInt)}}
	case hive.Float, hive.Double:
		return &tcli.TColumn{DoubleVal: &tcli.TDoubleColumn{Nulls: nulls, Values: each(r, k, boxedDouble)}}
	case hive.Binary:
		return &tcli.TColumn{BinaryVal: &tcli.TBinaryColumn{Nulls: nulls, Values: each(r, k, boxedBytes)}}
	default:
		return &tcli.TColumn{StringVal: &tcli.TStringColumn{Nulls: nulls, Values: each(r, k, boxedText)}}
	}
}

// requireBytes shows where bytes differ.
func requireBytes(t require.TestingT, want, got []byte) {
	if !bytes.Equal(want, got) {
		require.Equal(t, hex.Dump(want), hex.Dump(got))
	}
}

// requireGenerated demands that ours are the generated code's bytes.
func requireGenerated(t require.TestingT, seq int32, f *fetchResults) {
	want := generated(seq, &tcli.TFetchResultsResp{
		Status: &tcli.TStatus{StatusCode: tcli.TStatusCode_SUCCESS_STATUS}, HasMoreRows: &f.hasMore, Results: boxed(&f.rows),
	})
	got, err := f.appendMessage([]byte("before"), seq)
	require.NoError(t, err)
	require.Equal(t, "before", string(got[:6]))
	got = got[6:]
	requireBytes(t, want, got)
	requireBytes(t, want, generated(seq, parsed(t, got)))
}

// TestRowsThatWereReady: a message is the same, and in the memory of its rows where
// there is room for just what comes before them.
func TestRowsThatWereReady(t *testing.T) {
	t.Parallel()
	f := benchResults(100, 7)
	h := New(Options{})
	page := &operation.Page{Schema: f.rows.batches[0].Schema(), Batches: f.rows.batches, Start: 5}
	f.rows.start = 5
	want := must(f.appendMessage([]byte("1234"), 9))
	for prefix, same := range map[int]bool{4: true, 0: false, 6: false} {
		f.ready = h.encodeAhead(page, prefix+answerHead).(*ready)
		require.Less(t, f.messageSize(), 100)
		got := must(f.appendMessage([]byte("1234"), 9))
		requireBytes(t, want, got)
		require.Equal(t, same, &got[0] == &f.ready.message[0])
	}
	require.Nil(t, h.encodeAhead(&operation.Page{Schema: arrow.NewSchema(nil, nil), Batches: f.rows.batches}, 0), "it can't be")
}

// Any batches of any types, nulls and slices: the bytes are those of the structs
// that the Thrift compiler made.
func TestRowSetLikeGenerated(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		fields := everyField()
		r.Shuffle(len(fields), func(i, k int) { fields[i], fields[k] = fields[k], fields[i] })
		schema := arrow.NewSchema(fields[:r.IntN(6)], nil)
		f := &fetchResults{hasMore: rapid.Bool().Draw(t, "more")}
		f.rows.byRow = rapid.Bool().Draw(t, "by row")
		f.rows.start = rapid.Int64Min(0).Draw(t, "start")
		f.rows.columns = hive.Columns(schema)
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 40), 0, 4).Draw(t, "batches") {
			var columns []arrow.Array
			for _, field := range schema.Fields() {
				columns = append(columns, randomArray(r, field.Type, n))
			}
			f.rows.batches = append(f.rows.batches, array.NewRecordBatch(schema, columns, int64(n)))
		}
		requireGenerated(t, rapid.Int32().Draw(t, "seq"), f)
	})
}

// Every type by itself, so that a failure names it.
func TestEveryTypeLikeGenerated(t *testing.T) {
	t.Parallel()
	for i, field := range everyField() {
		schema := arrow.NewSchema([]arrow.Field{field}, nil)
		for _, byRow := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s %v by row %t", field.Type, field.Metadata, byRow), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(uint64(i), 1))
				f := &fetchResults{rows: rowSet{columns: hive.Columns(schema), byRow: byRow}}
				for _, n := range []int{0, 1, 63, 17, 130} {
					batch := array.NewRecordBatch(schema, []arrow.Array{randomArray(r, field.Type, n)}, int64(n))
					f.rows.batches = append(f.rows.batches, batch)
				}
				requireGenerated(t, 1, f)
			})
		}
	}
}

func TestEmptyRowSets(t *testing.T) {
	t.Parallel()
	for _, byRow := range []bool{false, true} {
		requireGenerated(t, 1, &fetchResults{rows: rowSet{byRow: byRow}})
		requireGenerated(t, 2, &fetchResults{rows: rowSet{byRow: byRow, columns: []hive.Column{{Name: "a", Type: hive.Int}, {Name: "b", Type: hive.String}}}})
		requireGenerated(t, 3, &fetchResults{rows: textRows(nil, 0, byRow)})
	}
	columns := parsed(t, must((&fetchResults{}).appendMessage(nil, 1))).Results.Columns
	assert.NotNil(t, columns, "older drivers read the list unasked")
	assert.Empty(t, columns)
}

// Arrays from other processes may come without buffers when they are empty.
func TestEmptyArraysWithoutBuffers(t *testing.T) {
	t.Parallel()
	for _, typ := range []arrow.DataType{arrow.BinaryTypes.String, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.Binary, arrow.FixedWidthTypes.Boolean, arrow.FixedWidthTypes.Timestamp_us} {
		buffers := []*memory.Buffer{nil, nil, nil}
		if !arrow.IsBaseBinary(typ.ID()) {
			buffers = buffers[:2]
		}
		arr := array.MakeFromData(array.NewData(typ, 0, buffers, nil, 0, 0))
		schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: typ}}, nil)
		requireGenerated(t, 1, &fetchResults{rows: rowSet{
			columns: hive.Columns(schema), batches: []arrow.RecordBatch{array.NewRecordBatch(schema, []arrow.Array{arr}, 0)},
		}})
	}
}

func TestTextRows(t *testing.T) {
	t.Parallel()
	f := &fetchResults{rows: textRows([]string{"one", "", "ä"}, 7, false)}
	requireGenerated(t, 9, f)
	set := parsed(t, must(f.appendMessage(nil, 9))).Results
	assert.Equal(t, int64(7), set.StartRowOffset)
	assert.Equal(t, []string{"one", "", "ä"}, set.Columns[0].StringVal.Values)
	f.rows.byRow = true
	requireGenerated(t, 9, f)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// one is the row set of a single value.
func one(field arrow.Field, fill func(array.Builder)) *fetchResults {
	b := array.NewBuilder(memory.DefaultAllocator, field.Type)
	fill(b)
	schema := arrow.NewSchema([]arrow.Field{field}, nil)
	batch := array.NewRecordBatch(schema, []arrow.Array{b.NewArray()}, 1)
	return &fetchResults{rows: rowSet{columns: hive.Columns(schema), batches: []arrow.RecordBatch{batch}}}
}

// A float reads the same in the client as in the engine.
func TestFloat(t *testing.T) {
	t.Parallel()
	f := one(arrow.Field{Name: "f", Type: arrow.PrimitiveTypes.Float32}, func(b array.Builder) { b.(*array.Float32Builder).Append(1.1) })
	set := parsed(t, must(f.appendMessage(nil, 1))).Results
	assert.Equal(t, []float64{1.1}, set.Columns[0].DoubleVal.Values)
	f.rows.byRow = true
	set = parsed(t, must(f.appendMessage(nil, 1))).Results
	assert.Equal(t, 1.1, *set.Rows[0].ColVals[0].DoubleVal.Value) //nolint:testifylint // to the last bit
}

// A number that the promised type can't hold is an error, not another number.
func TestOutOfRange(t *testing.T) {
	t.Parallel()
	big := func(b array.Builder) { b.(*array.Int64Builder).Append(math.MaxInt32 + 1) }
	for _, byRow := range []bool{false, true} {
		field := as(arrow.PrimitiveTypes.Int64, "int")
		field.Name = "len"
		f := one(field, big)
		f.rows.byRow = byRow
		got, err := f.appendMessage([]byte("x"), 1)
		assert.Equal(t, "x", string(got))
		require.ErrorIs(t, err, sqlerr.Invalid)
		require.ErrorContains(t, err, `column "len": the value 2147483648 is out of the range of int`)
		assert.Equal(t, "22003", sqlerr.From(err).SQLState())
	}
	f := one(as(&arrow.Decimal128Type{Precision: 38}, "bigint"), func(b array.Builder) {
		require.NoError(t, b.AppendValueFromString("9223372036854775808"))
	})
	_, err := f.appendMessage(nil, 1)
	require.ErrorIs(t, err, sqlerr.Invalid)
}

func TestColumnsThatDoNotMatch(t *testing.T) {
	t.Parallel()
	f := one(arrow.Field{Name: "f", Type: arrow.Null}, func(b array.Builder) { b.AppendNull() })
	f.rows.columns = nil
	_, err := f.appendMessage(nil, 1)
	require.ErrorIs(t, err, sqlerr.Internal)
}

// The guess of the size is one from above for the types that are large in practice,
// so the answer is not moved while it grows.
func TestSizeFromAbove(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	for _, typ := range []arrow.DataType{
		arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Float64, arrow.BinaryTypes.String,
		arrow.FixedWidthTypes.Timestamp_us, arrow.PrimitiveTypes.Int16,
	} {
		schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: typ}}, nil)
		batch := array.NewRecordBatch(schema, []arrow.Array{randomArray(r, typ, 500)}, 500)
		for _, byRow := range []bool{false, true} {
			set := rowSet{columns: hive.Columns(schema), batches: []arrow.RecordBatch{batch}, byRow: byRow}
			assert.LessOrEqual(t, len(must(set.appendTo(nil))), set.size(), "%s by row %t", typ, byRow)
		}
	}
}

func TestTableSchema(t *testing.T) {
	t.Parallel()
	i32 := func(n int32) *tcli.TTypeQualifierValue { return &tcli.TTypeQualifierValue{I32Value: &n} }
	entry := func(id tcli.TTypeId, q map[string]*tcli.TTypeQualifierValue) *tcli.TTypeDesc {
		p := &tcli.TPrimitiveTypeEntry{Type: id}
		if q != nil {
			p.TypeQualifiers = &tcli.TTypeQualifiers{Qualifiers: q}
		}
		return &tcli.TTypeDesc{Types: []*tcli.TTypeEntry{{PrimitiveEntry: p}}}
	}
	comment := "why"
	assert.Equal(t, &tcli.TTableSchema{Columns: []*tcli.TColumnDesc{
		{ColumnName: "a", Position: 1, TypeDesc: entry(tcli.TTypeId_INT_TYPE, nil)},
		{ColumnName: "b", Position: 2, TypeDesc: entry(tcli.TTypeId_DECIMAL_TYPE, map[string]*tcli.TTypeQualifierValue{"precision": i32(10), "scale": i32(2)})},
		{ColumnName: "c", Position: 3, Comment: &comment, TypeDesc: entry(tcli.TTypeId_VARCHAR_TYPE, map[string]*tcli.TTypeQualifierValue{"characterMaximumLength": i32(5)})},
		{ColumnName: "d", Position: 4, TypeDesc: entry(tcli.TTypeId_TIMESTAMPLOCALTZ_TYPE, nil)},
		{ColumnName: "e", Position: 5, TypeDesc: entry(tcli.TTypeId_STRING_TYPE, nil)},
	}}, tableSchema([]hive.Column{
		{Name: "a", Type: hive.Int},
		{Name: "b", Type: hive.Decimal, Precision: 10, Scale: 2},
		{Name: "c", Type: hive.Varchar, Length: 5, Comment: "why"},
		{Name: "d", Type: hive.TimestampLocalTZ},
		{Name: "e", Type: hive.Union},
	}))
	assert.NotNil(t, tableSchema(nil).Columns)
}

// Each Hive type has the protocol's number.
func TestTypeNumbers(t *testing.T) {
	t.Parallel()
	for id := hive.Boolean; id <= hive.TimestampLocalTZ; id++ {
		name := tcli.TYPE_NAMES[tcli.TTypeId(id)]
		switch id {
		case hive.UserDefined: // has no name
		case hive.Null:
			assert.Equal(t, "NULL", name)
		default:
			assert.Equal(t, strings.ToLower(name), id.String())
		}
	}
}

// What a fetch allocates does not grow with its rows: the answer's buffer, when it
// is too small, and nothing else.
func TestRowSetAllocations(t *testing.T) { //nolint:paralleltest // counts the allocations of the whole process
	for _, nullEvery := range []int{0, 7} {
		f := benchResults(benchChunk, nullEvery)
		buf := must(f.appendMessage(nil, 1))
		assert.Zero(t, testing.AllocsPerRun(20, func() { buf = must(f.appendMessage(buf[:0], 1)) }))
		assert.InDelta(t, 1, testing.AllocsPerRun(20, func() { must(f.appendMessage(nil, 1)) }), 1)
	}
}
