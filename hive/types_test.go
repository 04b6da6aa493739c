package hive_test

import (
	"reflect"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/stretchr/testify/assert"

	"github.com/nekomata-sql/nekomata/hive"
)

// uuidType is Arrow's own extension type for UUIDs; the package that has it wants
// half of arrow-go's dependencies.
type uuidType struct{ arrow.ExtensionBase }

func newUUID() *uuidType {
	return &uuidType{arrow.ExtensionBase{Storage: &arrow.FixedSizeBinaryType{ByteWidth: 16}}}
}

func (*uuidType) ExtensionName() string                    { return "arrow.uuid" }
func (*uuidType) ExtensionEquals(arrow.ExtensionType) bool { return true }
func (*uuidType) Serialize() string                        { return "" }
func (*uuidType) ArrayType() reflect.Type                  { return reflect.TypeFor[uuidArray]() }
func (*uuidType) Deserialize(arrow.DataType, string) (arrow.ExtensionType, error) {
	return newUUID(), nil
}

type uuidArray struct{ array.ExtensionArrayBase }

func TestUUID(t *testing.T) {
	t.Parallel()
	raw := fromJSON(t, newUUID().Storage, `["ASNFZ4mrze8BI0VniavN7w=="]`)
	arr := array.NewExtensionArrayWithStorage(newUUID(), raw)
	assert.Equal(t, "01234567-89ab-cdef-0123-456789abcdef", text(arr))
}

func TestTypes(t *testing.T) {
	t.Parallel()
	i32 := arrow.PrimitiveTypes.Int32
	for _, c := range []struct {
		typ  arrow.DataType
		name string
		want hive.Column
	}{
		{arrow.Null, "void", hive.Column{Type: hive.Null}},
		{arrow.FixedWidthTypes.Boolean, "boolean", hive.Column{Type: hive.Boolean}},
		{arrow.PrimitiveTypes.Int8, "tinyint", hive.Column{Type: hive.TinyInt}},
		{arrow.PrimitiveTypes.Int16, "smallint", hive.Column{Type: hive.SmallInt}},
		{i32, "int", hive.Column{Type: hive.Int}},
		{arrow.PrimitiveTypes.Int64, "bigint", hive.Column{Type: hive.BigInt}},
		{arrow.PrimitiveTypes.Uint8, "smallint", hive.Column{Type: hive.SmallInt}},
		{arrow.PrimitiveTypes.Uint16, "int", hive.Column{Type: hive.Int}},
		{arrow.PrimitiveTypes.Uint32, "bigint", hive.Column{Type: hive.BigInt}},
		{arrow.PrimitiveTypes.Uint64, "decimal(20,0)", hive.Column{Type: hive.Decimal, Precision: 20}},
		{arrow.FixedWidthTypes.Float16, "float", hive.Column{Type: hive.Float}},
		{arrow.PrimitiveTypes.Float32, "float", hive.Column{Type: hive.Float}},
		{arrow.PrimitiveTypes.Float64, "double", hive.Column{Type: hive.Double}},
		{&arrow.Decimal128Type{Precision: 38}, "decimal(38,0)", hive.Column{Type: hive.Decimal, Precision: 38}},
		{&arrow.Decimal32Type{Precision: 4, Scale: 1}, "decimal(4,1)", hive.Column{Type: hive.Decimal, Precision: 4, Scale: 1}},
		{&arrow.Decimal256Type{Precision: 4, Scale: -2}, "decimal(6,0)", hive.Column{Type: hive.Decimal, Precision: 6}},
		{arrow.BinaryTypes.String, "string", hive.Column{Type: hive.String}},
		{arrow.BinaryTypes.LargeString, "string", hive.Column{Type: hive.String}},
		{arrow.BinaryTypes.StringView, "string", hive.Column{Type: hive.String}},
		{arrow.BinaryTypes.Binary, "binary", hive.Column{Type: hive.Binary}},
		{arrow.BinaryTypes.LargeBinary, "binary", hive.Column{Type: hive.Binary}},
		{arrow.BinaryTypes.BinaryView, "binary", hive.Column{Type: hive.Binary}},
		{&arrow.FixedSizeBinaryType{ByteWidth: 4}, "binary", hive.Column{Type: hive.Binary}},
		{newUUID(), "string", hive.Column{Type: hive.String}},
		{arrow.FixedWidthTypes.Date32, "date", hive.Column{Type: hive.Date}},
		{arrow.FixedWidthTypes.Date64, "date", hive.Column{Type: hive.Date}},
		{arrow.FixedWidthTypes.Time64us, "string", hive.Column{Type: hive.String}},
		{arrow.FixedWidthTypes.Timestamp_ns, "timestamp", hive.Column{Type: hive.Timestamp}},
		{&arrow.TimestampType{Unit: arrow.Second, TimeZone: "Europe/Berlin"}, "timestamp", hive.Column{Type: hive.Timestamp}},
		{arrow.FixedWidthTypes.MonthInterval, "interval_year_month", hive.Column{Type: hive.IntervalYearMonth}},
		{arrow.FixedWidthTypes.DayTimeInterval, "interval_day_time", hive.Column{Type: hive.IntervalDayTime}},
		{arrow.FixedWidthTypes.Duration_us, "interval_day_time", hive.Column{Type: hive.IntervalDayTime}},
		{arrow.FixedWidthTypes.MonthDayNanoInterval, "string", hive.Column{Type: hive.String}},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: i32}, "int", hive.Column{Type: hive.Int}},
		{arrow.RunEndEncodedOf(i32, arrow.BinaryTypes.String), "string", hive.Column{Type: hive.String}},
		{arrow.ListOf(i32), "array<int>", hive.Column{Type: hive.Array}},
		{arrow.LargeListOf(arrow.ListOf(i32)), "array<array<int>>", hive.Column{Type: hive.Array}},
		{arrow.ListViewOf(i32), "array<int>", hive.Column{Type: hive.Array}},
		{arrow.FixedSizeListOf(3, i32), "array<int>", hive.Column{Type: hive.Array}},
		{arrow.MapOf(arrow.BinaryTypes.String, i32), "map<string,int>", hive.Column{Type: hive.Map}},
		{
			arrow.StructOf(arrow.Field{Name: "a", Type: i32}, arrow.Field{Name: "b", Type: arrow.ListOf(i32)}),
			"struct<a:int,b:array<int>>",
			hive.Column{Type: hive.Struct},
		},
		{
			arrow.SparseUnionOf([]arrow.Field{{Name: "a", Type: i32}, {Name: "b", Type: arrow.BinaryTypes.String}}, []arrow.UnionTypeCode{0, 1}),
			"uniontype<int,string>",
			hive.Column{Type: hive.Union},
		},
	} {
		f := arrow.Field{Name: "c", Type: c.typ, Metadata: arrow.NewMetadata([]string{hive.MetaComment}, []string{"why"})}
		c.want.Name, c.want.Comment = "c", "why"
		assert.Equal(t, []hive.Column{c.want}, hive.Columns(arrow.NewSchema([]arrow.Field{f}, nil)), "%s", c.typ)
		assert.Equal(t, c.name, hive.TypeName(f), "%s", c.typ)
	}
	assert.Empty(t, hive.Columns(nil))
	assert.Empty(t, hive.Columns(arrow.NewSchema(nil, nil)))
}

func TestOverride(t *testing.T) {
	t.Parallel()
	str, i64 := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64
	huge := &arrow.Decimal128Type{Precision: 38}
	for _, c := range []struct {
		typ      arrow.DataType
		override string
		name     string
		want     hive.Column
	}{
		{str, "varchar(20)", "varchar(20)", hive.Column{Type: hive.Varchar, Length: 20}},
		{str, " CHAR( 3 )", "char( 3 )", hive.Column{Type: hive.Char, Length: 3}},
		{str, "array<int>", "array<int>", hive.Column{Type: hive.Array}},
		{str, "interval_day_time", "interval_day_time", hive.Column{Type: hive.IntervalDayTime}},
		{str, "timestamp", "timestamp", hive.Column{Type: hive.Timestamp}},
		{i64, "int", "int", hive.Column{Type: hive.Int}},
		{i64, "decimal", "decimal", hive.Column{Type: hive.Decimal, Precision: 10}},
		{i64, "decimal(12,2)", "decimal(12,2)", hive.Column{Type: hive.Decimal, Precision: 12, Scale: 2}},
		{i64, "double", "double", hive.Column{Type: hive.Double}},
		{i64, "void", "void", hive.Column{Type: hive.Null}},
		{huge, "bigint", "bigint", hive.Column{Type: hive.BigInt}},
		{arrow.FixedWidthTypes.Timestamp_us, "timestamp with local time zone", "timestamp with local time zone", hive.Column{Type: hive.TimestampLocalTZ}},

		// Not understood, or nothing that the values can be.
		{i64, "", "bigint", hive.Column{Type: hive.BigInt}},
		{i64, "int(", "bigint", hive.Column{Type: hive.BigInt}},
		{i64, "int(3)", "bigint", hive.Column{Type: hive.BigInt}},
		{i64, "decimal(1,2,3)", "bigint", hive.Column{Type: hive.BigInt}},
		{i64, "decimal(-1)", "bigint", hive.Column{Type: hive.BigInt}},
		{i64, "date", "bigint", hive.Column{Type: hive.BigInt}},
		{i64, "binary", "bigint", hive.Column{Type: hive.BigInt}},
		{i64, "boolean", "bigint", hive.Column{Type: hive.BigInt}},
		{str, "varchar", "string", hive.Column{Type: hive.String}},
		{str, "array<int", "string", hive.Column{Type: hive.String}},
		{str, "int", "string", hive.Column{Type: hive.String}},
		{&arrow.Decimal128Type{Precision: 5, Scale: 2}, "bigint", "decimal(5,2)", hive.Column{Type: hive.Decimal, Precision: 5, Scale: 2}},
	} {
		f := arrow.Field{Type: c.typ, Metadata: arrow.NewMetadata([]string{hive.MetaType}, []string{c.override})}
		assert.Equal(t, c.want, hive.Columns(arrow.NewSchema([]arrow.Field{f}, nil))[0], "%s as %q", c.typ, c.override)
		assert.Equal(t, c.name, hive.TypeName(f), "%s as %q", c.typ, c.override)
	}
	// Inside of a nested type as well.
	elem := arrow.Field{Type: str, Metadata: arrow.NewMetadata([]string{hive.MetaType}, []string{"varchar(3)"})}
	assert.Equal(t, "array<varchar(3)>", hive.TypeName(arrow.Field{Type: arrow.ListOfField(elem)}))
}
