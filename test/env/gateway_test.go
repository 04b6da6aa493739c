package env_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/test/env"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// connect opens a connection and a session on it.
func connect(b *testing.B, address string) (*hs2test.Client, *tcli.TSessionHandle) {
	b.Helper()
	c, err := hs2test.Dial(b.Context(), hs2test.Options{Address: address, User: "bench", Password: "x"})
	require.NoError(b, err)
	s, err := c.OpenSession(b.Context(), &tcli.TOpenSessionReq{ClientProtocol: tcli.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10})
	require.NoError(b, err)
	return c, s.SessionHandle
}

// ask runs a statement as Hive JDBC does and returns the number of rows.
func ask(ctx context.Context, c *hs2test.Client, s *tcli.TSessionHandle, sql string, size int64) (rows int, err error) {
	r, err := c.ExecuteStatement(ctx, &tcli.TExecuteStatementReq{SessionHandle: s, Statement: sql, RunAsync: true})
	if err != nil {
		return 0, err
	}
	if _, err = c.GetOperationStatus(ctx, &tcli.TGetOperationStatusReq{OperationHandle: r.OperationHandle}); err != nil {
		return 0, err
	}
	if _, err = c.GetResultSetMetadata(ctx, &tcli.TGetResultSetMetadataReq{OperationHandle: r.OperationHandle}); err != nil {
		return 0, err
	}
	for {
		f, err := c.FetchResults(ctx, &tcli.TFetchResultsReq{OperationHandle: r.OperationHandle, MaxRows: size})
		if err != nil {
			return 0, err
		}
		n := 0
		if cols := f.Results.Columns; len(cols) > 0 {
			switch col := cols[0]; {
			case col.I32Val != nil:
				n = len(col.I32Val.Values)
			case col.I64Val != nil:
				n = len(col.I64Val.Values)
			}
		}
		if n == 0 {
			break
		}
		rows += n
	}
	_, err = c.CloseOperation(ctx, &tcli.TCloseOperationReq{OperationHandle: r.OperationHandle})
	return rows, err
}

func BenchmarkSelectOne(b *testing.B) {
	c, s := connect(b, env.Start(b).ThriftAddress())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ask(b.Context(), c, s, "select 1", 1000); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSelectOne64(b *testing.B) {
	address := env.Start(b).ThriftAddress()
	var failed atomic.Pointer[error]
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		c, s := connect(b, address)
		for pb.Next() {
			if _, err := ask(b.Context(), c, s, "select 1", 1000); err != nil {
				failed.Store(&err)
				return
			}
		}
	})
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
}

func BenchmarkOpenCloseSession(b *testing.B) {
	address := env.Start(b).ThriftAddress()
	b.ReportAllocs()
	for b.Loop() {
		c, s := connect(b, address)
		if _, err := c.CloseSession(b.Context(), &tcli.TCloseSessionReq{SessionHandle: s}); err != nil {
			b.Fatal(err)
		}
		_ = c.Close()
	}
}
