package hs2_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/auth/token"
	"github.com/nekomata-sql/nekomata/frontend/hs2"
	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/thrift/hive"
)

// serveTokens serves with delegation tokens, which are passwords too.
func serveTokens(t *testing.T) *server {
	t.Helper()
	m := token.NewManager(token.Options{Dir: t.TempDir(), Realm: "LDAP"})
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	over, ready := make(chan error, 1), make(chan struct{})
	go func() { over <- m.Run(ctx, func() { close(ready) }) }()
	<-ready
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-over)
	})
	return serve(t, hs2.Options{Tokens: m, Auth: token.Authenticator{Tokens: m, Next: strict{}}})
}

func login(t *testing.T, s *server, user, password string) (*hs2test.Client, error) {
	t.Helper()
	c, err := hs2test.Dial(t.Context(), hs2test.Options{Address: s.addr, User: user, Password: password})
	if err == nil {
		t.Cleanup(func() { _ = c.Close() })
	}
	return c, err
}

func TestDelegationTokens(t *testing.T) {
	t.Parallel()
	s, ctx := serveTokens(t), t.Context()
	alice, err := login(t, s, "alice", "alicealice")
	require.NoError(t, err)
	h := open(t, alice)
	r := second(alice.GetDelegationToken(ctx, &hive.TGetDelegationTokenReq{SessionHandle: h, Owner: "alice", Renewer: "airflow"}))
	requireOK(t, r.Status)
	text := r.GetDelegationToken()
	own := second(alice.GetDelegationToken(ctx, &hive.TGetDelegationTokenReq{SessionHandle: h}))
	requireOK(t, own.Status)
	require.NotEqual(t, text, own.GetDelegationToken())
	requireOK(t, second(alice.RenewDelegationToken(ctx, &hive.TRenewDelegationTokenReq{SessionHandle: h, DelegationToken: own.GetDelegationToken()})).Status)
	requireFailed(t, second(alice.RenewDelegationToken(ctx, &hive.TRenewDelegationTokenReq{SessionHandle: h, DelegationToken: text})).Status, "42501", "airflow may")
	requireFailed(t, second(alice.GetDelegationToken(ctx, &hive.TGetDelegationTokenReq{SessionHandle: h, Owner: "bob"})).Status, "42501", "of alice for bob")
	requireFailed(t, second(alice.CancelDelegationToken(ctx, &hive.TCancelDelegationTokenReq{SessionHandle: h, DelegationToken: "x"})).Status, "22023", "not valid")
	requireFailed(t, second(alice.GetDelegationToken(ctx, &hive.TGetDelegationTokenReq{SessionHandle: &hive.TSessionHandle{SessionId: &hive.THandleIdentifier{}}})).Status,
		"HY000", "Invalid SessionHandle")

	job, err := login(t, s, "alice", text)
	require.NoError(t, err)
	jobs := open(t, job)
	s.back.mu.Lock()
	p := s.back.callers[len(s.back.callers)-1]
	s.back.mu.Unlock()
	require.Equal(t, auth.Principal{User: "alice", Address: "127.0.0.1", Delegated: true}, p)
	requireFailed(t, second(job.GetDelegationToken(ctx, &hive.TGetDelegationTokenReq{SessionHandle: jobs, Owner: "alice"})).Status, "42501", "gets no other one")
	_, err = login(t, s, "bob", text)
	require.ErrorContains(t, err, "somebody else's")

	requireOK(t, second(alice.CancelDelegationToken(ctx, &hive.TCancelDelegationTokenReq{SessionHandle: h, DelegationToken: text})).Status)
	requireFailed(t, second(alice.CancelDelegationToken(ctx, &hive.TCancelDelegationTokenReq{SessionHandle: h, DelegationToken: text})).Status, "HY000", "was canceled")
	_, err = login(t, s, "alice", text)
	require.ErrorContains(t, err, "was canceled")
}
