package duckdb

import (
	"fmt"
	"strings"

	native "github.com/duckdb/duckdb-go-bindings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Most types come as DuckDB makes Arrow of them. Others would arrive wrong or not
// at all: UHUGEINT as a signed number, TIMETZ without its offset, BIT and BIGNUM
// as their inner bytes, INTERVAL with its time overflown past 292 years, VARIANT
// never. They become text, DuckDB's own, which a cast around the query sees to.
// Only a query can be put into another, so statements that return such columns
// otherwise (INSERT ... RETURNING, CALL) are refused before they do anything;
// INTERVAL, which is wrong so rarely, is let through there.
//
// HUGEINT comes as decimal(38,0) and may have 39 digits; all of them are there.
// A column of nothing but NULL is INTEGER: DuckDB itself says so.

// fitter names types that go through Arrow. It is true for a query's.
type fitter bool

// unfit tells whether values of a type can't go through Arrow.
func (query fitter) unfit(id native.Type) bool {
	switch id {
	case native.TypeUHugeInt, native.TypeTimeTZ, native.TypeBit, native.TypeBigNum, native.TypeVariant, native.TypeGeometry:
		return true
	case native.TypeInterval:
		return bool(query)
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
	query := fitter(s.kind == native.StatementTypeSelect)
	n := native.PreparedStatementColumnCount(s.handle)
	casts := make([]string, n)
	some := false
	for i := range n {
		id := native.PreparedStatementColumnType(s.handle, i)
		if !query.unfit(id) && !nested(id) {
			continue
		}
		text, changed := query.child(native.PreparedStatementColumnLogicalType(s.handle, i))
		if changed {
			casts[i], some = text, true
		}
	}
	if !some {
		return "", nil
	}
	list, names := make([]string, n), make([]string, n)
	for i := range n {
		name := quoteName(native.PreparedStatementColumnName(s.handle, i))
		if casts[i] != "" && !query {
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

// child is the text of a type, which it destroys, with what is unfit in it as
// VARCHAR, and whether there was any.
func (query fitter) child(t native.LogicalType) (string, bool) {
	defer native.DestroyLogicalType(&t)
	switch id := native.GetTypeId(t); id {
	case native.TypeList:
		child, changed := query.child(native.ListTypeChildType(t))
		return child + "[]", changed
	case native.TypeArray:
		child, changed := query.child(native.ArrayTypeChildType(t))
		return fmt.Sprintf("%s[%d]", child, native.ArrayTypeArraySize(t)), changed
	case native.TypeMap:
		key, first := query.child(native.MapTypeKeyType(t))
		value, second := query.child(native.MapTypeValueType(t))
		return "MAP(" + key + ", " + value + ")", first || second
	case native.TypeStruct:
		return query.members("STRUCT", native.StructTypeChildCount(t), func(i native.IdxT) (string, native.LogicalType) {
			return native.StructTypeChildName(t, i), native.StructTypeChildType(t, i)
		})
	case native.TypeUnion:
		return query.members("UNION", native.UnionTypeMemberCount(t), func(i native.IdxT) (string, native.LogicalType) {
			return native.UnionTypeMemberName(t, i), native.UnionTypeMemberType(t, i)
		})
	case native.TypeDecimal:
		return fmt.Sprintf("DECIMAL(%d, %d)", native.DecimalWidth(t), native.DecimalScale(t)), false
	default:
		if name, ok := typeNames[id]; ok && !query.unfit(id) {
			return name, false
		}
		return "VARCHAR", query.unfit(id)
	}
}

// members names a type that has named members; one without names, as row(1, 2)
// makes, can't be named and is VARCHAR as a whole.
func (query fitter) members(kind string, n native.IdxT, member func(native.IdxT) (string, native.LogicalType)) (string, bool) {
	list := make([]string, n)
	some, nameless := false, false
	for i := range n {
		name, t := member(i)
		text, changed := query.child(t)
		some = some || changed
		nameless = nameless || name == ""
		list[i] = quoteName(name) + " " + text
	}
	if nameless {
		return "VARCHAR", some
	}
	return kind + "(" + strings.Join(list, ", ") + ")", some
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
	native.TypeUUID: "UUID",
}
