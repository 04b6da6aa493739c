package hs2

import (
	"bytes"
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/nekomata-sql/nekomata/hive"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// arrowZone is the time zone in which timestamps are sent as numbers.
const arrowZone = "UTC"

// arrowColumns are the columns as Kyuubi's driver has to be told of them: it makes
// the Arrow schema from the Hive types, and knows fewer of them.
func arrowColumns(schema *arrow.Schema) []hive.Column {
	columns := hive.Columns(schema)
	for i := range columns {
		c := &columns[i]
		switch c.Type {
		case hive.Varchar, hive.Char, hive.Union, hive.UserDefined:
			c.Type, c.Length = hive.String, 0
		case hive.TimestampLocalTZ:
			c.Type = hive.Timestamp
		case hive.Decimal:
			if c.Precision > maxArrowDigits {
				c.Type = hive.String
			}
		default:
		}
		if isTime(c.Type) && isText(schema.Field(i).Type) { // text that reads like one
			c.Type = hive.String
		}
	}
	return columns
}

func isTime(t hive.TypeID) bool {
	return t == hive.Date || t == hive.Timestamp || t == hive.IntervalYearMonth || t == hive.IntervalDayTime
}

func isText(t arrow.DataType) bool {
	if d, ok := t.(*arrow.DictionaryType); ok {
		t = d.ValueType
	}
	return arrow.IsBaseBinary(t.ID()) || t.ID() == arrow.STRING_VIEW
}

// maxArrowDigits is how many digits the driver's decimals have.
const maxArrowDigits = 38

// arrowMetadata describes a result whose rows come as Arrow.
func arrowMetadata(schema *arrow.Schema, f Form) *tcli.TGetResultSetMetadataResp {
	table := tableSchema(arrowColumns(schema))
	for _, c := range table.Columns {
		entry := c.TypeDesc.Types[0].PrimitiveEntry
		if entry.Type == tcli.TTypeId_TIMESTAMP_TYPE { // the driver insists on a zone
			zone := arrowZone
			entry.TypeQualifiers = &tcli.TTypeQualifiers{Qualifiers: map[string]*tcli.TTypeQualifierValue{
				"session.timeZone": {StringValue: &zone},
			}}
		}
	}
	return &tcli.TGetResultSetMetadataResp{
		Status: &tcli.TStatus{StatusCode: tcli.TStatusCode_SUCCESS_STATUS, InfoMessages: f.hints()}, Schema: table,
	}
}

// arrowType is the Arrow type that the driver makes of a column.
func arrowType(c hive.Column, f Form) arrow.DataType {
	switch c.Type {
	case hive.Boolean:
		return arrow.FixedWidthTypes.Boolean
	case hive.TinyInt:
		return arrow.PrimitiveTypes.Int8
	case hive.SmallInt:
		return arrow.PrimitiveTypes.Int16
	case hive.Int:
		return arrow.PrimitiveTypes.Int32
	case hive.BigInt:
		return arrow.PrimitiveTypes.Int64
	case hive.Float:
		return arrow.PrimitiveTypes.Float32
	case hive.Double:
		return arrow.PrimitiveTypes.Float64
	case hive.Decimal:
		return &arrow.Decimal128Type{Precision: int32(c.Precision), Scale: int32(c.Scale)}
	case hive.Binary:
		return arrow.BinaryTypes.Binary
	case hive.Null:
		return arrow.Null
	case hive.Date:
		return arrow.PrimitiveTypes.Date32
	case hive.Timestamp:
		if f.TimestampText {
			return arrow.BinaryTypes.String
		}
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: arrowZone}
	case hive.IntervalYearMonth:
		return arrow.FixedWidthTypes.MonthInterval
	case hive.IntervalDayTime:
		return arrow.FixedWidthTypes.Duration_us
	default:
		return arrow.BinaryTypes.String
	}
}

// arrowRowSet makes one value of all rows: an Arrow record batch in IPC's form,
// without a schema before it. Without rows there is no column either; by that the
// driver knows the end.
func arrowRowSet(schema *arrow.Schema, batches []arrow.RecordBatch, start int64, f Form) (rowSet, error) {
	set := rowSet{start: start}
	rows := int64(0)
	for _, b := range batches {
		rows += b.NumRows()
	}
	if rows == 0 {
		return set, nil
	}
	told := arrowColumns(schema)
	fields := make([]arrow.Field, len(told))
	arrays := make([]arrow.Array, len(told))
	defer func() {
		for _, a := range arrays {
			if a != nil {
				a.Release()
			}
		}
	}()
	for k, c := range told {
		fields[k] = arrow.Field{Name: c.Name, Type: arrowType(c, f), Nullable: true}
		var err error
		if arrays[k], err = arrowColumn(&told[k], fields[k].Type, batches, k); err != nil {
			return set, err
		}
	}
	batch := array.NewRecordBatch(arrow.NewSchema(fields, nil), arrays, rows)
	defer batch.Release()
	value, err := packBatch(batch, f)
	if err != nil {
		return set, err
	}
	one := array.NewData(arrow.BinaryTypes.Binary, 1, []*memory.Buffer{
		nil, memory.NewBufferBytes(binary.NativeEndian.AppendUint32(make([]byte, 4), uint32(len(value)))), memory.NewBufferBytes(value),
	}, nil, 0, 0)
	field := arrow.Field{Name: "arrow", Type: arrow.BinaryTypes.Binary}
	set.columns = []hive.Column{{Name: field.Name, Type: hive.Binary}}
	set.batches = []arrow.RecordBatch{
		array.NewRecordBatch(arrow.NewSchema([]arrow.Field{field}, nil), []arrow.Array{array.NewBinaryData(one)}, 1),
	}
	return set, nil
}

// packBatch writes a record batch as a message of Arrow's IPC.
func packBatch(batch arrow.RecordBatch, f Form) ([]byte, error) {
	var opts []ipc.Option
	switch f.codec {
	case zstdCodec:
		opts = append(opts, ipc.WithZstd())
	case lz4Codec:
		opts = append(opts, ipc.WithLZ4())
	case noCodec:
	}
	payload, err := ipc.GetRecordBatchPayload(batch, opts...)
	if err != nil {
		return nil, err
	}
	defer payload.Release()
	var buf bytes.Buffer
	if _, err := payload.WritePayload(&buf); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// arrowColumn is column k of all batches as one array of a type.
func arrowColumn(column *hive.Column, want arrow.DataType, batches []arrow.RecordBatch, k int) (arrow.Array, error) {
	parts := make([]arrow.Array, 0, len(batches))
	defer func() {
		for _, p := range parts {
			p.Release()
		}
	}()
	for _, b := range batches {
		part, err := recast(column, want, b.Column(k))
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	if len(parts) == 1 {
		parts[0].Retain()
		return parts[0], nil
	}
	return array.Concatenate(parts, memory.DefaultAllocator)
}
