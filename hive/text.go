package hive

import (
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// IsNull says whether value i of arr is null, also where Arrow keeps that
// elsewhere than in the array's own bitmap: in the values of a dictionary, the
// members of a union, the runs of a run-end encoded array.
func IsNull(arr arrow.Array, i int) bool {
	switch a := arr.(type) {
	case *array.Dictionary:
		return a.IsNull(i) || IsNull(a.Dictionary(), a.GetValueIndex(i))
	case *array.SparseUnion:
		return IsNull(a.Field(a.ChildID(i)), i)
	case *array.DenseUnion:
		return IsNull(a.Field(a.ChildID(i)), int(a.ValueOffset(i)))
	case *array.RunEndEncoded:
		return IsNull(a.Values(), a.GetPhysicalIndex(i))
	case *array.Null:
		return true
	case array.ExtensionArray:
		return IsNull(a.Storage(), i)
	default:
		return arr.IsNull(i)
	}
}

// AppendText appends value i of arr in Hive's text form. It must not be called
// for a null; [IsNull] tells.
//
// Numbers are written as Java writes them, decimals with their scale, dates and
// times as [AppendDate] and [Timestamps] do. Nested values are written as Hive
// prints them, [1,2], {"k":1} and {0:"member"}: in them text and times stand in
// quotes. Binary values become text; bytes that are no UTF-8 are replaced, since
// clients fail on them.
func AppendText(dst []byte, arr arrow.Array, i int) []byte {
	return appendValue(dst, arr, i, false)
}

// appendValue appends a value, with quotes where a nested value has them.
func appendValue(dst []byte, arr arrow.Array, i int, nested bool) []byte {
	switch a := arr.(type) {
	case *array.String:
		return appendString(dst, a.Value(i), nested)
	case *array.LargeString:
		return appendString(dst, a.Value(i), nested)
	case *array.StringView:
		return appendString(dst, a.Value(i), nested)
	case *array.Boolean:
		return strconv.AppendBool(dst, a.Value(i))
	case *array.Int8:
		return strconv.AppendInt(dst, int64(a.Value(i)), 10)
	case *array.Int16:
		return strconv.AppendInt(dst, int64(a.Value(i)), 10)
	case *array.Int32:
		return strconv.AppendInt(dst, int64(a.Value(i)), 10)
	case *array.Int64:
		return strconv.AppendInt(dst, a.Value(i), 10)
	case *array.Uint8:
		return strconv.AppendUint(dst, uint64(a.Value(i)), 10)
	case *array.Uint16:
		return strconv.AppendUint(dst, uint64(a.Value(i)), 10)
	case *array.Uint32:
		return strconv.AppendUint(dst, uint64(a.Value(i)), 10)
	case *array.Uint64:
		return strconv.AppendUint(dst, a.Value(i), 10)
	case *array.Float16:
		return AppendDouble(dst, float64(a.Value(i).Float32()), 32)
	case *array.Float32:
		return AppendDouble(dst, float64(a.Value(i)), 32)
	case *array.Float64:
		return AppendDouble(dst, a.Value(i), 64)
	case *array.Decimal32, *array.Decimal64, *array.Decimal128, *array.Decimal256:
		return appendDecimalValue(dst, arr, i)
	case *array.Dictionary:
		return appendValue(dst, a.Dictionary(), a.GetValueIndex(i), nested)
	case *array.RunEndEncoded:
		return appendValue(dst, a.Values(), a.GetPhysicalIndex(i), nested)
	case array.ExtensionArray:
		return appendExtension(dst, a, i, nested)
	}
	if b, ok := appendNested(dst, arr, i); ok {
		return b
	}
	if !nested {
		return appendPlain(dst, arr, i)
	}
	b := append(dst, '"')
	return append(appendPlain(b, arr, i), '"')
}

// appendString appends text; in a nested value in quotes, with JSON's escapes.
func appendString(dst []byte, s string, nested bool) []byte {
	if !nested {
		return append(dst, s...)
	}
	return appendQuoted(dst, s)
}

// appendPlain appends the values that are neither numbers nor strings nor nested:
// in a nested value they are the ones that only want quotes.
func appendPlain(dst []byte, arr arrow.Array, i int) []byte {
	switch a := arr.(type) {
	case *array.Date32:
		return AppendDate(dst, int32(a.Value(i)))
	case *array.Date64:
		days, _ := split(int64(a.Value(i)), arrow.Millisecond)
		day := days / secondsPerDay
		if days%secondsPerDay < 0 {
			day--
		}
		return appendDay(dst, day)
	case *array.Timestamp:
		t, _ := a.DataType().(*arrow.TimestampType)
		ts := NewTimestamps(t)
		return ts.Append(dst, a.Value(i))
	case *array.Time32:
		t, _ := a.DataType().(*arrow.Time32Type)
		return appendTime(dst, int64(a.Value(i)), t.Unit)
	case *array.Time64:
		t, _ := a.DataType().(*arrow.Time64Type)
		return appendTime(dst, int64(a.Value(i)), t.Unit)
	case *array.Duration:
		t, _ := a.DataType().(*arrow.DurationType)
		return appendDayTime(dst, int64(a.Value(i)), t.Unit)
	case *array.DayTimeInterval:
		v := a.Value(i)
		return appendDayTime(dst, int64(v.Days)*secondsPerDay*1000+int64(v.Milliseconds), arrow.Millisecond)
	case *array.MonthInterval:
		return appendYearMonth(dst, int64(a.Value(i)))
	case *array.MonthDayNanoInterval:
		return appendInterval(dst, a.Value(i))
	case *array.Binary:
		return appendValid(dst, a.Value(i))
	case *array.LargeBinary:
		return appendValid(dst, a.Value(i))
	case *array.BinaryView:
		return appendValid(dst, a.Value(i))
	case *array.FixedSizeBinary:
		return appendValid(dst, a.Value(i))
	default:
		return append(dst, arr.ValueStr(i)...)
	}
}

// appendExtension appends a value of a type that is another's in disguise.
func appendExtension(dst []byte, a array.ExtensionArray, i int, nested bool) []byte {
	raw, ok := a.Storage().(*array.FixedSizeBinary)
	if !ok || a.ExtensionType().ExtensionName() != uuidExtension {
		return appendValue(dst, a.Storage(), i, nested)
	}
	b := dst
	if nested {
		b = append(b, '"')
	}
	for k, c := range raw.Value(i) {
		if k == 4 || k == 6 || k == 8 || k == 10 {
			b = append(b, '-')
		}
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	if nested {
		b = append(b, '"')
	}
	return b
}

// appendDecimalValue appends a value of one of the four widths.
func appendDecimalValue(dst []byte, arr arrow.Array, i int) []byte {
	t, _ := arr.DataType().(arrow.DecimalType)
	var words [4]uint64
	n, negative := 1, false
	switch a := arr.(type) {
	case *array.Decimal32:
		v := int64(a.Value(i))
		words[0], negative = uint64(v), v < 0
	case *array.Decimal64:
		v := int64(a.Value(i))
		words[0], negative = uint64(v), v < 0
	case *array.Decimal128:
		v := a.Value(i)
		words[0], words[1], negative = v.LowBits(), uint64(v.HighBits()), v.HighBits() < 0
		n = 2
	case *array.Decimal256:
		v := a.Value(i)
		words, negative = v.Array(), v.Sign() < 0
		n = 4
	}
	if negative {
		negate(words[:n])
	}
	return appendDecimal(dst, words[:n], negative, int(t.GetScale()))
}

// appendValid appends bytes as UTF-8.
func appendValid(dst, value []byte) []byte {
	if utf8.Valid(value) {
		return append(dst, value...)
	}
	b := dst
	for rest := value; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		b, rest = utf8.AppendRune(b, r), rest[size:]
	}
	return b
}
