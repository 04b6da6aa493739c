package rest

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/hive"
)

// typeNames are the names of the TTypeIds.
var typeNames = [...]string{
	hive.Boolean:           "BOOLEAN_TYPE",
	hive.TinyInt:           "TINYINT_TYPE",
	hive.SmallInt:          "SMALLINT_TYPE",
	hive.Int:               "INT_TYPE",
	hive.BigInt:            "BIGINT_TYPE",
	hive.Float:             "FLOAT_TYPE",
	hive.Double:            "DOUBLE_TYPE",
	hive.String:            "STRING_TYPE",
	hive.Timestamp:         "TIMESTAMP_TYPE",
	hive.Binary:            "BINARY_TYPE",
	hive.Array:             "ARRAY_TYPE",
	hive.Map:               "MAP_TYPE",
	hive.Struct:            "STRUCT_TYPE",
	hive.Union:             "UNION_TYPE",
	hive.UserDefined:       "USER_DEFINED_TYPE",
	hive.Decimal:           "DECIMAL_TYPE",
	hive.Null:              "NULL_TYPE",
	hive.Date:              "DATE_TYPE",
	hive.Varchar:           "VARCHAR_TYPE",
	hive.Char:              "CHAR_TYPE",
	hive.IntervalYearMonth: "INTERVAL_YEAR_MONTH_TYPE",
	hive.IntervalDayTime:   "INTERVAL_DAY_TIME_TYPE",
	hive.TimestampLocalTZ:  "TIMESTAMPLOCALTZ_TYPE",
}

// columnDescs describes a result's columns. A statement without a result has one
// column `Result` and no rows, as Kyuubi tells it.
func columnDescs(schema *arrow.Schema) []api.ColumnDesc {
	if schema == nil {
		return []api.ColumnDesc{{ColumnName: "Result", DataType: typeNames[hive.String]}}
	}
	columns := hive.Columns(schema)
	descs := make([]api.ColumnDesc, len(columns))
	for i, col := range columns {
		descs[i] = api.ColumnDesc{ColumnName: col.Name, DataType: typeNames[col.Type], ColumnIndex: i, Comment: col.Comment}
		if col.Type == hive.Decimal {
			descs[i].Precision, descs[i].Scale = col.Precision, col.Scale
		}
	}
	return descs
}
