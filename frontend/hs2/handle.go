package hs2

import (
	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// secret stands in every handle, as in Kyuubi's. It protects nothing: who may use a
// handle is decided by who asks.
var secret = uuid.MustParse("c2ee5b97-3ea0-41fc-ac16-9bd708ed8f38")

func identifier(id uuid.UUID) *tcli.THandleIdentifier {
	return &tcli.THandleIdentifier{GUID: id[:], Secret: secret[:]}
}

func sessionHandle(id uuid.UUID) *tcli.TSessionHandle {
	return &tcli.TSessionHandle{SessionId: identifier(id)}
}

func operationHandle(info operation.Info) *tcli.TOperationHandle {
	rows, _ := hasRows(info)
	return &tcli.TOperationHandle{
		OperationId: identifier(info.ID), OperationType: operationType(info.Query), HasResultSet: rows,
	}
}

// operationType is the protocol's name for a kind of query. It has none for keys;
// HiveServer2 calls those functions.
func operationType(q engine.Query) tcli.TOperationType {
	switch q.(type) {
	case engine.Statement:
		return tcli.TOperationType_EXECUTE_STATEMENT
	case engine.TypeInfo:
		return tcli.TOperationType_GET_TYPE_INFO
	case engine.Catalogs:
		return tcli.TOperationType_GET_CATALOGS
	case engine.Schemas:
		return tcli.TOperationType_GET_SCHEMAS
	case engine.Tables:
		return tcli.TOperationType_GET_TABLES
	case engine.TableTypes:
		return tcli.TOperationType_GET_TABLE_TYPES
	case engine.Columns:
		return tcli.TOperationType_GET_COLUMNS
	case engine.Functions, engine.PrimaryKeys, engine.CrossReference:
		return tcli.TOperationType_GET_FUNCTIONS
	default:
		return tcli.TOperationType_UNKNOWN
	}
}

func sessionID(h *tcli.TSessionHandle) (uuid.UUID, error) {
	if h == nil {
		return uuid.UUID{}, sqlerr.New(sqlerr.Invalid, "Invalid SessionHandle: it is missing").WithState("HY000")
	}
	return handleID("SessionHandle", h.SessionId)
}

func operationID(h *tcli.TOperationHandle) (uuid.UUID, error) {
	if h == nil {
		return uuid.UUID{}, sqlerr.New(sqlerr.Invalid, "Invalid OperationHandle: it is missing").WithState("HY000")
	}
	return handleID("OperationHandle", h.OperationId)
}

// handleID reads the 16 bytes of an id; the secret is not looked at.
func handleID(what string, h *tcli.THandleIdentifier) (uuid.UUID, error) {
	if h == nil {
		return uuid.UUID{}, sqlerr.New(sqlerr.Invalid, "Invalid %s: its identifier is missing", what).WithState("HY000")
	}
	id, err := uuid.FromBytes(h.GUID)
	if err != nil {
		return uuid.UUID{}, sqlerr.New(sqlerr.Invalid, "Invalid %s: its guid has %d bytes instead of 16", what, len(h.GUID)).WithState("HY000")
	}
	return id, nil
}
