package hs2

import (
	"bytes"
	"context"
	"encoding/binary"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/hive"
	"github.com/nekomata-sql/nekomata/operation"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// argument is a request that can be read and written.
type argument interface {
	Read(ctx context.Context, p thrift.TProtocol) error
	Write(ctx context.Context, p thrift.TProtocol) error
}

// arguments are requests as drivers write them.
func arguments() []argument {
	guid, secret := bytes.Repeat([]byte{7}, 16), bytes.Repeat([]byte{9}, 16)
	session := &tcli.TSessionHandle{SessionId: &tcli.THandleIdentifier{GUID: guid, Secret: secret}}
	operation := &tcli.TOperationHandle{
		OperationId: &tcli.THandleIdentifier{GUID: guid, Secret: secret}, OperationType: tcli.TOperationType_GET_TABLES, HasResultSet: true,
	}
	return []argument{
		&tcli.TExecuteStatementReq{SessionHandle: session, Statement: "select 'ö'", RunAsync: true, QueryTimeout: 1 << 40},
		&tcli.TGetOperationStatusReq{OperationHandle: operation},
		&tcli.TGetOperationStatusReq{OperationHandle: operation, GetProgressUpdate: new(true)},
		&tcli.TGetResultSetMetadataReq{OperationHandle: operation},
		&tcli.TFetchResultsReq{OperationHandle: operation, Orientation: tcli.TFetchOrientation_FETCH_FIRST, MaxRows: 1 << 33, FetchType: 1},
		&tcli.TCloseOperationReq{OperationHandle: operation},
	}
}

// framed is a request as it stands in a frame, behind the message's head.
func framed(t *testing.T, a argument) []byte {
	t.Helper()
	w := &wire{}
	p := thrift.NewTBinaryProtocolConf(w, &thrift.TConfiguration{})
	require.NoError(t, p.WriteFieldBegin(t.Context(), "req", thrift.STRUCT, 1))
	require.NoError(t, a.Write(t.Context(), p))
	require.NoError(t, p.WriteFieldStop(t.Context()))
	return w.out
}

// fresh is an empty request of the same type.
func fresh(a argument) argument {
	f, _ := reflect.TypeAssert[argument](reflect.New(reflect.TypeOf(a).Elem()))
	return f
}

func TestBriefReadsWhatDriversWrite(t *testing.T) {
	t.Parallel()
	for _, a := range arguments() {
		frame := framed(t, a)
		got := fresh(a)
		require.True(t, brief(frame, got), "%T", a)
		for i := range frame { // the request keeps nothing of it
			frame[i] = 0xff
		}
		if e, ok := got.(*tcli.TExecuteStatementReq); ok {
			require.Empty(t, e.ConfOverlay)
		}
		require.Equal(t, a, got)
	}
}

func TestBriefLeavesTheRestToOthers(t *testing.T) {
	t.Parallel()
	for _, a := range arguments() {
		frame := framed(t, a)
		for n := range frame {
			require.False(t, brief(frame[:n], fresh(a)), "%T cut at %d", a, n)
		}
	}
	withConf := &tcli.TExecuteStatementReq{
		SessionHandle: &tcli.TSessionHandle{SessionId: &tcli.THandleIdentifier{}}, ConfOverlay: map[string]string{"a": "b"},
	}
	require.False(t, brief(framed(t, withConf), fresh(withConf)))
	cancel := &tcli.TCancelOperationReq{OperationHandle: &tcli.TOperationHandle{OperationId: &tcli.THandleIdentifier{}}}
	require.False(t, brief(framed(t, cancel), fresh(cancel)))
}

// The brief replies are byte for byte what the generated code writes.
func TestBriefReplies(t *testing.T) {
	t.Parallel()
	columns := []hive.Column{{Name: "a", Type: hive.Int}, {Name: "ö", Type: hive.Varchar, Length: 5, Comment: "why"}, {Type: hive.Union}}
	replies := []response{closed, described(nil), described(columns)}
	for state := operation.Initialized; state <= operation.TimedOut; state++ {
		for _, q := range []engine.Query{engine.Statement{}, engine.Tables{}} {
			for _, rows := range []bool{false, true} {
				info := operation.Info{ID: uuid.New(), Query: q, State: state, HasResultSet: rows, ModifiedRows: 7}
				replies = append(replies, started(info), goesWell(info))
				info.Started, info.Completed = time.UnixMilli(1<<41+5), time.UnixMilli(1<<42)
				replies = append(replies, goesWell(info))
			}
		}
	}
	for i, r := range replies {
		b, ok := r.(*briefReply)
		require.True(t, ok)
		got, err := b.appendMessage([]byte("before"), int32(i))
		require.NoError(t, err)
		require.LessOrEqual(t, len(got), b.messageSize())
		c := &conn{}
		c.proto = thrift.NewTBinaryProtocolConf(&c.wire, &thrift.TConfiguration{TBinaryStrictWrite: new(true)})
		c.writeReply(t.Context(), header{b.method, int32(i)}, b)
		require.Equal(t, "before"+string(c.wire.out), string(got))
	}
}

// The generated code reads of a schema what is written by it; in which order it writes
// a decimal's arguments is left to chance.
func TestBriefSchemas(t *testing.T) {
	t.Parallel()
	columns := make([]hive.Column, 300)
	for i := range columns {
		columns[i] = hive.Column{Name: strings.Repeat("n", i), Type: hive.Decimal, Precision: 38, Scale: i, Comment: strings.Repeat("c", i%3)}
	}
	r, ok := described(columns).(*briefReply)
	require.True(t, ok)
	got, err := r.appendMessage(nil, 7)
	require.NoError(t, err)
	require.LessOrEqual(t, len(got), r.messageSize())
	p := thrift.NewTBinaryProtocolConf(&wire{framed: true, frame: got}, &thrift.TConfiguration{TBinaryStrictRead: new(true)})
	_, _, _, err = p.ReadMessageBegin(t.Context())
	require.NoError(t, err)
	var result tcli.TCLIServiceGetResultSetMetadataResult
	require.NoError(t, result.Read(t.Context(), p))
	require.Equal(t, &tcli.TGetResultSetMetadataResp{Status: success, Schema: tableSchema(columns)}, result.Success)
}

func TestBriefCalls(t *testing.T) {
	t.Parallel()
	for name := range methods {
		w := &wire{}
		p := thrift.NewTBinaryProtocolConf(w, &thrift.TConfiguration{TBinaryStrictWrite: new(true)})
		require.NoError(t, p.WriteMessageBegin(t.Context(), name, thrift.CALL, -5))
		for n := range w.out {
			_, _, _, ok := briefCall(w.out[:n])
			require.False(t, ok, "%s cut at %d", name, n)
		}
		m, seq, arguments, ok := briefCall(append(w.out, "rest"...))
		require.True(t, ok, name)
		require.Equal(t, name, m.name)
		require.EqualValues(t, -5, seq)
		require.Equal(t, "rest", string(arguments))
		for at, b := range map[int]byte{0: 0, 1: 2, 3: byte(thrift.ONEWAY), 4: 0x80, 5: 1, 7: w.out[7] - 1, 8: 'x'} {
			other := bytes.Clone(w.out)
			other[at] = b
			_, _, _, ok = briefCall(other)
			require.False(t, ok, "%s with %d at %d", name, b, at)
		}
	}
}

// FuzzBrief has the generated code read what brief has read, to the same.
func FuzzBrief(f *testing.F) {
	kinds := arguments()
	for i, a := range kinds {
		w := &wire{}
		p := thrift.NewTBinaryProtocolConf(w, &thrift.TConfiguration{})
		_ = p.WriteFieldBegin(context.Background(), "req", thrift.STRUCT, 1)
		_ = a.Write(context.Background(), p)
		_ = p.WriteFieldStop(context.Background())
		f.Add(w.out, byte(i))
	}
	f.Add(append([]byte{12, 0, 1}, binary.BigEndian.AppendUint32([]byte{11, 0, 2}, 1<<31)...), byte(0))
	f.Fuzz(func(t *testing.T, frame []byte, kind byte) {
		a := kinds[int(kind)%len(kinds)]
		got, want := fresh(a), fresh(a)
		if !brief(frame, got) {
			return
		}
		w := &wire{framed: true, frame: frame}
		p := thrift.NewTBinaryProtocolConf(w, &thrift.TConfiguration{MaxMessageSize: 1 << 20, TBinaryStrictRead: new(true)})
		require.NoError(t, readArguments(t.Context(), p, want))
		if e, ok := want.(*tcli.TExecuteStatementReq); ok && len(e.ConfOverlay) == 0 {
			e.ConfOverlay = nil
		}
		require.Equal(t, want, got)
	})
}
