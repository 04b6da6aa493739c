package hs2test

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/nekomata-sql/nekomata/thrift/hive"
)

// ArrowRows reads the rows of one answer as Kyuubi's driver does: the metadata's
// hints must say that they are Arrow, its Hive types make the schema, and the first
// value of the only column is a record batch. No column means no rows: nil.
func ArrowRows(meta *hive.TGetResultSetMetadataResp, rows *hive.TRowSet) (arrow.RecordBatch, error) {
	hints := map[string]string{}
	for _, m := range meta.Status.InfoMessages {
		key, value, _ := strings.Cut(m, "=")
		hints[key] = value
	}
	if hints["__kyuubi_operation_result_format__"] != "arrow" {
		return nil, fmt.Errorf("the hints %q don't say that the rows are Arrow", meta.Status.InfoMessages)
	}
	schema, err := arrowSchema(meta.Schema, hints["__kyuubi_operation_result_arrow_timestampAsString__"] == "true")
	if err != nil || len(rows.Columns) == 0 {
		return nil, err
	}
	if len(rows.Columns) != 1 || rows.Columns[0].BinaryVal == nil || len(rows.Columns[0].BinaryVal.Values) != 1 {
		return nil, fmt.Errorf("want one binary column with one value, not %v", rows.Columns)
	}
	var stream bytes.Buffer
	w := ipc.NewWriter(&stream, ipc.WithSchema(schema))
	if err := w.Close(); err != nil { // writes the schema and the stream's end
		return nil, err
	}
	const end = 8
	stream.Truncate(stream.Len() - end)
	stream.Write(rows.Columns[0].BinaryVal.Values[0])
	r, err := ipc.NewReader(&stream)
	if err != nil {
		return nil, err
	}
	batch, err := r.Read()
	if err == nil && stream.Len() > 0 {
		err = fmt.Errorf("%d bytes are left behind the record batch", stream.Len())
	}
	if err == io.EOF { //nolint:errorlint // the reader's own
		err = io.ErrUnexpectedEOF
	}
	return batch, err
}

// arrowSchema is the schema that follows from Hive types.
func arrowSchema(table *hive.TTableSchema, timestampText bool) (*arrow.Schema, error) {
	fields := make([]arrow.Field, len(table.Columns))
	for i, c := range table.Columns {
		entry := c.TypeDesc.Types[0].PrimitiveEntry
		t, ok := plainTypes[entry.Type]
		args := entry.GetTypeQualifiers()
		switch {
		case ok:
		case entry.Type == hive.TTypeId_DECIMAL_TYPE && args != nil:
			t = &arrow.Decimal128Type{
				Precision: args.Qualifiers[hive.PRECISION].GetI32Value(), Scale: args.Qualifiers[hive.SCALE].GetI32Value(),
			}
		case entry.Type == hive.TTypeId_TIMESTAMP_TYPE && args != nil:
			t = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: args.Qualifiers["session.timeZone"].GetStringValue()}
			if timestampText {
				t = arrow.BinaryTypes.String
			}
		default:
			return nil, fmt.Errorf("column %s: the driver does not know %v with %v", c.ColumnName, entry.Type, args)
		}
		fields[i] = arrow.Field{Name: c.ColumnName, Type: t, Nullable: true}
	}
	return arrow.NewSchema(fields, nil), nil
}

var plainTypes = map[hive.TTypeId]arrow.DataType{
	hive.TTypeId_NULL_TYPE:                arrow.Null,
	hive.TTypeId_BOOLEAN_TYPE:             arrow.FixedWidthTypes.Boolean,
	hive.TTypeId_TINYINT_TYPE:             arrow.PrimitiveTypes.Int8,
	hive.TTypeId_SMALLINT_TYPE:            arrow.PrimitiveTypes.Int16,
	hive.TTypeId_INT_TYPE:                 arrow.PrimitiveTypes.Int32,
	hive.TTypeId_BIGINT_TYPE:              arrow.PrimitiveTypes.Int64,
	hive.TTypeId_FLOAT_TYPE:               arrow.PrimitiveTypes.Float32,
	hive.TTypeId_DOUBLE_TYPE:              arrow.PrimitiveTypes.Float64,
	hive.TTypeId_STRING_TYPE:              arrow.BinaryTypes.String,
	hive.TTypeId_ARRAY_TYPE:               arrow.BinaryTypes.String,
	hive.TTypeId_MAP_TYPE:                 arrow.BinaryTypes.String,
	hive.TTypeId_STRUCT_TYPE:              arrow.BinaryTypes.String,
	hive.TTypeId_BINARY_TYPE:              arrow.BinaryTypes.Binary,
	hive.TTypeId_DATE_TYPE:                arrow.PrimitiveTypes.Date32,
	hive.TTypeId_INTERVAL_YEAR_MONTH_TYPE: arrow.FixedWidthTypes.MonthInterval,
	hive.TTypeId_INTERVAL_DAY_TIME_TYPE:   arrow.FixedWidthTypes.Duration_us,
}
