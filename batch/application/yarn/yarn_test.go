package yarn

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// TestStates is every pair of an application's two states.
func TestStates(t *testing.T) {
	t.Parallel()
	states := []string{"NEW", "NEW_SAVING", "SUBMITTED", "ACCEPTED", "RUNNING", "FINISHED", "FAILED", "KILLED", "ODD"}
	finals := []string{"UNDEFINED", "SUCCEEDED", "FAILED", "KILLED", "ENDED"}
	open := map[string]application.State{
		"NEW": application.Pending, "NEW_SAVING": application.Pending, "SUBMITTED": application.Pending, "ACCEPTED": application.Pending,
		"RUNNING": application.Running, "KILLED": application.Killed,
	}
	for _, state := range states {
		for _, final := range finals {
			expected, whatever := open[state]
			switch {
			case whatever: // an attempt's final status is there before the application's end
			case state == "FINISHED" && final == "SUCCEEDED":
				expected = application.Finished
			default:
				expected = application.Failed
			}
			require.Equal(t, expected, report{State: state, FinalStatus: final}.state(), "%s %s", state, final)
		}
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	const id, other = "6d9f3c1e-5f0a-4b1e-9a55-0d6e0f6a1b2c", "00000000-0000-0000-0000-00000000000A"
	require.Equal(t, "KYUUBI,"+id, tags("", id))
	require.Equal(t, "KYUUBI,"+id+",team-a,x", tags(" team-a,,x,KYUUBI,"+id, id))
	require.Equal(t, "KYUUBI,"+id+",nightly", tags(other+",nightly", id), "another batch's tag is nobody else's")
}

// launched keeps what it was to launch.
type launched struct{ job application.Job }

func (l *launched) Launch(_ context.Context, job application.Job) error { l.job = job; return nil }
func (l *launched) Find(context.Context, application.Job) (application.Info, error) {
	return application.Info{State: application.NotFound}, nil
}
func (l *launched) Kill(context.Context, application.Job) (string, error) { return "nothing", nil }
func (l *launched) Forget(context.Context, application.Job) error         { return nil }

func TestLaunchTagsTheJob(t *testing.T) {
	t.Parallel()
	l := &launched{}
	y, err := New(Options{Submitter: l, ResourceManagers: []string{"http://rm:8088/"}})
	require.NoError(t, err)
	require.False(t, y.Bound())
	conf := map[string]string{"spark.yarn.tags": "mine"}
	require.NoError(t, y.Launch(t.Context(), application.Job{ID: "id", Conf: conf}))
	require.Equal(t, map[string]string{"spark.yarn.tags": "KYUUBI,id,mine", "spark.yarn.maxAppAttempts": "1"}, l.job.Conf)
	require.Equal(t, map[string]string{"spark.yarn.tags": "mine"}, conf, "the caller's is as it was")
	require.NoError(t, y.Launch(t.Context(), application.Job{ID: "id", Conf: map[string]string{"spark.yarn.maxAppAttempts": "3", "yarn.tags": "mine"}}))
	require.Equal(t, map[string]string{"spark.yarn.tags": "KYUUBI,id,mine", "spark.yarn.maxAppAttempts": "3"}, l.job.Conf)
}

func TestAddressesAreChecked(t *testing.T) {
	t.Parallel()
	for _, bad := range [][]string{nil, {"rm:8088"}, {"ftp://rm"}, {"http://"}, {"http://rm?x=1"}} {
		_, err := New(Options{ResourceManagers: bad})
		require.ErrorIs(t, err, sqlerr.Invalid, bad)
	}
}

// manager answers as a ResourceManager does.
type manager struct {
	*httptest.Server
	apps  any
	state string // haState
	users chan string
	kill  int // the status of a kill
	asked atomic.Int32
}

func newManager(t *testing.T) *manager {
	t.Helper()
	m := &manager{state: "ACTIVE", users: make(chan string, 100), kill: http.StatusAccepted, apps: map[string]any{}}
	mux := http.NewServeMux()
	say := func(w http.ResponseWriter, status int, v any) {
		w.Header().Set("Content-Type", "application/json;charset=utf-8")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /ws/v1/cluster/apps", func(w http.ResponseWriter, r *http.Request) {
		m.asked.Add(1)
		m.users <- r.URL.Query().Get("user.name")
		say(w, http.StatusOK, map[string]any{"apps": m.apps})
	})
	mux.HandleFunc("GET /ws/v1/cluster/info", func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusOK, map[string]any{"clusterInfo": map[string]any{"haState": m.state}})
	})
	mux.HandleFunc("PUT /ws/v1/cluster/apps/{id}/state", func(w http.ResponseWriter, r *http.Request) {
		var want struct{ State string }
		if json.NewDecoder(r.Body).Decode(&want) != nil || want.State != "KILLED" {
			say(w, http.StatusBadRequest, nil)
			return
		}
		say(w, m.kill, map[string]any{"RemoteException": map[string]any{"message": "as it was told"}})
	})
	m.Server = httptest.NewServer(mux)
	t.Cleanup(m.Close)
	return m
}

func one(state, final string) map[string]any {
	return map[string]any{"app": []map[string]any{
		{"id": "application_1_0002", "state": "RUNNING", "finalStatus": "UNDEFINED", "applicationTags": "x,the-id", "startedTime": 9},
		{"id": "application_1_0001", "state": state, "finalStatus": final, "applicationTags": "the-id,kyuubi", "startedTime": 8},
		{"id": "application_1_0000", "state": "RUNNING", "finalStatus": "UNDEFINED", "applicationTags": "the-id-of-another", "startedTime": 1},
	}}
}

func handler(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

// find asks for a job whose start was long ago, through the addresses.
func find(t *testing.T, o Options, addresses ...string) (application.Info, error) {
	t.Helper()
	o.Submitter, o.ResourceManagers = &launched{}, addresses
	y, err := New(o)
	require.NoError(t, err)
	return y.Find(t.Context(), application.Job{ID: "the-ID", User: "alice", Started: time.Now().Add(-time.Hour)})
}

func TestTheActiveOneIsFound(t *testing.T) {
	t.Parallel()
	active := newManager(t)
	active.apps = one("RUNNING", "UNDEFINED")
	standby := newManager(t)
	standby.state = "STANDBY"
	redirect := handler(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, active.URL+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	})
	none := handler(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte("Can not find any active RM. Will retry in next 1 seconds."))
	})
	for name, addresses := range map[string][]string{
		"redirects":                {redirect},
		"answers with nothing":     {standby.URL, active.URL},
		"finds none":               {none, active.URL},
		"is gone":                  {"http://127.0.0.1:1", active.URL},
		"is last, after all kinds": {none, standby.URL, "http://127.0.0.1:1", active.URL},
	} {
		info, err := find(t, Options{}, addresses...)
		require.NoError(t, err, name)
		require.Equal(t, application.Info{ID: "application_1_0001", State: application.Running}, info, name)
	}

	for name, addresses := range map[string][]string{
		"only standby": {standby.URL}, "only one that finds none": {none}, "nobody": {"http://127.0.0.1:1"},
	} {
		_, err := find(t, Options{}, addresses...)
		require.ErrorIs(t, err, sqlerr.Unavailable, name)
		require.NotErrorIs(t, err, sqlerr.NotFound, name)
	}
	active.apps = nil
	info, err := find(t, Options{}, active.URL)
	require.NoError(t, err)
	require.Equal(t, application.NotFound, info.State, "only the active one may say so")
}

func TestKerberosIsSaidToBeMissing(t *testing.T) {
	t.Parallel()
	secured := handler(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", "Negotiate")
		w.WriteHeader(http.StatusUnauthorized)
	})
	_, err := find(t, Options{}, secured)
	require.ErrorIs(t, err, sqlerr.Unavailable)
	require.ErrorContains(t, err, "SPNEGO")
}

func TestUserStrategies(t *testing.T) {
	t.Parallel()
	for strategy, want := range map[Strategy]string{AsGateway: "nekomata", AsAdmin: "yarn", AsOwner: "alice", "": "nekomata"} {
		m := newManager(t)
		m.apps = one("ACCEPTED", "UNDEFINED")
		_, err := find(t, Options{User: strategy, Gateway: "nekomata", Admin: "yarn"}, m.URL)
		require.NoError(t, err)
		require.Equal(t, want, <-m.users, strategy)
	}
}

func TestKill(t *testing.T) {
	t.Parallel()
	m := newManager(t)
	m.apps = one("ACCEPTED", "UNDEFINED")
	redirect := handler(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, m.URL+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	})
	y, err := New(Options{Submitter: &launched{}, ResourceManagers: []string{redirect}, Gateway: "me"})
	require.NoError(t, err)
	job := application.Job{ID: "the-id"}
	note, err := y.Kill(t.Context(), job)
	require.NoError(t, err)
	require.Equal(t, "application_1_0001, application_1_0002 was told to end; of the program that submits: nothing", note)

	m.kill = http.StatusForbidden
	_, err = y.Kill(t.Context(), job)
	require.ErrorIs(t, err, sqlerr.Denied)
	require.ErrorContains(t, err, `does not let the user "me" end the application application_1_0001: as it was told`)

	m.kill = http.StatusNotFound // it went meanwhile
	note, err = y.Kill(t.Context(), job)
	require.NoError(t, err)
	require.Contains(t, note, "no application ran")

	m.kill = http.StatusInternalServerError
	_, err = y.Kill(t.Context(), job)
	require.ErrorIs(t, err, sqlerr.Unavailable)
}

func TestTheOneThatAnsweredIsAskedFirst(t *testing.T) {
	t.Parallel()
	standby, active := newManager(t), newManager(t)
	standby.state = "STANDBY"
	active.apps = one("RUNNING", "UNDEFINED")
	y, err := New(Options{Submitter: &launched{}, ResourceManagers: []string{standby.URL, active.URL}})
	require.NoError(t, err)
	for range 5 {
		_, err = y.Find(t.Context(), application.Job{ID: "the-id"})
		require.NoError(t, err)
	}
	require.Equal(t, int32(1), standby.asked.Load())
}
