package statement_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
	"github.com/nekomata-sql/nekomata/statement"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeEngine runs "rows N [every D]" (N batches of 1,000 rows, D apart), "wait D",
// "ddl" and "bad".
type fakeEngine struct {
	open atomic.Int64 // connections
	last atomic.Pointer[engine.OpenRequest]
}

func (e *fakeEngine) Open(_ context.Context, req engine.OpenRequest) (engine.Conn, error) {
	if req.Database == "nowhere" {
		return nil, sqlerr.New(sqlerr.NotFound, "database nowhere not found")
	}
	e.last.Store(&req)
	e.open.Add(1)
	return &fakeConn{e: e}, nil
}

func (e *fakeEngine) Info() engine.Info { return engine.Info{Name: "Fake"} }

type fakeConn struct {
	e      *fakeEngine
	closed atomic.Bool
}

func (c *fakeConn) Status() engine.Status { return engine.Status{} }
func (c *fakeConn) SingleStream() bool    { return true }

func (c *fakeConn) Close() error {
	if !c.closed.Swap(true) {
		c.e.open.Add(-1)
	}
	return nil
}

func (c *fakeConn) Run(ctx context.Context, q engine.Query) (engine.Rows, error) {
	words := strings.Fields(q.(engine.Statement).SQL)
	switch words[0] {
	case "rows":
		r := &fakeRows{}
		if _, err := fmt.Sscan(words[1], &r.left); err != nil {
			return nil, err
		}
		if len(words) > 3 {
			r.every, _ = time.ParseDuration(words[3])
		}
		return r, nil
	case "wait":
		d, _ := time.ParseDuration(words[1])
		return &fakeRows{none: true}, pause(ctx, d)
	case "ddl":
		return &fakeRows{none: true}, nil
	default:
		return nil, sqlerr.New(sqlerr.Invalid, "syntax error").WithState("42601")
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

var schema = arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)

const perBatch = 1000

type fakeRows struct {
	none  bool
	left  int
	next  int64
	every time.Duration
}

func (r *fakeRows) Schema() *arrow.Schema {
	if r.none {
		return nil
	}
	return schema
}
func (r *fakeRows) ModifiedRows() int64 { return -1 }
func (r *fakeRows) Close() error        { return nil }

func (r *fakeRows) Next(ctx context.Context) (arrow.RecordBatch, error) {
	if err := pause(ctx, r.every); err != nil {
		return nil, err
	}
	if r.left == 0 {
		return nil, io.EOF
	}
	r.left--
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for range perBatch {
		b.Field(0).(*array.Int64Builder).Append(r.next)
		r.next++
	}
	return b.NewRecordBatch(), nil
}

// settler refuses eve.
type settler struct{}

func (settler) Settle(req session.Request) (session.Settings, error) {
	if req.User == "eve" {
		return session.Settings{}, sqlerr.New(sqlerr.Denied, "not you")
	}
	return session.Settings{Conf: req.Conf, Database: req.Conf["use:database"]}, nil
}

// bench is a manager that runs, on a fake engine.
type bench struct {
	*statement.Manager
	engine *fakeEngine
	stop   func()
}

func newBench(t *testing.T, opts statement.Options) *bench {
	t.Helper()
	b := &bench{engine: &fakeEngine{}}
	opts.Engine, opts.Settings = b.engine, settler{}
	opts.Operation.Result.Dir = t.TempDir()
	opts.Instance = func() string { return "gw:10099" }
	b.Manager = statement.NewManager(opts)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- b.Run(ctx, func() {}) }()
	b.stop = func() {
		if cancel == nil {
			return
		}
		cancel()
		cancel = nil
		require.NoError(t, <-over)
		require.Zero(t, b.engine.open.Load(), "connections are left open")
	}
	t.Cleanup(b.stop)
	return b
}

func as(t *testing.T, user string) context.Context {
	t.Helper()
	return auth.NewContext(t.Context(), auth.Principal{User: user, Admin: user == "root"})
}

func (b *bench) submit(t *testing.T, user, sql string, wait time.Duration) (statement.Info, error) {
	t.Helper()
	return b.Submit(as(t, user), statement.Request{Session: session.Request{User: user, RealUser: user}, SQL: sql, Wait: wait})
}

// ended submits a statement and waits for its end.
func (b *bench) ended(t *testing.T, user, sql string) statement.Info {
	t.Helper()
	info, err := b.submit(t, user, sql, 100*time.Hour)
	require.NoError(t, err)
	require.True(t, info.State.Terminal(), info.State)
	return info
}

// readAll reads a result to its end.
func (b *bench) readAll(t *testing.T, user string, info statement.Info) (rows int64) {
	t.Helper()
	r, err := b.Read(as(t, user), info.ID, 0)
	require.NoError(t, err)
	defer r.Close()
	for {
		p, err := r.Page(t.Context(), operation.Range{Offset: rows, MaxRows: 700, Need: 1})
		require.NoError(t, err)
		rows += p.Rows
		p.Release()
		if !p.HasMore {
			return rows
		}
	}
}
