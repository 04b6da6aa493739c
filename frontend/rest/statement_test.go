package rest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
	stmt "github.com/nekomata-sql/nekomata/statement"
)

// anySettings takes settings as they are.
type anySettings struct{}

func (anySettings) Settle(req session.Request) (session.Settings, error) {
	return session.Settings{Conf: req.Conf}, nil
}

// runStatements runs statements on an engine that has these answers.
func runStatements(tb testing.TB, answers map[string]arrow.RecordBatch) *stmt.Manager {
	tb.Helper()
	m := stmt.NewManager(stmt.Options{
		Engine: &scripted{answers}, Settings: anySettings{}, TTL: time.Hour, Limits: stmt.Limits{RunningPerUser: 3},
		Instance: func() string { return "127.0.0.1:10099" },
	})
	ctx, stop := context.WithCancel(tb.Context())
	over := make(chan error, 1)
	go func() { over <- m.Run(ctx, func() {}) }()
	tb.Cleanup(func() {
		stop()
		require.NoError(tb, <-over)
	})
	return m
}

const statementsURL = "/api/v1/statements"

// documented is a gateway whose answers are held against the document.
type documented struct {
	*gateway
	doc document
}

func openDocumented(t *testing.T, answers map[string]arrow.RecordBatch) documented {
	t.Helper()
	return documented{open(t, Options{}, answers), readDocument(t)}
}

func (g documented) checked(t *testing.T, status int, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	w := g.call(t, status, method, path, body)
	g.doc.check(t, method+" "+path, method, path, body, w)
	return w
}

func TestStatementThatEndsInTime(t *testing.T) {
	t.Parallel()
	g := openDocumented(t, map[string]arrow.RecordBatch{"rows": thousand(t), "ddl": nil})
	w := g.checked(t, 200, "POST", statementsURL, `{"statement":"rows","configs":{"k":"v"},"database":"d","maxRows":12,"timeout":7.5,"wait":5}`)
	done := into[api.StatementAnswer](t, w)
	url := statementsURL + "/" + done.Identifier
	require.Equal(t, url, w.Header().Get("Location"))
	require.Equal(t, "FINISHED", done.State)
	require.Len(t, done.Columns, 4)
	require.EqualValues(t, 12, *done.RowCount)
	require.EqualValues(t, 12, *done.Result.Total)
	require.False(t, done.Result.HasMore)
	require.Equal(t, "row number 11", done.Result.Rows[11].Fields[1].Value)
	require.Equal(t, done.CompleteTime+time.Hour.Milliseconds(), done.ExpireTime)

	w = g.checked(t, 200, "POST", statementsURL, `{"statement":"ddl"}`)
	ddl := into[api.StatementAnswer](t, w)
	require.Equal(t, []api.ColumnDesc{}, ddl.Columns)
	require.Equal(t, 0, ddl.Result.RowCount)
	require.Equal(t, `[]`, g.call(t, 200, "GET", statementsURL+"/"+ddl.Identifier+"/result?format=json", "").Body.String()[len(`{"rows":`):len(`{"rows":[]`)])
	for _, format := range []string{"ndjson", "csv"} {
		require.Empty(t, g.call(t, 200, "GET", statementsURL+"/"+ddl.Identifier+"/result?format="+format, "").Body.String())
	}

	require.Equal(t, done.StatementInfo, into[api.StatementInfo](t, g.checked(t, 200, "GET", url+"?wait=0.5", "")))
	list := into[api.StatementList](t, g.checked(t, 200, "GET", statementsURL+"?state=FINISHED,ERROR&size=1&from=1&createTime=1&user=*", ""))
	require.Equal(t, api.StatementList{From: 1, Total: 2, Statements: []api.StatementInfo{done.StatementInfo}}, list)
	log := into[api.StatementLog](t, g.checked(t, 200, "GET", url+"/log?offset=1&length=2", ""))
	require.Equal(t, []any{2, int64(1)}, []any{log.RowCount, log.Offset})

	page := into[api.StatementRows](t, g.checked(t, 200, "GET", url+"/result?offset=5&limit=3", ""))
	require.Equal(t, done.Result.Rows[5:8], page.Rows)
	require.True(t, page.HasMore)
	require.Equal(t, page, into[api.StatementRows](t, g.call(t, 200, "GET", url+"/result?offset=5&limit=3", "")))

	require.Equal(t, "CLOSED", into[api.StatementInfo](t, g.checked(t, 200, "DELETE", url, "")).State)
	for _, path := range []string{"", "/result", "/log", "/events"} {
		require.Equal(t, "Gone", errorOf(t, g.checked(t, 410, "GET", url+path, "")).Kind)
	}
	require.Equal(t, "Gone", errorOf(t, g.checked(t, 410, "DELETE", url, "")).Kind)
	other := errorOf(t, g.checked(t, 404, "GET", statementsURL+"/"+uuid.NewString(), ""))
	require.Contains(t, other.Message, "127.0.0.1:10099")
}

func TestStatementThatRuns(t *testing.T) {
	t.Parallel()
	g := openDocumented(t, nil)
	w := g.checked(t, 202, "POST", statementsURL, `{"statement":"wait","wait":0.01}`)
	var running api.StatementAnswer
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &running))
	require.Nil(t, running.Result)
	require.Nil(t, running.Columns)
	url := statementsURL + "/" + running.Identifier
	require.Equal(t, url, w.Header().Get("Location"))
	require.Equal(t, "Conflict", errorOf(t, g.checked(t, 409, "GET", url+"/result?wait=0.01", "")).Kind)
	require.Eventually(t, func() bool {
		return into[api.StatementInfo](t, g.checked(t, 200, "GET", url, "")).Progress != nil
	}, 10*time.Second, 10*time.Millisecond)
	info := into[api.StatementInfo](t, g.call(t, 200, "GET", url, ""))
	require.Equal(t, &api.StatementProgress{Stage: "Query", Total: 10, Completed: 4, Running: 1, Fraction: 0.4}, info.Progress)

	for range 2 {
		g.call(t, 202, "POST", statementsURL, `{"statement":"wait","wait":0}`)
	}
	require.Contains(t, errorOf(t, g.checked(t, 429, "POST", statementsURL, `{"statement":"wait","wait":0}`)).Message, "kyuubi.server.statement.max.running.per.user=3")

	info = into[api.StatementInfo](t, g.checked(t, 200, "DELETE", url, ""))
	require.Equal(t, "CANCELED", info.State)
	require.Equal(t, "Canceled", info.Error.Kind)
	require.Equal(t, "Canceled", errorOf(t, g.checked(t, 499, "GET", url+"/result", "")).Kind)
	require.Equal(t, "CLOSED", into[api.StatementInfo](t, g.checked(t, 200, "DELETE", url, "")).State)
}

func TestStatementThatFails(t *testing.T) {
	t.Parallel()
	g := openDocumented(t, nil)
	w := g.checked(t, 400, "POST", statementsURL, `{"statement":"bad"}`)
	require.Equal(t, "42601", errorOf(t, w).SQLState)
	url := w.Header().Get("Location")
	info := into[api.StatementInfo](t, g.checked(t, 200, "GET", url, ""))
	require.Equal(t, "ERROR", info.State)
	require.Equal(t, "42601", info.Error.SQLState)
	require.Equal(t, "42601", errorOf(t, g.checked(t, 400, "GET", url+"/result", "")).SQLState)
	require.Equal(t, "Timeout", errorOf(t, g.checked(t, 504, "POST", statementsURL, `{"statement":"wait","timeout":0.05}`)).Kind)
	require.Equal(t, "NotFound", errorOf(t, g.checked(t, 404, "POST", statementsURL, `{"statement":"ddl","database":"nowhere"}`)).Kind)

	none := &server{Options: Options{Backend: g.Backend}.withDefaults()}
	none.route()
	require.Equal(t, 501, (&gateway{none, t, nil}).do(request(t, "GET", statementsURL, "")).Code)
}

func TestStatementsAreBoundedInWhatTheyTake(t *testing.T) {
	t.Parallel()
	g := open(t, Options{MaxFetchRows: 50}, map[string]arrow.RecordBatch{"rows": thousand(t)})
	for _, body := range []string{
		`{}`, `{"statement":" "}`, `{"statement":"x","maxRows":0}`, `{"statement":"x","wait":-1}`, `{"statement":"x","wait":601}`,
		`{"statement":"x","timeout":1e9}`, `{"statement":"x","timeout":"1"}`,
	} {
		require.Equal(t, "Invalid", errorOf(t, g.call(t, 400, "POST", statementsURL, body)).Kind, body)
	}
	done := into[api.StatementAnswer](t, g.call(t, 200, "POST", statementsURL, `{"statement":"rows"}`))
	require.Equal(t, 50, done.Result.RowCount)
	require.True(t, done.Result.HasMore)
	result := statementsURL + "/" + done.Identifier + "/result"
	for _, query := range []string{"offset=-1", "limit=0", "limit=51", "wait=x", "wait=NaN", "wait=601", "format=xml", "offset=1.5"} {
		require.Equal(t, "Invalid", errorOf(t, g.call(t, 400, "GET", result+"?"+query, "")).Kind, query)
	}
	for _, query := range []string{"state=DONE", "state=ERROR,", "size=0", "size=1001", "from=-1", "createTime=-1"} {
		refused := errorOf(t, g.call(t, 400, "GET", statementsURL+"?"+query, ""))
		require.Equal(t, "Invalid", refused.Kind, query)
		name, _, _ := strings.Cut(query, "=")
		require.True(t, strings.HasPrefix(refused.Message, name+" must "), "%s: %s", query, refused.Message)
	}
	require.Equal(t, 500, strings.Count(g.call(t, 200, "GET", result+"?format=ndjson&offset=500", "").Body.String(), "\n"), "a stream has no limit")
}

// somebody believes names and makes only root an administrator.
type somebody struct{}

func (somebody) Authenticate(_ context.Context, user, _ string) (auth.Principal, error) {
	if user == "" {
		return auth.Principal{}, sqlerr.New(sqlerr.Unauthenticated, "who is it?")
	}
	return auth.Principal{User: user, Admin: user == "root"}, nil
}

func TestStatementsArePrivate(t *testing.T) {
	t.Parallel()
	g := open(t, Options{Auth: somebody{}}, map[string]arrow.RecordBatch{"rows": thousand(t)})
	ask := func(user, method, path, body string) *httptest.ResponseRecorder {
		r := request(t, method, path, body)
		r.SetBasicAuth(user, "")
		return g.do(r)
	}
	w := ask("ann", "POST", statementsURL, `{"statement":"rows"}`)
	require.Equal(t, 200, w.Code)
	require.Equal(t, "ann", into[api.StatementAnswer](t, w).User)
	url := w.Header().Get("Location")
	for _, c := range []struct{ method, path string }{{"GET", ""}, {"GET", "/result"}, {"GET", "/log"}, {"GET", "/events"}, {"DELETE", ""}} {
		require.Equal(t, 404, ask("bob", c.method, url+c.path, "").Code, c)
	}
	require.Equal(t, 403, ask("bob", "POST", statementsURL, `{"statement":"rows","configs":{"kyuubi.session.proxy.user":"ann"}}`).Code)
	require.Equal(t, 0, into[api.StatementList](t, ask("bob", "GET", statementsURL+"?user=*", "")).Total)
	require.Equal(t, 1, into[api.StatementList](t, ask("root", "GET", statementsURL+"?user=*", "")).Total)
	require.Equal(t, 200, ask("root", "POST", statementsURL, `{"statement":"rows","configs":{"kyuubi.session.proxy.user":"ann"}}`).Code)
	require.Equal(t, 2, into[api.StatementList](t, ask("ann", "GET", statementsURL, "")).Total)
	require.Equal(t, 200, ask("root", "DELETE", url, "").Code)
}

// listener is a client's end of a stream of events.
type listener struct {
	*httptest.ResponseRecorder
	got chan string
}

func (l *listener) Write(b []byte) (int, error) {
	l.got <- string(b)
	return len(b), nil
}

func TestEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := open(t, Options{}, nil)
		url := g.call(t, 202, "POST", statementsURL, `{"statement":"wait","wait":1}`).Header().Get("Location")
		l := &listener{httptest.NewRecorder(), make(chan string, 100)}
		over := make(chan struct{})
		go func() {
			defer close(over)
			g.ServeHTTP(l, request(t, "GET", url+"/events", ""))
		}()
		began := time.Now()
		require.True(t, strings.HasPrefix(<-l.got, "event: log\nid: 4\ndata: {"))
		require.True(t, strings.HasPrefix(<-l.got, "event: progress\ndata: {"))
		require.Contains(t, <-l.got, `"state":"RUNNING"`)
		require.Less(t, time.Since(began), time.Second)
		for i := 1; i < 4; i++ {
			require.Equal(t, ": heartbeat\n\n", <-l.got)
			require.Equal(t, time.Duration(i)*heartbeat, time.Since(began).Truncate(time.Second))
		}
		g.call(t, 200, "DELETE", url, "")
		<-over
		require.Contains(t, <-l.got, "RUNNING -> CANCELED")
		last := <-l.got
		require.True(t, strings.HasPrefix(last, "event: state\ndata: {"))
		require.Contains(t, last, `"state":"CANCELED"`)
		require.Empty(t, l.got)
		require.True(t, l.Flushed)
		require.Equal(t, "text/event-stream", l.Header().Get("Content-Type"))

		again := request(t, "GET", url+"/events", "")
		again.Header.Set("Last-Event-ID", "5")
		require.Equal(t, 204, g.do(again).Code, "who knows it all need not come again")
		again.Header.Set("Last-Event-ID", "2")
		w := g.do(again)
		require.Equal(t, 200, w.Code)
		require.Contains(t, w.Body.String(), `"offset":2`)

		// One that is deleted while somebody listens.
		url = g.call(t, 202, "POST", statementsURL, `{"statement":"wait","wait":0}`).Header().Get("Location")
		l.got = make(chan string, 100)
		over = make(chan struct{})
		go func() {
			defer close(over)
			g.ServeHTTP(l, request(t, "GET", url+"/events", ""))
		}()
		time.Sleep(time.Second)
		id := uuid.MustParse(url[len(statementsURL)+1:])
		require.NoError(t, g.Statements.Delete(auth.NewContext(t.Context(), auth.Principal{Admin: true}), id))
		<-over
		close(l.got)
		for text := range l.got {
			last = text
		}
		data, ok := strings.CutPrefix(last, "event: error\ndata: ")
		require.True(t, ok, last)
		var e api.Error
		require.NoError(t, json.Unmarshal([]byte(data), &e))
		require.Equal(t, "Gone", e.Kind)
	})
}

// hungUp is a client who has hung up.
type hungUp struct{ *httptest.ResponseRecorder }

func (hungUp) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestWhoHasHungUp(t *testing.T) {
	t.Parallel()
	g := open(t, Options{}, map[string]arrow.RecordBatch{"rows": thousand(t)})
	url := g.call(t, 200, "POST", statementsURL, `{"statement":"rows"}`).Header().Get("Location")
	for _, path := range []string{"/result?format=ndjson", "/result?format=csv", "/result?format=arrow", "/events"} {
		func() {
			defer func() {
				if v := recover(); v != nil {
					require.Equal(t, http.ErrAbortHandler, v, path)
				}
			}()
			g.ServeHTTP(hungUp{httptest.NewRecorder()}, request(t, "GET", url+path, ""))
		}()
	}
	m, ok := g.Statements.(*stmt.Manager)
	require.True(t, ok)
	require.Zero(t, m.Busy(), "nobody reads any more")
	require.NotContains(t, g.log.String(), "level=ERROR")
}
