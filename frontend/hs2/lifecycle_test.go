package hs2_test

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/frontend/hs2"
	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/thrift/hive"
)

const closeOnDisconnect = "set:hiveconf:kyuubi.session.close.on.disconnect"

func TestADroppedConnectionClosesItsSessions(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{})
	c, other := s.dial(t), s.dial(t)
	open(t, other)
	open(t, c)
	open(t, c)
	requireOK(t, second(c.CloseSession(t.Context(), &hive.TCloseSessionReq{SessionHandle: open(t, c)})).Status)
	kept := uuid.UUID(openV(t, c, v10, map[string]string{closeOnDisconnect: "false"}).SessionId.GUID)
	require.NoError(t, c.Close())
	require.Eventually(t, func() bool { return s.back.open() == 2 }, 10*time.Second, time.Millisecond)
	_, err := s.back.Session(t.Context(), kept)
	require.NoError(t, err)
	require.Len(t, s.back.closed, 3)

	keeps := serve(t, hs2.Options{KeepSessions: true})
	c = keeps.dial(t)
	open(t, c)
	closed := openV(t, c, v10, map[string]string{closeOnDisconnect: "true"})
	require.NoError(t, c.Close())
	require.Eventually(t, func() bool { return keeps.back.open() == 1 }, 10*time.Second, time.Millisecond)
	require.Equal(t, uuid.UUID(closed.SessionId.GUID), keeps.back.closed[0])
}

func TestAnyConnectionMayUseAHandle(t *testing.T) {
	t.Parallel()
	s := serve(t, hs2.Options{})
	a, b := s.dial(t), s.dial(t)
	session := open(t, a)
	h := run(t, b, session, "select 1", false).OperationHandle
	require.Equal(t, hive.TOperationState_FINISHED_STATE, operationStatus(t, a, h).GetOperationState())
	requireOK(t, second(b.CloseSession(t.Context(), &hive.TCloseSessionReq{SessionHandle: session})).Status)
	require.NoError(t, a.Close())
	s.requireServing(t)
}

// pipe serves one in-memory connection and returns the client's end; done is closed
// when it was served.
func pipe(ctx context.Context, opts hs2.Options) (client net.Conn, done chan struct{}) {
	client, theirs := net.Pipe()
	done = make(chan struct{})
	go func() {
		defer close(done)
		serveConn(ctx, hs2.New(opts), theirs)
	}()
	return client, done
}

func dialPipe(t *testing.T, conn net.Conn) *hs2test.Client {
	t.Helper()
	c, err := hs2test.NewClient(conn, hs2test.Options{User: "alice", Password: "x"})
	require.NoError(t, err)
	return c
}

// broken is a connection that panics when armed, as a bug of ours would.
type broken struct {
	net.Conn

	armed atomic.Bool
}

func (b *broken) Write(p []byte) (int, error) {
	if b.armed.Load() {
		panic("a bug")
	}
	return b.Conn.Write(p)
}

func TestAPanicLeavesNoSession(t *testing.T) {
	t.Parallel()
	back := newFake()
	client, theirs := net.Pipe()
	conn := &broken{Conn: theirs}
	told, over := make(chan any, 1), make(chan struct{})
	go func() {
		defer func() { told <- recover() }()
		hs2.New(hs2.Options{Backend: back}).ServeConn(t.Context(), conn, func() { close(over) })
	}()
	c := dialPipe(t, client)
	open(t, c)
	conn.armed.Store(true)
	_, err := c.GetInfo(t.Context(), &hive.TGetInfoReq{})
	require.Error(t, err)
	<-over
	require.Equal(t, "a bug", <-told)
	require.Zero(t, back.open())
}

func TestAClientThatLeavesEndsItsStatement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		back := newFake()
		conn, done := pipe(t.Context(), hs2.Options{Backend: back})
		c := dialPipe(t, conn)
		session := open(t, c)
		go func() {
			_, _ = c.ExecuteStatement(t.Context(), &hive.TExecuteStatementReq{SessionHandle: session, Statement: "select slow"})
		}()
		time.Sleep(time.Minute)
		synctest.Wait()
		select {
		case <-back.canceled:
			t.Fatal("the client is still there")
		default:
		}
		require.NoError(t, conn.Close())
		<-back.canceled
		<-done
		require.Zero(t, back.open())
	})
}

func TestALongCallKeepsTheConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		back := newFake()
		conn, done := pipe(t.Context(), hs2.Options{Backend: back, PollTimeout: time.Minute, LoginTimeout: time.Second})
		c := dialPipe(t, conn)
		session := open(t, c)
		for range 3 { // each one is watched, and the next read goes on as ever
			h := run(t, c, session, "select slow", true).OperationHandle
			require.Equal(t, hive.TOperationState_RUNNING_STATE, operationStatus(t, c, h).GetOperationState())
		}
		require.NoError(t, c.Close())
		<-done
	})
}

func TestAStopEndsIdleConnectionsAndAnswersRunningCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		back := newFake()
		opts := hs2.Options{Backend: back, PollTimeout: time.Minute}
		idle, idleDone := pipe(ctx, opts)
		open(t, dialPipe(t, idle))
		silent, silentDone := pipe(ctx, opts)
		busy, busyDone := pipe(ctx, opts)
		c := dialPipe(t, busy)
		session := open(t, c)
		h := second(c.ExecuteStatement(t.Context(), &hive.TExecuteStatementReq{SessionHandle: session, Statement: "select slow", RunAsync: true})).OperationHandle
		answered := make(chan *hive.TGetOperationStatusResp)
		go func() {
			answered <- second(c.GetOperationStatus(t.Context(), &hive.TGetOperationStatusReq{OperationHandle: h}))
		}()
		time.Sleep(30 * time.Second)
		stop()
		<-idleDone
		<-silentDone
		require.Equal(t, 1, back.open(), "the idle connection's session is closed")
		require.Equal(t, hive.TOperationState_RUNNING_STATE, (<-answered).GetOperationState())
		<-busyDone
		require.Zero(t, back.open())
		for _, c := range []net.Conn{idle, silent, busy} {
			_, err := c.Read(make([]byte, 1))
			require.ErrorIs(t, err, io.EOF)
		}
	})
}
