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

// next reads the head of a struct's next field and answers id*256+kind, or 0 behind the
// last. seen gets a bit for each id.
func (b *briefReader) next(seen *uint) int {
	const head = 3
	switch {
	case len(b.rest) > 0 && b.rest[0] == thrift.STOP:
		b.rest = b.rest[1:]
		return 0
	case len(b.rest) < head || b.rest[1] != 0 || b.rest[2] < 1 || b.rest[2] > 8:
		return b.fail()
	}
	kind, id := b.rest[0], b.rest[2]
	b.rest = b.rest[head:]
	*seen |= 1 << id
	return int(id)<<8 | int(kind)
}

// fail ends the reading: what is there isn't brief.
func (b *briefReader) fail() int {
	b.ok, b.rest = false, nil
	return 0
}

// want fails unless all fields of required, a bit for each id, were there.
func (b *briefReader) want(required, seen uint) {
	if seen&required != required {
		b.fail()
	}
}

// Fields as next answers them.
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
	bytes, seen := h.bytes[:0], uint(0)
	for field := b.next(&seen); field != 0; field = b.next(&seen) {
		from := len(bytes)
		switch field {
		case text1:
			bytes = append(bytes, b.text()...)
			h.identifier.GUID = bytes[from:]
		case text2:
			bytes = append(bytes, b.text()...)
			h.identifier.Secret = bytes[from:]
		default:
			b.fail()
		}
	}
	b.want(1<<1|1<<2, seen)
	return &h.identifier
}

func (b *briefReader) operationHandle() *tcli.TOperationHandle {
	h, seen := &handle{}, uint(0)
	for field := b.next(&seen); field != 0; field = b.next(&seen) {
		switch field {
		case struct1:
			h.operation.OperationId = b.identifier(h)
		case i32At2:
			h.operation.OperationType = tcli.TOperationType(b.i32())
		case boolAt3:
			h.operation.HasResultSet = b.byte() == 1
		default:
			b.fail()
		}
	}
	b.want(1<<1|1<<2|1<<3, seen)
	return &h.operation
}

func (b *briefReader) sessionHandle() *tcli.TSessionHandle {
	h, seen := &handle{}, uint(0)
	for field := b.next(&seen); field != 0; field = b.next(&seen) {
		if field != struct1 {
			b.fail()
			break
		}
		h.session.SessionId = b.identifier(h)
	}
	b.want(1<<1, seen)
	return &h.session
}

func (b *briefReader) onlyHandle() (h *tcli.TOperationHandle) {
	seen := uint(0)
	for field := b.next(&seen); field != 0; field = b.next(&seen) {
		if field != struct1 {
			b.fail()
			break
		}
		h = b.operationHandle()
	}
	b.want(1<<1, seen)
	return h
}

func (b *briefReader) operationStatus(q *tcli.TGetOperationStatusReq) {
	seen := uint(0)
	for field := b.next(&seen); field != 0; field = b.next(&seen) {
		switch field {
		case struct1:
			q.OperationHandle = b.operationHandle()
		case boolAt2:
			q.GetProgressUpdate = new(b.byte() == 1)
		default:
			b.fail()
		}
	}
	b.want(1<<1, seen)
}

func (b *briefReader) fetchResults(q *tcli.TFetchResultsReq) {
	seen := uint(0)
	for field := b.next(&seen); field != 0; field = b.next(&seen) {
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
			b.fail()
		}
	}
	b.want(1<<1|1<<2|1<<3, seen)
}

func (b *briefReader) executeStatement(q *tcli.TExecuteStatementReq) {
	seen := uint(0)
	for field := b.next(&seen); field != 0; field = b.next(&seen) {
		switch field {
		case struct1:
			q.SessionHandle = b.sessionHandle()
		case text2:
			q.Statement = string(b.text())
		case mapAt3:
			b.take(2) // of what the map is
			if b.i32() != 0 {
				b.fail()
			}
		case boolAt4:
			q.RunAsync = b.byte() == 1
		case i64At5:
			q.QueryTimeout = b.i64()
		default:
			b.fail()
		}
	}
	b.want(1<<1|1<<2, seen)
}

// briefCall reads the head of a call of a known method from its frame. It reports false,
// and has read nothing, for any other message.
func briefCall(frame []byte) (m *named, seq int32, arguments []byte, ok bool) {
	const fixed, mostName = 12, 100 // the head without the name
	if len(frame) < fixed || frame[0] != 0x80 || frame[1] != 1 || frame[3] != byte(thrift.CALL) {
		return nil, 0, nil, false
	}
	size := int(binary.BigEndian.Uint32(frame[4:]))
	if size > mostName || len(frame) < fixed+size {
		return nil, 0, nil, false
	}
	if m, ok = byName[string(frame[8:8+size])]; !ok {
		return nil, 0, nil, false
	}
	return m, int32(binary.BigEndian.Uint32(frame[8+size:])), frame[fixed+size:], true
}
