package hive

import (
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// Columns describes the fields of a schema; nil gives none.
func Columns(schema *arrow.Schema) []Column {
	if schema == nil {
		return nil
	}
	columns := make([]Column, schema.NumFields())
	for i := range columns {
		f := schema.Field(i)
		c := typeOf(f)
		c.Name = f.Name
		c.Comment, _ = f.Metadata.GetValue(MetaComment)
		columns[i] = c
	}
	return columns
}

// TypeName is the type's text as DESCRIBE and GetColumns show it, in lower case,
// such as "decimal(10,2)" or "array<struct<a:int>>".
func TypeName(field arrow.Field) string {
	if text, _, ok := override(field); ok {
		return text
	}
	return typeName(field.Type)
}

// typeOf is the column of a field, without name and comment.
func typeOf(f arrow.Field) Column {
	if _, c, ok := override(f); ok {
		return c
	}
	return natural(f.Type)
}

// override reads a field's MetaType: its text in lower case and what it means. It
// is not ok when there is none, or none that the values can be sent as.
func override(f arrow.Field) (string, Column, bool) {
	text, found := f.Metadata.GetValue(MetaType)
	if !found {
		return "", Column{}, false
	}
	text = strings.ToLower(strings.TrimSpace(text))
	c, known := parseType(text)
	return text, c, known && fits(c.Type, natural(f.Type))
}

// uuidExtension is the one extension type whose storage, 16 bytes, means nothing
// to a reader.
const uuidExtension = "arrow.uuid"

// logical sees through the encodings that don't change what a value means.
func logical(t arrow.DataType) arrow.DataType {
	for {
		switch e := t.(type) {
		case *arrow.DictionaryType:
			t = e.ValueType
		case *arrow.RunEndEncodedType:
			t = e.Encoded()
		case arrow.ExtensionType:
			if e.ExtensionName() == uuidExtension {
				return arrow.BinaryTypes.String
			}
			t = e.StorageType()
		default:
			return t
		}
	}
}

// natural is the Hive type that an Arrow type has when nobody says otherwise.
// docs/types.md has the table.
func natural(t arrow.DataType) Column {
	t = logical(t)
	switch t.ID() {
	case arrow.NULL:
		return Column{Type: Null}
	case arrow.BOOL:
		return Column{Type: Boolean}
	case arrow.INT8:
		return Column{Type: TinyInt}
	case arrow.INT16, arrow.UINT8:
		return Column{Type: SmallInt}
	case arrow.INT32, arrow.UINT16:
		return Column{Type: Int}
	case arrow.INT64, arrow.UINT32:
		return Column{Type: BigInt}
	case arrow.UINT64:
		return Column{Type: Decimal, Precision: 20}
	case arrow.FLOAT16, arrow.FLOAT32:
		return Column{Type: Float}
	case arrow.FLOAT64:
		return Column{Type: Double}
	case arrow.DECIMAL32, arrow.DECIMAL64, arrow.DECIMAL128, arrow.DECIMAL256:
		return decimalColumn(t)
	case arrow.BINARY, arrow.LARGE_BINARY, arrow.BINARY_VIEW, arrow.FIXED_SIZE_BINARY:
		return Column{Type: Binary}
	case arrow.DATE32, arrow.DATE64:
		return Column{Type: Date}
	case arrow.TIMESTAMP:
		return Column{Type: Timestamp}
	case arrow.INTERVAL_MONTHS:
		return Column{Type: IntervalYearMonth}
	case arrow.INTERVAL_DAY_TIME, arrow.DURATION:
		return Column{Type: IntervalDayTime}
	case arrow.LIST, arrow.LARGE_LIST, arrow.LIST_VIEW, arrow.LARGE_LIST_VIEW, arrow.FIXED_SIZE_LIST:
		return Column{Type: Array}
	case arrow.MAP:
		return Column{Type: Map}
	case arrow.STRUCT:
		return Column{Type: Struct}
	case arrow.SPARSE_UNION, arrow.DENSE_UNION:
		return Column{Type: Union}
	default:
		return Column{Type: String}
	}
}

// decimalColumn is DECIMAL with its arguments. Hive has no scale below zero: those
// digits are written out, so they count.
func decimalColumn(t arrow.DataType) Column {
	c := Column{Type: Decimal}
	if d, ok := t.(arrow.DecimalType); ok {
		c.Precision, c.Scale = int(d.GetPrecision()), int(d.GetScale())
		if c.Scale < 0 {
			c.Precision, c.Scale = c.Precision-c.Scale, 0
		}
	}
	return c
}

// typeName is TypeName of a type without overrides.
func typeName(t arrow.DataType) string {
	switch n := logical(t).(type) {
	case *arrow.MapType:
		return "map<" + typeName(n.KeyType()) + "," + TypeName(n.ItemField()) + ">"
	case arrow.ListLikeType:
		return "array<" + TypeName(n.ElemField()) + ">"
	case *arrow.StructType:
		parts := make([]string, n.NumFields())
		for i, f := range n.Fields() {
			parts[i] = f.Name + ":" + TypeName(f)
		}
		return "struct<" + strings.Join(parts, ",") + ">"
	case arrow.UnionType:
		parts := make([]string, n.NumFields())
		for i, f := range n.Fields() {
			parts[i] = TypeName(f)
		}
		return "uniontype<" + strings.Join(parts, ",") + ">"
	}
	c := natural(t)
	if c.Type == Decimal {
		return "decimal(" + strconv.Itoa(c.Precision) + "," + strconv.Itoa(c.Scale) + ")"
	}
	return c.Type.String()
}
