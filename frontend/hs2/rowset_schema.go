package hs2

import (
	"github.com/nekomata-sql/nekomata/hive"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// tableSchema describes columns as clients read it: positions count from 1, and
// what is empty is left out.
func tableSchema(columns []hive.Column) *tcli.TTableSchema {
	s := &tcli.TTableSchema{Columns: make([]*tcli.TColumnDesc, len(columns))}
	for i, c := range columns {
		desc := &tcli.TColumnDesc{
			ColumnName: c.Name,
			TypeDesc: &tcli.TTypeDesc{Types: []*tcli.TTypeEntry{{
				PrimitiveEntry: &tcli.TPrimitiveTypeEntry{Type: typeID(c.Type), TypeQualifiers: qualifiers(c)},
			}}},
			Position: int32(i + 1),
		}
		if c.Comment != "" {
			desc.Comment = &columns[i].Comment
		}
		s.Columns[i] = desc
	}
	return s
}

// typeID is the protocol's number of a type. A union is text, as its values are: Hive's
// drivers don't know its number, and refuse the whole result for it.
func typeID(t hive.TypeID) tcli.TTypeId {
	if t == hive.Union {
		return tcli.TTypeId_STRING_TYPE
	}
	return tcli.TTypeId(t)
}

// qualifiers are a type's arguments, or nil when it has none.
func qualifiers(c hive.Column) *tcli.TTypeQualifiers {
	number := func(n int) *tcli.TTypeQualifierValue {
		v := int32(n)
		return &tcli.TTypeQualifierValue{I32Value: &v}
	}
	switch c.Type {
	case hive.Decimal:
		return &tcli.TTypeQualifiers{Qualifiers: map[string]*tcli.TTypeQualifierValue{
			tcli.PRECISION: number(c.Precision), tcli.SCALE: number(c.Scale),
		}}
	case hive.Varchar, hive.Char:
		return &tcli.TTypeQualifiers{Qualifiers: map[string]*tcli.TTypeQualifierValue{
			tcli.CHARACTER_MAXIMUM_LENGTH: number(c.Length),
		}}
	default:
		return nil
	}
}
