package hs2

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/hive"
	"github.com/nekomata-sql/nekomata/sqlerr"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// throughArrow sends batches as Arrow and reads them as a client does.
func throughArrow(tb testing.TB, schema *arrow.Schema, batches []arrow.RecordBatch, f Form) (arrow.RecordBatch, error) {
	tb.Helper()
	set, err := arrowRowSet(schema, batches, 3, f)
	if err != nil {
		return nil, err
	}
	b, err := (&fetchResults{rows: set}).appendMessage(nil, 7)
	require.NoError(tb, err)
	rows := parsed(tb, b).Results
	require.EqualValues(tb, 3, rows.StartRowOffset)
	return hs2test.ArrowRows(arrowMetadata(schema, f), rows)
}

// requireArrow compares a column that came through Arrow with what was sent.
func requireArrow(tb testing.TB, column hive.Column, sent []arrow.Array, got arrow.Array) {
	tb.Helper()
	at := 0
	for _, arr := range sent {
		for i := range arr.Len() {
			null := hive.IsNull(arr, i) || column.Type == hive.Null
			require.Equal(tb, null, hive.IsNull(got, at), "row %d", at)
			if !null {
				requireArrowValue(tb, column, arr, i, got, at)
			}
			at++
		}
	}
	require.Equal(tb, at, got.Len())
}

func requireArrowValue(tb testing.TB, column hive.Column, arr arrow.Array, i int, got arrow.Array, at int) {
	tb.Helper()
	switch g := got.(type) {
	case *array.Timestamp:
		a := arr.(*array.Timestamp)
		unit := a.DataType().(*arrow.TimestampType).Unit
		require.Equal(tb, a.Value(i).ToTime(unit).UTC().Truncate(time.Microsecond), g.Value(at).ToTime(arrow.Microsecond).UTC())
	case *array.Float64:
		require.InDelta(tb, boxedDouble(arr, i), g.Value(at), 0)
	case *array.Binary:
		require.Equal(tb, boxedBytes(arr, i), g.Value(at))
	default:
		require.Equal(tb, boxedText(arr, i), boxedText(got, at), column.Type)
	}
}

// TestEveryTypeThroughArrow sends random batches of every type, one, several and
// cut ones, in each form.
func TestEveryTypeThroughArrow(t *testing.T) {
	t.Parallel()
	for k, field := range everyField() {
		t.Run(fmt.Sprintf("%d %s", k, field.Type), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(uint64(k), 1))
			schema := arrow.NewSchema([]arrow.Field{field}, nil)
			compared := 0
			for _, f := range []Form{{Arrow: true}, {Arrow: true, TimestampText: true}, {Arrow: true, codec: zstdCodec}, {Arrow: true, codec: lz4Codec}} {
				for range 8 {
					var sent []arrow.Array
					var batches []arrow.RecordBatch
					for range 1 + r.IntN(3) {
						arr := randomArray(r, field.Type, 1+r.IntN(30))
						sent = append(sent, arr)
						batches = append(batches, array.NewRecordBatch(schema, []arrow.Array{arr}, int64(arr.Len())))
					}
					got, err := throughArrow(t, schema, batches, f)
					if errors.Is(err, sqlerr.Invalid) { // a random number may not fit the type promised
						require.Equal(t, "22003", sqlerr.From(err).SQLState())
						continue
					}
					require.NoError(t, err)
					requireArrow(t, arrowColumns(schema)[0], sent, got.Column(0))
					compared++
				}
			}
			if id := field.Type.ID(); id != arrow.DECIMAL128 && id != arrow.TIMESTAMP && id != arrow.UINT32 {
				require.Equal(t, 4*8, compared)
			}
		})
	}
}

func TestArrowMetadataTellsWhatTheDriverKnows(t *testing.T) {
	t.Parallel()
	schema := arrow.NewSchema([]arrow.Field{
		as(arrow.BinaryTypes.String, "varchar(20)"), as(arrow.BinaryTypes.String, "char(3)"), as(arrow.BinaryTypes.String, "date"),
		as(arrow.BinaryTypes.String, "timestamp"),
		{Type: arrow.FixedWidthTypes.Timestamp_us},
		{Type: &arrow.Decimal128Type{Precision: 12, Scale: 2}},
		{Type: &arrow.Decimal256Type{Precision: 50}},
		{Type: arrow.SparseUnionOf(nil, nil)},
		{Type: arrow.ListOf(arrow.PrimitiveTypes.Int8)},
	}, nil)
	meta := arrowMetadata(schema, Form{Arrow: true, TimestampText: true})
	require.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, meta.Status.StatusCode)
	require.Equal(t, []string{"__kyuubi_operation_result_format__=arrow", "__kyuubi_operation_result_arrow_timestampAsString__=true"}, meta.Status.InfoMessages)
	types := []tcli.TTypeId{}
	for i, c := range meta.Schema.Columns {
		require.EqualValues(t, i+1, c.Position)
		types = append(types, c.TypeDesc.Types[0].PrimitiveEntry.Type)
	}
	const text = tcli.TTypeId_STRING_TYPE
	require.Equal(t, []tcli.TTypeId{text, text, text, text, tcli.TTypeId_TIMESTAMP_TYPE, tcli.TTypeId_DECIMAL_TYPE, text, text, tcli.TTypeId_ARRAY_TYPE}, types)
	zone := meta.Schema.Columns[4].TypeDesc.Types[0].PrimitiveEntry.TypeQualifiers.Qualifiers["session.timeZone"]
	require.Equal(t, "UTC", zone.GetStringValue())
	require.Nil(t, meta.Schema.Columns[0].TypeDesc.Types[0].PrimitiveEntry.TypeQualifiers)
}

func TestTimesInMicroseconds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		v    int64
		unit arrow.TimeUnit
		want int64
		ok   bool
	}{
		{-1, arrow.Second, -1e6, true},
		{5, arrow.Millisecond, 5000, true},
		{7, arrow.Microsecond, 7, true},
		{1999, arrow.Nanosecond, 1, true},
		{-1, arrow.Nanosecond, -1, true},
		{1 << 62, arrow.Second, 0, false},
		{1 << 62, arrow.Millisecond, 0, false},
	} {
		got, ok := toMicros(tc.v, tc.unit)
		require.Equal(t, tc.ok, ok, tc)
		if ok {
			require.Equal(t, tc.want, got, tc)
		}
	}
}

func TestIntervalsAndOldDatesThroughArrow(t *testing.T) {
	t.Parallel()
	mem := memory.DefaultAllocator
	months, days := array.NewMonthIntervalBuilder(mem), array.NewDayTimeIntervalBuilder(mem)
	date, short := array.NewDate64Builder(mem), array.NewDurationBuilder(mem, &arrow.DurationType{Unit: arrow.Second})
	months.Append(14)
	days.Append(arrow.DayTimeInterval{Days: 2, Milliseconds: -5})
	date.Append(-1)
	short.Append(90)
	arrays := []arrow.Array{months.NewArray(), days.NewArray(), date.NewArray(), short.NewArray()}
	fields := make([]arrow.Field, len(arrays))
	for i, a := range arrays {
		fields[i] = arrow.Field{Name: a.DataType().Name(), Type: a.DataType()}
	}
	schema := arrow.NewSchema(fields, nil)
	got, err := throughArrow(t, schema, []arrow.RecordBatch{array.NewRecordBatch(schema, arrays, 1)}, Form{Arrow: true})
	require.NoError(t, err)
	require.EqualValues(t, 14, got.Column(0).(*array.MonthInterval).Value(0))
	require.EqualValues(t, 2*86_400_000_000-5000, got.Column(1).(*array.Duration).Value(0))
	require.EqualValues(t, -1, got.Column(2).(*array.Date32).Value(0))
	require.EqualValues(t, 90_000_000, got.Column(3).(*array.Duration).Value(0))
}

func TestNoRowsAreNoColumnsInArrow(t *testing.T) {
	t.Parallel()
	schema := arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int8}}, nil)
	got, err := throughArrow(t, schema, nil, Form{Arrow: true})
	require.NoError(t, err)
	require.Nil(t, got)
}

func TestFormOfRows(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		conf map[string]string
		want Form
		err  string
	}{
		"nothing":     {nil, Form{}, ""},
		"arrow":       {map[string]string{keyFormat: "ARROW", keyTimestampText: "True", keyCodec: "ZSTD"}, Form{Arrow: true, TimestampText: true, codec: zstdCodec}, ""},
		"lz4":         {map[string]string{keyFormat: "arrow", keyCodec: "lz4"}, Form{Arrow: true, codec: lz4Codec}, ""},
		"not packed":  {map[string]string{keyFormat: "arrow", keyCodec: "none"}, Form{Arrow: true}, ""},
		"thrift":      {map[string]string{keyFormat: "thrift", keyCodec: "snappy"}, Form{}, ""},
		"what":        {map[string]string{keyFormat: "parquet"}, Form{}, `must be thrift or arrow, not "parquet"`},
		"perhaps":     {map[string]string{keyTimestampText: "perhaps"}, Form{}, `must be true or false, not "perhaps"`},
		"other codec": {map[string]string{keyFormat: "arrow", keyCodec: "snappy"}, Form{}, `must be none, zstd or lz4, not "snappy"`},
	} {
		got, err := Form{}.with(tc.conf)
		if tc.err != "" {
			require.ErrorContains(t, err, tc.err, name)
			require.ErrorIs(t, err, sqlerr.Invalid)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, tc.want, got, name)
	}
}
