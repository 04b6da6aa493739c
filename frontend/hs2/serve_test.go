package hs2_test

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/frontend/hs2"
	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/sqlerr"
	"github.com/nekomata-sql/nekomata/thrift/hive"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a Handler behind a loopback listener.
type server struct {
	addr string
	back *fake
	log  *logText
	stop context.CancelFunc
	done chan struct{} // closed when all connections have been served
}

// logText collects log lines.
type logText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serveConn serves a connection to its end.
func serveConn(ctx context.Context, h *hs2.Handler, c net.Conn) {
	done := make(chan struct{})
	h.ServeConn(ctx, c, func() { close(done) })
	<-done
}

// serve starts a server that ends with the test.
func serve(tb testing.TB, opts hs2.Options) *server {
	tb.Helper()
	s := &server{back: newFake(), log: &logText{}, done: make(chan struct{})}
	opts.Backend = s.back
	if opts.Log == nil {
		opts.Log = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	h := hs2.New(opts)
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	s.addr = l.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { serveConn(ctx, h, c) })
		}
	})
	go func() {
		wg.Wait()
		close(s.done)
	}()
	tb.Cleanup(func() {
		_ = l.Close()
		stop()
		<-s.done
	})
	return s
}

// dial logs in as alice.
func (s *server) dial(tb testing.TB) *hs2test.Client {
	tb.Helper()
	c, err := hs2test.Dial(tb.Context(), hs2test.Options{Address: s.addr, User: "alice", Password: "x"})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// raw is a connection on which the test speaks bytes itself.
func (s *server) raw(tb testing.TB) net.Conn {
	tb.Helper()
	c, err := new(net.Dialer).DialContext(tb.Context(), "tcp", s.addr)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = c.Close() })
	require.NoError(tb, c.SetDeadline(time.Now().Add(30*time.Second)))
	return c
}

// requireServing fails unless the server serves a new client.
func (s *server) requireServing(tb testing.TB) {
	tb.Helper()
	c, err := hs2test.Dial(tb.Context(), hs2test.Options{Address: s.addr, User: "alice", Password: "x"})
	require.NoError(tb, err)
	defer c.Close()
	session := openV(tb, c, hive.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10, nil)
	requireOK(tb, second(c.CloseSession(tb.Context(), &hive.TCloseSessionReq{SessionHandle: session})).Status)
}

func open(tb testing.TB, c *hs2test.Client) *hive.TSessionHandle {
	tb.Helper()
	return openV(tb, c, hive.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10, nil)
}

func openV(tb testing.TB, c *hs2test.Client, v hive.TProtocolVersion, conf map[string]string) *hive.TSessionHandle {
	tb.Helper()
	r, err := c.OpenSession(tb.Context(), &hive.TOpenSessionReq{ClientProtocol: v, Configuration: conf})
	require.NoError(tb, err)
	requireOK(tb, r.Status)
	return r.SessionHandle
}

func run(tb testing.TB, c *hs2test.Client, s *hive.TSessionHandle, sql string, async bool) *hive.TExecuteStatementResp {
	tb.Helper()
	r, err := c.ExecuteStatement(tb.Context(), &hive.TExecuteStatementReq{SessionHandle: s, Statement: sql, RunAsync: async})
	require.NoError(tb, err)
	return r
}

func operationStatus(tb testing.TB, c *hs2test.Client, h *hive.TOperationHandle) *hive.TGetOperationStatusResp {
	tb.Helper()
	r, err := c.GetOperationStatus(tb.Context(), &hive.TGetOperationStatusReq{OperationHandle: h})
	require.NoError(tb, err)
	requireOK(tb, r.Status)
	return r
}

func requireOK(tb testing.TB, s *hive.TStatus) {
	tb.Helper()
	require.Equal(tb, hive.TStatusCode_SUCCESS_STATUS, s.StatusCode, s.GetErrorMessage())
}

func requireFailed(tb testing.TB, s *hive.TStatus, state, text string) {
	tb.Helper()
	require.Equal(tb, hive.TStatusCode_ERROR_STATUS, s.StatusCode)
	require.Equal(tb, state, s.GetSqlState(), s.GetErrorMessage())
	require.Contains(tb, s.GetErrorMessage(), text)
	require.Nil(tb, s.InfoMessages)
}

// second passes a call's answer through; a call that was not answered panics.
func second[T any](r T, err error) T {
	if err != nil {
		panic(err)
	}
	return r
}

// strict lets users in whose password is their name twice. Nobody is administrator
// but root.
type strict struct{}

func (strict) Authenticate(_ context.Context, user, password string) (auth.Principal, error) {
	if password != user+user {
		return auth.Principal{}, sqlerr.New(sqlerr.Unauthenticated, "wrong user or password")
	}
	return auth.Principal{User: user, Admin: user == "root"}, nil
}
