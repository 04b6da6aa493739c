package env_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/test/env"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// skimAll fetches a result whole, without decoding it, and returns its rows and bytes.
func skimAll(tb testing.TB, c *hs2test.Client, op *tcli.TOperationHandle, size int64) (rows int64, bytes int) {
	tb.Helper()
	for {
		page, err := c.Skim(tb.Context(), &tcli.TFetchResultsReq{OperationHandle: op, MaxRows: size})
		require.NoError(tb, err)
		require.Equal(tb, rows, page.Start)
		rows += int64(page.Rows)
		bytes += page.Bytes
		if !page.More {
			return rows, bytes
		}
	}
}

// A result of 2 million rows of four columns, from the statement to its last row, by
// a client that does not decode them.
func BenchmarkFetch(b *testing.B) {
	const rows = 2_000_000
	for _, q := range []struct{ name, sql string }{
		{"decimal", "select i, i::varchar, i * 1.5, make_timestamp(i * 1000000) from range(%d) t(i)"},
		{"double", "select i, i::varchar, i::double / 3, make_timestamp(i * 1000000) from range(%d) t(i)"},
	} {
		b.Run(q.name, func(b *testing.B) {
			c, s := connect(b, env.Start(b).ThriftAddress())
			size := 0
			for b.Loop() {
				r, err := c.ExecuteStatement(b.Context(), &tcli.TExecuteStatementReq{SessionHandle: s, Statement: fmt.Sprintf(q.sql, rows)})
				require.NoError(b, err)
				got, n := skimAll(b, c, r.OperationHandle, 10_000)
				require.EqualValues(b, rows, got)
				size = n
				_, err = c.CloseOperation(b.Context(), &tcli.TCloseOperationReq{OperationHandle: r.OperationHandle})
				require.NoError(b, err)
			}
			b.SetBytes(int64(size))
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}
