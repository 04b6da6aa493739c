package api

// StatementSubmission asks to run one statement without a session.
type StatementSubmission struct {
	Statement string `json:"statement"`
	// Configs are settings, as for a session.
	Configs map[string]string `json:"configs,omitempty"`
	// Database is the schema to run in; "" means the default.
	Database string `json:"database,omitempty"`
	// MaxRows ends the result after so many rows; nil means no limit.
	MaxRows *int64 `json:"maxRows,omitempty"`
	// Timeout is how many seconds the statement may take to its last row; nil and 0
	// mean no limit.
	Timeout *float64 `json:"timeout,omitempty"`
	// Wait is how many seconds the answer may wait for the statement's end; nil
	// means 10.
	Wait *float64 `json:"wait,omitempty"`
}

// StatementInfo is one statement. Times are 0 until they happen.
type StatementInfo struct {
	Identifier string `json:"identifier"`
	// Statement is the SQL.
	Statement string `json:"statement"`
	User      string `json:"user"`
	// State is PENDING, RUNNING, FINISHED, ERROR, CANCELED, TIMEDOUT, or CLOSED in
	// the answer to the DELETE that freed it.
	State string `json:"state"`
	// KyuubiInstance is the host:port of the gateway that has the statement.
	KyuubiInstance string `json:"kyuubiInstance"`
	CreateTime     int64  `json:"createTime"`
	StartTime      int64  `json:"startTime"`
	CompleteTime   int64  `json:"completeTime"`
	// ExpireTime is when the statement will be forgotten.
	ExpireTime int64 `json:"expireTime"`
	// Progress is null when the engine says nothing, and once the work is over.
	Progress *StatementProgress `json:"progress"`
	// Error is why the statement failed, null while it has not.
	Error *Exception `json:"error"`
	// Columns is null until they are known, and empty for a statement without a
	// result. From then on rows can be read.
	Columns []ColumnDesc `json:"columns"`
	// RowCount is null until all rows are here.
	RowCount *int64 `json:"rowCount"`
	// ModifiedRowCount is null when that is not known or means nothing.
	ModifiedRowCount *int64 `json:"modifiedRowCount"`
}

// StatementProgress says how far a running statement is.
type StatementProgress struct {
	// Stage is what is being done, in the engine's words.
	Stage string `json:"stage"`
	// Fraction is from 0 to 1.
	Fraction float64 `json:"fraction"`
	// Total, Completed and Running count units of work.
	Total     int64 `json:"total"`
	Completed int64 `json:"completed"`
	Running   int64 `json:"running"`
}

// StatementAnswer is a statement with its first rows.
type StatementAnswer struct {
	StatementInfo
	// Result is null while the statement has not ended.
	Result *StatementRows `json:"result"`
}

// StatementRows is a run of rows at a place of a statement's result.
type StatementRows struct {
	Rows     []Row `json:"rows"`
	RowCount int   `json:"rowCount"`
	// Offset is the number of the first row, counted from 0.
	Offset int64 `json:"offset"`
	// Total is the number of rows in the whole result, null until it is known.
	Total *int64 `json:"total"`
	// HasMore is false once the result has ended here.
	HasMore bool `json:"hasMore"`
}

// StatementList is a run of statements, newest first.
type StatementList struct {
	From int `json:"from"`
	// Total is how many fit the filter in all.
	Total      int             `json:"total"`
	Statements []StatementInfo `json:"statements"`
}

// StatementLog is a run of a statement's log lines.
type StatementLog struct {
	LogRowSet []string `json:"logRowSet"`
	RowCount  int      `json:"rowCount"`
	// Offset is the number of the first line, counted from 0. It is more than was
	// asked for when older lines are gone.
	Offset int64 `json:"offset"`
	// Total is how many lines there have been so far.
	Total int64 `json:"total"`
}
