package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rest speaks to the REST API as curl would: paths and JSON, no client library.
type rest struct {
	t    *testing.T
	base string
	user string
}

type object = map[string]any

// call sends body as JSON (nil: none) and returns the status and the answer, which
// is an object, a list, a string or nil.
func (r rest) call(method, path string, body any) (status int, answer any) {
	r.t.Helper()
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		require.NoError(r.t, err)
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.base+"/api/v1"+path, content)
	require.NoError(r.t, err)
	req.Header.Set("Content-Type", "application/json")
	if r.user != "" {
		req.SetBasicAuth(r.user, "secret")
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(r.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	if len(text) == 0 {
		return resp.StatusCode, nil
	}
	if json.Unmarshal(text, &answer) != nil {
		answer = string(text)
	}
	return resp.StatusCode, answer
}

// ok is call for what must succeed.
func (r rest) ok(method, path string, body any) any {
	r.t.Helper()
	status, answer := r.call(method, path, body)
	require.Equal(r.t, http.StatusOK, status, "%s %s: %v", method, path, answer)
	return answer
}

// id is ok for what answers {"identifier": ...}.
func (r rest) id(method, path string, body any) string {
	r.t.Helper()
	answer, isObject := r.ok(method, path, body).(object)
	require.True(r.t, isObject)
	id, isString := answer["identifier"].(string)
	require.True(r.t, isString, "%v", answer)
	return id
}

// rows runs a statement to its end and returns the values of all its rows.
func (r rest) rows(session, sql string) [][]any {
	r.t.Helper()
	op := r.id("POST", "/sessions/"+session+"/operations/statement", object{"statement": sql, "runAsync": false})
	var all [][]any
	for {
		answer := r.ok("GET", "/operations/"+op+"/rowset?maxrows=1000", nil).(object)
		rows, _ := answer["rows"].([]any)
		if len(rows) == 0 {
			break
		}
		for _, row := range rows {
			var values []any
			for _, field := range row.(object)["fields"].([]any) {
				values = append(values, field.(object)["value"])
			}
			all = append(all, values)
		}
	}
	r.ok("PUT", "/operations/"+op, object{"action": "close"})
	return all
}

func (r rest) sessionIDs() []string {
	r.t.Helper()
	var ids []string
	for _, s := range r.ok("GET", "/sessions", nil).([]any) {
		ids = append(ids, s.(object)["identifier"].(string))
	}
	return ids
}

// eventually waits until f is true.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	require.Eventually(t, f, 30*time.Second, 20*time.Millisecond, what)
}

func TestRESTSession(t *testing.T) {
	g := server(t)
	r := rest{t: t, base: "http://" + g.rest, user: "ann"}
	assert.Equal(t, "pong", r.ok("GET", "/ping", nil))
	session := r.id("POST", "/sessions", object{"configs": object{"kyuubi.session.name": "tour"}})
	assert.Contains(t, r.sessionIDs(), session)
	info := r.ok("GET", "/sessions/"+session, nil).(object)
	assert.Equal(t, "tour", info["sessionName"])
	assert.Equal(t, "ann", info["user"])

	assert.Empty(t, r.rows(session, "create or replace temporary view birds as select i, concat('bird ', cast(i as string)) as name from range(2500) t(i)"))
	rows := r.rows(session, "select i, name from birds order by i")
	require.Len(t, rows, 2500)
	assert.Equal(t, []any{float64(2499), "bird 2499"}, rows[2499])
	assert.Equal(t, [][]any{{nil, true, 1.5, "x"}}, r.rows(session, "select null, true, cast(1.5 as double), 'x'"))

	r.ok("DELETE", "/sessions/"+session, nil)
	status, answer := r.call("GET", "/sessions/"+session, nil)
	assert.Equal(t, http.StatusNotFound, status, "%v", answer)
	assert.NotContains(t, r.sessionIDs(), session)
}

func TestRESTOnRealData(t *testing.T) {
	g := server(t)
	file := need(t, "data", "data", "flights.csv")
	r := rest{t: t, base: "http://" + g.rest, user: "ann"}
	session := r.id("POST", "/sessions", object{"configs": object{}})
	defer r.ok("DELETE", "/sessions/"+session, nil)
	rows := r.rows(session, fmt.Sprintf("select carrier, count(*) from read_csv('%s', nullstr='NA') group by carrier order by 2 desc limit 2", file))
	assert.Equal(t, [][]any{{"UA", float64(58665)}, {"B6", float64(54635)}}, rows)
}

func TestRESTCancel(t *testing.T) {
	g := server(t)
	r := rest{t: t, base: "http://" + g.rest, user: "ann"}
	session := r.id("POST", "/sessions", object{"configs": object{}})
	defer r.ok("DELETE", "/sessions/"+session, nil)
	op := r.id("POST", "/sessions/"+session+"/operations/statement", object{"statement": endless, "runAsync": true})
	state := func() any { return r.ok("GET", "/operations/"+op+"/event", nil).(object)["state"] }
	eventually(t, "it runs", func() bool { return state() == "RUNNING_STATE" })
	r.ok("PUT", "/operations/"+op, object{"action": "cancel"})
	eventually(t, "it is canceled", func() bool { return state() == "CANCELED_STATE" })
	assert.Equal(t, [][]any{{float64(1)}}, r.rows(session, "select 1"))
}

func TestRESTErrors(t *testing.T) {
	g := server(t)
	r := rest{t: t, base: "http://" + g.rest, user: "ann"}
	session := r.id("POST", "/sessions", object{"configs": object{}})
	defer r.ok("DELETE", "/sessions/"+session, nil)
	unknown := "00000000-0000-4000-8000-000000000000"
	for _, test := range []struct {
		method, path string
		body         any
		status       int
		word         string
	}{
		{"POST", "/sessions/" + session + "/operations/statement", object{"statement": "selec 1", "runAsync": false}, 400, "selec"},
		{"POST", "/sessions/" + session + "/operations/statement", object{"statement": "select * from no_such_table", "runAsync": false}, 0, "no_such_table"},
		{"POST", "/sessions/" + unknown + "/operations/statement", object{"statement": "select 1"}, 404, unknown},
		{"GET", "/operations/" + unknown + "/rowset", nil, 404, unknown},
		{"GET", "/sessions/not-a-uuid", nil, 400, "not-a-uuid"},
		{"GET", "/no/such/path", nil, 404, ""},
		{"DELETE", "/ping", nil, 405, ""},
		{"POST", "/sessions", []int{1}, 400, ""},
	} {
		status, answer := r.call(test.method, test.path, test.body)
		name := test.method + " " + test.path
		if test.status != 0 {
			assert.Equal(t, test.status, status, "%s: %v", name, answer)
		}
		assert.GreaterOrEqual(t, status, 400, name)
		assert.Less(t, status, 500, name)
		body, isObject := answer.(object)
		if assert.True(t, isObject, "%s answers %v", name, answer) {
			message, _ := body["message"].(string)
			assert.NotEmpty(t, message, name)
			assert.Contains(t, message, test.word, name)
			assert.NotContains(t, message, ".go:", name)
		}
	}
	assert.Equal(t, [][]any{{float64(1)}}, r.rows(session, "select 1"))
}

// TestBothProtocolsSeeEachOther opens a session by beeline's protocol and one by
// REST; both are in GET /sessions, and each sees the table that the other made.
func TestBothProtocolsSeeEachOther(t *testing.T) {
	g := server(t)
	python := need(t, "clients", ".cache", "venv", "bin", "python")
	host, port := g.address()
	cmd := command(t, time.Minute, python, "python/hold_session.py", host, port)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	r := rest{t: t, base: "http://" + g.rest, user: "ann"}
	session := r.id("POST", "/sessions", object{"configs": object{}})
	defer r.ok("DELETE", "/sessions/"+session, nil)
	r.rows(session, "create or replace table from_rest as select 'made by REST' as note")
	require.NoError(t, cmd.Start())

	var theirs object
	eventually(t, "the Thrift session is in GET /sessions", func() bool {
		for _, s := range r.ok("GET", "/sessions", nil).([]any) {
			if s.(object)["user"] == "holder" {
				theirs = s.(object)
			}
		}
		return theirs != nil
	})
	assert.Contains(t, r.sessionIDs(), session)
	assert.Equal(t, "127.0.0.1", theirs["ipAddr"])
	eventually(t, "its table is there", func() bool {
		return len(r.rows(session, "show tables like 'from_thrift'")) == 1
	})
	assert.Equal(t, [][]any{{"made by Thrift"}}, r.rows(session, "select note from from_thrift"))

	require.NoError(t, in.Close())
	require.NoError(t, cmd.Wait(), out.String())
	eventually(t, "the Thrift session is gone", func() bool {
		status, _ := r.call("GET", "/sessions/"+theirs["identifier"].(string), nil)
		return status == http.StatusNotFound
	})
	r.rows(session, "drop table from_rest")
	r.rows(session, "drop table from_thrift")
}
