package env_test

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/test/env"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// arrowQuery runs a statement and reads all of its rows as Kyuubi's driver does.
func arrowQuery(t *testing.T, c *hs2test.Client, h *tcli.TSessionHandle, sql string, see func(arrow.RecordBatch)) {
	t.Helper()
	r, err := c.ExecuteStatement(t.Context(), &tcli.TExecuteStatementReq{SessionHandle: h, Statement: sql})
	require.NoError(t, err)
	require.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, r.Status.StatusCode, r.Status.GetErrorMessage())
	meta, err := c.GetResultSetMetadata(t.Context(), &tcli.TGetResultSetMetadataReq{OperationHandle: r.OperationHandle})
	require.NoError(t, err)
	next := int64(0)
	for {
		rows, err := c.FetchResults(t.Context(), &tcli.TFetchResultsReq{OperationHandle: r.OperationHandle, MaxRows: 1000})
		require.NoError(t, err)
		require.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, rows.Status.StatusCode, rows.Status.GetErrorMessage())
		require.Equal(t, next, rows.Results.StartRowOffset)
		batch, err := hs2test.ArrowRows(meta, rows.Results)
		require.NoError(t, err)
		if batch == nil {
			return
		}
		next += batch.NumRows()
		see(batch)
	}
}

func TestResultsAsArrow(t *testing.T) {
	t.Parallel()
	s := env.Start(t)
	c, err := hs2test.Dial(t.Context(), hs2test.Options{Address: s.ThriftAddress(), User: "ann", Password: "x"})
	require.NoError(t, err)
	defer c.Close()
	for _, codec := range []string{"none", "zstd"} {
		opened, err := c.OpenSession(t.Context(), &tcli.TOpenSessionReq{ClientProtocol: v10, Configuration: map[string]string{
			"set:hiveconf:kyuubi.operation.result.format": "arrow", "set:hiveconf:spark.sql.execution.arrow.compression.codec": codec,
		}})
		require.NoError(t, err)
		require.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, opened.Status.StatusCode, opened.Status.GetErrorMessage())
		sum, count := int64(0), int64(0)
		arrowQuery(t, c, opened.SessionHandle, "select i, cast(i as varchar) as s, i * 1.5 as d, case when i % 7 = 0 then null else date '2024-02-29' end as day,"+
			" timestamp '2024-02-29 12:13:14.5' as at, [i, null] as l, 'x'::enum('x') as e, interval 1 day as v from range(5500) t(i)", func(b arrow.RecordBatch) {
			for i, v := range b.Column(0).(*array.Int64).Int64Values() {
				require.Equal(t, count, v)
				sum += v
				count++
				require.Equal(t, v%7 == 0, b.Column(3).IsNull(i))
			}
			at := b.Column(4).(*array.Timestamp).Value(0).ToTime(arrow.Microsecond)
			require.Equal(t, "2024-02-29 12:13:14.5", at.UTC().Format("2006-01-02 15:04:05.9"))
			require.Equal(t, "x", b.Column(6).(*array.String).Value(0))
			require.Equal(t, "1 day", b.Column(7).(*array.String).Value(0))
		})
		require.EqualValues(t, 5500, count)
		require.EqualValues(t, 5500*5499/2, sum)
		arrowQuery(t, c, opened.SessionHandle, "select 1 where false", func(arrow.RecordBatch) { t.Error("there are no rows") })
	}
}
