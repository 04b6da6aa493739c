package hs2

import (
	"encoding/binary"

	"github.com/apache/thrift/lib/go/thrift"

	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// brief reads the arguments of the calls that make up a statement straight from their
// frame, in the form in which drivers write them. The generated code asks an interface for
// each byte and a context for each struct, and takes ten times as long. Whatever is
// unusual, or wrong, brief leaves to it: then it reports false, and nothing has happened.
// The request keeps no bytes of the frame.
func brief(frame []byte, request any) bool {
	b := briefReader{rest: frame, ok: true}
	if kind, id := b.field(); kind != thrift.STRUCT || id != 1 {
		return false
	}
	switch q := request.(type) {
	case *tcli.TExecuteStatementReq:
		b.executeStatement(q)
	case *tcli.TGetOperationStatusReq:
		b.operationStatus(q)
	case *tcli.TGetResultSetMetadataReq:
		q.OperationHandle = b.onlyHandle()
	case *tcli.TFetchResultsReq:
		b.fetchResults(q)
	case *tcli.TCloseOperationReq:
		q.OperationHandle = b.onlyHandle()
	default:
		return false
	}
	kind, _ := b.field()
	return b.ok && kind == thrift.STOP
}

// briefReader reads values from memory. After the first one that isn't there, or not
// as expected, all are zero and ok is false.
type briefReader struct {
	rest []byte
	ok   bool
}

func (b *briefReader) take(n int) []byte {
	if n < 0 || n > len(b.rest) {
		b.ok, b.rest = false, nil
		return nil
	}
	taken := b.rest[:n]
	b.rest = b.rest[n:]
	return taken
}

func (b *briefReader) byte() byte {
	if v := b.take(1); v != nil {
		return v[0]
	}
	return 0
}

func (b *briefReader) i16() int16 {
	if v := b.take(2); v != nil {
		return int16(binary.BigEndian.Uint16(v))
	}
	return 0
}

func (b *briefReader) i32() int32 {
	if v := b.take(4); v != nil {
		return int32(binary.BigEndian.Uint32(v))
	}
	return 0
}

func (b *briefReader) i64() int64 {
	if v := b.take(8); v != nil {
		return int64(binary.BigEndian.Uint64(v))
	}
	return 0
}

func (b *briefReader) text() []byte { return b.take(int(b.i32())) }

// field reads the head of a field: its kind, STOP after the last, and its id.
func (b *briefReader) field() (kind byte, id int16) {
	if kind = b.byte(); kind != thrift.STOP {
		id = b.i16()
	}
	return kind, id
}

// fields calls read for each field of a struct, with id*256+kind, and wants those in
// required (a bit for each id) to be there. What read doesn't know isn't brief.
func (b *briefReader) fields(required uint, read func(field int) bool) {
	var seen uint
	for b.ok {
		kind, id := b.field()
		if kind == thrift.STOP {
			break
		}
		if id < 1 || id > 8 || !read(int(id)<<8|int(kind)) {
			b.ok = false
			return
		}
		seen |= 1 << id
	}
	b.ok = b.ok && seen&required == required
}

// Fields as fields gives them to its function.
const (
	struct1 = 1<<8 | thrift.STRUCT
	text1   = 1<<8 | thrift.STRING
	text2   = 2<<8 | thrift.STRING
	i32At2  = 2<<8 | thrift.I32
	boolAt2 = 2<<8 | thrift.BOOL
	boolAt3 = 3<<8 | thrift.BOOL
	mapAt3  = 3<<8 | thrift.MAP
	i64At3  = 3<<8 | thrift.I64
	i16At4  = 4<<8 | thrift.I16
	boolAt4 = 4<<8 | thrift.BOOL
	i64At5  = 5<<8 | thrift.I64
)

// handle is all that a handle is made of, in one piece.
type handle struct {
	session    tcli.TSessionHandle
	operation  tcli.TOperationHandle
	identifier tcli.THandleIdentifier
	bytes      [32]byte
}

func (b *briefReader) identifier(h *handle) *tcli.THandleIdentifier {
	bytes := h.bytes[:0]
	b.fields(1<<1|1<<2, func(field int) bool {
		from := len(bytes)
		bytes = append(bytes, b.textWhere(field)...)
		switch field {
		case text1:
			h.identifier.GUID = bytes[from:]
		case text2:
			h.identifier.Secret = bytes[from:]
		default:
			return false
		}
		return true
	})
	return &h.identifier
}

// textWhere is the text that is the field's value, if it is one.
func (b *briefReader) textWhere(field int) []byte {
	if byte(field) != thrift.STRING {
		return nil
	}
	return b.text()
}

func (b *briefReader) operationHandle() *tcli.TOperationHandle {
	h := &handle{}
	b.fields(1<<1|1<<2|1<<3, func(field int) bool {
		switch field {
		case struct1:
			h.operation.OperationId = b.identifier(h)
		case i32At2:
			h.operation.OperationType = tcli.TOperationType(b.i32())
		case boolAt3:
			h.operation.HasResultSet = b.byte() == 1
		default:
			return false
		}
		return true
	})
	return &h.operation
}

func (b *briefReader) sessionHandle() *tcli.TSessionHandle {
	h := &handle{}
	b.fields(1<<1, func(field int) bool {
		if field == struct1 {
			h.session.SessionId = b.identifier(h)
		}
		return field == struct1
	})
	return &h.session
}

func (b *briefReader) onlyHandle() (h *tcli.TOperationHandle) {
	b.fields(1<<1, func(field int) bool {
		if field == struct1 {
			h = b.operationHandle()
		}
		return field == struct1
	})
	return h
}

func (b *briefReader) operationStatus(q *tcli.TGetOperationStatusReq) {
	b.fields(1<<1, func(field int) bool {
		switch field {
		case struct1:
			q.OperationHandle = b.operationHandle()
		case boolAt2:
			q.GetProgressUpdate = new(b.byte() == 1)
		default:
			return false
		}
		return true
	})
}

func (b *briefReader) fetchResults(q *tcli.TFetchResultsReq) {
	b.fields(1<<1|1<<2|1<<3, func(field int) bool {
		switch field {
		case struct1:
			q.OperationHandle = b.operationHandle()
		case i32At2:
			q.Orientation = tcli.TFetchOrientation(b.i32())
		case i64At3:
			q.MaxRows = b.i64()
		case i16At4:
			q.FetchType = b.i16()
		default:
			return false
		}
		return true
	})
}

func (b *briefReader) executeStatement(q *tcli.TExecuteStatementReq) {
	b.fields(1<<1|1<<2, func(field int) bool {
		switch field {
		case struct1:
			q.SessionHandle = b.sessionHandle()
		case text2:
			q.Statement = string(b.text())
		case mapAt3:
			b.take(2) // of what the map is
			return b.i32() == 0
		case boolAt4:
			q.RunAsync = b.byte() == 1
		case i64At5:
			q.QueryTimeout = b.i64()
		default:
			return false
		}
		return true
	})
}
