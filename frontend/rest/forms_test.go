package rest

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestChooseForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ accept, format, want string }{
		{"", "", "json"},
		{"*/*", "", "json"},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "", "json"},
		{"text/csv", "", "csv"},
		{"text/*", "", "csv"},
		{"TEXT/CSV; charset=utf-8", "", "csv"},
		{"text/csv, */*", "", "csv"},
		{"*/*, text/csv;q=0", "", "json"},
		{"text/csv;q=0.5, application/x-ndjson", "", "ndjson"},
		{"application/x-ndjson, application/json", "", "ndjson"},
		{"application/json, application/x-ndjson", "", "json"},
		{"application/jsonl", "", "ndjson"},
		{"application/*;q=0.1, application/json;q=0", "", "ndjson"},
		{"application/vnd.apache.arrow.stream", "", "arrow"},
		{"image/png", "csv", "csv"},
		{"image/png", "", ""},
		{"text/csv;q=0", "", ""},
		{"text/csv;q=x", "", ""},
		{";;;", "", ""},
	} {
		f, err := chooseForm(strings.Split(c.accept, "|"), c.format)
		if c.want == "" {
			require.ErrorIs(t, err, sqlerr.NotAcceptable, c.accept)
			continue
		}
		require.NoError(t, err, c.accept)
		require.Equal(t, c.want, f.name, c.accept)
	}
	_, err := chooseForm(nil, "xml")
	require.ErrorIs(t, err, sqlerr.Invalid)
}

// awkward has a column for each way in which values are hard to write.
func awkward(t *testing.T) arrow.RecordBatch {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "d", Type: &arrow.Decimal128Type{Precision: 38, Scale: 2}, Nullable: true},
		{Name: "f", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "b", Type: arrow.BinaryTypes.Binary, Nullable: true},
		{Name: "l", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
		{Name: "m", Type: arrow.MapOf(arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Float64), Nullable: true},
		{Name: "r", Type: arrow.StructOf(
			arrow.Field{Name: "x \"y\"", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
			arrow.Field{Name: "n", Type: arrow.ListOf(arrow.PrimitiveTypes.Int8), Nullable: true},
		), Nullable: true},
		{Name: "again", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
		{Name: "n_2", Type: arrow.Null, Nullable: true},
	}, nil)
	rows := `[
	 {"n":9223372036854775807,"d":"123456789012345678901234567890123456.78","f":1,"s":"a,\"b\"\r\nc ü","b":"AP8=","l":["x",null,""],"m":[{"key":1,"value":0.5},{"key":2,"value":null}],"r":{"x \"y\"":true,"n":[1,2]}},
	 {"n":null,"d":null,"f":null,"s":"","b":"","l":[],"m":[],"r":{"x \"y\"":null,"n":null}},
	 {"n":0,"d":"-0.05","f":-0.1,"s":null,"b":null,"l":null,"m":null,"r":null}]`
	b, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
	require.NoError(t, err)
	fields := schema.Fields()
	fields[8].Name = "n"
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), b.Columns(), b.NumRows())
}

// inForm is a result in a form, in pages of one row.
func inForm(t *testing.T, name string, b arrow.RecordBatch) []byte {
	t.Helper()
	f, err := chooseForm(nil, name)
	require.NoError(t, err)
	var out bytes.Buffer
	enc := f.stream(&out, b.Schema())
	for i := range b.NumRows() {
		p := &operation.Page{Batches: []arrow.RecordBatch{b.NewSlice(i, i+1)}, Rows: 1}
		require.NoError(t, enc.page(p))
		p.Release()
	}
	require.NoError(t, enc.end())
	return out.Bytes()
}

func TestNDJSON(t *testing.T) {
	t.Parallel()
	text := string(inForm(t, "ndjson", awkward(t)))
	want := `{"n":9223372036854775807,"d":"123456789012345678901234567890123456.78","f":1.0,"s":"a,\"b\"\r\nc ü","b":"AP8=","l":["x",null,""],"m":{"1":0.5,"2":null},"r":{"x \"y\"":true,"n":[1,2]},"n_3":null,"n_2":null}
{"n":null,"d":null,"f":null,"s":"","b":"","l":[],"m":{},"r":{"x \"y\"":null,"n":null},"n_3":null,"n_2":null}
{"n":0,"d":"-0.05","f":-0.1,"s":null,"b":null,"l":null,"m":null,"r":null,"n_3":null,"n_2":null}
`
	require.Equal(t, want, text)
	for line := range strings.Lines(text) {
		require.True(t, json.Valid([]byte(line)), line)
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	text := string(inForm(t, "csv", awkward(t)))
	require.True(t, strings.HasPrefix(text, "n,d,f,s,b,l,m,r,n,n_2\r\n9223372036854775807,123456789012345678901234567890123456.78,1.0,\"a,\"\"b\"\"\r\nc ü\",AP8=,"), text)
	require.Contains(t, text, "\r\n,,,\"\",\"\",[],{},", "null and empty text differ")
	require.True(t, strings.HasSuffix(text, "\r\n0,-0.05,-0.1,,,,,,,\r\n"), text)
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 4)
	require.Equal(t, `["x",null,""]`, rows[1][5])
	require.Equal(t, `{"x \"y\"":true,"n":[1,2]}`, rows[1][7]) //nolint:testifylint // a field's text

	schema := arrow.NewSchema([]arrow.Field{{Name: "", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
	one, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(`[{"":null},{"":"x"},{"":"#"}]`))
	require.NoError(t, err)
	text = string(inForm(t, "csv", one))
	require.Equal(t, "\"\"\r\n\"\"\r\nx\r\n#\r\n", text, "no line is empty")
}

func TestArrowStream(t *testing.T) {
	t.Parallel()
	batch := awkward(t)
	r, err := ipc.NewReader(bytes.NewReader(inForm(t, "arrow", batch)))
	require.NoError(t, err)
	require.True(t, r.Schema().Equal(batch.Schema()))
	var row int64
	for r.Next() {
		require.True(t, array.RecordEqual(batch.NewSlice(row, row+1), r.RecordBatch()), row)
		row++
	}
	require.NoError(t, r.Err())
	require.Equal(t, batch.NumRows(), row)

	var out bytes.Buffer
	require.NoError(t, newArrowStream(&out, nil).end())
	r, err = ipc.NewReader(&out)
	require.NoError(t, err)
	require.Zero(t, r.Schema().NumFields())
}

func BenchmarkForms(b *testing.B) {
	batch := thousand(b)
	page := &operation.Page{Batches: []arrow.RecordBatch{batch}, Rows: batch.NumRows()}
	for _, f := range forms[1:] {
		b.Run(f.name, func(b *testing.B) {
			var size bytes.Buffer
			require.NoError(b, f.stream(&size, batch.Schema()).page(page))
			b.SetBytes(int64(size.Len()))
			b.ReportAllocs()
			enc := f.stream(&discard{}, batch.Schema())
			for b.Loop() {
				_ = enc.page(page)
			}
		})
	}
}
