package duckdb

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	native "github.com/duckdb/duckdb-go-bindings"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// errQuit says that a connection is being closed.
var errQuit = errors.New("the connection is closed")

// interruptEvery is the time between two interrupts of a statement that doesn't
// end: one that comes while a statement is about to start is lost.
const interruptEvery = 2 * time.Millisecond

// conn is a connection. Whoever uses the handle holds the lock; the exceptions,
// interrupts and progress, only hold off the end of the handle.
type conn struct {
	engine  *Engine
	db      *database
	dialect *dialect.Session
	user    string // whose it is
	status  status

	lock    chan struct{} // full while somebody holds it
	closing chan struct{} // closed when the connection is to end
	once    sync.Once
	reason  atomic.Pointer[sqlerr.Error] // why it ended

	alive  sync.RWMutex      // held for reading while the handle must stay
	handle native.Connection // none before the first statement

	// What follows belongs to the holder of the lock.
	calm, still chan struct{} // end a disturbance; nil until there may be one
	work        work          // what DuckDB does for the holder
	current     *stream       // the result that DuckDB streams
	answers     *memo         // what is known without DuckDB
	catalog     recall        // what the catalog says to this connection
	told        string        // the user that the handle was told
	named       bool          // and DuckDB's names for him find him
	ready       bool          // the connection's own settings are made
	marked      bool          // something may be left on the handle: see spares
	inTx        bool          // between BEGIN and COMMIT or ROLLBACK
}

var _ engine.Conn = (*conn)(nil)

func newConn(e *Engine, db *database) *conn {
	return &conn{engine: e, db: db, answers: &db.answers, lock: make(chan struct{}, 1), closing: make(chan struct{})}
}

// SingleStream is true: DuckDB ends a connection's stream of rows when another
// statement begins.
func (c *conn) SingleStream() bool { return true }

// enter takes the lock for DuckDB's work, which is brief or may last.
func (c *conn) enter(ctx context.Context, brief bool) error {
	err := c.occupy(ctx)
	if err == nil {
		c.db.crew.begin(&c.work, brief)
	}
	return err
}

// occupy takes the lock.
func (c *conn) occupy(ctx context.Context) error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	select {
	case c.lock <- struct{}{}:
	case <-ctx.Done():
		return ended(ctx)
	case <-c.closing:
		return c.gone()
	}
	select {
	case <-c.closing:
		c.leave()
		return c.gone()
	default:
		return nil
	}
}

func (c *conn) leave() {
	c.db.crew.end(&c.work)
	<-c.lock
	c.db.trimmer.later()
}

// Close interrupts what runs and frees the connection. It returns nil always; a
// second call waits for the first.
func (c *conn) Close() error {
	c.end(sqlerr.New(sqlerr.Conflict, "the connection is closed"))
	return nil
}

// end is Close for the reason why.
func (c *conn) end(why *sqlerr.Error) {
	c.once.Do(func() {
		c.reason.Store(why)
		close(c.closing)
		c.seize()
		c.endStream(why)
		c.alive.Lock()
		if c.handle.Ptr != nil && (c.marked || !c.ready || !c.db.spare(spare{c.handle, c.told, c.named})) {
			native.Disconnect(&c.handle)
		}
		c.handle.Ptr = nil
		c.alive.Unlock()
		c.db.forget(c)
		c.db.trimmer.later()
	})
}

// seize takes the lock for ever, interrupting who has it.
func (c *conn) seize() {
	tick := time.NewTicker(interruptEvery)
	defer tick.Stop()
	for {
		select {
		case c.lock <- struct{}{}:
			return
		default:
			c.interrupt()
		}
		select {
		case c.lock <- struct{}{}:
			return
		case <-tick.C:
		}
	}
}

// gone is the error of a connection that has ended.
func (c *conn) gone() error {
	if why := c.reason.Load(); why != nil {
		return why
	}
	return sqlerr.Wrap(errQuit, sqlerr.Conflict, "the connection is closed")
}

func (c *conn) interrupt() {
	c.alive.RLock()
	defer c.alive.RUnlock()
	if c.handle.Ptr != nil {
		native.Interrupt(c.handle)
	}
}

// watch interrupts the connection's work once ctx ends. The returned function
// stops it, waits until nothing comes any more, and tells whether ctx had ended. The
// caller holds the lock.
func (c *conn) watch(ctx context.Context) (stop func() bool) {
	if ctx.Done() == nil {
		return func() bool { return false }
	}
	if c.calm == nil {
		c.calm, c.still = make(chan struct{}), make(chan struct{})
	}
	cancel := context.AfterFunc(ctx, c.disturb)
	return func() bool {
		if cancel() {
			return false
		}
		c.calm <- struct{}{}
		<-c.still
		return true
	}
}

// disturb interrupts the connection's work until it is told to be calm.
func (c *conn) disturb() {
	tick := time.NewTicker(interruptEvery)
	defer tick.Stop()
	for {
		c.interrupt()
		select {
		case <-c.calm:
			c.still <- struct{}{}
			return
		case <-tick.C:
		}
	}
}

// ended is the error of work whose context has ended.
func ended(ctx context.Context) error {
	var e *sqlerr.Error
	switch cause := context.Cause(ctx); {
	case errors.As(cause, &e):
		return e
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return sqlerr.Wrap(cause, sqlerr.Timeout, "the statement ran longer than it was allowed to")
	default:
		return sqlerr.Wrap(cause, sqlerr.Canceled, "the statement was canceled")
	}
}

// take gets the connection a handle, if it has none: many sessions wait for long
// until they run something, and a slot for a statement is harder to have.
func (c *conn) take() error {
	if c.handle.Ptr != nil {
		return nil
	}
	h, ready, err := c.db.borrow()
	if err != nil {
		return err
	}
	c.alive.Lock()
	defer c.alive.Unlock()
	c.handle, c.told, c.named, c.ready = h.handle, h.user, h.named, ready
	return nil
}

// setUp sees to it that the connection has a handle with the connections' own settings.
func (c *conn) setUp() (failure, error) {
	if err := c.take(); err != nil || c.ready && c.told == c.user {
		return failure{}, err
	}
	sql := dialect.TellUser(c.user)
	if !c.ready {
		sql += "; SET enable_progress_bar_print = false; SET enable_progress_bar = true; SET search_path = " + quote(c.db.path)
	}
	_, f := ask(c.handle, sql, 0)
	if !f.failed() {
		c.ready, c.told = true, c.user
	}
	return f, nil
}

// lookup is ask on this connection, for those who don't mind its errors.
func (c *conn) lookup(sql string, column int) (string, bool) {
	text, f := ask(c.handle, sql, column)
	return text, !f.failed()
}
