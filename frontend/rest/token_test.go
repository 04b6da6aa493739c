package rest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/auth/token"
)

// runTokens runs a token manager until the test ends.
func runTokens(t *testing.T) *token.Manager {
	t.Helper()
	m := token.NewManager(token.Options{Dir: t.TempDir(), Realm: "LDAP", Admin: func(user string) bool { return user == "root" }})
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	over, ready := make(chan error, 1), make(chan struct{})
	go func() { over <- m.Run(ctx, func() { close(ready) }) }()
	<-ready
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-over)
	})
	return m
}

func (g *gateway) bearing(t *testing.T, text, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := request(t, method, path, body)
	r.Header.Set("Authorization", "bearer "+text)
	return g.do(r)
}

func TestDelegationTokens(t *testing.T) {
	t.Parallel()
	m := runTokens(t)
	g, doc := open(t, Options{Auth: token.Authenticator{Tokens: m, Next: passwords{}}, Tokens: m}, nil), readDocument(t)
	sess := "/api/v1/sessions/" + into[api.SessionHandle](t, g.as(t, "ann", "POST", "/api/v1/sessions", `{}`)).Identifier
	path := sess + "/delegationtoken"
	w := g.as(t, "ann", "GET", path+"?renewer=bob", "")
	doc.check(t, "issue", "GET", path, "", w)
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	tok := into[api.DelegationToken](t, w)
	require.Equal(t, [2]string{"ann", "bob"}, [2]string{tok.Owner, tok.Renewer})
	require.Equal(t, tok.MaxDate, tok.ExpiryDate)
	require.Greater(t, tok.ExpiryDate, tok.IssueDate)
	require.NotContains(t, g.log.String(), tok.DelegationToken)
	body := `{"delegationToken":"` + tok.DelegationToken + `"}`

	// It logs in for its owner, whose session it sees, and as nobody else.
	require.Equal(t, "ann", into[api.SessionEvent](t, g.bearing(t, tok.DelegationToken, "GET", sess, "")).User)
	require.Len(t, into[[]api.SessionData](t, g.bearing(t, tok.DelegationToken, "GET", "/api/v1/sessions", "")), 1)
	r := request(t, "GET", "/api/v1/ping", "")
	r.SetBasicAuth("ann", tok.DelegationToken)
	require.Equal(t, 200, g.do(r).Code)
	require.Equal(t, 403, g.bearing(t, tok.DelegationToken, "GET", "/api/v1/admin/sessions", "").Code)
	require.Equal(t, 403, g.bearing(t, tok.DelegationToken, "GET", path, "").Code, "it gets no other one")

	for _, c := range []struct {
		who, method, path, body string
		status                  int
		message                 string
	}{
		{"ann", "GET", path + "?owner=bob", "", 403, "Failed to validate proxy privilege of ann for bob"},
		{"ann", "GET", path + "?renewer=" + strings.Repeat("x", 256), "", 400, "renewer must be a user's name"},
		{"ann", "POST", path + "/renew", body, 403, "bob may"},
		{"ann", "POST", path + "/renew", `{}`, 400, "delegationToken is missing"},
		{"ann", "POST", path + "/renew", `{"delegationToken":"nkt1.x.y"}`, 400, "not valid"},
		{"ann", "POST", path + "/cancel", "", 400, "the body is empty"},
		{"ann", "HEAD", path, "", 405, ""},
		{"bob", "GET", path, "", 404, "Invalid SessionHandle"},
		{"bob", "POST", path + "/renew", body, 404, "Invalid SessionHandle"},
		{"root", "POST", path + "/renew", body, 200, "ann"},
		{"root", "GET", path + "?owner=cid", "", 200, `"renewer":"cid"`},
		{"ann", "POST", path + "/cancel", body, 200, ""},
		{"ann", "POST", path + "/cancel", body, 404, "was canceled"},
	} {
		w := g.as(t, c.who, c.method, c.path, c.body)
		require.Equal(t, c.status, w.Code, "%+v: %s", c, w.Body)
		require.Contains(t, w.Body.String(), c.message)
		if c.method != "HEAD" {
			doc.check(t, c.message, c.method, c.path, c.body, w)
		}
	}
	for _, text := range []string{tok.DelegationToken, "", "x", "nkt1.x.y"} {
		w := g.bearing(t, text, "GET", "/api/v1/ping", "")
		require.Equal(t, http.StatusUnauthorized, w.Code, text)
		require.Equal(t, []string{challenge, bearerChallenge}, w.Header().Values("WWW-Authenticate"))
	}
}

func TestTokensWhereNobodyHasToLogIn(t *testing.T) {
	t.Parallel()
	g := open(t, Options{Auth: auth.None{}, Tokens: runTokens(t)}, nil)
	sess := "/api/v1/sessions/" + g.openSession(t, `{}`)
	tok := into[api.DelegationToken](t, g.call(t, 200, "GET", sess+"/delegationtoken?owner=ann", ""))
	h := into[api.SessionHandle](t, g.bearing(t, tok.DelegationToken, "POST", "/api/v1/sessions", `{}`))
	require.Equal(t, "ann", into[api.SessionEvent](t, g.call(t, 200, "GET", "/api/v1/sessions/"+h.Identifier, "")).User)
	require.Equal(t, 401, g.bearing(t, "wrong", "GET", "/api/v1/ping", "").Code)
	r := request(t, "GET", "/api/v1/ping", "")
	r.SetBasicAuth("bob", "nkt1.anything")
	require.Equal(t, 200, g.do(r).Code, "passwords are not looked at")
}

func TestWithoutTokens(t *testing.T) {
	t.Parallel()
	g := open(t, Options{}, nil)
	sess := "/api/v1/sessions/" + g.openSession(t, `{}`)
	e := errorOf(t, g.call(t, http.StatusNotImplemented, "GET", sess+"/delegationtoken", ""))
	require.Equal(t, "0A000", e.SQLState)
	w := g.bearing(t, "x", "GET", "/api/v1/ping", "")
	require.Equal(t, http.StatusUnauthorized, w.Code)
	require.Equal(t, []string{challenge}, w.Header().Values("WWW-Authenticate"))
}
