package hs2

import (
	"context"
	"encoding/binary"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/nekomata-sql/nekomata/operation"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// briefReply is an answer that is all the same but for some values. Its bytes are those
// that the generated code would write of its full form.
type briefReply struct {
	method string
	full   func() response
	// rest appends what follows the status, which says that all went well.
	rest func(dst []byte) []byte
	// size is about the number of bytes that rest appends, if they are many.
	size int
}

// messageSize is about the number of bytes that appendMessage appends.
func (r *briefReply) messageSize() int { return 192 + r.size }

// appendMessage appends the reply with sequence number seq.
func (r *briefReply) appendMessage(dst []byte, seq int32) ([]byte, error) { //nolint:unparam // a message
	b := append(dst, 0x80, 1, 0, byte(thrift.REPLY)) // version 1 of the strict protocol
	b = appendText(b, r.method)
	b = binary.BigEndian.AppendUint32(b, uint32(seq))
	b = append(b,
		thrift.STRUCT, 0, 0, // success
		thrift.STRUCT, 0, 1, // status
		thrift.I32, 0, 1, 0, 0, 0, 0, // statusCode = SUCCESS_STATUS
		thrift.STOP,
	)
	return append(r.rest(b), thrift.STOP, thrift.STOP), nil
}

// Write writes the answer without a message around it.
func (r *briefReply) Write(ctx context.Context, p thrift.TProtocol) error {
	return r.full().Write(ctx, p)
}

func appendText[T string | []byte](dst []byte, text T) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(text))), text...)
}

// appendI32, appendI64 and appendBool append a field.
func appendI32(dst []byte, id byte, v int32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, thrift.I32, 0, id), uint32(v))
}

func appendI64(dst []byte, id byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, thrift.I64, 0, id), uint64(v))
}

func appendBool(dst []byte, id byte, v bool) []byte {
	return append(dst, thrift.BOOL, 0, id, asByte(v))
}

// started answers ExecuteStatement.
func started(info operation.Info) response {
	return &briefReply{
		method: "ExecuteStatement",
		full: func() response {
			return &tcli.TExecuteStatementResp{Status: success, OperationHandle: operationHandle(info)}
		},
		rest: func(dst []byte) []byte {
			rows, _ := hasRows(info)
			b := append(dst,
				thrift.STRUCT, 0, 2, // operationHandle
				thrift.STRUCT, 0, 1, // operationId
				thrift.STRING, 0, 1, // guid
			)
			b = append(appendText(b, info.ID[:]), thrift.STRING, 0, 2) // secret
			b = append(appendText(b, secret[:]), thrift.STOP)
			b = appendI32(b, 2, int32(operationType(info.Query)))
			return append(appendBool(b, 3, rows), thrift.STOP)
		},
	}
}

// closed answers CloseOperation.
var closed response = &briefReply{
	method: "CloseOperation",
	full:   func() response { return &tcli.TCloseOperationResp{Status: success} },
	rest:   func(dst []byte) []byte { return dst },
}

// goesWell answers GetOperationStatus when nothing is wrong, and nobody asked for progress.
func goesWell(info operation.Info) response {
	return &briefReply{
		method: "GetOperationStatus",
		full:   func() response { return operationStatus(info, tcli.TOperationState(info.State)) },
		rest: func(dst []byte) []byte {
			b := appendI32(dst, 2, int32(info.State))
			b = appendText(append(b, thrift.STRING, 0, 6), noTasks)
			b = appendI64(b, 7, millis(info.Started))
			b = appendI64(b, 8, millis(info.Completed))
			if rows, known := hasRows(info); known {
				b = appendBool(b, 9, rows)
			}
			if n, known := modifiedRows(info); known {
				b = appendI64(b, 11, n)
			}
			return b
		},
	}
}
