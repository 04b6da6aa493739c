package rest

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/hive"
	"github.com/nekomata-sql/nekomata/operation"
)

// written is the row set of some batches, and its text.
func written(t *testing.T, rw rowWriter, batches ...arrow.RecordBatch) (api.ResultRowSet, string) {
	t.Helper()
	page := &operation.Page{Batches: batches}
	for _, b := range batches {
		page.Rows += b.NumRows()
	}
	var out strings.Builder
	rw.write(&out, page)
	dec := json.NewDecoder(strings.NewReader(out.String()))
	dec.UseNumber()
	var set api.ResultRowSet
	require.NoError(t, dec.Decode(&set), out.String())
	require.Len(t, set.Rows, set.RowCount)
	return set, out.String()
}

// column is a batch of one column.
func column(arr arrow.Array) arrow.RecordBatch {
	schema := arrow.NewSchema([]arrow.Field{{Name: "c", Type: arr.DataType(), Nullable: true}}, nil)
	return array.NewRecordBatch(schema, []arrow.Array{arr}, int64(arr.Len()))
}

func TestValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		typ  arrow.DataType
		rows string
		tag  string
		want []string // JSON texts
	}{
		{"bool", arrow.FixedWidthTypes.Boolean, `[true,false,null]`, "BOOL_VAL", []string{`true`, `false`, `null`}},
		{"tinyint", arrow.PrimitiveTypes.Int8, `[-128,127]`, "BYTE_VAL", []string{`-128`, `127`}},
		{"utinyint", arrow.PrimitiveTypes.Uint8, `[255]`, "I16_VAL", []string{`255`}},
		{"usmallint", arrow.PrimitiveTypes.Uint16, `[65535]`, "I32_VAL", []string{`65535`}},
		{"uint", arrow.PrimitiveTypes.Uint32, `[4294967295]`, "I64_VAL", []string{`4294967295`}},
		{"ubigint", arrow.PrimitiveTypes.Uint64, `[18446744073709551615]`, "STRING_VAL", []string{`"18446744073709551615"`}},
		{"bigint", arrow.PrimitiveTypes.Int64, `[-9223372036854775808,9223372036854775807,null]`, "I64_VAL", []string{`-9223372036854775808`, `9223372036854775807`, `null`}},
		{"float", arrow.PrimitiveTypes.Float32, `[1.1,1,1e20]`, "DOUBLE_VAL", []string{`1.1`, `1.0`, `1.0E20`}},
		{"double", arrow.PrimitiveTypes.Float64, `[0.1,-2,1e-7,null]`, "DOUBLE_VAL", []string{`0.1`, `-2.0`, `1.0E-7`, `null`}},
		{"string", arrow.BinaryTypes.String, `["a\"b\\c\n\u0001é\u2028","",null]`, "STRING_VAL", []string{`"a\"b\\c\n\u0001é\u2028"`, `""`, `null`}},
		{"large string", arrow.BinaryTypes.LargeString, `["x"]`, "STRING_VAL", []string{`"x"`}},
		{"null", arrow.Null, `[null,null]`, "STRING_VAL", []string{`null`, `null`}},
		{"date", arrow.FixedWidthTypes.Date32, `["2024-02-29"]`, "STRING_VAL", []string{`"2024-02-29"`}},
		{"list of text", arrow.ListOf(arrow.BinaryTypes.String), `[["a","b\"c"],null]`, "STRING_VAL", []string{`"[\"a\",\"b\\\"c\"]"`, `null`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			arr, _, err := array.FromJSON(memory.DefaultAllocator, c.typ, strings.NewReader(c.rows))
			require.NoError(t, err)
			_, text := written(t, rowWriter{}, column(arr))
			var rows []string
			for _, v := range c.want {
				rows = append(rows, `{"fields":[{"dataType":"`+c.tag+`","value":`+v+`}]}`)
			}
			require.Contains(t, text, `{"rows":[`+strings.Join(rows, ",")+`],"rowCount":`)
		})
	}
}

func TestNumbersThatJSONLacks(t *testing.T) {
	t.Parallel()
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	b.AppendValues([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 5}, nil)
	_, text := written(t, rowWriter{}, column(b.NewArray()))
	for _, v := range []string{`"NaN"`, `"Infinity"`, `"-Infinity"`, `5.0`} {
		require.Contains(t, text, `{"dataType":"DOUBLE_VAL","value":`+v+`}`)
	}
}

func TestBinary(t *testing.T) {
	t.Parallel()
	b := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	b.AppendValues([][]byte{[]byte("bin"), {0xff, 'a', 0}, nil}, []bool{true, true, false})
	batch := column(b.NewArray())
	set, _ := written(t, rowWriter{}, batch)
	require.Equal(t, api.Field{DataType: "STRING_VAL", Value: "bin"}, set.Rows[0].Fields[0])
	require.Equal(t, api.Field{DataType: "STRING_VAL", Value: "\ufffda\x00"}, set.Rows[1].Fields[0])
	require.Equal(t, api.Field{DataType: "STRING_VAL"}, set.Rows[2].Fields[0])
	set, _ = written(t, rowWriter{base64: true}, batch)
	require.Equal(t, api.Field{DataType: "BINARY_VAL", Value: "Ymlu"}, set.Rows[0].Fields[0])
	require.Equal(t, api.Field{DataType: "BINARY_VAL", Value: "/2EA"}, set.Rows[1].Fields[0])
	require.Equal(t, api.Field{DataType: "BINARY_VAL"}, set.Rows[2].Fields[0])
}

// TestBinaryFollowsTheProtocolVersion goes all the way, since the version is the
// session's and not the request's.
func TestBinaryFollowsTheProtocolVersion(t *testing.T) {
	t.Parallel()
	b := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	b.Append([]byte("bin"))
	g := open(t, Options{}, map[string]arrow.RecordBatch{"select bin": column(b.NewArray())})
	for version, want := range map[string]string{"null": "STRING_VAL", "0": "STRING_VAL", "4": "STRING_VAL", "5": "BINARY_VAL", "10": "BINARY_VAL", "99": "BINARY_VAL"} {
		id := g.openSession(t, `{"protocolVersion":`+version+`,"configs":null}`)
		o := into[api.OperationHandle](t, g.call(t, 200, "POST", "/api/v1/sessions/"+id+"/operations/statement", `{"statement":"select bin","queryTimeout":null}`))
		set := into[api.ResultRowSet](t, g.call(t, 200, "GET", "/api/v1/operations/"+o.Identifier+"/rowset", ""))
		require.Equal(t, want, set.Rows[0].Fields[0].DataType, version)
	}
}

func TestManyBatchesAndLargeRows(t *testing.T) {
	t.Parallel()
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for range 100 {
		b.Append(strings.Repeat("x", 3000))
	}
	batch := column(b.NewArray())
	empty := batch.NewSlice(0, 0)
	set, _ := written(t, rowWriter{}, empty, batch, empty, batch.NewSlice(50, 60), batch)
	require.Equal(t, 210, set.RowCount)
	for _, row := range set.Rows {
		require.Len(t, row.Fields[0].Value, 3000)
	}
	set, text := written(t, rowWriter{}, empty)
	require.Zero(t, set.RowCount)
	require.JSONEq(t, `{"rows":[],"rowCount":0}`, text)
}

func TestNamesOfAllTypes(t *testing.T) {
	t.Parallel()
	require.Len(t, typeNames, int(hive.TimestampLocalTZ)+1)
	for id, name := range typeNames {
		require.True(t, strings.HasSuffix(name, "_TYPE"), "type %d has no name", id)
	}
}

func FuzzJSONString(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\\b\f\n\r\t\x00\x1f\x7f", "é€😀", "\xff\xe2\x82", "\u2027\u2028\u2029", "<a href='x'>&"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		require.NoError(t, enc.Encode(s))
		require.Equal(t, strings.TrimSuffix(want.String(), "\n"), string(appendJSONString(nil, s)))
		require.Equal(t, appendJSONString(nil, s), appendJSONString(nil, []byte(s)))
		require.Equal(t, appendJSONString([]byte(`x`), s), closeQuote(append([]byte(`x"`), s...), 2))
	})
}

// discard is an http.ResponseWriter that a benchmark can use again and again.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}
