package client_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/auth/token"
	"github.com/nekomata-sql/nekomata/backend"
	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/client"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/frontend/rest"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
	"github.com/nekomata-sql/nekomata/statement"
)

// numbers is an engine whose every query answers 1 to 5 and a large number.
type numbers struct{}

func (numbers) Open(context.Context, engine.OpenRequest) (engine.Conn, error) { return numbers{}, nil }

func (numbers) Info() engine.Info { return engine.Info{Name: "Numbers"} }

func (numbers) Status() engine.Status { return engine.Status{} }
func (numbers) SingleStream() bool    { return false }
func (numbers) Close() error          { return nil }

func (numbers) Run(context.Context, engine.Query) (engine.Rows, error) {
	return &oneBatch{rows: `[{"n":1},{"n":2},{"n":3},{"n":4},{"n":5},{"n":9007199254740993}]`}, nil
}

var schema = arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)

type oneBatch struct{ rows string }

func (r *oneBatch) Schema() *arrow.Schema { return schema }
func (r *oneBatch) ModifiedRows() int64   { return -1 }
func (r *oneBatch) Close() error          { return nil }

func (r *oneBatch) Next(context.Context) (arrow.RecordBatch, error) {
	if r.rows == "" {
		return nil, io.EOF
	}
	b, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(r.rows))
	r.rows = ""
	return b, err
}

// routes counts the routes that were asked.
type routes struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (r *routes) observe(route, method string, _ int, _ time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	r.seen[strings.ToLower(method)+" "+route] = true
}

// gateway serves the real API on loopback.
func gateway(t *testing.T, r *routes) *httptest.Server {
	t.Helper()
	b := backend.NewBackendService(backend.Options{Engine: numbers{}})
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error, 3)
	go func() { over <- b.Run(ctx, func() {}) }()
	tokens := token.NewManager(token.Options{Dir: t.TempDir()})
	go func() { over <- tokens.Run(ctx, func() {}) }()
	statements := statement.NewManager(statement.Options{Engine: numbers{}, Settings: b})
	go func() { over <- statements.Run(ctx, func() {}) }()
	store := metadatatest.Open(t, metadata.Options{URL: "jdbc:sqlite:" + t.TempDir() + "/store.db"})
	batches := batch.NewManager(batch.ManagerOptions{Store: store, Dir: t.TempDir(), Host: "here"})
	s := httptest.NewServer(rest.New(rest.Options{Backend: b, Statements: statements, Batches: batches, Version: "1.2.3", Observe: r.observe, Tokens: tokens, Gateway: rest.Gateway{
		Engine: func() engine.Info { return engine.Info{Type: "DUCKDB", Name: "Numbers"} }, User: "nekomata",
		Refresh: func(context.Context, string) error { return nil },
	}}))
	t.Cleanup(func() {
		s.Close()
		stop()
		for range cap(over) {
			require.NoError(t, <-over)
		}
	})
	return s
}

func TestWholeAPI(t *testing.T) {
	t.Parallel()
	var seen routes
	s := gateway(t, &seen)
	ctx := t.Context()
	c, err := client.New(client.Options{URLs: []string{s.URL + "/"}, User: "ann"})
	require.NoError(t, err)
	require.NoError(t, c.Ping(ctx))
	version, err := c.Version(ctx)
	require.NoError(t, err)
	require.Equal(t, "1.2.3", version)

	h, err := c.OpenSession(ctx, api.SessionOpenRequest{Configs: map[string]string{"kyuubi.session.name": "night"}})
	require.NoError(t, err)
	require.Equal(t, strings.TrimPrefix(s.URL, "http://"), h.KyuubiInstance)
	id := h.Identifier
	session, err := c.Session(ctx, id)
	require.NoError(t, err)
	require.Equal(t, "ann", session.User)
	require.Equal(t, "night", session.SessionName)
	require.Equal(t, "127.0.0.1", session.Conf["kyuubi.server.ipAddress"])
	list, err := c.Sessions(ctx)
	require.NoError(t, err)
	require.Len(t, list, 1)
	n, err := c.SessionCount(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = c.ExecPool(ctx)
	require.NoError(t, err)
	types, err := c.InfoTypes(ctx)
	require.NoError(t, err)
	info, err := c.SessionInfo(ctx, id, types[0].ID)
	require.NoError(t, err)
	require.Equal(t, "Nekomata", info.InfoValue)

	for name, ask := range map[string]func() (string, error){
		"types":      func() (string, error) { return c.ListTypes(ctx, id) },
		"catalogs":   func() (string, error) { return c.ListCatalogs(ctx, id) },
		"schemas":    func() (string, error) { return c.ListSchemas(ctx, id, api.GetSchemasRequest{}) },
		"tables":     func() (string, error) { return c.ListTables(ctx, id, api.GetTablesRequest{}) },
		"tableTypes": func() (string, error) { return c.ListTableTypes(ctx, id) },
		"columns":    func() (string, error) { return c.ListColumns(ctx, id, api.GetColumnsRequest{}) },
		"functions":  func() (string, error) { return c.ListFunctions(ctx, id, api.GetFunctionsRequest{}) },
		"keys":       func() (string, error) { return c.ListPrimaryKeys(ctx, id, api.GetPrimaryKeysRequest{}) },
		"references": func() (string, error) { return c.ListCrossReferences(ctx, id, api.GetCrossReferenceRequest{}) },
	} {
		op, err := ask()
		require.NoError(t, err, name)
		require.NoError(t, c.CloseOperation(ctx, op), name)
	}

	op, err := c.Execute(ctx, id, api.StatementRequest{Statement: "select n"})
	require.NoError(t, err)
	event, err := c.Operation(ctx, op)
	require.NoError(t, err)
	require.Equal(t, "FINISHED_STATE", event.State)
	meta, err := c.ResultSetMetaData(ctx, op)
	require.NoError(t, err)
	require.Equal(t, []api.ColumnDesc{{ColumnName: "n", DataType: "BIGINT_TYPE"}}, meta.Columns)
	page, err := c.RowSet(ctx, op, client.Fetch{MaxRows: 4})
	require.NoError(t, err)
	require.Equal(t, 4, page.RowCount)
	page, err = c.RowSet(ctx, op, client.Fetch{})
	require.NoError(t, err)
	require.Equal(t, api.Field{DataType: "I64_VAL", Value: json.Number("9007199254740993")}, page.Rows[1].Fields[0])
	page, err = c.RowSet(ctx, op, client.Fetch{First: true})
	require.NoError(t, err)
	require.Equal(t, 6, page.RowCount)
	log, err := c.Log(ctx, op, client.Fetch{MaxRows: -1})
	require.NoError(t, err)
	require.Contains(t, log.LogRowSet, "select n")
	ops, err := c.Operations(ctx, id)
	require.NoError(t, err)
	require.Len(t, ops, 1)
	require.NoError(t, c.Cancel(ctx, op))

	ops, err = c.AdminOperations(ctx, client.Filter{Users: []string{"bob", "ann"}, SessionType: "INTERACTIVE", Session: id})
	require.NoError(t, err)
	require.Len(t, ops, 1)
	list, err = c.AdminSessions(ctx, client.Filter{Users: []string{"bob"}})
	require.NoError(t, err)
	require.Empty(t, list)
	text, err := c.AdminCloseOperation(ctx, op)
	require.NoError(t, err)
	require.Contains(t, text, op)
	requireTokens(t, s, c, id)
	requireGateway(t, c)
	requireStatements(t, c)
	requireBatches(t, c)
	logged, err := c.SessionLog(ctx, id, 1, 3)
	require.NoError(t, err)
	require.Equal(t, 3, logged.RowCount)
	require.EqualValues(t, 1, logged.Offset)
	require.Greater(t, logged.Total, int64(20), "it has what closed operations have logged")
	require.NoError(t, c.CloseSession(ctx, id))
	other, err := c.OpenSession(ctx, api.SessionOpenRequest{})
	require.NoError(t, err)
	text, err = c.AdminCloseSession(ctx, other.Identifier)
	require.NoError(t, err)
	require.Contains(t, text, other.Identifier)

	requireAllRoutes(t, s, &seen)
}

func requireTokens(t *testing.T, s *httptest.Server, c *client.Client, session string) {
	t.Helper()
	ctx := t.Context()
	tok, err := c.DelegationToken(ctx, session, "", "bob")
	require.NoError(t, err)
	require.Equal(t, "ann", tok.Owner)
	require.Equal(t, "bob", tok.Renewer)
	renewed, err := c.RenewDelegationToken(ctx, session, tok.DelegationToken)
	require.NoError(t, err)
	require.Equal(t, tok.Identifier, renewed.Identifier)
	with, err := client.New(client.Options{URLs: []string{s.URL}, Token: tok.DelegationToken})
	require.NoError(t, err)
	h, err := with.OpenSession(ctx, api.SessionOpenRequest{})
	require.NoError(t, err)
	seen, err := with.Session(ctx, h.Identifier)
	require.NoError(t, err)
	require.Equal(t, "ann", seen.User)
	require.NoError(t, with.CloseSession(ctx, h.Identifier))
	require.NoError(t, c.CancelDelegationToken(ctx, session, tok.DelegationToken))
	var e *client.Error
	require.ErrorAs(t, with.Ping(ctx), &e)
	require.Equal(t, http.StatusUnauthorized, e.Status)
	forAnother, err := c.DelegationToken(ctx, session, "cid", "")
	require.NoError(t, err)
	require.Equal(t, "cid", forAnother.Renewer)
}

func requireGateway(t *testing.T, c *client.Client) {
	t.Helper()
	ctx := t.Context()
	ui, err := c.WebUIConfig(ctx)
	require.NoError(t, err)
	require.False(t, ui.EngineUIProxyEnabled)
	engines, err := c.AdminEngines(ctx, client.EngineFilter{Type: "DUCKDB", ShareLevel: "SERVER", Subdomain: "default", ProxyUser: "ann"})
	require.NoError(t, err)
	require.Len(t, engines, 1)
	text, err := c.AdminDeleteEngine(ctx, client.EngineFilter{Type: "TRINO"})
	require.NoError(t, err)
	require.Contains(t, text, "No such engine")
	servers, err := c.AdminServers(ctx)
	require.NoError(t, err)
	require.Len(t, servers, 1)
	for _, what := range []string{"unlimited_users", "deny_users", "deny_ips", "hadoop_conf", "kubernetes_conf", "user_defaults_conf"} {
		text, err := c.AdminRefresh(ctx, what)
		require.NoError(t, err)
		require.NotEmpty(t, text)
	}
}

// requireAllRoutes holds what was asked against the API's document.
func requireAllRoutes(t *testing.T, s *httptest.Server, asked *routes) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/openapi.json", nil)
	require.NoError(t, err)
	resp, err := s.Client().Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&doc))
	s.Close() // an answer is there before its route is counted
	seen := asked.seen
	skipped := map[string]bool{
		"get /api/docs": true, "get /api/docs/page.css": true, "get /api/openapi.json": true, "get /api/openapi.yaml": true,
		"get /api/v1/sessions/statistic": true, // another name of execPool/statistic
	}
	var missing []string
	for path, methods := range doc.Paths {
		for method := range methods {
			if route := method + " " + path; method != "parameters" && !seen[route] && !skipped[route] {
				missing = append(missing, route)
			}
		}
	}
	sort.Strings(missing)
	require.Empty(t, missing, "the client does not cover these")
	require.Greater(t, len(doc.Paths), 20)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	s := gateway(t, &routes{})
	c, err := client.New(client.Options{URLs: []string{s.URL}})
	require.NoError(t, err)
	id := uuid.NewString()
	_, err = c.Session(t.Context(), id)
	var e *client.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, http.StatusNotFound, e.Status)
	require.Equal(t, "NotFound", e.Kind)
	require.NotEmpty(t, e.RequestID)
	require.Contains(t, err.Error(), id)
	require.Contains(t, err.Error(), "(SQLSTATE 08003)")
	err = c.CloseSession(t.Context(), "../count?x=y")
	require.ErrorAs(t, err, &e, "a handle can't lead elsewhere")
	require.Equal(t, http.StatusNotFound, e.Status)

	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/ping" {
			_, _ = io.WriteString(w, "<html>hello</html>")
			return
		}
		http.Error(w, "<html>no gateway here</html>", http.StatusBadGateway)
	}))
	t.Cleanup(page.Close)
	c, err = client.New(client.Options{URLs: []string{page.URL}})
	require.NoError(t, err)
	require.ErrorContains(t, c.Ping(t.Context()), "this is no gateway")
	_, err = c.Version(t.Context())
	require.EqualError(t, err, "502 Bad Gateway <html>no gateway here</html>")
}

func TestBadURLs(t *testing.T) {
	t.Parallel()
	for _, urls := range [][]string{nil, {""}, {"localhost:10099"}, {"http://ok", "ftp://x"}, {"http://"}, {"http://\x00"}} {
		_, err := client.New(client.Options{URLs: urls})
		require.ErrorContains(t, err, "expected one like http://localhost:10099", urls)
	}
}

func TestFailover(t *testing.T) {
	t.Parallel()
	// A port that was just ours and is closed now.
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	dead := "http://" + l.Addr().String()
	require.NoError(t, l.Close())
	var asked, cut atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = io.WriteString(w, "pong")
	}))
	t.Cleanup(s.Close)
	c, err := client.New(client.Options{URLs: []string{dead, s.URL}})
	require.NoError(t, err)
	require.NoError(t, c.Ping(t.Context()))
	require.NoError(t, c.Ping(t.Context()))
	require.EqualValues(t, 2, asked.Load())

	// A connection that breaks after the request was sent is no reason to send it
	// to another.
	breaking := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		cut.Add(1)
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(breaking.Close)
	c, err = client.New(client.Options{URLs: []string{breaking.URL, s.URL}})
	require.NoError(t, err)
	_, err = c.OpenSession(t.Context(), api.SessionOpenRequest{})
	require.Error(t, err)
	require.EqualValues(t, 1, cut.Load())
	require.EqualValues(t, 2, asked.Load())

	c, err = client.New(client.Options{URLs: []string{dead, dead}})
	require.NoError(t, err)
	require.ErrorContains(t, c.Ping(t.Context()), "connect")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, c.Ping(ctx), context.Canceled)
}
