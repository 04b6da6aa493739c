package api

type (
	// StatementRequest asks to run a statement.
	StatementRequest struct {
		Statement string `json:"statement"`
		// RunAsync answers at once; otherwise the answer waits for the end.
		RunAsync bool `json:"runAsync"`
		// QueryTimeout is in seconds; nil, 0 and less mean none.
		QueryTimeout *int64 `json:"queryTimeout"`
		// ConfOverlay holds settings for this statement only.
		ConfOverlay map[string]string `json:"confOverlay"`
	}
	// GetSchemasRequest asks for schemas. SchemaName is a pattern.
	GetSchemasRequest struct {
		CatalogName string `json:"catalogName"`
		SchemaName  string `json:"schemaName"`
	}
	// GetTablesRequest asks for tables and views. SchemaName and TableName are patterns.
	GetTablesRequest struct {
		CatalogName string   `json:"catalogName"`
		SchemaName  string   `json:"schemaName"`
		TableName   string   `json:"tableName"`
		TableTypes  []string `json:"tableTypes"`
	}
	// GetColumnsRequest asks for columns. All but CatalogName are patterns.
	GetColumnsRequest struct {
		CatalogName string `json:"catalogName"`
		SchemaName  string `json:"schemaName"`
		TableName   string `json:"tableName"`
		ColumnName  string `json:"columnName"`
	}
	// GetFunctionsRequest asks for functions. SchemaName and FunctionName are patterns.
	GetFunctionsRequest struct {
		CatalogName  string `json:"catalogName"`
		SchemaName   string `json:"schemaName"`
		FunctionName string `json:"functionName"`
	}
	// GetPrimaryKeysRequest asks for the primary key of a table.
	GetPrimaryKeysRequest struct {
		CatalogName string `json:"catalogName"`
		SchemaName  string `json:"schemaName"`
		TableName   string `json:"tableName"`
	}
	// GetCrossReferenceRequest asks which foreign keys of one table point to the
	// primary key of another.
	GetCrossReferenceRequest struct {
		PrimaryCatalog string `json:"primaryCatalog"`
		PrimarySchema  string `json:"primarySchema"`
		PrimaryTable   string `json:"primaryTable"`
		ForeignCatalog string `json:"foreignCatalog"`
		ForeignSchema  string `json:"foreignSchema"`
		ForeignTable   string `json:"foreignTable"`
	}
)

// OperationHandle names an operation.
type OperationHandle struct {
	Identifier string `json:"identifier"`
}

// OpActionRequest does something to an operation.
type OpActionRequest struct {
	// Action is "cancel" or "close", in any case of letters.
	Action string `json:"action"`
}

// OperationProgress says how far a running operation is.
type OperationProgress struct {
	HeaderNames []string   `json:"headerNames"`
	Rows        [][]string `json:"rows"`
	// ProgressedPercentage is from 0 to 1.
	ProgressedPercentage float64 `json:"progressedPercentage"`
	// Status is the name of the TJobExecutionStatus.
	Status        string `json:"status"`
	FooterSummary string `json:"footerSummary"`
	StartTime     int64  `json:"startTime"`
}

// OperationEvent is one operation (Kyuubi's KyuubiOperationEvent). Times are 0
// until they happen.
type OperationEvent struct {
	StatementID    string `json:"statementId"`
	RemoteID       string `json:"remoteId"`
	Statement      string `json:"statement"`
	ShouldRunAsync bool   `json:"shouldRunAsync"`
	// State is the name of the TOperationState, such as "FINISHED_STATE".
	State        string `json:"state"`
	EventTime    int64  `json:"eventTime"`
	CreateTime   int64  `json:"createTime"`
	StartTime    int64  `json:"startTime"`
	CompleteTime int64  `json:"completeTime"`
	// Exception is why the operation failed, null while it has not.
	Exception      *Exception `json:"exception"`
	SessionID      string     `json:"sessionId"`
	SessionUser    string     `json:"sessionUser"`
	SessionType    string     `json:"sessionType"`
	KyuubiInstance string     `json:"kyuubiInstance"`
	// Metrics has fetchLogCount and fetchResultsCount.
	Metrics map[string]string `json:"metrics"`
	// Progress is null when the engine says nothing, and once the work is over.
	Progress *OperationProgress `json:"progress"`
}

// OperationData is an operation in a list.
type OperationData struct {
	Identifier   string `json:"identifier"`
	RemoteID     string `json:"remoteId"`
	Statement    string `json:"statement"`
	State        string `json:"state"`
	CreateTime   int64  `json:"createTime"`
	StartTime    int64  `json:"startTime"`
	CompleteTime int64  `json:"completeTime"`
	// Exception is the text of the failure, "" without one.
	Exception      string             `json:"exception"`
	SessionID      string             `json:"sessionId"`
	SessionUser    string             `json:"sessionUser"`
	SessionType    string             `json:"sessionType"`
	KyuubiInstance string             `json:"kyuubiInstance"`
	Metrics        map[string]string  `json:"metrics"`
	Progress       *OperationProgress `json:"progress"`
}
