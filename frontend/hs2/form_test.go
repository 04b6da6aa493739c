package hs2_test

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/frontend/hs2"
	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/thrift/hive"
)

func TestArrowWhenAskedFor(t *testing.T) {
	t.Parallel()
	arrowConf := map[string]string{"kyuubi.operation.result.format": "arrow"}
	thriftConf := map[string]string{"kyuubi.operation.result.format": "thrift"}
	session := map[string]string{"set:hiveconf:kyuubi.operation.result.format": "arrow"}
	v10, v5 := hive.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10, hive.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V5
	for name, tc := range map[string]struct {
		opts             hs2.Options
		session, overlay map[string]string
		version          hive.TProtocolVersion
		arrow            bool
	}{
		"nobody asks":            {hs2.Options{}, nil, nil, v10, false},
		"the session":            {hs2.Options{}, session, nil, v10, true},
		"the statement":          {hs2.Options{}, nil, arrowConf, v10, true},
		"the statement does not": {hs2.Options{}, session, thriftConf, v10, false},
		"the server":             {hs2.Options{Form: hs2.Form{Arrow: true}}, nil, nil, v10, true},
		"a client of rows":       {hs2.Options{Form: hs2.Form{Arrow: true}}, nil, nil, v5, false},
	} {
		s := serve(t, tc.opts)
		c := s.dial(t)
		h := openV(t, c, tc.version, tc.session)
		r := second(c.ExecuteStatement(t.Context(), &hive.TExecuteStatementReq{SessionHandle: h, Statement: "select 1", ConfOverlay: tc.overlay}))
		requireOK(t, r.Status)
		for _, reader := range []*hs2test.Client{c, s.dial(t)} { // another connection reads it alike
			meta := second(reader.GetResultSetMetadata(t.Context(), &hive.TGetResultSetMetadataReq{OperationHandle: r.OperationHandle}))
			rows := second(reader.FetchResults(t.Context(), &hive.TFetchResultsReq{OperationHandle: r.OperationHandle, MaxRows: 3}))
			requireOK(t, meta.Status)
			requireOK(t, rows.Status)
			require.Nil(t, rows.Status.InfoMessages)
			require.EqualValues(t, 5, rows.Results.StartRowOffset)
			if !tc.arrow {
				require.Nil(t, meta.Status.InfoMessages, name)
				require.Equal(t, tc.version == v5, len(rows.Results.Rows) == 3, name)
				continue
			}
			batch, err := hs2test.ArrowRows(meta, rows.Results)
			require.NoError(t, err, name)
			require.Equal(t, []int64{1, 2, 3}, batch.Column(0).(*array.Int64).Int64Values(), name)
			require.True(t, rows.GetHasMoreRows())
		}
		if tc.arrow { // metadata and logs go as ever
			tables := second(c.GetTables(t.Context(), &hive.TGetTablesReq{SessionHandle: h})).OperationHandle
			rows := second(c.FetchResults(t.Context(), &hive.TFetchResultsReq{OperationHandle: tables, MaxRows: 3}))
			require.NotNil(t, rows.Results.Columns[0].I64Val)
			logs := second(c.FetchResults(t.Context(), &hive.TFetchResultsReq{OperationHandle: r.OperationHandle, MaxRows: 3, FetchType: 1}))
			require.Equal(t, []string{"one", "two", "three"}, logs.Results.Columns[0].StringVal.Values)
			none := run(t, c, h, "insert", true).OperationHandle
			require.Empty(t, second(c.FetchResults(t.Context(), &hive.TFetchResultsReq{OperationHandle: none, MaxRows: 3})).Results.Columns)
		}
	}
}

func TestFormsThatThereAreNot(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{})
	c := s.dial(t)
	bad := map[string]string{"kyuubi.operation.result.format": "csv"}
	r := second(c.OpenSession(t.Context(), &hive.TOpenSessionReq{Configuration: bad}))
	requireFailed(t, r.Status, "22023", "must be thrift or arrow")
	require.Zero(t, s.back.open(), "it is closed again")
	q := second(c.ExecuteStatement(t.Context(), &hive.TExecuteStatementReq{SessionHandle: open(t, c), Statement: "select 1", ConfOverlay: bad}))
	requireFailed(t, q.Status, "22023", "must be thrift or arrow")
	require.Empty(t, s.back.queries, "before it ran")
}
