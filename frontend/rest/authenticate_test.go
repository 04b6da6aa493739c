package rest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// passwords knows users whose password is their name; root is administrator.
type passwords struct{}

func (passwords) Authenticate(_ context.Context, user, password string) (auth.Principal, error) {
	if user == "" || user != password {
		return auth.Principal{}, sqlerr.New(sqlerr.Unauthenticated, "wrong user or password")
	}
	return auth.Principal{User: user, Admin: user == "root"}, nil
}

func basic(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestAuthorizationHeader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, header string
		none, checks int // the status with auth.None and with passwords
	}{
		{"absent", "", 200, 401},
		{"right", "Basic " + basic("ann:ann"), 200, 200},
		{"upper case", "BASIC " + basic("ann:ann"), 200, 200},
		{"wrong password", "Basic " + basic("ann:bob"), 200, 401},
		{"no user", "Basic " + basic(":x"), 200, 401},
		{"no colon", "Basic " + basic("ann"), 401, 401},
		{"not base64", "Basic ann:ann", 401, 401},
		{"no token", "Basic", 401, 401},
		{"another scheme", "Negotiate " + basic("ann:ann"), 401, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, a := range []struct {
				auth   auth.Authenticator
				status int
			}{{auth.None{}, c.none}, {passwords{}, c.checks}} {
				g := open(t, Options{Auth: a.auth}, nil)
				r := request(t, http.MethodGet, "/api/v1/sessions", "")
				if c.header != "" {
					r.Header.Set("Authorization", c.header)
				}
				w := g.do(r)
				require.Equal(t, a.status, w.Code, w.Body)
				if w.Code == http.StatusUnauthorized {
					require.Equal(t, "Unauthenticated", errorOf(t, w).Kind)
					require.Equal(t, challenge, w.Header().Get("WWW-Authenticate"))
				}
				require.NotContains(t, g.log.String(), basic("ann:ann"), "credentials in the log")
			}
		})
	}
}

func TestDocumentNeedsNoLogin(t *testing.T) {
	t.Parallel()
	g := open(t, Options{Auth: passwords{}}, nil)
	g.call(t, http.StatusOK, http.MethodGet, "/api/openapi.json", "")
	g.call(t, http.StatusUnauthorized, http.MethodGet, "/api/v1/ping", "")
	g.call(t, http.StatusUnauthorized, http.MethodGet, "/api/v1/nothing", "")
}

// as makes a request as a user of passwords.
func (g *gateway) as(t *testing.T, user, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := request(t, method, path, body)
	r.SetBasicAuth(user, user)
	return g.do(r)
}

func into[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var v T
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v))
	return v
}

func TestOwnersAndAdministrators(t *testing.T) {
	t.Parallel()
	g := open(t, Options{Auth: passwords{}}, goldenAnswers(t, readRecorded(t)))
	h := into[api.SessionHandle](t, g.as(t, "ann", "POST", "/api/v1/sessions", `{}`))
	sess := "/api/v1/sessions/" + h.Identifier
	o := into[api.OperationHandle](t, g.as(t, "ann", "POST", sess+"/operations/catalogs", ""))
	op := "/api/v1/operations/" + o.Identifier
	for _, c := range [][2]string{
		{"GET", sess},
		{"DELETE", sess},
		{"GET", sess + "/info/17"},
		{"GET", sess + "/operations"},
		{"POST", sess + "/operations/catalogs"},
		{"GET", op + "/event"},
		{"GET", op + "/rowset"},
		{"GET", op + "/log"},
		{"GET", op + "/resultsetmetadata"},
	} {
		require.Equal(t, http.StatusNotFound, g.as(t, "bob", c[0], c[1], "").Code, c)
	}
	require.Empty(t, into[[]api.SessionData](t, g.as(t, "bob", "GET", "/api/v1/sessions", "")))
	require.Len(t, into[[]api.SessionData](t, g.as(t, "ann", "GET", "/api/v1/sessions", "")), 1)

	for _, c := range [][2]string{
		{"GET", "/api/v1/admin/sessions"},
		{"GET", "/api/v1/admin/operations"},
		{"DELETE", "/api/v1/admin/operations/" + o.Identifier},
		{"DELETE", "/api/v1/admin/sessions/" + h.Identifier},
	} {
		w := g.as(t, "ann", c[0], c[1], "")
		require.Equal(t, http.StatusForbidden, w.Code, c)
		require.Equal(t, "Denied", errorOf(t, w).Kind)
	}
	for query, want := range map[string]int{
		"": 1, "?users=bob,ann": 1, "?users=bob": 0, "?sessionType=INTERACTIVE": 1, "?sessionType=BATCH": 0,
	} {
		require.Len(t, into[[]api.SessionData](t, g.as(t, "root", "GET", "/api/v1/admin/sessions"+query, "")), want, query)
	}
	for query, want := range map[string]int{
		"": 1, "?users=ann": 1, "?users=bob": 0, "?sessionType=interactive": 1, "?sessionType=batch": 0,
		"?sessionHandle=" + h.Identifier: 1, "?sessionHandle=" + o.Identifier: 0, "?sessionHandle=" + uuid.Nil.String(): 0,
	} {
		list := into[[]api.OperationData](t, g.as(t, "root", "GET", "/api/v1/admin/operations"+query, ""))
		require.Len(t, list, want, query)
		if want == 1 {
			require.Equal(t, "GetCatalogs", list[0].Statement)
		}
	}
	w := g.as(t, "root", "DELETE", "/api/v1/admin/operations/"+o.Identifier, "")
	require.Equal(t, "text/plain", w.Header().Get("Content-Type"))
	require.Contains(t, w.Body.String(), o.Identifier)
	require.Equal(t, http.StatusOK, g.as(t, "root", "DELETE", "/api/v1/admin/sessions/"+h.Identifier, "").Code)
	require.Equal(t, http.StatusNotFound, g.as(t, "ann", "GET", sess, "").Code)
}

func TestActingForAnother(t *testing.T) {
	t.Parallel()
	g := open(t, Options{Auth: passwords{}}, nil)
	for _, c := range []struct {
		who, configs string
		status       int
		user         string
	}{
		{"root", `{"hive.server2.proxy.user":"ann"}`, 200, "ann"},
		{"root", `{"hive.server2.proxy.user":"bob","kyuubi.session.proxy.user":"ann"}`, 200, "ann"},
		{"root", `{"set:hiveconf:hive.server2.proxy.user":"ann"}`, 200, "ann"},
		{"ann", `{"hive.server2.proxy.user":"ann"}`, 200, "ann"},
		{"ann", `{"hive.server2.proxy.user":""}`, 200, "ann"},
		{"bob", `{"hive.server2.proxy.user":"ann"}`, 403, ""},
		{"bob", `{"set:hiveconf:kyuubi.session.proxy.user":"ann"}`, 403, ""},
	} {
		w := g.as(t, c.who, "POST", "/api/v1/sessions", `{"configs":`+c.configs+`}`)
		require.Equal(t, c.status, w.Code, "%s: %s", c.configs, w.Body)
		if c.status != http.StatusOK {
			require.Contains(t, errorOf(t, w).Message, "Failed to validate proxy privilege of bob for ann")
			continue
		}
		h := into[api.SessionHandle](t, w)
		e := into[api.SessionEvent](t, g.as(t, c.who, "GET", "/api/v1/sessions/"+h.Identifier, ""))
		require.Equal(t, c.user, e.User)
		require.Equal(t, c.who, e.Conf["kyuubi.session.real.user"])
	}
}

func TestClientAddressAndRequestID(t *testing.T) {
	t.Parallel()
	g := open(t, Options{ClientIPHeader: "X-Real-IP"}, nil)
	for header, want := range map[string]string{"10.1.2.3": "10.1.2.3", "::1": "::1", "not an address": "127.0.0.1", "": "127.0.0.1"} {
		r := request(t, "POST", "/api/v1/sessions", `{"configs":{"kyuubi.client.ipAddress":"6.6.6.6","kyuubi.session.connection.url":"evil"}}`)
		r.Header.Set("X-Real-IP", header)
		h := into[api.SessionHandle](t, g.do(r))
		e := into[api.SessionEvent](t, g.call(t, 200, "GET", "/api/v1/sessions/"+h.Identifier, ""))
		require.Equal(t, want, e.ClientIP)
		require.Equal(t, want, e.Conf["kyuubi.client.ipAddress"], "the server's word counts")
		require.Equal(t, "127.0.0.1:10099", e.Conf["kyuubi.session.connection.url"])
		require.Equal(t, "127.0.0.1:10099", e.ServerIP)
	}
	for sent, kept := range map[string]bool{"abc-1": true, "": false, "two words": false, "line\nbreak": false, strings.Repeat("x", 200): false} {
		r := request(t, "GET", "/api/v1/ping", "")
		r.Header.Set(requestIDHeader, sent)
		got := g.do(r).Header().Get(requestIDHeader)
		require.NotEmpty(t, got)
		require.Equal(t, kept, got == sent, sent)
		require.Contains(t, g.log.String(), got)
	}
}
