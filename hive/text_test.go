package hive_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/hive"
)

// fromJSON makes an array in arrow-go's own JSON form.
func fromJSON(t *testing.T, typ arrow.DataType, values string) arrow.Array {
	t.Helper()
	arr, _, err := array.FromJSON(memory.DefaultAllocator, typ, strings.NewReader(values))
	require.NoError(t, err)
	return arr
}

func TestAppendText(t *testing.T) {
	t.Parallel()
	enum := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.BinaryTypes.String}
	for _, c := range []struct {
		typ    arrow.DataType
		values string // the second is the one
		want   string
	}{
		{arrow.FixedWidthTypes.Boolean, `[false, true]`, "true"},
		{arrow.PrimitiveTypes.Int8, `[0, -128]`, "-128"},
		{arrow.PrimitiveTypes.Uint64, `[0, 18446744073709551615]`, "18446744073709551615"},
		{arrow.PrimitiveTypes.Float32, `[0, 1.1]`, "1.1"},
		{arrow.PrimitiveTypes.Float64, `[0, 1e10]`, "1.0E10"},
		{arrow.BinaryTypes.String, `["", "a\"\n"]`, "a\"\n"},
		{arrow.BinaryTypes.LargeString, `["", "ä"]`, "ä"},
		{arrow.BinaryTypes.StringView, `["", "a string too long for a view"]`, "a string too long for a view"},
		{arrow.BinaryTypes.Binary, `["", "YmlugA=="]`, "bin\uFFFD"},
		{enum, `["sad", "ok"]`, "ok"},
		{arrow.ListOf(arrow.PrimitiveTypes.Int32), `[[], [1, null, 2]]`, "[1,null,2]"},
		{arrow.LargeListOf(arrow.BinaryTypes.String), `[[], []]`, "[]"},
		{arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Float64), `[[0, 0], [1, 1e-9]]`, "[1.0,1.0E-9]"},
		{arrow.ListOf(enum), `[[], ["ok", "a\\\"b"]]`, `["ok","a\\\"b"]`},
		{arrow.ListOf(arrow.FixedWidthTypes.Date32), `[[], ["2024-01-02"]]`, `["2024-01-02"]`},
		{arrow.ListOf(arrow.FixedWidthTypes.Timestamp_us), `[[], ["2024-01-02T03:04:05.5Z"]]`, `["2024-01-02 03:04:05.5"]`},
		{arrow.ListOf(arrow.BinaryTypes.Binary), `[[], ["Ymlu"]]`, `["bin"]`},
		{arrow.ListOf(&arrow.Decimal128Type{Precision: 5, Scale: 2}), `[[], ["1.5"]]`, `[1.50]`},
		{arrow.ListOf(arrow.Null), `[[], [null]]`, "[null]"},
		{arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int32), `[[], [{"key":"k","value":1},{"key":"l","value":null}]]`, `{"k":1,"l":null}`},
		{arrow.MapOf(arrow.PrimitiveTypes.Int32, arrow.BinaryTypes.String), `[[], [{"key":1,"value":"v"}]]`, `{1:"v"}`},
		{
			arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Int32}, arrow.Field{Name: "y", Type: arrow.BinaryTypes.String}),
			`[{"x":0,"y":""}, {"x":1,"y":"z"}]`, `{"x":1,"y":"z"}`,
		},
		{arrow.StructOf(arrow.Field{Name: "x", Type: arrow.PrimitiveTypes.Int32, Nullable: true}), `[{"x":0}, {"x":null}]`, `{"x":null}`},
		{&arrow.Time64Type{Unit: arrow.Microsecond}, `["00:00:00", "12:13:14.5"]`, "12:13:14.5"},
		{&arrow.Time32Type{Unit: arrow.Second}, `["00:00:00", "12:13:14"]`, "12:13:14"},
		{arrow.FixedWidthTypes.Date64, `["2024-01-02", "1969-12-31"]`, "1969-12-31"},
		{&arrow.FixedSizeBinaryType{ByteWidth: 2}, `["AAA=", "YWI="]`, "ab"},
		{arrow.PrimitiveTypes.Uint8, `[0, 255]`, "255"},
	} {
		arr := fromJSON(t, c.typ, c.values)
		assert.Equal(t, "x"+c.want, string(hive.AppendText([]byte("x"), arr, 1)), "%s", c.typ)
		// A slice has its own numbering, and its children too.
		assert.Equal(t, c.want, text(array.NewSlice(arr, 1, 2)), "%s, sliced", c.typ)
	}
}

func TestTimeOfDayAtItsEnd(t *testing.T) {
	t.Parallel()
	b := array.NewTime64Builder(memory.DefaultAllocator, &arrow.Time64Type{Unit: arrow.Microsecond})
	b.Append(86400e6)
	assert.Equal(t, "24:00:00", text(b.NewArray()))
}

func TestIntervals(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]arrow.MonthDayNanoInterval{
		"1 year 2 months 3 days 04:05:06.789": {Months: 14, Days: 3, Nanoseconds: 14706789000000},
		"-1 month":                            {Months: -1},
		"-2 years -1 month":                   {Months: -25},
		"-01:01:01":                           {Nanoseconds: -3661e9},
		"1 day 00:00:00.000001":               {Days: 1, Nanoseconds: 1000},
		"00:00:00":                            {},
		"2562047:47:16.854775807":             {Nanoseconds: math.MaxInt64},
		"-2562047:47:16.854775808":            {Nanoseconds: math.MinInt64},
	} {
		b := array.NewMonthDayNanoIntervalBuilder(memory.DefaultAllocator)
		b.Append(v)
		assert.Equal(t, want, text(b.NewArray()))
	}
	for want, v := range map[string]arrow.MonthInterval{"1-2": 14, "-0-1": -1, "0-0": 0, "-178956970-8": math.MinInt32} {
		b := array.NewMonthIntervalBuilder(memory.DefaultAllocator)
		b.Append(v)
		assert.Equal(t, want, text(b.NewArray()))
	}
	for want, v := range map[string]arrow.DayTimeInterval{
		"1 00:00:00.000000000": {Days: 1}, "-0 00:00:00.001000000": {Milliseconds: -1}, "0 23:59:59.999000000": {Days: 1, Milliseconds: -1},
	} {
		b := array.NewDayTimeIntervalBuilder(memory.DefaultAllocator)
		b.Append(v)
		assert.Equal(t, want, text(b.NewArray()))
	}
	for want, v := range map[string]arrow.Duration{
		"1 02:03:04.000005000": 93784000005, "-1 02:03:04.000005000": -93784000005, "-106751991 04:00:54.775808000": math.MinInt64,
	} {
		b := array.NewDurationBuilder(memory.DefaultAllocator, &arrow.DurationType{Unit: arrow.Microsecond})
		b.Append(v)
		assert.Equal(t, want, text(b.NewArray()))
	}
}

// union makes the sparse union (a INT, b VARCHAR): 7, 'x' and a null.
func union(t *testing.T) arrow.Array {
	t.Helper()
	codes := array.NewInt8Builder(memory.DefaultAllocator)
	codes.AppendValues([]int8{0, 1, 1}, nil)
	u, err := array.NewSparseUnionFromArraysWithFields(codes.NewArray(), []arrow.Array{
		fromJSON(t, arrow.PrimitiveTypes.Int32, `[7, null, null]`), fromJSON(t, arrow.BinaryTypes.String, `[null, "x", null]`),
	}, []string{"a", "b"})
	require.NoError(t, err)
	return u
}

func TestUnion(t *testing.T) {
	t.Parallel()
	u := union(t)
	assert.Equal(t, "{0:7}", text(u))
	assert.Equal(t, `{1:"x"}`, text(array.NewSlice(u, 1, 3)))
	assert.False(t, hive.IsNull(u, 1))
	assert.True(t, hive.IsNull(u, 2))
	assert.True(t, hive.IsNull(array.NewSlice(u, 2, 3), 0))
}

func TestIsNull(t *testing.T) {
	t.Parallel()
	index := fromJSON(t, arrow.PrimitiveTypes.Int8, `[0, 1, null]`)
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	dict := array.NewDictionaryArray(typ, index, fromJSON(t, arrow.BinaryTypes.String, `["a", null]`))
	assert.False(t, hive.IsNull(dict, 0))
	assert.True(t, hive.IsNull(dict, 1), "null among the dictionary's values")
	assert.True(t, hive.IsNull(dict, 2))
	assert.True(t, hive.IsNull(array.NewNull(1), 0))

	runs := array.NewRunEndEncodedArray(fromJSON(t, arrow.PrimitiveTypes.Int32, `[2, 3]`),
		fromJSON(t, arrow.PrimitiveTypes.Int64, `[5, null]`), 3, 0)
	assert.Equal(t, "5", string(hive.AppendText(nil, runs, 1)))
	assert.True(t, hive.IsNull(runs, 2))
}

// FuzzQuoted: text in a nested value is JSON, and reads back as it was.
func FuzzQuoted(f *testing.F) {
	f.Add("plain")
	f.Add("\"\\\n\t\r\b\f\x01\x7fä\u2028\xff")
	f.Fuzz(func(t *testing.T, s string) {
		b := array.NewListBuilder(memory.DefaultAllocator, arrow.BinaryTypes.String)
		b.Append(true)
		values, _ := b.ValueBuilder().(*array.StringBuilder)
		values.Append(s)
		got := hive.AppendText(nil, b.NewArray(), 0)
		require.True(t, utf8.Valid(got))
		var back []string
		require.NoError(t, json.Unmarshal(got, &back), "%q", got)
		require.Equal(t, []string{string([]rune(s))}, back)
	})
}

func TestNoAllocations(t *testing.T) { //nolint:paralleltest // counts the allocations of the whole process
	dec := array.NewDecimal128Builder(memory.DefaultAllocator, &arrow.Decimal128Type{Precision: 38, Scale: 3})
	dec.Append(decimal128.FromI64(-12345))
	berlin := &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "Europe/Berlin"}
	dst := make([]byte, 0, 1000)
	for _, arr := range []arrow.Array{
		dec.NewArray(),
		fromJSON(t, berlin, `["2024-01-02T03:04:05.5Z"]`),
		fromJSON(t, arrow.FixedWidthTypes.Date32, `["2024-01-02"]`),
		fromJSON(t, arrow.PrimitiveTypes.Float64, `[1.5e-77]`),
		fromJSON(t, arrow.ListOf(arrow.BinaryTypes.String), `[["a", null]]`),
		fromJSON(t, arrow.MapOf(arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int32), `[[{"key":"k","value":1}]]`),
	} {
		assert.Zero(t, testing.AllocsPerRun(100, func() { dst = hive.AppendText(dst[:0], arr, 0) }), "%s", arr.DataType())
	}
}
