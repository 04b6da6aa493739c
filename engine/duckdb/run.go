package duckdb

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// request is a plan on its way to DuckDB.
type request struct {
	plan dialect.Plan
	// written is the statement as the client wrote it; "" when there is none.
	written string
	// small says that the statement is known to be one that takes no time.
	small bool
	// sums has Hive's types of columns that are sums of decimals.
	sums map[int]string
	// changes is how many of the plan's statements may change more than rows.
	changes int64
}

// errSuperseded is what reading on ends with once another statement has begun.
var errSuperseded = sqlerr.New(sqlerr.Conflict, "the result has been given up for a later statement of its session")

// Run executes q. It ends the rows of the query before, and its transaction if
// that was only theirs.
func (c *conn) Run(ctx context.Context, q engine.Query) (engine.Rows, error) {
	if err := c.occupy(ctx); err != nil {
		return nil, err
	}
	defer c.leave()
	if c.current != nil {
		c.db.crew.begin(&c.work, false)
		c.endStream(errSuperseded)
	}
	r, err := c.request(q)
	if err != nil {
		return nil, err
	}
	if rows := c.remembered(&r); rows != nil {
		return rows, nil
	}
	c.db.crew.begin(&c.work, false)
	c.status.say(r.plan.Notes...)
	rows, err := c.answer(ctx, r)
	if err != nil {
		return nil, err
	}
	if r.plan.Commit != nil {
		r.plan.Commit()
	}
	return rows, nil
}

// request plans q.
func (c *conn) request(q engine.Query) (request, error) {
	st, ok := q.(engine.Statement)
	if !ok {
		plan, err := dialect.Metadata(q)
		return request{plan: plan, small: true}, err
	}
	plan, err := c.dialect.Translate(st.SQL, st.Conf)
	return request{plan: c.db.useDefault(plan), written: st.SQL}, err
}

// answer carries a plan out. The caller holds the lock.
func (c *conn) answer(ctx context.Context, r request) (engine.Rows, error) {
	var rows engine.Rows = nothing(-1)
	if r.plan.Ask != nil || r.plan.Check != nil || r.plan.SQL != "" || r.plan.Together() {
		s, err := c.execute(ctx, r)
		if err != nil {
			return nil, err
		}
		rows = s
	}
	switch {
	case r.plan.Local != nil:
		return localRows(r.plan), nil
	case r.plan.NoResult && rows.Schema() != nil:
		c.endStream(nil)
		return nothing(-1), nil
	default:
		return rows, nil
	}
}

// maxAttempts is how often a statement that lost against another transaction is
// begun anew. Outside of a transaction of the client's it has left no trace.
const maxAttempts = 10

// execute runs a plan's statement: it waits for its turn, and tries again when
// DuckDB says that two have changed the same thing at once.
func (c *conn) execute(ctx context.Context, r request) (engine.Rows, error) {
	pass, err := c.admit(ctx)
	if err != nil {
		return nil, err
	}
	defer pass.end()
	defer c.status.stage(c.status.stage(stageRunning))
	for attempt := 1; ; attempt++ {
		rows, err := c.attempt(ctx, pass, r)
		var lost *lostError
		if err == nil || !errors.As(err, &lost) {
			return rows, err
		}
		if attempt == maxAttempts || !c.pause(ctx, attempt) {
			return nil, lost.err
		}
	}
}

// lostError is an error after which the statement may be tried again.
type lostError struct{ err error }

func (e *lostError) Error() string { return e.err.Error() }

// pause waits a little, longer each time. It returns false when there is nothing
// to wait for any more.
func (c *conn) pause(ctx context.Context, attempt int) bool {
	timer := time.NewTimer(time.Duration(rand.Int64N(int64(time.Millisecond) << min(attempt, 6)))) //nolint:gosec // no secret depends on it
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	case <-c.closing:
		return false
	}
}

// attempt runs the statement once and says what an interrupted one ended with.
func (c *conn) attempt(ctx context.Context, p *pass, r request) (engine.Rows, error) {
	unwatch := c.watch(ctx)
	rows, f, err := c.perform(ctx, p, &r)
	interrupted := unwatch()
	if f.failed() {
		err = c.explain(f, statementText{sql: r.plan.SQL, written: r.written})
	}
	switch {
	case err == nil && interrupted && rows.Schema() != nil:
		// The interrupt may have hit the rest of the rows.
		c.endStream(nil)
		err = ended(ctx)
	case err == nil:
		return rows, nil // without rows it is done, interrupt or not
	case f.interrupted() && interrupted:
		err = ended(ctx)
	case f.interrupted():
		select {
		case <-c.closing:
			err = c.gone()
		default:
		}
	case f.conflict() && !c.inTx && firstWordIsPlain(r.plan.SQL):
		err = &lostError{err}
	}
	if interrupted || f.interrupted() {
		c.tidy()
	}
	return nil, err
}

// firstWordIsPlain tells whether a statement is one that doesn't itself begin or
// end transactions, and isn't several, of which some may be done.
func firstWordIsPlain(sql string) bool {
	switch firstWord(sql) {
	case "begin", "start", "commit", "end", "rollback", "abort", "checkpoint", "import":
		return false
	}
	return true
}

// tidy makes the connection usable after an interrupt: what DuckDB may have left
// of the statement's own transaction is rolled back. A transaction that the
// client began is his to end.
func (c *conn) tidy() {
	if c.handle.Ptr == nil {
		return // it hasn't come so far
	}
	c.marked = true
	if c.inTx {
		c.status.say("The statement was interrupted and its transaction is aborted: end it with ROLLBACK")
		return
	}
	ask(c.handle, "ROLLBACK", 0) // fails when there is nothing left, which is as good
}
