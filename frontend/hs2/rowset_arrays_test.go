package hs2

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/float16"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/hive"
)

// as is a field whose Hive type is given.
func as(typ arrow.DataType, hiveType string) arrow.Field {
	return arrow.Field{Type: typ, Nullable: true, Metadata: arrow.NewMetadata([]string{hive.MetaType}, []string{hiveType})}
}

// everyField has a field of every type that an engine is known to produce.
func everyField() []arrow.Field {
	i32, str := arrow.PrimitiveTypes.Int32, arrow.BinaryTypes.String
	enum := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: str}
	field := func(name string, typ arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: typ, Nullable: true}
	}
	var fields []arrow.Field
	for _, typ := range []arrow.DataType{
		arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, i32, arrow.PrimitiveTypes.Int64,
		arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
		arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64, &arrow.Decimal128Type{Precision: 38},
		&arrow.Decimal128Type{Precision: 10, Scale: 3}, str, arrow.BinaryTypes.LargeString, arrow.BinaryTypes.StringView,
		arrow.BinaryTypes.Binary, arrow.BinaryTypes.LargeBinary, arrow.BinaryTypes.BinaryView, &arrow.FixedSizeBinaryType{ByteWidth: 3},
		arrow.FixedWidthTypes.Date32, arrow.FixedWidthTypes.Time64us, arrow.FixedWidthTypes.Timestamp_s, arrow.FixedWidthTypes.Timestamp_ns,
		&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "Europe/Berlin"}, arrow.FixedWidthTypes.MonthDayNanoInterval,
		arrow.FixedWidthTypes.Duration_us, enum, arrow.Null, arrow.ListOf(i32), arrow.ListOf(enum), arrow.MapOf(str, i32),
		arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Float64), arrow.StructOf(field("x", i32), field("y", arrow.ListOf(str))),
		arrow.SparseUnionOf([]arrow.Field{field("a", i32), field("b", str)}, []arrow.UnionTypeCode{0, 1}),
		&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.PrimitiveTypes.Int64},
		arrow.FixedWidthTypes.Float16, &arrow.Decimal32Type{Precision: 9, Scale: 2}, &arrow.Decimal64Type{Precision: 18, Scale: 18},
		&arrow.Decimal256Type{Precision: 60, Scale: 5}, &arrow.Decimal128Type{Precision: 5, Scale: -2},
		arrow.FixedWidthTypes.Time32s, arrow.FixedWidthTypes.Time64ns, arrow.FixedWidthTypes.Timestamp_ms,
		arrow.ListOf(arrow.MapOf(str, arrow.StructOf(field("t", arrow.FixedWidthTypes.Timestamp_us), field("d", arrow.FixedWidthTypes.Date32),
			field("n", &arrow.Decimal128Type{Precision: 9, Scale: 2}), field("b", arrow.BinaryTypes.Binary), field("f", arrow.PrimitiveTypes.Float32)))),
	} {
		fields = append(fields, arrow.Field{Type: typ, Nullable: true})
	}
	fields = append(fields, as(str, "varchar(20)"), as(arrow.PrimitiveTypes.Int8, "bigint"), as(arrow.PrimitiveTypes.Int16, "int"),
		as(i32, "double"), as(i32, "void"), as(&arrow.Decimal128Type{Precision: 18}, "bigint"), as(str, "binary"),
		as(&arrow.Decimal128Type{Precision: 10, Scale: 3}, "double"), as(arrow.PrimitiveTypes.Uint32, "decimal(10,0)"))
	for i := range fields {
		fields[i].Name = fmt.Sprintf("c%d", i)
	}
	return fields
}

// randomArray makes n values of which some are null. Where Arrow lets a null's
// place hold anything, it does, and the array may be a slice of a longer one.
func randomArray(r *rand.Rand, typ arrow.DataType, n int) arrow.Array {
	before, after := r.IntN(3)*r.IntN(9), r.IntN(3)
	b := array.NewBuilder(memory.DefaultAllocator, typ)
	nulls := r.IntN(3) > 0
	for range before + n + after {
		appendRandom(r, b, nulls)
	}
	arr := b.NewArray()
	if nulls {
		arr = hideSome(r, arr)
	}
	return array.NewSlice(arr, int64(before), int64(before+n))
}

// hideSome makes values null and leaves what they were in the array's buffers.
func hideSome(r *rand.Rand, arr arrow.Array) arrow.Array {
	d := arr.Data()
	if len(d.Buffers()) < 2 || len(d.Children()) > 0 || d.Buffers()[0] != nil && arr.NullN() > 0 || arr.Len() == 0 {
		return arr
	}
	valid := make([]byte, (arr.Len()+7)/8)
	for i := range valid {
		valid[i] = byte(r.Uint32())
	}
	buffers := append([]*memory.Buffer{memory.NewBufferBytes(valid)}, d.Buffers()[1:]...)
	data := array.NewData(arr.DataType(), arr.Len(), buffers, nil, array.UnknownNullCount, 0)
	if dict, ok := arr.(*array.Dictionary); ok {
		inner, _ := dict.Dictionary().Data().(*array.Data)
		data.SetDictionary(inner)
	}
	return array.MakeFromData(data)
}

func appendRandom(r *rand.Rand, builder array.Builder, nulls bool) {
	if nulls && r.IntN(5) == 0 {
		builder.AppendNull()
		return
	}
	switch b := builder.(type) {
	case *array.NullBuilder:
		b.AppendNull()
	case *array.BooleanBuilder:
		b.Append(r.IntN(2) == 0)
	case *array.Int8Builder:
		b.Append(int8(r.Uint32()))
	case *array.Int16Builder:
		b.Append(int16(r.Uint32()))
	case *array.Int32Builder:
		b.Append(int32(r.Uint32()))
	case *array.Int64Builder:
		b.Append(int64(r.Uint64()))
	case *array.Uint8Builder:
		b.Append(uint8(r.Uint32()))
	case *array.Uint16Builder:
		b.Append(uint16(r.Uint32()))
	case *array.Uint32Builder:
		b.Append(r.Uint32())
	case *array.Uint64Builder:
		b.Append(r.Uint64())
	case *array.Float32Builder:
		b.Append(math.Float32frombits(r.Uint32() &^ (1 << 30))) // no NaN, no infinity
	case *array.Float64Builder:
		b.Append(r.NormFloat64())
	case *array.Float16Builder:
		b.Append(float16.New(float32(r.IntN(2000)-1000) / 8))
	case *array.Decimal32Builder:
		b.Append(decimal.Decimal32(int32(r.Uint32()) % 1e9 >> r.IntN(32)))
	case *array.Decimal64Builder:
		b.Append(decimal.Decimal64(int64(r.Uint64()) % 1e18 >> r.IntN(64)))
	case *array.Decimal256Builder:
		b.Append(decimal256.FromI64(int64(r.Uint64()) >> r.IntN(64)))
	case *array.Time32Builder:
		b.Append(arrow.Time32(r.IntN(86400)))
	case *array.Decimal128Builder:
		high := int64(0)
		if t, _ := b.Type().(*arrow.Decimal128Type); t.Precision > 18 && r.IntN(3) == 0 {
			high = int64(r.Uint64()) >> r.IntN(64)
		}
		low := decimal128.FromI64(int64(r.Uint64()) >> r.IntN(64))
		b.Append(decimal128.New(low.HighBits()^high, low.LowBits()))
	case *array.Date32Builder:
		b.Append(arrow.Date32(int32(r.Uint32()) >> r.IntN(20)))
	case *array.Time64Builder:
		b.Append(arrow.Time64(r.Int64N(86400e6)))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(int64(r.Uint64()) >> r.IntN(64)))
	case *array.DurationBuilder:
		b.Append(arrow.Duration(int64(r.Uint64()) >> r.IntN(64)))
	case *array.MonthDayNanoIntervalBuilder:
		b.Append(arrow.MonthDayNanoInterval{Months: int32(r.IntN(50) - 25), Days: int32(r.IntN(3)), Nanoseconds: r.Int64N(1e15)})
	default:
		appendRandomBytes(r, builder, nulls)
	}
}

// randomText has lengths around the encoder's turning point.
func randomText(r *rand.Rand) string {
	return strings.Repeat("aä", r.IntN(3)) + "0123456789abcdefghij"[:r.IntN(21)]
}

func appendRandomBytes(r *rand.Rand, builder array.Builder, nulls bool) {
	switch b := builder.(type) {
	case *array.StringBuilder:
		b.Append(randomText(r))
	case *array.LargeStringBuilder:
		b.Append(randomText(r))
	case *array.StringViewBuilder:
		b.Append(randomText(r))
	case *array.BinaryBuilder:
		b.Append([]byte(randomText(r) + "\xff"))
	case *array.BinaryViewBuilder:
		b.Append([]byte(randomText(r) + "\xff"))
	case *array.FixedSizeBinaryBuilder:
		b.Append([]byte{byte(r.Uint32()), 'b', 'c'})
	case *array.BinaryDictionaryBuilder:
		if err := b.AppendString([]string{"sad", "ok", ""}[r.IntN(3)]); err != nil {
			panic(err)
		}
	case *array.Int64DictionaryBuilder:
		if err := b.Append(r.Int64N(9)); err != nil {
			panic(err)
		}
	case *array.MapBuilder:
		b.Append(true)
		for range r.IntN(3) {
			appendRandom(r, b.KeyBuilder(), false)
			appendRandom(r, b.ItemBuilder(), nulls)
		}
	case *array.ListBuilder:
		b.Append(true)
		for range r.IntN(3) {
			appendRandom(r, b.ValueBuilder(), nulls)
		}
	case *array.FixedSizeListBuilder:
		b.Append(true)
		appendRandom(r, b.ValueBuilder(), nulls)
		appendRandom(r, b.ValueBuilder(), nulls)
	case *array.StructBuilder:
		b.Append(true)
		for k := range b.NumField() {
			appendRandom(r, b.FieldBuilder(k), nulls)
		}
	case *array.SparseUnionBuilder:
		member := r.IntN(2)
		b.Append(arrow.UnionTypeCode(member))
		appendRandom(r, b.Child(member), nulls)
		b.Child(1 - member).AppendEmptyValue()
	default:
		panic(fmt.Sprintf("no random value for %T", builder))
	}
}

// TestDecimalsOfAnyLength: few and many, short ones before and behind long ones, and
// as many long ones as there are.
func TestDecimalsOfAnyLength(t *testing.T) {
	t.Parallel()
	numbers := []decimal128.Num{
		decimal128.FromI64(0), decimal128.FromI64(-1), decimal128.FromI64(15), decimal128.FromI64(99_999_999), decimal128.FromI64(-100_000_000),
		decimal128.FromI64(9_999_999_999_999_999), decimal128.FromI64(-10_000_000_000_000_000), decimal128.FromI64(math.MinInt64),
		decimal128.FromU64(math.MaxUint64), decimal128.New(-1, 0), decimal128.New(-1, 1), decimal128.New(1, 0),
		decimal128.MaxDecimal128, decimal128.MaxDecimal128.Negate(), decimal128.New(math.MinInt64, 0),
	}
	for _, scale := range []int32{0, 1, 7, 8, 15, 16, 20, 38, -2} {
		for first := range numbers {
			for _, times := range []int{0, 1, 2, 50} {
				b := array.NewDecimal128Builder(memory.DefaultAllocator, &arrow.Decimal128Type{Precision: 38, Scale: scale})
				for i := range 2 * times * len(numbers) {
					if i%7 == 3 {
						b.AppendNull()
					}
					b.Append(numbers[(first+i/max(1, times))%len(numbers)])
				}
				arr := b.NewDecimal128Array()
				want := []byte{}
				for i := range arr.Len() {
					at := len(want)
					want = append(want, 0, 0, 0, 0)
					if arr.IsValid(i) {
						want = hive.AppendText(want, arr, i)
						putLength(want, at)
					}
				}
				require.Equal(t, want, appendTexts([]byte{}, arr))
			}
		}
	}
}
