package rest

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
)

func TestLifeOfAStatement(t *testing.T) {
	t.Parallel()
	g, doc := open(t, Options{}, nil), readDocument(t)
	id := g.openSession(t, `{}`)
	ops := "/api/v1/sessions/" + id + "/operations"
	o := into[api.OperationHandle](t, g.call(t, 200, "POST", ops+"/statement", `{"statement":"wait","runAsync":true}`))
	op := "/api/v1/operations/" + o.Identifier

	require.Eventually(t, func() bool {
		w := g.call(t, 200, "GET", op+"/event", "")
		doc.check(t, "running", "GET", op+"/event", "", w)
		e := into[api.OperationEvent](t, w)
		return e.State == "RUNNING_STATE" && e.Progress != nil && e.Progress.ProgressedPercentage == 0.4
	}, 10*time.Second, time.Millisecond)
	pool := into[api.ExecPoolStatistic](t, g.call(t, 200, "GET", "/api/v1/sessions/statistic", ""))
	require.Equal(t, api.ExecPoolStatistic{ExecPoolSize: 1, ExecPoolActiveCount: 1}, pool)
	for _, path := range []string{op + "/rowset", op + "/resultsetmetadata"} {
		w := g.call(t, http.StatusConflict, "GET", path, "")
		doc.check(t, "not yet", "GET", path, "", w)
	}

	w := g.call(t, 200, "PUT", op, `{"action":"CANCEL"}`)
	require.Empty(t, w.Body.String())
	require.Empty(t, w.Header().Get("Content-Type"))
	g.ended(t, op)
	w = g.call(t, 200, "GET", op+"/event", "")
	doc.check(t, "canceled", "GET", op+"/event", "", w)
	e := into[api.OperationEvent](t, w)
	require.Equal(t, "CANCELED_STATE", e.State)
	require.Equal(t, &api.Exception{Message: e.Exception.Message, Kind: "Canceled", SQLState: "HY008"}, e.Exception)
	require.Nil(t, e.Progress)
	g.call(t, 200, "PUT", op, `{"action":"Cancel","more":1}`) // again: nothing happens
	w = g.call(t, 200, "GET", ops, "")
	doc.check(t, "list", "GET", ops, "", w)
	list := into[[]api.OperationData](t, w)
	require.Len(t, list, 1)
	require.Equal(t, e.Exception.Message, list[0].Exception)
	g.call(t, 200, "PUT", op, `{"action":"close"}`)
	g.call(t, http.StatusNotFound, "GET", op+"/event", "")
	require.Empty(t, into[[]api.OperationData](t, g.call(t, 200, "GET", ops, "")))
}

func TestFailureOfAStatement(t *testing.T) {
	t.Parallel()
	g, doc := open(t, Options{}, nil), readDocument(t)
	sess := "/api/v1/sessions/" + g.openSession(t, `{}`)
	e := errorOf(t, g.call(t, http.StatusBadRequest, "POST", sess+"/operations/statement", `{"statement":"bad"}`))
	require.Equal(t, api.Error{Message: "syntax error at or near bad", Kind: "Invalid", SQLState: "42601", RequestID: e.RequestID}, e)

	o := into[api.OperationHandle](t, g.call(t, 200, "POST", sess+"/operations/statement", `{"statement":"bad","runAsync":true}`))
	op := "/api/v1/operations/" + o.Identifier
	g.ended(t, op)
	ev := into[api.OperationEvent](t, g.call(t, 200, "GET", op+"/event", ""))
	require.Equal(t, "ERROR_STATE", ev.State)
	require.Equal(t, "42601", ev.Exception.SQLState)
	require.Equal(t, "42601", errorOf(t, g.call(t, http.StatusBadRequest, "GET", op+"/rowset", "")).SQLState)

	w := g.call(t, 200, "GET", sess, "")
	doc.check(t, "session", "GET", sess, "", w)
	require.Equal(t, "syntax error at or near bad", into[api.SessionEvent](t, w).Exception.Message)
}

func TestTimeoutOfAStatement(t *testing.T) {
	t.Parallel()
	g := open(t, Options{}, nil)
	sess := "/api/v1/sessions/" + g.openSession(t, `{}`)
	o := into[api.OperationHandle](t, g.call(t, 200, "POST", sess+"/operations/statement", `{"statement":"wait","queryTimeout":1}`))
	e := into[api.OperationEvent](t, g.call(t, 200, "GET", "/api/v1/operations/"+o.Identifier+"/event", ""))
	require.Equal(t, "TIMEDOUT_STATE", e.State)
	require.Equal(t, "HYT00", e.Exception.SQLState)
}

func TestSeconds(t *testing.T) {
	t.Parallel()
	require.Zero(t, seconds(nil))
	for n, want := range map[int64]time.Duration{-1: 0, 0: 0, 3: 3 * time.Second, 1 << 62: 9223372036 * time.Second} {
		require.Equal(t, want, seconds(&n))
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	g := open(t, Options{}, map[string]arrow.RecordBatch{"create": nil})
	sess := "/api/v1/sessions/" + g.openSession(t, `{}`)
	o := into[api.OperationHandle](t, g.call(t, 200, "POST", sess+"/operations/statement", `{"statement":"create"}`))
	log := "/api/v1/operations/" + o.Identifier + "/log"
	one := into[api.OperationLog](t, g.call(t, 200, "GET", log+"?maxrows=1", ""))
	require.Equal(t, 1, one.RowCount)
	rest := into[api.OperationLog](t, g.call(t, 200, "GET", log+"?maxrows=-1", ""))
	require.Positive(t, rest.RowCount)
	w := g.call(t, 200, "GET", log, "")
	require.JSONEq(t, `{"logRowSet":[],"rowCount":0}`, w.Body.String())
	all := into[api.OperationLog](t, g.call(t, 200, "GET", log+"?maxrows=0&fetchorientation=FETCH_FIRST", ""))
	require.Equal(t, append(one.LogRowSet, rest.LogRowSet...), all.LogRowSet)
}

func TestInfo(t *testing.T) {
	t.Parallel()
	for engineNames, want := range map[bool][2]string{true: {"Script", "1.2"}, false: {"Nekomata", "1.2.3"}} {
		g, doc := open(t, Options{EngineNames: engineNames}, nil), readDocument(t)
		sess := "/api/v1/sessions/" + g.openSession(t, `{}`)
		require.Equal(t, want[0], into[api.InfoDetail](t, g.call(t, 200, "GET", sess+"/info/17", "")).InfoValue)
		require.Equal(t, want[1], into[api.InfoDetail](t, g.call(t, 200, "GET", sess+"/info/18", "")).InfoValue)
		w := g.call(t, 200, "GET", "/api/v1/sessions/infotype", "")
		doc.check(t, "infotype", "GET", "/api/v1/sessions/infotype", "", w)
		require.Len(t, into[[]api.InfoType](t, w), len(infoTypes))
		for _, it := range into[[]api.InfoType](t, w) {
			w := g.call(t, 200, "GET", sess+"/info/"+strconv.Itoa(it.ID), "")
			require.Equal(t, it.InfoType, into[api.InfoDetail](t, w).InfoType)
		}
	}
}

func TestHeadMovesNoCursor(t *testing.T) {
	t.Parallel()
	g := open(t, Options{}, nil)
	g.call(t, 200, http.MethodHead, "/api/v1/ping", "")
	for route, res := range g.resources {
		path, err := route.GetPathTemplate()
		require.NoError(t, err)
		if strings.HasPrefix(path, "/api/v1/operations/") && (strings.HasSuffix(path, "/rowset") || strings.HasSuffix(path, "/log")) {
			require.Equal(t, "GET", res.allow)
		}
	}
}

// TestOneFailureHasOneKind, whoever is asked about it.
func TestOneFailureHasOneKind(t *testing.T) {
	t.Parallel()
	g := open(t, Options{}, nil)
	sess := "/api/v1/sessions/" + g.openSession(t, `{}`)
	for statement, kind := range map[string]string{"absent": "Invalid", "bad": "Invalid"} {
		o := into[api.OperationHandle](t, g.call(t, 200, "POST", sess+"/operations/statement", `{"statement":"`+statement+`","runAsync":true}`))
		op := "/api/v1/operations/" + o.Identifier
		var event api.OperationEvent
		require.Eventually(t, func() bool {
			event = into[api.OperationEvent](t, g.call(t, 200, "GET", op+"/event", ""))
			return event.State == "ERROR_STATE"
		}, 10*time.Second, time.Millisecond)
		for _, path := range []string{"/rowset", "/resultsetmetadata"} {
			answer := errorOf(t, g.call(t, 400, "GET", op+path, ""))
			require.Equal(t, api.Exception{Message: answer.Message, Kind: answer.Kind, SQLState: answer.SQLState}, *event.Exception, statement+path)
			require.Equal(t, kind, answer.Kind, statement+path)
		}
	}
}
