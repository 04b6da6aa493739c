package operation

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Causes with which an operation's context ends.
var (
	errCanceled = sqlerr.New(sqlerr.Canceled, "the operation was canceled")
	errClosed   = sqlerr.New(sqlerr.Canceled, "the operation was closed")
)

// operation is one query on its way.
type operation struct {
	id   uuid.UUID
	req  Request
	lane *lane
	turn turn
	opts *Options
	log  opLog
	// sessionLog is that of all operations of the session.
	sessionLog *opLog
	created    time.Time

	ctx    context.Context //nolint:containedctx // the operation's own life, which no call's context is
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when the work of run is over

	// telling is held from a change of state until it has been told, and taken before mu.
	telling sync.Mutex

	mu        sync.Mutex
	state     State
	started   time.Time
	completed time.Time
	used      time.Time // the last call of a client, or its end
	reading   int       // calls that read rows right now
	err       *sqlerr.Error
	progress  *engine.Progress
	tenths    int     // of the progress that the log tells; copyStatus's own
	result    *result // set by the change to FINISHED
	modified  int64
	fetched   int64
}

// set moves to state to, with err as the reason of a failure. It reports
// whether the transition was legal; an illegal one changes nothing.
func (o *operation) set(to State, err *sqlerr.Error) bool { return o.change(to, err, nil) }

// change is set for what must happen together with a legal transition or forbid it:
// may is called with mu held. Changes are told in the order in which they happen.
func (o *operation) change(to State, err *sqlerr.Error, may func() bool) bool {
	now := time.Now()
	o.telling.Lock()
	defer o.telling.Unlock()
	o.mu.Lock()
	from := o.state
	s, illegal := advance(from, to)
	if illegal != nil || may != nil && !may() {
		o.mu.Unlock()
		return false
	}
	o.state = s
	switch {
	case to == Running:
		o.started = now
	case to.Terminal() && o.completed.IsZero():
		o.completed = now
	}
	if err != nil {
		o.err = err
	}
	o.used = now
	o.mu.Unlock()
	o.note(from, to, err, now)
	return true
}

// run does the work, from the turn on the connection to the first rows.
func (o *operation) run() {
	defer close(o.done)
	defer func() {
		if p := recover(); p != nil {
			o.fail(o.ctx, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	ctx := o.ctx
	if o.req.Timeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, o.req.Timeout, o.overdue())
		defer stop()
	}
	o.set(Pending, nil)
	if err := o.turn.wait(ctx); err != nil {
		o.fail(ctx, err)
		return
	}
	defer o.turn.leave()
	if !o.set(Running, nil) {
		return // canceled while it waited
	}
	r, modified, err := o.execute(ctx)
	if err != nil {
		o.fail(ctx, err)
		return
	}
	o.finish(r, modified)
}

func (o *operation) overdue() *sqlerr.Error {
	return sqlerr.New(sqlerr.Timeout, "the query ran longer than its timeout of %s", o.req.Timeout)
}

// execute runs the query and reads its first rows.
func (o *operation) execute(ctx context.Context) (*result, int64, error) {
	defer o.watch()()
	rows, err := o.lane.run(ctx, o.req.Query)
	if err != nil {
		return nil, 0, err
	}
	opts := o.opts.Result
	if n := o.req.MaxRows; n > 0 && (opts.MaxRows <= 0 || n < opts.MaxRows) {
		opts.MaxRows = n
	}
	r, modified := newResult(rows, opts), rows.ModifiedRows()
	if r.schema == nil {
		r.close()
		return r, modified, nil
	}
	if err := r.prefetch(ctx); err != nil {
		r.close()
		return nil, 0, err
	}
	if r.streaming() {
		o.lane.streaming = r
	}
	return r, modified, nil
}

// finish publishes the result, unless the operation has ended in the meantime.
func (o *operation) finish(r *result, modified int64) {
	if !o.change(Finished, nil, func() bool {
		o.result, o.modified = r, modified
		return true
	}) {
		r.close()
	}
}

// fail ends the operation with the state that err stands for.
func (o *operation) fail(ctx context.Context, err error) {
	if cause := context.Cause(ctx); cause != nil {
		err = cause // an interrupted engine says all sorts of things
	}
	e := sqlerr.From(err)
	switch e.Kind {
	case sqlerr.Timeout:
		o.set(TimedOut, e)
	case sqlerr.Canceled:
		o.set(Canceled, e)
	default:
		if e.Kind == sqlerr.Internal {
			o.opts.Log.Error("operation failed", "operation", o.id, "user", o.req.User, "err", e)
		}
		o.set(Error, e)
	}
}

// stop ends the work with cause and waits for it to be over.
func (o *operation) stop(cause *sqlerr.Error) {
	o.cancel(cause)
	<-o.done
}

// abort is a client's cancel: it ends running work at once and a stream of rows
// that is still being read; what has ended stays as it is.
func (o *operation) abort() {
	var r *result
	if !o.change(Canceled, errCanceled, func() bool {
		r = o.result // of one that is FINISHED
		return r == nil || r.stop()
	}) {
		return
	}
	o.cancel(errCanceled)
	if r != nil {
		r.abandon()
	}
}

// close ends the work, if any, and frees the result.
func (o *operation) close() {
	o.stop(errClosed)
	o.mu.Lock()
	r := o.result
	o.mu.Unlock()
	if r != nil {
		r.close()
	}
	o.set(Closed, nil)
}

// finished returns the result, or why there is none.
func (o *operation) finished() (*result, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.used = time.Now()
	switch {
	case o.state == Finished:
		return o.result, nil
	case o.err != nil:
		return nil, o.err
	default:
		return nil, sqlerr.New(sqlerr.Conflict, "the operation has no result yet: expected state FINISHED, but found %s", o.state)
	}
}

// fetch reads rows.
func (o *operation) fetch(f Fetch) (*Page, error) {
	r, err := o.finished()
	if err != nil {
		return nil, err
	}
	if r.schema == nil {
		return &Page{}, nil
	}
	// The stream is read in the operation's context: a caller who goes away in the
	// middle must not end a result that he, or another, may ask for again.
	page, err := o.read(func() (*Page, error) { return r.fetch(o.ctx, f) })
	if err != nil {
		return nil, o.broke(err)
	}
	return page, nil
}

// read has a call read rows, which may take longer than an operation may be idle.
func (o *operation) read(rows func() (*Page, error)) (page *Page, err error) {
	o.mu.Lock()
	o.reading++
	o.mu.Unlock()
	defer func() { // also after a panic
		o.mu.Lock()
		o.reading--
		if page != nil {
			o.fetched += page.Rows
		}
		o.used = time.Now()
		o.mu.Unlock()
	}()
	return rows()
}

// isRead says whether a call reads rows right now.
func (o *operation) isRead() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.reading > 0
}

// readAt reads rows at a place of the result.
func (o *operation) readAt(ctx context.Context, at Range) (*Page, error) {
	r, err := o.finished()
	if err != nil {
		return nil, err
	}
	if r.schema == nil {
		return &Page{Start: at.Offset}, nil
	}
	page, err := o.read(func() (*Page, error) { return r.readAt(ctx, at) })
	if err != nil {
		if cause := context.Cause(o.ctx); cause != nil {
			err = cause
		}
		return nil, sqlerr.From(err)
	}
	return page, nil
}

// keep reads the rest of the result, within the query's timeout.
func (o *operation) keep(allow func(spilled int64) error) (rows int64, err error) {
	r, err := o.finished()
	if err != nil || r.schema == nil {
		return 0, err
	}
	ctx := o.ctx
	if o.req.Timeout > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithDeadlineCause(ctx, o.created.Add(o.req.Timeout), o.overdue())
		defer stop()
	}
	if rows, err = r.keep(ctx, allow); err != nil {
		return 0, o.broke(err)
	}
	return rows, nil
}

// broke records that the stream of rows ended before its time.
func (o *operation) broke(err error) error {
	if cause := context.Cause(o.ctx); cause != nil {
		err = cause
	}
	e := sqlerr.From(err)
	if errors.Is(e, sqlerr.Canceled) || e.SQLState() == "HY106" || errors.Is(e, sqlerr.NotFound) {
		return e
	}
	o.set(Error, e)
	return e
}

// use notes a call of a client.
func (o *operation) use() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.used = time.Now()
}

// touched is info for a client, who uses the operation by it.
func (o *operation) touched() Info {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.used = time.Now()
	return o.snapshot()
}

// info is a snapshot.
func (o *operation) info() Info {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.snapshot()
}

// snapshot is info for who holds mu.
func (o *operation) snapshot() Info {
	return Info{
		ID: o.id, SessionID: o.req.SessionID, User: o.req.User, Query: o.req.Query, Async: o.req.Async,
		State: o.state, Created: o.created, Started: o.started, Completed: o.completed,
		HasResultSet: o.result != nil && o.result.schema != nil, ModifiedRows: o.modified,
		Err: o.err, Progress: o.progress, FetchedRows: o.fetched, FetchedLogLines: o.log.fetchedLines(),
	}
}
