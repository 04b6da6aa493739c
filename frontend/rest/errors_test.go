package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// broken is a backend whose sessions fail in the way that a test wants.
type broken struct {
	Backend
	fail func() error
}

func (b broken) Session(context.Context, uuid.UUID) (session.Info, error) {
	return session.Info{}, b.fail()
}

func failing(t *testing.T, fail func() error) *gateway {
	t.Helper()
	return open(t, Options{Backend: broken{fail: fail}}, nil)
}

func oneSessionPath() string { return "/api/v1/sessions/" + uuid.NewString() }

// errorOf is an answer's error body; there must be one, and nothing else.
func errorOf(t *testing.T, w *httptest.ResponseRecorder) api.Error {
	t.Helper()
	require.Equal(t, "application/json", w.Header().Get("Content-Type"), w.Body)
	dec := json.NewDecoder(strings.NewReader(w.Body.String()))
	dec.DisallowUnknownFields()
	var e api.Error
	require.NoError(t, dec.Decode(&e), w.Body)
	require.NotEmpty(t, e.Message)
	require.Equal(t, w.Header().Get(requestIDHeader), e.RequestID)
	return e
}

func TestEveryKindIsRendered(t *testing.T) {
	t.Parallel()
	doc := readDocument(t)
	for _, k := range sqlerr.Kinds() {
		t.Run(k.String(), func(t *testing.T) {
			t.Parallel()
			g := failing(t, func() error {
				return fmt.Errorf("ask: %w", sqlerr.Wrap(errors.New("secret cause"), k, "what went <wrong>").WithState("ABCDE"))
			})
			path := oneSessionPath()
			w := g.call(t, k.HTTPStatus(), http.MethodGet, path, "")
			e := errorOf(t, w)
			require.Equal(t, api.Error{Message: "what went <wrong>", Kind: k.String(), SQLState: "ABCDE", RequestID: e.RequestID}, e)
			require.NotContains(t, w.Body.String(), "secret")
			doc.check(t, k.String(), http.MethodGet, path, "", w)
			require.Equal(t, k == sqlerr.Unauthenticated, w.Header().Get("WWW-Authenticate") != "")
			require.Equal(t, k == sqlerr.Unavailable, w.Header().Get("Retry-After") != "")
			ours := k == sqlerr.Internal || k == sqlerr.Unavailable || k == sqlerr.Exhausted
			require.Equal(t, ours, strings.Contains(g.log.String(), "secret cause"), "only what is the gateway's to mend is logged")
		})
	}
}

func TestWhatOnlySQLNamesIsNot404(t *testing.T) {
	t.Parallel()
	for state, status := range map[string]int{"42P01": 400, "42000": 400, "3F000": 400, "3D000": 400, "HY000": 404, "": 404} {
		g := failing(t, func() error { return sqlerr.New(sqlerr.NotFound, "no table x").WithState(state) })
		e := errorOf(t, g.call(t, status, http.MethodGet, oneSessionPath(), ""))
		require.Equal(t, status == 400, e.Kind == "Invalid")
		require.True(t, e.SQLState == state || state == "")
	}
}

func TestWhatIsNotOursIsHiddenAndLoggedOnce(t *testing.T) {
	t.Parallel()
	g := failing(t, func() error { return errors.New("dial 10.0.0.7: secret") })
	w := g.call(t, http.StatusInternalServerError, http.MethodGet, oneSessionPath(), "")
	e := errorOf(t, w)
	require.NotContains(t, e.Message, "secret")
	require.Equal(t, 1, strings.Count(g.log.String(), "secret"), g.log)
	require.Contains(t, g.log.String(), e.RequestID)
}

func TestPanicIsAnAnswer(t *testing.T) {
	t.Parallel()
	g := failing(t, func() error { panic("secret panic") })
	w := g.call(t, http.StatusInternalServerError, http.MethodGet, oneSessionPath(), "")
	require.Equal(t, "Internal", errorOf(t, w).Kind)
	require.NotContains(t, w.Body.String(), "secret")
	require.Equal(t, 1, strings.Count(g.log.String(), "secret panic"))
	require.Contains(t, g.log.String(), "errors_test.go", "where it happened")
	require.Contains(t, g.log.String(), "status=500")
}

func TestPanicInTheMidstOfAnAnswerCutsIt(t *testing.T) {
	t.Parallel()
	g := open(t, Options{}, nil)
	g.paths.add("/api/v1/ping", &resource{methods: get(func(c *APIRequestContext) error {
		_, _ = c.Write([]byte("half"))
		panic("too late")
	})})
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { g.do(request(t, http.MethodGet, "/api/v1/ping", "")) })
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	g := open(t, Options{MaxFetchRows: 1000, MaxBodyBytes: 1 << 10}, nil)
	id := g.openSession(t, `{"configs":{}}`)
	sess := "/api/v1/sessions/" + id
	unknown := uuid.NewString()
	op := "/api/v1/operations/" + unknown
	for _, c := range []struct {
		method, path, body string
		status             int
		message            string
	}{
		{"GET", "/", "", 404, "nothing at /"},
		{"GET", "/api/v1", "", 404, "nothing at"},
		{"GET", "/api/v1/", "", 404, "nothing at"},
		{"GET", "/api/v1/sessionsx", "", 404, "nothing at"},
		{"GET", "/api/v1//ping", "", 404, "nothing at"},
		{"GET", "/api/v1/ping/", "", 404, "nothing at"},
		{"GET", "/api/v1/sessions/" + unknown, "", 404, unknown},
		{"GET", "/api/v1/sessions/abc", "", 400, `sessionHandle must be a UUID, not "abc"`},
		{"DELETE", "/api/v1/sessions/urn:uuid:" + unknown, "", 400, "must be a UUID"},
		{"DELETE", "/api/v1/sessions/" + unknown, "", 404, unknown},
		{"GET", sess + "/info/abc", "", 400, "infoType must be the number"},
		{"GET", sess + "/info/4", "", 404, "Unrecognized GetInfoType value: 4"},
		{"GET", "/api/v1/sessions/" + unknown + "/info/17", "", 404, unknown},
		{"POST", "/api/v1/sessions", "", 400, "the body is empty"},
		{"POST", "/api/v1/sessions", "[]", 400, "must be a JSON object"},
		{"POST", "/api/v1/sessions", "null", 400, "must be a JSON object"},
		{"POST", "/api/v1/sessions", "{", 400, "not valid JSON: at byte 1"},
		{"POST", "/api/v1/sessions", "{} {}", 400, "not valid JSON: at byte"},
		{"POST", "/api/v1/sessions", `{"configs":{"a":1}}`, 400, "configs.a: expected a string, got number"},
		{"POST", "/api/v1/sessions", `{"configs":{"a":null}}`, 400, "configs.a: null is no value for an entry"},
		{"POST", "/api/v1/sessions", `{"x":"configs","protocolVersion":null,"y":1,"configs":{"b":"null","a":null}}`, 400, "configs.a: null is no value for an entry"},
		{"POST", "/api/v1/sessions", `{"protocolVersion":2147483648}`, 400, "protocolVersion must be from 0"},
		{"POST", "/api/v1/sessions", `{"configs":[]}`, 400, "configs: expected an object, got array"},
		{"POST", "/api/v1/sessions", `{"protocolVersion":"V1"}`, 400, "protocolVersion: expected an integer, got string"},
		{"POST", "/api/v1/sessions", `{"protocolVersion":1.5}`, 400, "protocolVersion: expected an integer, got number 1.5"},
		{"POST", "/api/v1/sessions", `{"protocolVersion":-1}`, 400, "protocolVersion must be from 0"},
		{"POST", "/api/v1/sessions", `{"configs":{"use:database":"nowhere"}}`, 404, "database nowhere not found"},
		{"POST", "/api/v1/sessions", `{"configs":{"a":"` + strings.Repeat("x", 1<<10) + `"}}`, 413, "larger than 1024 bytes"},
		{"POST", sess + "/operations/statement", `{}`, 400, "statement is missing or empty"},
		{"POST", sess + "/operations/statement", `{"Statement":"create"}`, 400, "statement is missing or empty"},
		{"POST", sess + "/operations/statement", `{"statement":null,"x":[null]}`, 400, "statement is missing or empty"},
		{"POST", sess + "/operations/statement", `{"statement":"select '\u0000'"}`, 400, "statement: a text can't have a NUL character"},
		{"POST", sess + "/operations/tables", `{"tableTypes":["\u0000"]}`, 400, "tableTypes: a text can't have a NUL character"},
		{"POST", sess + "/operations/columns", `{"columnName":"\u0000"}`, 400, "columnName: a text can't have a NUL character"},
		{"POST", sess + "/operations/statement", `{"statement":7}`, 400, "statement: expected a string, got number"},
		{"POST", sess + "/operations/statement", `{"statement":"x","runAsync":"yes"}`, 400, "runAsync: expected true or false, got string"},
		{"POST", sess + "/operations/statement", `{"statement":"bad"}`, 400, "syntax error"},
		{"POST", sess + "/operations/tables", `{"tableTypes":"TABLE"}`, 400, "tableTypes: expected an array, got string"},
		{"POST", sess + "/operations/tables", `{"catalogName":null,"tableTypes":["TABLE",null]}`, 400, "tableTypes[1]: null is no value for an entry"},
		{"POST", "/api/v1/sessions/abc/operations/catalogs", "", 400, "must be a UUID"},
		{"POST", "/api/v1/sessions/" + unknown + "/operations/catalogs", "", 404, unknown},
		{"GET", "/api/v1/sessions/" + unknown + "/operations", "", 404, unknown},
		{"PUT", op, `{"action":"explode"}`, 400, `action must be cancel or close, not "explode"`},
		{"PUT", op, `{"action":"close"}`, 404, unknown},
		{"PUT", "/api/v1/operations/abc", `{"action":"close"}`, 400, "must be a UUID"},
		{"GET", op + "/event", "", 404, unknown},
		{"GET", op + "/resultsetmetadata", "", 404, unknown},
		{"GET", op + "/log", "", 404, unknown},
		{"GET", op + "/log?maxrows=many", "", 400, `maxrows must be an integer, not "many"`},
		{"GET", op + "/log?maxrows=-5", "", 400, "maxrows must be positive, or 0 or -1 for all lines that are left, not -5"},
		{"GET", op + "/log?maxrows=1.5", "", 400, `maxrows must be an integer, not "1.5"`},
		{"GET", op + "/log?maxrows=%zz", "", 400, `the URL's query can't be read (invalid URL escape "%zz")`},
		{"GET", op + "/rowset?maxrows=5;fetchorientation=FETCH_NEXT", "", 400, "write %25 for a percent sign and %3B for a semicolon"},
		{"GET", op + "/rowset?maxrows=-1", "", 400, "maxrows must be positive, not -1"},
		{"GET", op + "/log?fetchorientation=FETCH_PRIOR", "", 400, "fetchorientation must be"},
		{"GET", op + "/rowset", "", 404, unknown},
		{"GET", op + "/rowset?maxrows=0", "", 400, "maxrows must be positive"},
		{"GET", op + "/rowset?maxrows=1001", "", 400, "kyuubi.server.limit.client.fetch.max.rows"},
		{"GET", op + "/rowset?maxrows=99999999999999999999", "", 400, "must be an integer"},
		{"GET", op + "/rowset?fetchorientation=fetch_next", "", 400, "fetchorientation must be"},
		{"GET", "/api/v1/admin/sessions?sessionType=interactive", "", 400, "sessionType must be"},
		{"GET", "/api/v1/admin/operations?sessionType=%C5%BF", "", 400, "sessionType must be"},
		{"GET", "/api/v1/admin/operations?sessionType=%C4%B1nteractive", "", 400, "sessionType must be"},
		{"GET", "/api/v1/admin/operations?sessionType=x", "", 400, "sessionType must be"},
		{"GET", "/api/v1/admin/operations?sessionHandle=x", "", 400, "sessionHandle must be a UUID"},
		{"DELETE", "/api/v1/admin/sessions/" + unknown, "", 404, unknown},
		{"DELETE", "/api/v1/admin/sessions/abc", "", 400, "must be a UUID"},
		{"DELETE", "/api/v1/admin/operations/" + unknown, "", 404, unknown},
	} {
		t.Run(c.method+" "+c.path+" "+c.body[:min(len(c.body), 40)], func(t *testing.T) {
			t.Parallel()
			e := errorOf(t, g.call(t, c.status, c.method, c.path, c.body))
			require.Contains(t, e.Message, c.message)
			require.NotRegexp(t, `\b(map\[|Go |struct|int64|api\.|json:)`, e.Message)
		})
	}
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	g := open(t, Options{}, nil)
	for _, c := range []struct {
		header, value string
		status        int
	}{
		{"Content-Type", "", 200}, // taken for JSON
		{"Content-Type", "application/json", 200},
		{"Content-Type", "Application/JSON; charset=UTF-8", 200},
		{"Content-Type", "application/x-www-form-urlencoded", 415}, // curl -d
		{"Content-Type", "application/json; charset=latin1", 415},
		{"Content-Type", ";;", 415},
		{"Content-Encoding", "gzip", 415},
	} {
		r := request(t, http.MethodPost, "/api/v1/sessions", `{"configs":{}}`)
		r.Header.Set(c.header, c.value)
		w := g.do(r)
		require.Equal(t, c.status, w.Code, "%s: %s", c.value, w.Body)
		if c.status != http.StatusOK {
			require.Equal(t, "MediaType", errorOf(t, w).Kind)
		}
	}
}

func TestOtherMethodsAreRefusedWithAllow(t *testing.T) {
	t.Parallel()
	g := open(t, Options{}, nil)
	fill := regexp.MustCompile(`{[a-zA-Z]+}`)
	for _, res := range g.resources {
		path := fill.ReplaceAllString(res.path, uuid.NewString())
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
			if res.methods[method] != nil {
				continue
			}
			w := g.call(t, http.StatusMethodNotAllowed, method, path, "")
			require.Equal(t, res.allow, w.Header().Get("Allow"))
			require.Equal(t, "Method", errorOf(t, w).Kind)
		}
	}
	w := g.call(t, http.StatusMethodNotAllowed, http.MethodDelete, "/api/v1/sessions/count", "")
	require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
}

func TestObserve(t *testing.T) {
	t.Parallel()
	var seen []string
	g := open(t, Options{Observe: func(route, method string, status int, took time.Duration) {
		require.Positive(t, took)
		seen = append(seen, fmt.Sprint(method, " ", route, " ", status))
	}}, nil)
	g.do(request(t, http.MethodGet, "/api/v1/ping", ""))
	g.do(request(t, http.MethodGet, oneSessionPath(), ""))
	g.do(request(t, "BREW", "/coffee/7", ""))
	require.Equal(t, []string{"GET /api/v1/ping 200", "GET /api/v1/sessions/{sessionHandle} 404", "OTHER none 404"}, seen)
}

// openSession opens a session as anonymous and returns its handle.
func (g *gateway) openSession(t *testing.T, body string) string {
	t.Helper()
	var h api.SessionHandle
	w := g.call(t, http.StatusOK, http.MethodPost, "/api/v1/sessions", body)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &h))
	return h.Identifier
}
