package hs2_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/frontend/hs2"
	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/sqlerr"
	"github.com/nekomata-sql/nekomata/thrift/hive"
)

// webServer is a handler of Thrift over HTTP behind a test server.
type webServer struct {
	url  string
	back *fake
	log  *logText
}

func serveHTTP(tb testing.TB, opts hs2.Options, web hs2.HTTPOptions) *webServer {
	tb.Helper()
	s := &webServer{back: newFake(), log: &logText{}}
	opts.Backend = s.back
	opts.Log = slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	server := httptest.NewServer(hs2.New(opts).HTTP(web))
	tb.Cleanup(server.Close)
	s.url = server.URL + "/cliservice"
	return s
}

// client calls as alice.
func (s *webServer) client(tb testing.TB) *hs2test.Client {
	tb.Helper()
	c, err := hs2test.HTTP(s.url, hs2test.Options{User: "alice", Password: "x"})
	require.NoError(tb, err)
	return c
}

// webAnswer is what an HTTP request got.
type webAnswer struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
	body    []byte
}

// problem is the answer's JSON.
func (a webAnswer) problem(tb testing.TB) api.Error {
	tb.Helper()
	require.Equal(tb, "application/json", a.header.Get("Content-Type"), "%s", a.body)
	var e api.Error
	require.NoError(tb, json.Unmarshal(a.body, &e))
	require.Equal(tb, e.RequestID, a.header.Get("X-Request-Id"))
	return e
}

// question is a message that asks about a session that there isn't.
func question(tb testing.TB) []byte {
	tb.Helper()
	return message(tb, "GetInfo", &hive.TCLIServiceGetInfoArgs{Req: &hive.TGetInfoReq{
		SessionHandle: &hive.TSessionHandle{SessionId: &hive.THandleIdentifier{GUID: make([]byte, 16), Secret: make([]byte, 16)}},
	}})
}

// message is a Thrift call in bytes.
func message(tb testing.TB, name string, args thrift.TStruct) []byte {
	tb.Helper()
	buf := thrift.NewTMemoryBuffer()
	p := thrift.NewTBinaryProtocolConf(buf, nil)
	ctx := context.Background()
	require.NoError(tb, p.WriteMessageBegin(ctx, name, thrift.CALL, 1))
	require.NoError(tb, args.Write(ctx, p))
	require.NoError(tb, p.WriteMessageEnd(ctx))
	return buf.Bytes()
}

// post sends a request as alice, after change has had its way with it.
func (s *webServer) post(tb testing.TB, body []byte, change func(*http.Request)) webAnswer {
	tb.Helper()
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, s.url, bytes.NewReader(body))
	require.NoError(tb, err)
	r.Header.Set("Content-Type", "application/x-thrift")
	r.SetBasicAuth("alice", "x")
	if change != nil {
		change(r)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(tb, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	require.NoError(tb, err)
	return webAnswer{res.StatusCode, res.Header, res.Cookies(), answer}
}

func TestCallsOverHTTP(t *testing.T) {
	t.Parallel()
	s := serveHTTP(t, hs2.Options{PollTimeout: time.Millisecond}, hs2.HTTPOptions{})
	c := s.client(t)
	h := open(t, c)
	done := run(t, c, h, "select 1", true).OperationHandle
	require.Equal(t, hive.TOperationState_FINISHED_STATE, operationStatus(t, c, done).GetOperationState())
	r := second(c.FetchResults(t.Context(), &hive.TFetchResultsReq{OperationHandle: done, MaxRows: 2}))
	requireOK(t, r.Status)
	require.Equal(t, []int64{1, 2}, r.Results.Columns[0].I64Val.Values)
	requireFailed(t, run(t, c, h, "select syntax", false).Status, "42601", "no such word")
	for _, info := range s.back.opened() {
		require.Equal(t, "THRIFT_HTTP", info.Frontend)
		require.Equal(t, "alice", info.User)
		require.Equal(t, "127.0.0.1", info.ClientAddress)
	}
	// Another client goes on with the same session: no connection owns it.
	requireOK(t, run(t, s.client(t), h, "select 1", false).Status)
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	requireOK(t, run(t, c, h, "select 1", false).Status)
	require.Equal(t, 1, s.back.open())
	requireOK(t, second(c.CloseSession(t.Context(), &hive.TCloseSessionReq{SessionHandle: h})).Status)
	require.Zero(t, s.back.open())
}

func TestOldRowsOverHTTPAreInTheSessionsVersion(t *testing.T) {
	t.Parallel()
	s := serveHTTP(t, hs2.Options{}, hs2.HTTPOptions{})
	c := s.client(t)
	op := run(t, c, openV(t, c, hive.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V5, nil), "select 1", false).OperationHandle
	r := second(s.client(t).FetchResults(t.Context(), &hive.TFetchResultsReq{OperationHandle: op, MaxRows: 2}))
	require.Empty(t, r.Results.Columns)
	require.Len(t, r.Results.Rows, 2)
}

func TestRequestsThatAreNoCalls(t *testing.T) {
	t.Parallel()
	s := serveHTTP(t, hs2.Options{MaxMessageSize: 1000}, hs2.HTTPOptions{})
	for name, tc := range map[string]struct {
		change func(*http.Request)
		body   string
		status int
		text   string
	}{
		"GET":             {func(r *http.Request) { r.Method = http.MethodGet }, "", 405, "only POST"},
		"OPTIONS":         {func(r *http.Request) { r.Method = http.MethodOptions }, "", 405, "only POST"},
		"TRACE":           {func(r *http.Request) { r.Method = http.MethodTrace; r.Body, r.ContentLength = nil, 0 }, "", 405, "only POST"},
		"another path":    {func(r *http.Request) { r.URL.Path = "/cliservices" }, "", 404, "at /cliservice"},
		"the root":        {func(r *http.Request) { r.URL.Path = "/" }, "", 404, "at /cliservice"},
		"text":            {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, "", 415, `not "text/plain"`},
		"no type":         {func(r *http.Request) { r.Header.Del("Content-Type") }, "", 415, "application/x-thrift"},
		"packed":          {func(r *http.Request) { r.Header.Set("Content-Encoding", "br") }, "", 415, "only gzip"},
		"large":           {nil, strings.Repeat("\x80", 1001), 413, "larger than 1000"},
		"large, in parts": {func(r *http.Request) { r.ContentLength = -1 }, strings.Repeat("\x80", 1001), 413, "larger than 1000"},
		"empty":           {nil, "", 400, "strict binary protocol"},
		"compact":         {nil, "\x82\x21\x01", 400, "strict binary protocol"},
		"no login":        {func(r *http.Request) { r.Header.Del("Authorization") }, "", 401, "Authorization header is missing"},
		"another scheme":  {func(r *http.Request) { r.Header.Set("Authorization", "Negotiate abc") }, "", 401, `not "Negotiate"`},
		"no base64":       {func(r *http.Request) { r.Header.Set("Authorization", "Basic ???") }, "", 401, "malformed"},
		"no colon":        {func(r *http.Request) { r.Header.Set("Authorization", "Basic YWxpY2U=") }, "", 401, "no colon"},
		"no user":         {func(r *http.Request) { r.SetBasicAuth("", "x") }, "", 401, "user name is empty"},
		"no password":     {func(r *http.Request) { r.SetBasicAuth("alice", "") }, "", 401, "password is empty"},
		"not UTF-8":       {func(r *http.Request) { r.SetBasicAuth("\xff", "x") }, "", 401, "not valid UTF-8"},
		"NUL":             {func(r *http.Request) { r.SetBasicAuth("alice\x00root", "x") }, "", 401, "NUL byte"},
		"a bearer token":  {func(r *http.Request) { r.Header.Set("Authorization", "bearer x") }, "", 401, "tokens are not taken"},
	} {
		a := s.post(t, []byte(tc.body), tc.change)
		require.Equal(t, tc.status, a.status, "%s: %s", name, a.body)
		require.Contains(t, a.problem(t).Message, tc.text, name)
		switch tc.status {
		case 405:
			require.Equal(t, "POST", a.header.Get("Allow"))
		case 401:
			require.Equal(t, `Basic realm="Nekomata", charset="UTF-8"`, a.header.Get("WWW-Authenticate"))
		}
	}
	// What is wrong with the call itself is told in Thrift.
	for name, body := range map[string][]byte{
		"bad arguments": message(t, "GetInfo", &hive.TCLIServiceGetCatalogsArgs{}), "unknown": message(t, "Meow", &hive.TCLIServiceGetCatalogsArgs{}),
		"cut off": question(t)[:20],
	} {
		a := s.post(t, body, nil)
		require.Equal(t, 200, a.status, name)
		require.Equal(t, "application/x-thrift", a.header.Get("Content-Type"))
		require.Equal(t, "\x80\x01\x00\x03", string(a.body[:4]), "an exception")
	}
	below := s.post(t, question(t), func(r *http.Request) {
		r.URL.Path += "/x/y"
		r.Header.Set("Content-Type", "application/vnd.apache.thrift.binary")
	})
	require.Equal(t, 200, below.status, "everything below the path")
}

func TestWordsForClientsWithoutHTTP(t *testing.T) {
	t.Parallel()
	const hint = "connect with transportMode=http;httpPath=gateway"
	o := hs2.HTTPOptions{Path: "/gateway/"}
	require.Equal(t, "\x03\x00\x00\x00", string(o.Stranger(1)[:4]), "BAD")
	require.Contains(t, string(o.Stranger(1)), hint)
	require.Equal(t, "\x80\x01\x00\x03", string(o.Stranger(0x80)[:4]), "an exception")
	require.Contains(t, string(o.Stranger(0x80)), hint)
	require.Nil(t, o.Stranger(0x16))
}

func TestCookieSparesALogin(t *testing.T) {
	t.Parallel()
	asked := &counting{}
	s := serveHTTP(t, hs2.Options{Auth: asked}, hs2.HTTPOptions{Cookies: hs2.CookieOptions{MaxAge: time.Hour, Path: "/cliservice", Domain: "example.org"}})
	a := s.post(t, question(t), nil)
	require.Equal(t, 200, a.status)
	require.Len(t, a.cookies, 1)
	cookie := a.cookies[0]
	require.Equal(t, "hive.server2.auth", cookie.Name)
	require.Equal(t, 3600, cookie.MaxAge)
	require.Equal(t, "/cliservice", cookie.Path)
	require.Equal(t, "example.org", cookie.Domain)
	require.True(t, cookie.HttpOnly)
	require.False(t, cookie.Secure, "there is no TLS")
	with := func(c *http.Cookie, user string) webAnswer {
		return s.post(t, question(t), func(r *http.Request) {
			r.Header.Del("Authorization")
			if user != "" {
				r.SetBasicAuth(user, "x")
			}
			r.AddCookie(c)
		})
	}
	a = with(cookie, "")
	require.Equal(t, 200, a.status)
	require.Empty(t, a.cookies, "it is remembered already")
	require.Equal(t, auth.Principal{User: "alice", Admin: true, Address: "127.0.0.1"}, s.back.asked)
	require.Equal(t, 200, with(cookie, "alice").status)
	require.Equal(t, 1, asked.n)
	require.Len(t, with(cookie, "bob").cookies, 1, "another name is another login")
	require.Equal(t, "bob", s.back.asked.User)
	require.Equal(t, 2, asked.n)
	for _, bad := range []string{"", "x", ".", cookie.Value + "x", "B" + cookie.Value[1:], strings.Replace(cookie.Value, ".", "", 1)} {
		require.Equal(t, 401, with(&http.Cookie{Name: cookie.Name, Value: bad}, "").status, bad)
	}
	require.Len(t, with(&http.Cookie{Name: cookie.Name, Value: "stale"}, "alice").cookies, 1)
}

// counting is auth.None that counts.
type counting struct {
	auth.None
	n int
}

func (c *counting) Authenticate(ctx context.Context, user, password string) (auth.Principal, error) {
	c.n++
	return c.None.Authenticate(ctx, user, password)
}

func TestCookiesOfAnotherGateway(t *testing.T) {
	t.Parallel()
	gateway := func(c hs2.CookieOptions) *webServer { return serveHTTP(t, hs2.Options{}, hs2.HTTPOptions{Cookies: c}) }
	const secret = "a secret of all gateways"
	first := gateway(hs2.CookieOptions{Secret: secret, Realm: "LDAP"})
	cookie := first.post(t, question(t), nil).cookies[0]
	for name, tc := range map[string]struct {
		opts   hs2.CookieOptions
		status int
	}{
		"the same secret":    {hs2.CookieOptions{Secret: secret, Realm: "LDAP"}, 200},
		"another secret":     {hs2.CookieOptions{Secret: secret + "!", Realm: "LDAP"}, 401},
		"another realm":      {hs2.CookieOptions{Secret: secret, Realm: "NONE"}, 401},
		"a random secret":    {hs2.CookieOptions{Realm: "LDAP"}, 401},
		"cookies are off":    {hs2.CookieOptions{Secret: secret, Realm: "LDAP", Disabled: true}, 401},
		"scripts may see it": {hs2.CookieOptions{Secret: secret, Realm: "LDAP", Scripts: true}, 200},
	} {
		other := gateway(tc.opts)
		a := other.post(t, question(t), func(r *http.Request) {
			r.Header.Del("Authorization")
			r.AddCookie(cookie)
		})
		require.Equal(t, tc.status, a.status, name)
		fresh := other.post(t, question(t), nil)
		if tc.opts.Disabled {
			require.Empty(t, fresh.cookies)
			continue
		}
		require.Equal(t, !tc.opts.Scripts, fresh.cookies[0].HttpOnly, name)
	}
}

func TestDoAs(t *testing.T) {
	t.Parallel()
	as := func(s *webServer, user, query string, conf map[string]string) webAnswer {
		body := message(t, "OpenSession", &hive.TCLIServiceOpenSessionArgs{Req: &hive.TOpenSessionReq{
			ClientProtocol: hive.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10, Configuration: conf,
		}})
		return s.post(t, body, func(r *http.Request) {
			r.URL.RawQuery = query
			r.SetBasicAuth(user, user+user)
		})
	}
	s := serveHTTP(t, hs2.Options{Auth: strict{}}, hs2.HTTPOptions{})
	require.Equal(t, 200, as(s, "root", "doAs=bob", map[string]string{"hive.server2.proxy.user": "eve"}).status)
	require.Equal(t, 200, as(s, "root", "x=1&doas="+url.QueryEscape("bob"), nil).status)
	for _, info := range s.back.opened() {
		require.Equal(t, "bob", info.User)
		require.Equal(t, "root", info.RealUser)
	}
	require.Equal(t, 200, as(s, "bob", "doAs=bob", nil).status)
	for query, text := range map[string]string{
		"doAs=%zz":          "can't be read",
		"doAs=bob;x=1":      "can't be read",
		"doAs=bob&doas=eve": "several users",
	} {
		a := as(s, "root", query, nil)
		require.Equal(t, 400, a.status, query)
		require.Contains(t, a.problem(t).Message, text)
	}
	a := as(s, "bob", "doAs=root", nil)
	require.Equal(t, 403, a.status)
	require.Equal(t, "bob may not act for root", a.problem(t).Message)
	require.Equal(t, 401, s.post(t, question(t), nil).status, "a wrong password")

	s = serveHTTP(t, hs2.Options{Auth: strict{}}, hs2.HTTPOptions{NoSubstitution: true})
	require.Contains(t, as(s, "root", "doAs=bob", nil).problem(t).Message, "doAs is not allowed here")
}

// tokenOf takes one token.
type tokenOf string

func (o tokenOf) AuthenticateToken(_ context.Context, text string) (auth.Principal, error) {
	if text != "the token of "+string(o) {
		return auth.Principal{}, sqlerr.New(sqlerr.Unauthenticated, "the delegation token is not valid")
	}
	return auth.Principal{User: string(o), Delegated: true}, nil
}

func TestTokensOverHTTP(t *testing.T) {
	t.Parallel()
	s := serveHTTP(t, hs2.Options{Auth: strict{}}, hs2.HTTPOptions{Tokens: tokenOf("carol")})
	for _, header := range [][2]string{{"X-Hive-Delegation-Token", "the token of carol"}, {"Authorization", "Bearer the token of carol"}} {
		a := s.post(t, question(t), func(r *http.Request) {
			r.Header.Del("Authorization")
			r.Header.Set(header[0], header[1])
		})
		require.Equal(t, 200, a.status, "%s", a.body)
		require.Empty(t, a.cookies, "a token can be canceled, a cookie can't")
		require.Equal(t, auth.Principal{User: "carol", Delegated: true, Address: "127.0.0.1"}, s.back.asked)
	}
	a := s.post(t, question(t), func(r *http.Request) { r.Header.Set("X-Hive-Delegation-Token", "x") })
	require.Equal(t, 401, a.status)
	require.Contains(t, a.problem(t).Message, "not valid")
}

func TestOtherWaysIntoHTTP(t *testing.T) {
	t.Parallel()
	// Without a login, names are believed where there are some.
	s := serveHTTP(t, hs2.Options{NoSASL: true}, hs2.HTTPOptions{
		Path: "/a/b/", WantXSRFHeader: true, ClientIPHeader: "X-Real-IP",
		Admit: func(r *http.Request) error {
			if r.Header.Get("Origin") != "" {
				return sqlerr.New(sqlerr.Denied, "no pages")
			}
			return nil
		},
	})
	s.url = strings.Replace(s.url, "cliservice", "a/b", 1)
	anonymous := func(r *http.Request) {
		r.Header.Del("Authorization")
		r.Header.Set("X-XSRF-HEADER", "true")
		r.Header.Set("X-Real-IP", "192.0.2.7")
	}
	body := message(t, "OpenSession", &hive.TCLIServiceOpenSessionArgs{Req: &hive.TOpenSessionReq{}})
	require.Equal(t, 200, s.post(t, body, anonymous).status)
	for _, info := range s.back.opened() {
		require.Equal(t, auth.Anonymous, info.User)
		require.Equal(t, "192.0.2.7", info.ClientAddress)
	}
	require.Equal(t, "127.0.0.1", s.back.callers[0].Address)
	a := s.post(t, body, nil)
	require.Equal(t, 400, a.status)
	require.Contains(t, a.problem(t).Message, "X-XSRF-HEADER")
	a = s.post(t, body, func(r *http.Request) { r.Header.Set("Origin", "https://example.org") })
	require.Equal(t, 403, a.status)
}

func TestAClientThatLeavesEndsItsCall(t *testing.T) {
	t.Parallel()
	s := serveHTTP(t, hs2.Options{}, hs2.HTTPOptions{})
	c := s.client(t)
	h := open(t, c)
	ctx, leave := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer leave()
	_, err := c.ExecuteStatement(ctx, &hive.TExecuteStatementReq{SessionHandle: h, Statement: "select slow"})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	<-s.back.canceled
	require.Equal(t, 1, s.back.open(), "its session lives on")
}

func TestAPanicCostsOneCallOverHTTP(t *testing.T) {
	t.Parallel()
	s := serveHTTP(t, hs2.Options{}, hs2.HTTPOptions{})
	c := s.client(t)
	h := open(t, c)
	requireFailed(t, run(t, c, h, "select boom", false).Status, "HY000", "internal error")
	require.Contains(t, s.log.String(), "panic: whiskers")
	requireOK(t, run(t, c, h, "select 1", false).Status)
}
