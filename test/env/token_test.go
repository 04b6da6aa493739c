package env_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/client"
	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/test/env"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// TestATokenOfOneProtocolServesTheOther makes a delegation token on Thrift, uses it
// on REST, and cancels it on Thrift.
func TestATokenOfOneProtocolServesTheOther(t *testing.T) {
	t.Parallel()
	s := env.Start(t)
	ctx := t.Context()
	thrift, err := hs2test.Dial(ctx, hs2test.Options{Address: s.ThriftAddress(), User: "ann", Password: "x"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = thrift.Close() })
	opened, err := thrift.OpenSession(ctx, &tcli.TOpenSessionReq{ClientProtocol: tcli.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10})
	require.NoError(t, err)
	got, err := thrift.GetDelegationToken(ctx, &tcli.TGetDelegationTokenReq{SessionHandle: opened.SessionHandle, Owner: "ann", Renewer: "ann"})
	require.NoError(t, err)
	require.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, got.Status.StatusCode, got.Status.GetErrorMessage())

	rest, err := client.New(client.Options{URLs: []string{"http://" + s.RestAddress()}, Token: got.GetDelegationToken()})
	require.NoError(t, err)
	h, err := rest.OpenSession(ctx, api.SessionOpenRequest{})
	require.NoError(t, err)
	seen, err := rest.Session(ctx, h.Identifier)
	require.NoError(t, err)
	require.Equal(t, "ann", seen.User)

	// It is a password too, of a caller who gets no other token.
	bearer, err := hs2test.Dial(ctx, hs2test.Options{Address: s.ThriftAddress(), User: "ann", Password: got.GetDelegationToken()})
	require.NoError(t, err)
	t.Cleanup(func() { _ = bearer.Close() })
	delegated, err := bearer.OpenSession(ctx, &tcli.TOpenSessionReq{ClientProtocol: tcli.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10})
	require.NoError(t, err)
	another, err := bearer.GetDelegationToken(ctx, &tcli.TGetDelegationTokenReq{SessionHandle: delegated.SessionHandle, Owner: "ann", Renewer: "ann"})
	require.NoError(t, err)
	require.Equal(t, tcli.TStatusCode_ERROR_STATUS, another.Status.StatusCode)

	renewed, err := thrift.RenewDelegationToken(ctx, &tcli.TRenewDelegationTokenReq{SessionHandle: opened.SessionHandle, DelegationToken: got.GetDelegationToken()})
	require.NoError(t, err)
	require.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, renewed.Status.StatusCode)
	canceled, err := thrift.CancelDelegationToken(ctx, &tcli.TCancelDelegationTokenReq{SessionHandle: opened.SessionHandle, DelegationToken: got.GetDelegationToken()})
	require.NoError(t, err)
	require.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, canceled.Status.StatusCode)
	require.ErrorContains(t, rest.Ping(ctx), "was canceled")
	_, err = hs2test.Dial(ctx, hs2test.Options{Address: s.ThriftAddress(), User: "ann", Password: got.GetDelegationToken()})
	require.ErrorContains(t, err, "was canceled")
}
