package backend_test

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/backend"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo is an engine whose statements answer their own text; "wait" takes an hour.
type echo struct{ open atomic.Int64 }

func (e *echo) Open(_ context.Context, req engine.OpenRequest) (engine.Conn, error) {
	if req.Database == "nowhere" {
		return nil, sqlerr.New(sqlerr.NotFound, "database nowhere not found")
	}
	e.open.Add(1)
	return &echoConn{e: e}, nil
}

func (e *echo) Info() engine.Info {
	return engine.Info{Type: "ECHO", Name: "Echo", Version: "1", ID: "echo-1"}
}

type echoConn struct{ e *echo }

func (c *echoConn) Run(ctx context.Context, q engine.Query) (engine.Rows, error) {
	text := q.Name()
	if st, ok := q.(engine.Statement); ok {
		text = st.SQL
	}
	switch text {
	case "wait":
		<-ctx.Done()
		return nil, ctx.Err()
	case "bad":
		return nil, sqlerr.New(sqlerr.Invalid, "syntax error").WithState("42601")
	}
	return &echoRows{text: text}, nil
}

func (c *echoConn) Status() engine.Status { return engine.Status{} }
func (c *echoConn) SingleStream() bool    { return true }
func (c *echoConn) Close() error          { c.e.open.Add(-1); return nil }

type echoRows struct{ text string }

var echoSchema = arrow.NewSchema([]arrow.Field{{Name: "text", Type: arrow.BinaryTypes.String}}, nil)

func (r *echoRows) Schema() *arrow.Schema { return echoSchema }
func (r *echoRows) ModifiedRows() int64   { return -1 }
func (r *echoRows) Close() error          { return nil }

func (r *echoRows) Next(context.Context) (arrow.RecordBatch, error) {
	if r.text == "" {
		return nil, io.EOF
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, echoSchema)
	defer b.Release()
	b.Field(0).(*array.StringBuilder).Append(r.text)
	r.text = ""
	return b.NewRecordBatch(), nil
}

func as(t *testing.T, user string, admin bool) context.Context {
	t.Helper()
	return auth.NewContext(t.Context(), auth.Principal{User: user, Admin: admin})
}

func start(t *testing.T, opts backend.Options) (*backend.BackendService, *echo) {
	t.Helper()
	e := &echo{}
	opts.Engine = e
	b := backend.NewBackendService(opts)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	over, ready := make(chan error, 1), make(chan struct{})
	go func() { over <- b.Run(ctx, func() { close(ready) }) }()
	<-ready
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-over)
		require.Zero(t, b.SessionCount())
		require.Zero(t, e.open.Load(), "every connection is closed")
	})
	return b, e
}

func TestOneSessionFromOpenToClose(t *testing.T) {
	t.Parallel()
	b, e := start(t, backend.Options{})
	ctx := as(t, "ann", false)
	s, err := b.OpenSession(ctx, session.Request{User: "ann", RealUser: "ann", Conf: map[string]string{"k": "v"}})
	require.NoError(t, err)
	require.Equal(t, "Echo", s.EngineName)
	op, err := b.Execute(ctx, s.ID, operation.Request{Query: engine.Tables{}})
	require.NoError(t, err)
	require.Equal(t, operation.Finished, op.State)
	require.Equal(t, "ann", op.User)
	schema, err := b.Schema(ctx, op.ID)
	require.NoError(t, err)
	require.True(t, schema.Equal(echoSchema))
	p, err := b.Fetch(ctx, op.ID, operation.Fetch{MaxRows: 10})
	require.NoError(t, err)
	require.Equal(t, "GetTables", p.Batches[0].Column(0).(*array.String).Value(0))
	p.Release()
	lines, err := b.FetchLog(ctx, op.ID, operation.Fetch{MaxRows: 100})
	require.NoError(t, err)
	require.NotEmpty(t, lines)
	_, err = b.Execute(ctx, s.ID, operation.Request{Query: engine.Statement{SQL: "bad"}})
	require.ErrorIs(t, err, sqlerr.Invalid)
	s, err = b.Session(ctx, s.ID)
	require.NoError(t, err)
	require.Equal(t, 2, s.TotalOperations)
	require.Equal(t, 1, s.OpenOperations)
	require.Equal(t, "syntax error", s.Exception)
	require.NoError(t, b.CloseOperation(ctx, op.ID))
	require.NoError(t, b.CloseSession(ctx, s.ID))
	require.ErrorIs(t, b.CloseSession(ctx, s.ID), sqlerr.NotFound)
	require.Zero(t, e.open.Load())
	_, err = b.OpenSession(ctx, session.Request{User: "ann", Conf: map[string]string{"use:database": "nowhere"}})
	require.ErrorIs(t, err, sqlerr.NotFound)
}

func TestOthersSeeNothing(t *testing.T) {
	t.Parallel()
	b, _ := start(t, backend.Options{})
	ann, eve, root := as(t, "ann", false), as(t, "eve", false), as(t, "root", true)
	s, err := b.OpenSession(ann, session.Request{User: "ann", RealUser: "ann"})
	require.NoError(t, err)
	op, err := b.Execute(ann, s.ID, operation.Request{Query: engine.Statement{SQL: "select 1"}})
	require.NoError(t, err)

	calls := map[string]func(ctx context.Context) error{
		"Session":    func(ctx context.Context) error { _, err := b.Session(ctx, s.ID); return err },
		"EngineInfo": func(ctx context.Context) error { _, err := b.EngineInfo(ctx, s.ID); return err },
		"Operations": func(ctx context.Context) error { _, err := b.Operations(ctx, s.ID); return err },
		"Operation":  func(ctx context.Context) error { _, err := b.Operation(ctx, op.ID); return err },
		"Wait":       func(ctx context.Context) error { _, err := b.Wait(ctx, op.ID, 0); return err },
		"Schema":     func(ctx context.Context) error { _, err := b.Schema(ctx, op.ID); return err },
		"Cancel":     func(ctx context.Context) error { return b.Cancel(ctx, op.ID) },
		"FetchLog": func(ctx context.Context) error {
			_, err := b.FetchLog(ctx, op.ID, operation.Fetch{MaxRows: 1})
			return err
		},
		"Execute": func(ctx context.Context) error {
			_, err := b.Execute(ctx, s.ID, operation.Request{Query: engine.TypeInfo{}})
			return err
		},
		"Fetch": func(ctx context.Context) error {
			p, err := b.Fetch(ctx, op.ID, operation.Fetch{MaxRows: 1})
			release(p)
			return err
		},
	}
	for name, call := range calls {
		require.ErrorIs(t, call(eve), sqlerr.NotFound, name)
		require.Error(t, call(t.Context()), "%s without a caller", name)
		require.NoError(t, call(root), name)
		require.NoError(t, call(ann), name)
	}
	require.ErrorIs(t, b.CloseOperation(eve, op.ID), sqlerr.NotFound)
	require.ErrorIs(t, b.CloseSession(eve, s.ID), sqlerr.NotFound)
	list, err := b.Sessions(eve)
	require.NoError(t, err)
	require.Empty(t, list)
	list, err = b.Sessions(root)
	require.NoError(t, err)
	require.Len(t, list, 1)
	_, err = b.Sessions(t.Context())
	require.ErrorIs(t, err, sqlerr.Unauthenticated)
	for _, c := range []struct {
		who  context.Context
		seen int
	}{{eve, 0}, {root, 3}, {ann, 3}} { // two of the calls above were executions
		ops, err := b.AllOperations(c.who)
		require.NoError(t, err)
		require.Len(t, ops, c.seen)
	}
	_, err = b.AllOperations(t.Context())
	require.ErrorIs(t, err, sqlerr.Unauthenticated)
	running, waiting := b.Activity()
	require.Zero(t, running+waiting)
	_, err = b.Session(root, uuid.New())
	require.ErrorIs(t, err, sqlerr.NotFound)
}

func release(p *operation.Page) {
	if p != nil {
		p.Release()
	}
}

func TestDrainWaitsForWhatRuns(t *testing.T) {
	t.Parallel()
	for name, grace := range map[string]time.Duration{"the work ends": time.Minute, "the grace period ends": 100 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := start(t, backend.Options{})
			ctx := as(t, "ann", false)
			s, err := b.OpenSession(ctx, session.Request{User: "ann"})
			require.NoError(t, err)
			op, err := b.Execute(ctx, s.ID, operation.Request{Query: engine.Statement{SQL: "wait"}, Async: true})
			require.NoError(t, err)
			stop, cancel := context.WithCancel(t.Context())
			over, began := make(chan error, 1), make(chan struct{})
			go func() { over <- backend.NewDrainer(b, grace, func() { close(began) }).Run(stop, func() {}) }()
			cancel()
			<-began
			require.Eventually(t, func() bool {
				_, err := b.OpenSession(ctx, session.Request{User: "ann"})
				return sqlerr.From(err) != nil && sqlerr.From(err).Kind == sqlerr.Unavailable
			}, 5*time.Second, time.Millisecond)
			_, err = b.Execute(ctx, s.ID, operation.Request{Query: engine.TypeInfo{}})
			require.ErrorIs(t, err, sqlerr.Unavailable)
			if grace == time.Minute {
				select {
				case <-over:
					t.Fatal("it did not wait")
				case <-time.After(100 * time.Millisecond):
				}
				require.NoError(t, b.Cancel(ctx, op.ID))
			}
			require.NoError(t, <-over)
			info, err := b.Operation(ctx, op.ID)
			require.NoError(t, err)
			require.Equal(t, operation.Canceled, info.State, "its client can still be told")
		})
	}
}
