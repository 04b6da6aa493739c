package hs2_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/frontend/hs2"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/thrift/hive"
)

// stubborn is a backend whose statements work until they are released, whoever has gone.
type stubborn struct {
	*fake

	release chan struct{}
}

func (s stubborn) ExecuteHere(
	ctx context.Context, id uuid.UUID, req operation.Request, patience time.Duration, late func(operation.Info),
) (operation.Info, bool, error) {
	req.Async = true
	info, err := s.Execute(ctx, id, req)
	if err != nil {
		return info, true, err
	}
	timer := time.AfterFunc(patience, func() { late(info) })
	<-s.release
	return info, timer.Stop(), nil
}

// A statement that takes long keeps the goroutine that it began on: others serve its
// connection, to the end, for which the statement isn't waited for.
func TestOthersGoOnWithTheConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		back := stubborn{newFake(), make(chan struct{})}
		h := hs2.New(hs2.Options{Backend: back, PollTimeout: time.Minute, KeepSessions: true})
		client, theirs := net.Pipe()
		over, returned := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(returned)
			h.ServeConn(t.Context(), theirs, func() { close(over) })
		}()
		c := dialPipe(t, client)
		session := open(t, c)
		for range 3 {
			began := time.Now()
			r := run(t, c, session, "select slow", true)
			require.Equal(t, time.Minute, time.Since(began))
			require.Equal(t, hive.TOperationState_RUNNING_STATE, operationStatus(t, c, r.OperationHandle).GetOperationState())
		}
		require.NoError(t, c.Close())
		<-over
		synctest.Wait()
		select {
		case <-returned:
			t.Fatal("the statement has not ended")
		default:
		}
		require.Equal(t, 1, back.open())
		close(back.release)
		<-returned
	})
}

// What a late answer says is what an early one would have said.
func TestALateFailureOfTheStatement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		back := stubborn{newFake(), make(chan struct{})}
		conn, done := pipe(t.Context(), hs2.Options{Backend: back, PollTimeout: time.Minute})
		c := dialPipe(t, conn)
		session := open(t, c)
		r, err := c.ExecuteStatement(t.Context(), &hive.TExecuteStatementReq{SessionHandle: session, Statement: "select syntax", RunAsync: true})
		require.NoError(t, err)
		require.Equal(t, hive.TStatusCode_ERROR_STATUS, r.Status.StatusCode)
		require.Equal(t, "42601", r.Status.GetSqlState())
		require.Empty(t, back.ops, "an operation without a handle is closed")
		close(back.release)
		require.NoError(t, c.Close())
		<-done
	})
}
