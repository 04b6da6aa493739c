package env_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/test/env"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// A cell of 100 MB reaches a client whose limits, and the gateway's, are raised; with
// the usual ones the fetch says what to do, and the connection goes on.
func TestCellOf100MB(t *testing.T) { //nolint:paralleltest // half a gigabyte at a time is enough
	const size = 100 << 20
	sql := "select repeat('0123456789', 10485760) as s"
	g := env.Start(t, "kyuubi.frontend.thrift.max.message.size=128m")
	c, err := hs2test.Dial(t.Context(), hs2test.Options{Address: g.ThriftAddress(), User: "cell", Password: "x", MaxMessageSize: 128 << 20})
	require.NoError(t, err)
	defer c.Close()
	o, err := c.OpenSession(t.Context(), &tcli.TOpenSessionReq{ClientProtocol: tcli.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10})
	require.NoError(t, err)
	s := thriftSession{c, o.SessionHandle}
	op := s.begin(t, sql)
	for range 2 {
		cell := s.page(t, op, first, 1000).Results.Columns[0].StringVal.Values[0]
		require.Len(t, cell, size)
		require.True(t, cell[:50] == cell[size-50:] && strings.HasPrefix(cell, "0123456789"))
	}
	s.end(t, op)
	g.Stop(t)

	s = openPlain(t, env.Start(t), nil)
	op = s.begin(t, sql)
	r := s.page(t, op, next, 1000)
	require.Equal(t, tcli.TStatusCode_ERROR_STATUS, r.Status.StatusCode)
	require.Contains(t, r.Status.GetErrorMessage(), "kyuubi.frontend.thrift.max.message.size")
	s.end(t, op)
	op = s.begin(t, "select length(repeat('0123456789', 10485760)) as n")
	require.EqualValues(t, size, s.page(t, op, next, 1000).Results.Columns[0].I32Val.Values[0])
}
