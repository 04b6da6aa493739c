package hs2

import (
	"encoding/binary"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/nekomata-sql/nekomata/hive"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// described answers GetResultSetMetadata.
func described(columns []hive.Column) response {
	const fixed = 150 // bytes of a column at most, without name and comment
	size := 0
	for i := range columns {
		size += fixed + len(columns[i].Name) + len(columns[i].Comment)
	}
	return &briefReply{
		method: "GetResultSetMetadata",
		full: func() response {
			return &tcli.TGetResultSetMetadataResp{Status: success, Schema: tableSchema(columns)}
		},
		rest: func(dst []byte) []byte { return appendSchema(dst, columns) },
		size: size,
	}
}

// appendSchema appends the field that holds what tableSchema makes of columns.
func appendSchema(dst []byte, columns []hive.Column) []byte {
	b := append(dst,
		thrift.STRUCT, 0, 2, // schema
		thrift.LIST, 0, 1, thrift.STRUCT, // columns
	)
	b = binary.BigEndian.AppendUint32(b, uint32(len(columns)))
	for i := range columns {
		c := &columns[i]
		b = appendText(append(b, thrift.STRING, 0, 1), c.Name)
		b = append(b,
			thrift.STRUCT, 0, 2, // typeDesc
			thrift.LIST, 0, 1, thrift.STRUCT, 0, 0, 0, 1, // types, of which there is one
			thrift.STRUCT, 0, 1, // primitiveEntry
		)
		b = appendI32(b, 1, int32(typeID(c.Type)))
		b = appendQualifiers(b, c)
		b = append(b, thrift.STOP, thrift.STOP, thrift.STOP)
		b = appendI32(b, 3, int32(i+1))
		if c.Comment != "" {
			b = appendText(append(b, thrift.STRING, 0, 4), c.Comment)
		}
		b = append(b, thrift.STOP)
	}
	return append(b, thrift.STOP)
}

// appendQualifiers appends the field with a type's arguments, if it has any.
func appendQualifiers(dst []byte, c *hive.Column) []byte {
	number := func(dst []byte, name string, n int) []byte {
		return append(appendI32(appendText(dst, name), 1, int32(n)), thrift.STOP)
	}
	begin := func(n byte) []byte {
		return append(dst,
			thrift.STRUCT, 0, 2, // typeQualifiers
			thrift.MAP, 0, 1, thrift.STRING, thrift.STRUCT, 0, 0, 0, n, // qualifiers
		)
	}
	switch c.Type {
	case hive.Decimal:
		const both = 2
		dst = number(number(begin(both), tcli.PRECISION, c.Precision), tcli.SCALE, c.Scale)
	case hive.Varchar, hive.Char:
		dst = number(begin(1), tcli.CHARACTER_MAXIMUM_LENGTH, c.Length)
	default:
		return dst
	}
	return append(dst, thrift.STOP)
}
