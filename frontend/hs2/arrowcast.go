package hs2

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/nekomata-sql/nekomata/hive"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// recast is an array with the same values in another type; the array itself where
// it has that type already. Release it after use.
func recast(column *hive.Column, want arrow.DataType, arr arrow.Array) (arrow.Array, error) {
	if same(want, arr.DataType()) {
		if want.ID() == arrow.TIMESTAMP { // the zone is the reader's matter
			return retyped(arr, want), nil
		}
		arr.Retain()
		return arr, nil
	}
	b := array.NewBuilder(memory.DefaultAllocator, want)
	defer b.Release()
	b.Reserve(arr.Len())
	appendTo, err := caster(column, b)
	if err != nil {
		return nil, err
	}
	for i := range arr.Len() {
		if hive.IsNull(arr, i) {
			b.AppendNull()
			continue
		}
		if err := appendTo(arr, i); err != nil {
			return nil, err
		}
	}
	return b.NewArray(), nil
}

// same says that values of one type have the form of another.
func same(want, have arrow.DataType) bool {
	w, ok := want.(*arrow.TimestampType)
	if h, also := have.(*arrow.TimestampType); ok && also {
		return w.Unit == h.Unit
	}
	return arrow.TypeEqual(want, have)
}

// retyped is an array under another type of the same form.
func retyped(arr arrow.Array, want arrow.DataType) arrow.Array {
	d := arr.Data()
	data := array.NewData(want, d.Len(), d.Buffers(), nil, d.NullN(), d.Offset())
	defer data.Release()
	return array.MakeFromData(data)
}

// caster appends value i of an array to a builder.
func caster(column *hive.Column, builder array.Builder) (func(arr arrow.Array, i int) error, error) {
	integer := func(s shape, put func(int64)) func(arrow.Array, int) error {
		return func(arr arrow.Array, i int) error {
			v, err := integerAt(column, s, arr, i)
			if err == nil {
				put(v)
			}
			return err
		}
	}
	always := func(put func(arrow.Array, int)) func(arrow.Array, int) error {
		return func(arr arrow.Array, i int) error {
			put(arr, i)
			return nil
		}
	}
	switch b := builder.(type) {
	case *array.BooleanBuilder:
		return always(func(arr arrow.Array, i int) { b.Append(boolAt(arr, i)) }), nil
	case *array.Int8Builder:
		return integer(byteShape, func(v int64) { b.Append(int8(v)) }), nil
	case *array.Int16Builder:
		return integer(i16Shape, func(v int64) { b.Append(int16(v)) }), nil
	case *array.Int32Builder:
		return integer(i32Shape, func(v int64) { b.Append(int32(v)) }), nil
	case *array.Int64Builder:
		return integer(i64Shape, func(v int64) { b.Append(v) }), nil
	case *array.Float32Builder:
		return always(func(arr arrow.Array, i int) { b.Append(float32(doubleAt(arr, i))) }), nil
	case *array.Float64Builder:
		return always(func(arr arrow.Array, i int) { b.Append(doubleAt(arr, i)) }), nil
	case *array.Decimal128Builder:
		return func(arr arrow.Array, i int) error { return appendDecimal(column, b, arr, i) }, nil
	case *array.StringBuilder:
		var text []byte
		return always(func(arr arrow.Array, i int) {
			text = hive.AppendText(text[:0], arr, i)
			b.BinaryBuilder.Append(text)
		}), nil
	case *array.BinaryBuilder:
		return always(func(arr arrow.Array, i int) { b.Append(appendBytesAt(nil, arr, i)) }), nil
	case *array.NullBuilder:
		return always(func(arrow.Array, int) { b.AppendNull() }), nil
	case *array.Date32Builder:
		return func(arr arrow.Array, i int) error { return appendDay(column, b, arr, i) }, nil
	case *array.TimestampBuilder:
		return func(arr arrow.Array, i int) error { return appendInstant(column, b, arr, i) }, nil
	case *array.DurationBuilder:
		return func(arr arrow.Array, i int) error { return appendDuration(column, b, arr, i) }, nil
	default:
		return nil, sqlerr.New(sqlerr.Internal, "no way to make %s of column %q", builder.Type(), column.Name)
	}
}

// outOfRange is a value that the column's type can't hold.
func outOfRange(column *hive.Column, arr arrow.Array, i int) error {
	return sqlerr.New(sqlerr.Invalid, "column %q: the value %s is out of the range of %s in Arrow",
		column.Name, hive.AppendText(nil, arr, i), column.Type).WithState("22003")
}

// appendDecimal goes by the text, which has just the column's scale.
func appendDecimal(column *hive.Column, b *array.Decimal128Builder, arr arrow.Array, i int) error {
	v, err := decimal128.FromString(string(hive.AppendText(nil, arr, i)), int32(column.Precision), int32(column.Scale))
	if err != nil {
		return outOfRange(column, arr, i)
	}
	b.Append(v)
	return nil
}

func appendDay(column *hive.Column, b *array.Date32Builder, arr arrow.Array, i int) error {
	in, at := inner(arr, i)
	switch a := in.(type) {
	case *array.Date32:
		b.Append(a.Value(at))
	case *array.Date64:
		const day = 86_400_000
		ms := int64(a.Value(at))
		days := ms / day
		if ms%day < 0 {
			days--
		}
		b.Append(arrow.Date32(days))
	default:
		return outOfRange(column, arr, i)
	}
	return nil
}

func appendInstant(column *hive.Column, b *array.TimestampBuilder, arr arrow.Array, i int) error {
	in, at := inner(arr, i)
	a, ok := in.(*array.Timestamp)
	if !ok {
		return outOfRange(column, arr, i)
	}
	t, _ := a.DataType().(*arrow.TimestampType)
	micros, ok := toMicros(int64(a.Value(at)), t.Unit)
	if !ok {
		return outOfRange(column, arr, i)
	}
	b.Append(arrow.Timestamp(micros))
	return nil
}

func appendDuration(column *hive.Column, b *array.DurationBuilder, arr arrow.Array, i int) error {
	in, at := inner(arr, i)
	var micros int64
	ok := true
	switch a := in.(type) {
	case *array.Duration:
		t, _ := a.DataType().(*arrow.DurationType)
		micros, ok = toMicros(int64(a.Value(at)), t.Unit)
	case *array.DayTimeInterval:
		v := a.Value(at)
		micros = int64(v.Days)*86_400_000_000 + int64(v.Milliseconds)*1000
	default:
		ok = false
	}
	if !ok {
		return outOfRange(column, arr, i)
	}
	b.Append(arrow.Duration(micros))
	return nil
}

// toMicros is a time in microseconds, rounded down, if it fits.
func toMicros(v int64, unit arrow.TimeUnit) (int64, bool) {
	switch unit {
	case arrow.Second:
		return v * 1_000_000, v*1_000_000/1_000_000 == v
	case arrow.Millisecond:
		return v * 1000, v*1000/1000 == v
	case arrow.Nanosecond:
		q := v / 1000
		if v%1000 < 0 {
			q--
		}
		return q, true
	default:
		return v, true
	}
}
