package api

// OperationLog is a run of log lines.
type OperationLog struct {
	LogRowSet []string `json:"logRowSet"`
	RowCount  int      `json:"rowCount"`
}

// SessionLog is a run of lines of what a session's operations have logged.
type SessionLog struct {
	LogRowSet []string `json:"logRowSet"`
	RowCount  int      `json:"rowCount"`
	// Offset is the number of the first line, counted from 0. It is more than was
	// asked for when older lines are gone.
	Offset int64 `json:"offset"`
	// Total is how many lines there have been so far.
	Total int64 `json:"total"`
}

// ResultSetMetaData describes the columns of a result.
type ResultSetMetaData struct {
	Columns []ColumnDesc `json:"columns"`
}

// ColumnDesc is one column.
type ColumnDesc struct {
	ColumnName string `json:"columnName"`
	// DataType is the name of the TTypeId, such as "INT_TYPE".
	DataType string `json:"dataType"`
	// ColumnIndex counts from 0.
	ColumnIndex int `json:"columnIndex"`
	// Precision and Scale are set for DECIMAL.
	Precision int    `json:"precision"`
	Scale     int    `json:"scale"`
	Comment   string `json:"comment"`
}

// ResultRowSet is a run of rows.
type ResultRowSet struct {
	Rows     []Row `json:"rows"`
	RowCount int   `json:"rowCount"`
}

// Row is one row.
type Row struct {
	Fields []Field `json:"fields"`
}

// Field is one value of a row.
type Field struct {
	// DataType says how the value is written, such as "I32_VAL".
	DataType string `json:"dataType"`
	// Value is a boolean, a number, a string or null.
	Value any `json:"value"`
}
