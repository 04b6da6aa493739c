package duckdb

import (
	"fmt"
	"math"
	"strings"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	native "github.com/duckdb/duckdb-go-bindings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Most types come as DuckDB makes Arrow of them. The others would arrive wrong or
// not at all: UHUGEINT as a signed number, TIMETZ without its offset, BIT and
// BIGNUM as their inner bytes, VARIANT never. They become text, DuckDB's own,
// which a cast in the statement sees to. Two more are put right in the batches:
// NULL, which comes as integers, and INTERVAL, which overflows in silence when
// its time is longer than 292 years.

// unfit tells whether values of a type can't go through Arrow.
func unfit(id native.Type) bool {
	switch id {
	case native.TypeUHugeInt, native.TypeTimeTZ, native.TypeBit, native.TypeBigNum, native.TypeVariant, native.TypeGeometry:
		return true
	}
	return false
}

func nested(id native.Type) bool {
	switch id {
	case native.TypeList, native.TypeArray, native.TypeStruct, native.TypeMap, native.TypeUnion:
		return true
	}
	return false
}

// wrapped is a statement that answers what s does with unfit values as text; ""
// when s has none. It is an error when s is no query.
func (s *statement) wrapped() (string, error) {
	n := native.PreparedStatementColumnCount(s.handle)
	casts := make(map[native.IdxT]string)
	for i := range n {
		id := native.PreparedStatementColumnType(s.handle, i)
		if !unfit(id) && !nested(id) {
			continue
		}
		t := native.PreparedStatementColumnLogicalType(s.handle, i)
		if text, changed := fitType(t); changed {
			casts[i] = text
		}
		native.DestroyLogicalType(&t)
	}
	if len(casts) == 0 {
		return "", nil
	}
	list, names := make([]string, n), make([]string, n)
	for i := range n {
		name := quoteName(native.PreparedStatementColumnName(s.handle, i))
		if casts[i] != "" && s.kind != native.StatementTypeSelect {
			return "", sqlerr.New(sqlerr.Unsupported, "column %s has a type that only a query can return: "+
				"cast it to VARCHAR", name)
		}
		names[i] = fmt.Sprintf("c%d", i)
		list[i] = names[i]
		if casts[i] != "" {
			list[i] = "CAST(" + names[i] + " AS " + casts[i] + ")"
		}
		list[i] += " AS " + name
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM query(" + quote(s.sql) + ") AS q(" +
		strings.Join(names, ", ") + ")", nil
}

// fitType is the text of a type with what is unfit in it as VARCHAR, and whether
// there was any. A container that can't be named is VARCHAR as a whole.
func fitType(t native.LogicalType) (string, bool) {
	id := native.GetTypeId(t)
	switch id {
	case native.TypeList:
		child, changed := fitChild(native.ListTypeChildType(t))
		return child + "[]", changed
	case native.TypeArray:
		child, changed := fitChild(native.ArrayTypeChildType(t))
		return fmt.Sprintf("%s[%d]", child, native.ArrayTypeArraySize(t)), changed
	case native.TypeMap:
		key, first := fitChild(native.MapTypeKeyType(t))
		value, second := fitChild(native.MapTypeValueType(t))
		return "MAP(" + key + ", " + value + ")", first || second
	case native.TypeStruct:
		return fitMembers("STRUCT", int(native.StructTypeChildCount(t)), func(i int) (string, native.LogicalType) {
			return native.StructTypeChildName(t, native.IdxT(i)), native.StructTypeChildType(t, native.IdxT(i))
		})
	case native.TypeUnion:
		return fitMembers("UNION", int(native.UnionTypeMemberCount(t)), func(i int) (string, native.LogicalType) {
			return native.UnionTypeMemberName(t, native.IdxT(i)), native.UnionTypeMemberType(t, native.IdxT(i))
		})
	case native.TypeDecimal:
		return fmt.Sprintf("DECIMAL(%d, %d)", native.DecimalWidth(t), native.DecimalScale(t)), false
	}
	if name, ok := typeNames[id]; ok {
		return name, false
	}
	return "VARCHAR", unfit(id)
}

func fitChild(t native.LogicalType) (string, bool) {
	defer native.DestroyLogicalType(&t)
	return fitType(t)
}

func fitMembers(kind string, n int, member func(int) (string, native.LogicalType)) (string, bool) {
	list, any, nameless := make([]string, n), false, false
	for i := range n {
		name, t := member(i)
		text, changed := fitChild(t)
		any = any || changed
		nameless = nameless || name == ""
		list[i] = quoteName(name) + " " + text
	}
	if nameless {
		return "VARCHAR", any
	}
	return kind + "(" + strings.Join(list, ", ") + ")", any
}

// typeNames are the types that are named by one word. ENUM, JSON and what else is
// missing here are VARCHAR beside something unfit.
var typeNames = map[native.Type]string{
	native.TypeBoolean: "BOOLEAN", native.TypeTinyInt: "TINYINT", native.TypeSmallInt: "SMALLINT",
	native.TypeInteger: "INTEGER", native.TypeBigInt: "BIGINT", native.TypeUTinyInt: "UTINYINT",
	native.TypeUSmallInt: "USMALLINT", native.TypeUInteger: "UINTEGER", native.TypeUBigInt: "UBIGINT",
	native.TypeFloat: "FLOAT", native.TypeDouble: "DOUBLE", native.TypeTimestamp: "TIMESTAMP",
	native.TypeDate: "DATE", native.TypeTime: "TIME", native.TypeTimeNS: "TIME_NS",
	native.TypeInterval: "INTERVAL", native.TypeHugeInt: "HUGEINT", native.TypeVarchar: "VARCHAR",
	native.TypeBlob: "BLOB", native.TypeTimestampS: "TIMESTAMP_S", native.TypeTimestampMS: "TIMESTAMP_MS",
	native.TypeTimestampNS: "TIMESTAMP_NS", native.TypeTimestampTZ: "TIMESTAMP WITH TIME ZONE",
	native.TypeUUID: "UUID", native.TypeSQLNull: `"NULL"`,
}

// fix is a correction of one column of each batch.
type fix struct {
	column int
	kind   native.Type
	name   string
}

// corrected is the schema with the corrections that the types need.
func corrected(schema *arrow.Schema, types []native.LogicalType) (*arrow.Schema, []fix) {
	var fixes []fix
	fields := schema.Fields()
	for i, t := range types {
		switch id := native.GetTypeId(t); id {
		case native.TypeSQLNull:
			fields[i].Type = arrow.Null
			fixes = append(fixes, fix{column: i, kind: id})
		case native.TypeInterval:
			fixes = append(fixes, fix{column: i, kind: id, name: fields[i].Name})
		}
	}
	if fixes == nil {
		return schema, nil
	}
	return arrow.NewSchema(fields, nil), fixes
}

// apply corrects a column, or says why it can't be right. The caller releases the
// answer.
func (x fix) apply(column arrow.Array, vector native.Vector) (arrow.Array, failure) {
	if x.kind == native.TypeSQLNull {
		return array.NewNull(column.Len()), failure{}
	}
	const longest = math.MaxInt64 / 1000
	data := unsafe.Slice((*native.Interval)(native.VectorGetData(vector)), column.Len())
	for i := range data {
		_, _, micros := native.IntervalMembers(&data[i])
		if (micros > longest || micros < -longest) && column.IsValid(i) {
			return nil, failure{class: "Out of Range", offset: -1, text: fmt.Sprintf(
				"column %s holds an interval whose time is longer than 292 years: cast it to VARCHAR", x.name)}
		}
	}
	column.Retain()
	return column, failure{}
}
