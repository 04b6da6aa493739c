package hs2

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/nekomata-sql/nekomata/operation"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

func (c *conn) executeStatement(ctx context.Context, q *tcli.TExecuteStatementReq) (response, error) {
	if _, err := c.h.opts.Form.with(q.ConfOverlay); err != nil {
		return nil, err // now, not when the rows are there
	}
	return c.execute(ctx, q)
}

// executed answers a statement that has had one polling period to end. The
// client would ask for its status next anyhow, and this way the handle of most
// statements tells the truth about the result set, and a statement that doesn't
// compile fails here, as HiveServer2 has it; later failures are told by the status.
func (c *conn) executed(ctx context.Context, info operation.Info) (response, error) {
	if info.Async && info.State == operation.Error && info.Err != nil && strings.HasPrefix(info.Err.SQLState(), "42") {
		_ = c.h.opts.Backend.CloseOperation(ctx, info.ID) // without an answer the client can't
		return nil, info.Err
	}
	c.note(ctx, info)
	return started(info), nil
}

func refuseExecute(s *tcli.TStatus) response { return &tcli.TExecuteStatementResp{Status: s} }

// seconds is a client's timeout; 0 means none, and so does what is no timeout.
func seconds(s int64) time.Duration {
	return time.Duration(min(max(s, 0), math.MaxInt64/int64(time.Second))) * time.Second
}

func (c *conn) getOperationStatus(ctx context.Context, q *tcli.TGetOperationStatusReq) (response, error) {
	id, err := operationID(q.OperationHandle)
	if err != nil {
		return nil, err
	}
	info, err := c.h.opts.Backend.Wait(ctx, id, c.h.opts.PollTimeout)
	if err != nil {
		return nil, err
	}
	state := tcli.TOperationState(info.State)
	if info.State == operation.TimedOut {
		t, err := c.terms(ctx, info.SessionID)
		if err != nil {
			return nil, err
		}
		if t.version < timeoutVersion {
			state = tcli.TOperationState_CANCELED_STATE
		}
	}
	if info.Err == nil && !q.GetGetProgressUpdate() {
		return goesWell(info), nil
	}
	r := operationStatus(info, state)
	if info.Err != nil {
		s := status(info.Err)
		r.SqlState, r.ErrorCode, r.ErrorMessage = s.SqlState, s.ErrorCode, s.ErrorMessage
	}
	if q.GetGetProgressUpdate() {
		r.ProgressUpdateResponse = progress(info)
	}
	return r, nil
}

// noTasks is the status of an operation's tasks, of which nothing is known.
const noTasks = "[]"

// operationStatus is what to tell of every operation, with what its state is called to
// the client.
func operationStatus(info operation.Info, state tcli.TOperationState) *tcli.TGetOperationStatusResp {
	r := &tcli.TGetOperationStatusResp{
		Status: success, OperationState: &state, TaskStatus: new(noTasks),
		OperationStarted: new(millis(info.Started)), OperationCompleted: new(millis(info.Completed)),
	}
	if rows, known := hasRows(info); known {
		// Drivers wait for this field, and believe it.
		r.HasResultSet = &rows
	}
	if n, known := modifiedRows(info); known {
		r.NumModifiedRows = &n
	}
	return r
}

// millis is a time as the protocol has it; 0 for what has not happened.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// modifiedRows is the update count in JDBC's sense: -1 for a result set, 0 for a
// statement that changes no rows.
func modifiedRows(info operation.Info) (n int64, known bool) {
	switch {
	case info.State != operation.Finished:
		return 0, false
	case info.HasResultSet:
		return -1, true
	default:
		return max(info.ModifiedRows, 0), true
	}
}

func (c *conn) cancelOperation(ctx context.Context, q *tcli.TCancelOperationReq) (response, error) {
	id, err := operationID(q.OperationHandle)
	if err != nil {
		return nil, err
	}
	return &tcli.TCancelOperationResp{Status: success}, c.h.opts.Backend.Cancel(ctx, id)
}

func (c *conn) closeOperation(ctx context.Context, q *tcli.TCloseOperationReq) (response, error) {
	id, err := operationID(q.OperationHandle)
	if err != nil {
		return nil, err
	}
	return closed, c.h.opts.Backend.CloseOperation(ctx, id)
}

func (c *conn) getQueryID(ctx context.Context, q *tcli.TGetQueryIdReq) (response, error) {
	id, err := operationID(q.OperationHandle)
	if err != nil {
		return nil, err
	}
	if _, err := c.h.opts.Backend.Operation(ctx, id); err != nil {
		return nil, err
	}
	return &tcli.TGetQueryIdResp{QueryId: id.String()}, nil
}
