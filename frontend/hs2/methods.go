package hs2

import (
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// methods are all calls of TCLIService. Each has a function that serves it and one
// that tells a failure in the answer's own form.
var methods = map[string]method{
	"OpenSession": procedure((*conn).openSession, func(s *tcli.TStatus) response {
		// The version must be there, and one that the oldest clients know: they read
		// no answer with another, nor the status in it.
		return &tcli.TOpenSessionResp{Status: s, ServerProtocolVersion: tcli.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V1}
	}),
	"CloseSession":  procedure((*conn).closeSession, func(s *tcli.TStatus) response { return &tcli.TCloseSessionResp{Status: s} }),
	"SetClientInfo": procedure((*conn).setClientInfo, func(s *tcli.TStatus) response { return &tcli.TSetClientInfoResp{Status: s} }),
	"GetInfo": procedure((*conn).getInfo, func(s *tcli.TStatus) response {
		return &tcli.TGetInfoResp{Status: s, InfoValue: &tcli.TGetInfoValue{LenValue: new(int64(0))}}
	}),

	"ExecuteStatement":  procedure((*conn).executeStatement, refuseExecute),
	"GetTypeInfo":       procedure((*conn).getTypeInfo, func(s *tcli.TStatus) response { return &tcli.TGetTypeInfoResp{Status: s} }),
	"GetCatalogs":       procedure((*conn).getCatalogs, func(s *tcli.TStatus) response { return &tcli.TGetCatalogsResp{Status: s} }),
	"GetSchemas":        procedure((*conn).getSchemas, func(s *tcli.TStatus) response { return &tcli.TGetSchemasResp{Status: s} }),
	"GetTables":         procedure((*conn).getTables, func(s *tcli.TStatus) response { return &tcli.TGetTablesResp{Status: s} }),
	"GetTableTypes":     procedure((*conn).getTableTypes, func(s *tcli.TStatus) response { return &tcli.TGetTableTypesResp{Status: s} }),
	"GetColumns":        procedure((*conn).getColumns, func(s *tcli.TStatus) response { return &tcli.TGetColumnsResp{Status: s} }),
	"GetFunctions":      procedure((*conn).getFunctions, func(s *tcli.TStatus) response { return &tcli.TGetFunctionsResp{Status: s} }),
	"GetPrimaryKeys":    procedure((*conn).getPrimaryKeys, func(s *tcli.TStatus) response { return &tcli.TGetPrimaryKeysResp{Status: s} }),
	"GetCrossReference": procedure((*conn).getCrossReference, func(s *tcli.TStatus) response { return &tcli.TGetCrossReferenceResp{Status: s} }),

	"GetOperationStatus":   procedure((*conn).getOperationStatus, func(s *tcli.TStatus) response { return &tcli.TGetOperationStatusResp{Status: s} }),
	"CancelOperation":      procedure((*conn).cancelOperation, func(s *tcli.TStatus) response { return &tcli.TCancelOperationResp{Status: s} }),
	"CloseOperation":       procedure((*conn).closeOperation, func(s *tcli.TStatus) response { return &tcli.TCloseOperationResp{Status: s} }),
	"GetResultSetMetadata": procedure((*conn).getResultSetMetadata, func(s *tcli.TStatus) response { return &tcli.TGetResultSetMetadataResp{Status: s} }),
	"FetchResults":         procedure((*conn).fetchResults, func(s *tcli.TStatus) response { return &tcli.TFetchResultsResp{Status: s} }),
	// Its answer has no status, so a failure is a TApplicationException.
	"GetQueryId": procedure((*conn).getQueryID, nil),

	"GetDelegationToken":    procedure((*conn).getDelegationToken, func(s *tcli.TStatus) response { return &tcli.TGetDelegationTokenResp{Status: s} }),
	"CancelDelegationToken": procedure((*conn).cancelDelegationToken, func(s *tcli.TStatus) response { return &tcli.TCancelDelegationTokenResp{Status: s} }),
	"RenewDelegationToken":  procedure((*conn).renewDelegationToken, func(s *tcli.TStatus) response { return &tcli.TRenewDelegationTokenResp{Status: s} }),
	"UploadData": procedure((*conn).uploadData, func(s *tcli.TStatus) response {
		return &tcli.TUploadDataResp{Status: s, OperationHandle: noOperation}
	}),
	"DownloadData": procedure((*conn).downloadData, func(s *tcli.TStatus) response {
		return &tcli.TDownloadDataResp{Status: s, OperationHandle: noOperation}
	}),
}

// named is a method with its name.
type named struct {
	name  string
	serve method
}

// byName finds a method by a name that is in a frame, without a copy of that.
var byName = func() map[string]*named {
	found := map[string]*named{}
	for name, serve := range methods {
		found[name] = &named{name, serve}
	}
	return found
}()

// noOperation stands where the protocol requires a handle and there is none.
var noOperation = &tcli.TOperationHandle{
	OperationId: &tcli.THandleIdentifier{GUID: make([]byte, 16), Secret: make([]byte, 16)}, OperationType: tcli.TOperationType_UNKNOWN,
}
