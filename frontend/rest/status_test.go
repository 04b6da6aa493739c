package rest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/backend"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// TestStatuses goes through the statuses that clients get, each from the real
// backend. TestEveryKindIsRendered has those that need a failure of ours.
func TestStatuses(t *testing.T) {
	t.Parallel()
	doc := readDocument(t)
	b := backend.NewBackendService(backend.Options{
		Engine:    &scripted{},
		Session:   session.Options{Limits: session.Limits{PerUser: 2}},
		Operation: operation.Options{Result: operation.ResultOptions{Window: 1 << 20}},
	})
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	over := make(chan error, 1)
	go func() { over <- b.Run(ctx, func() {}) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-over)
	})
	g := open(t, Options{Backend: b, Auth: passwords{}, MaxBodyBytes: 1 << 10}, nil)
	sess := "/api/v1/sessions/" + into[api.SessionHandle](t, g.as(t, "ann", "POST", "/api/v1/sessions", `{}`)).Identifier
	into[api.SessionHandle](t, g.as(t, "ann", "POST", "/api/v1/sessions", `{}`))
	op := "/api/v1/operations/" + into[api.OperationHandle](t, g.as(t, "ann", "POST", sess+"/operations/statement", `{"statement":"wait","runAsync":true}`)).Identifier

	check := func(name string, w *httptest.ResponseRecorder, status int, kind sqlerr.Kind, method, path, body string) {
		t.Helper()
		require.Equal(t, status, w.Code, "%s: %s", name, w.Body)
		e := errorOf(t, w)
		require.Equal(t, kind.String(), e.Kind, name)
		require.NotEmpty(t, e.SQLState, name)
		if status != http.StatusMethodNotAllowed {
			doc.check(t, name, method, path, body, w)
		}
	}
	for _, c := range []struct {
		name, user, method, path, body string
		status                         int
		kind                           sqlerr.Kind
	}{
		{"a malformed UUID", "ann", "GET", "/api/v1/sessions/x", "", 400, sqlerr.Invalid},
		{"a wrong type", "ann", "POST", "/api/v1/sessions", `{"configs":1}`, 400, sqlerr.Invalid},
		{"an unknown orientation", "ann", "GET", op + "/log?fetchorientation=FETCH_LAST", "", 400, sqlerr.Invalid},
		{"somebody unknown", "", "GET", "/api/v1/sessions", "", 401, sqlerr.Unauthenticated},
		{"no administrator", "ann", "GET", "/api/v1/admin/sessions", "", 403, sqlerr.Denied},
		{"acting for another", "ann", "POST", "/api/v1/sessions", `{"configs":{"kyuubi.session.proxy.user":"bob"}}`, 403, sqlerr.Denied},
		{"an unknown session", "ann", "GET", "/api/v1/sessions/" + uuid.NewString(), "", 404, sqlerr.NotFound},
		{"somebody else's session", "bob", "GET", sess, "", 404, sqlerr.NotFound},
		{"somebody else's session log", "bob", "GET", sess + "/log", "", 404, sqlerr.NotFound},
		{"somebody else's session to close", "bob", "DELETE", sess, "", 404, sqlerr.NotFound},
		{"somebody else's operation", "bob", "GET", op + "/event", "", 404, sqlerr.NotFound},
		{"somebody else's operation to cancel", "bob", "PUT", op, `{"action":"cancel"}`, 404, sqlerr.NotFound},
		{"another method", "ann", "PATCH", sess, "", 405, sqlerr.Method},
		{"no result yet", "ann", "GET", op + "/rowset", "", 409, sqlerr.Conflict},
		{"no columns yet", "ann", "GET", op + "/resultsetmetadata", "", 409, sqlerr.Conflict},
		{"a large body", "ann", "POST", "/api/v1/sessions", `{"configs":{"a":"` + strings.Repeat("x", 1<<10) + `"}}`, 413, sqlerr.TooLarge},
		{"too many sessions", "ann", "POST", "/api/v1/sessions", `{}`, 429, sqlerr.Exhausted},
		{"no administrator, and nothing there", "ann", "POST", "/api/v1/admin/refresh/deny_ips", "", 403, sqlerr.Denied},
		{"what this gateway has not", "root", "POST", "/api/v1/admin/refresh/deny_ips", "", 501, sqlerr.Unsupported},
	} {
		w := g.as(t, c.user, c.method, c.path, c.body)
		check(c.name, w, c.status, c.kind, c.method, c.path, c.body)
		require.Equal(t, c.status == 405, w.Header().Get("Allow") != "", c.name)
		require.Equal(t, c.status == 401, w.Header().Get("WWW-Authenticate") != "", c.name)
	}
	require.Equal(t, 200, g.as(t, "root", "GET", sess, "").Code, "an administrator sees it")
	require.Equal(t, 200, g.as(t, "root", "GET", op+"/event", "").Code)

	r := request(t, "POST", "/api/v1/sessions", `{}`)
	r.SetBasicAuth("bob", "bob")
	r.Header.Set("Content-Type", "text/plain")
	check("another media type", g.do(r), 415, sqlerr.MediaType, "POST", "/api/v1/sessions", `{}`)

	require.Equal(t, 200, g.as(t, "ann", "PUT", op, `{"action":"cancel"}`).Code)
	require.Equal(t, 400, g.as(t, "ann", "POST", sess+"/operations/statement", `{"statement":"bad"}`).Code)

	drained, drain := context.WithCancel(ctx)
	drain()
	require.NoError(t, backend.NewDrainer(b, 0, nil).Run(drained, func() {}))
	w := g.as(t, "bob", "POST", "/api/v1/sessions", `{}`)
	check("a gateway that stops", w, 503, sqlerr.Unavailable, "POST", "/api/v1/sessions", `{}`)
	require.Equal(t, "5", w.Header().Get("Retry-After"))
	require.Equal(t, 200, g.as(t, "ann", "GET", sess, "").Code, "what is there is still served")
}
