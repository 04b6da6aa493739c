package hs2

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// errTakenOver ends a call that another goroutine has answered, which serves the
// connection from then on.
var errTakenOver = errors.New("the connection was taken over")

// relay is a carrier that another goroutine can go on with while a call's own is busy.
type relay interface {
	// takeOver answers the call being served and serves those that follow.
	takeOver(ctx context.Context, answer func() (response, error))
}

// execute runs a statement on the goroutine of its call, as most end sooner than
// another goroutine has begun to work. The client's patience is one polling period:
// then another goroutine answers and takes over the connection, and this one, which
// belongs to the statement now, must not touch it any more.
func (c *conn) execute(ctx context.Context, q *tcli.TExecuteStatementReq) (response, error) {
	id, err := sessionID(q.SessionHandle)
	if err != nil {
		return nil, err
	}
	req := operation.Request{
		Query: engine.Statement{SQL: q.Statement, Conf: q.ConfOverlay}, Async: q.RunAsync, Timeout: seconds(q.QueryTimeout),
	}
	back, patience := c.h.opts.Backend, c.h.opts.PollTimeout
	r, ok := c.carrier.(relay)
	if ok && q.RunAsync {
		info, inTime, err := back.ExecuteHere(ctx, id, req, patience, func(info operation.Info) {
			r.takeOver(ctx, func() (response, error) { return c.executed(ctx, info) })
		})
		switch {
		case !inTime:
			return nil, errTakenOver
		case err != nil:
			return nil, err
		}
		return c.executed(ctx, info)
	}
	info, err := back.Execute(ctx, id, req)
	if err == nil && q.RunAsync {
		if later, err := back.Wait(ctx, info.ID, patience); err == nil { // else it is closed: the next call will say so
			info = later
		}
	}
	if err != nil {
		return nil, err
	}
	return c.executed(ctx, info)
}

// takeOver runs on a goroutine of its own.
func (c *socket) takeOver(ctx context.Context, answer func() (response, error)) {
	over := true
	defer func() {
		if p := recover(); p != nil {
			c.log().Error("a connection's handler panicked", "panic", p, "stack", string(debug.Stack()))
		}
		if over {
			c.leave()
		}
	}()
	err := c.complete(ctx, c.now, answer, refuseExecute)
	if err = c.send(err); err != nil {
		over = c.fell(err)
		return
	}
	over = c.serve()
}
