package rest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nekomata-sql/nekomata/backend"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scripted is an engine that answers what it was told to, and a little SQL:
// "wait" takes until it is canceled, "bad" is a syntax error,
// "absent" a table that there isn't.
type scripted struct {
	answers map[string]arrow.RecordBatch // by text or name; nil is a statement without rows
}

func (e *scripted) Open(_ context.Context, req engine.OpenRequest) (engine.Conn, error) {
	if req.Database == "nowhere" {
		return nil, sqlerr.New(sqlerr.NotFound, "database nowhere not found")
	}
	return &scriptedConn{e}, nil
}

func (e *scripted) Info() engine.Info {
	return engine.Info{Type: "SCRIPT", Name: "Script", Version: "1.2", ID: "script-1", Keywords: "AT"}
}

type scriptedConn struct{ e *scripted }

func (c *scriptedConn) Run(ctx context.Context, q engine.Query) (engine.Rows, error) {
	text := statementText(q)
	switch text {
	case "wait":
		<-ctx.Done()
		return nil, context.Cause(ctx)
	case "absent":
		return nil, sqlerr.New(sqlerr.NotFound, "Table not found absent").WithState("42P01")
	case "bad":
		return nil, sqlerr.New(sqlerr.Invalid, "syntax error at or near bad").WithState("42601")
	}
	batch, ok := c.e.answers[text]
	if !ok {
		return nil, sqlerr.New(sqlerr.NotFound, "no answer for %q", text)
	}
	return &scriptedRows{batch: batch, left: batch != nil}, nil
}

func (c *scriptedConn) Status() engine.Status {
	return engine.Status{Progress: &engine.Progress{Stage: "Query", Total: 10, Completed: 4, Running: 1, Fraction: 0.4}}
}
func (c *scriptedConn) SingleStream() bool { return false }
func (c *scriptedConn) Close() error       { return nil }

type scriptedRows struct {
	batch arrow.RecordBatch
	left  bool
}

func (r *scriptedRows) Schema() *arrow.Schema {
	if r.batch == nil {
		return nil
	}
	return r.batch.Schema()
}
func (r *scriptedRows) ModifiedRows() int64 { return -1 }
func (r *scriptedRows) Close() error        { return nil }

func (r *scriptedRows) Next(context.Context) (arrow.RecordBatch, error) {
	if !r.left {
		return nil, io.EOF
	}
	r.left = false
	r.batch.Retain()
	return r.batch, nil
}

// gateway is the handler on a real backend, with its log.
type gateway struct {
	*server
	tb  testing.TB
	log *lines
}

// lines is a log that a test may read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// open makes a gateway whose engine has these answers.
func open(tb testing.TB, opts Options, answers map[string]arrow.RecordBatch) *gateway {
	tb.Helper()
	log := &lines{}
	if opts.Backend == nil {
		b := backend.NewBackendService(backend.Options{
			Engine:    &scripted{answers},
			Operation: operation.Options{Result: operation.ResultOptions{Window: 1 << 20}},
		})
		ctx, stop := context.WithCancel(tb.Context())
		over := make(chan error, 1)
		go func() { over <- b.Run(ctx, func() {}) }()
		tb.Cleanup(func() {
			stop()
			require.NoError(tb, <-over)
		})
		opts.Backend = b
	}
	if opts.Statements == nil {
		opts.Statements = runStatements(tb, answers)
	}
	if opts.Instance == nil {
		opts.Instance = func() string { return "127.0.0.1:10099" }
	}
	opts.Version = "1.2.3"
	opts.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return &gateway{newServer(opts), tb, log}
}

// request makes a request as a client's on loopback. A body is JSON.
func request(tb testing.TB, method, path, body string) *http.Request {
	tb.Helper()
	var r io.Reader = http.NoBody
	if body != "" {
		r = strings.NewReader(body)
	}
	req := httptest.NewRequestWithContext(tb.Context(), method, path, r)
	req.RemoteAddr = "127.0.0.1:4711"
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

// do answers a request. Whatever is answered where the document has a route must
// be what the document says.
func (g *gateway) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	if doc := sharedDocument(); r.Method != http.MethodHead {
		if err := doc.judge(r, w); err != nil {
			g.tb.Errorf("%s %s: %d: %v", r.Method, r.URL, w.Code, err)
		}
	}
	return w
}

// call is do with what a request is made of, and the status that it must have.
func (g *gateway) call(t *testing.T, status int, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	w := g.do(request(t, method, path, body))
	require.Equal(t, status, w.Code, "%s %s: %s", method, path, w.Body)
	return w
}

// ended waits for an operation's end.
func (g *gateway) ended(t *testing.T, path string) {
	t.Helper()
	require.Eventually(t, func() bool {
		body := g.call(t, http.StatusOK, http.MethodGet, path+"/event", "").Body.String()
		return !strings.Contains(body, "PENDING_STATE") && !strings.Contains(body, "RUNNING_STATE") && !strings.Contains(body, "INITIALIZED_STATE")
	}, 10*time.Second, time.Millisecond)
}
