package e2e

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSIGTERMDrains: what runs may end, nothing new begins, and the exit code is 0.
func TestSIGTERMDrains(t *testing.T) {
	g := ownServer(t)
	r := rest{t: t, base: "http://" + g.rest}
	session := r.id("POST", "/sessions", object{"configs": object{}})
	// A few seconds of work on a machine of today.
	op := r.id("POST", "/sessions/"+session+"/operations/statement", object{
		"statement": "select count(*) from range(20000) a(i), range(20000) b(j) where i * j % 7 = 3", "runAsync": true,
	})
	state := func() any { return r.ok("GET", "/operations/"+op+"/event", nil).(object)["state"] }
	eventually(t, "it runs", func() bool { return state() == "RUNNING_STATE" })

	require.NoError(t, g.cmd.Process.Signal(syscall.SIGTERM))
	eventually(t, "new sessions are refused", func() bool {
		status, _ := r.call("POST", "/sessions", object{"configs": object{}})
		return status == http.StatusServiceUnavailable
	})
	status, answer := r.call("POST", "/sessions/"+session+"/operations/statement", object{"statement": "select 1", "runAsync": false})
	assert.Equal(t, http.StatusServiceUnavailable, status, "%v", answer)
	assert.Contains(t, []any{"RUNNING_STATE", "FINISHED_STATE"}, state(), "what runs goes on")
	ended(t, g, 0)
}

// TestSecondSIGTERMEndsAtOnce: for when nobody wants to wait.
func TestSecondSIGTERMEndsAtOnce(t *testing.T) {
	skipShort(t)
	g, err := start(t.TempDir())
	require.NoError(t, err)
	r := rest{t: t, base: "http://" + g.rest}
	session := r.id("POST", "/sessions", object{"configs": object{}})
	op := r.id("POST", "/sessions/"+session+"/operations/statement", object{"statement": endless, "runAsync": true})
	eventually(t, "it runs", func() bool {
		return r.ok("GET", "/operations/"+op+"/event", nil).(object)["state"] == "RUNNING_STATE"
	})
	require.NoError(t, g.cmd.Process.Signal(syscall.SIGTERM))
	eventually(t, "it drains", func() bool {
		status, _ := r.call("POST", "/sessions", object{"configs": object{}})
		return status == http.StatusServiceUnavailable
	})
	require.NoError(t, g.cmd.Process.Signal(syscall.SIGTERM))
	ended(t, g, 143)
}

// TestTheEndOfTheGraceIsTold: who still waits then is answered, not cut off. The signal is
// the one that a closed terminal sends.
func TestTheEndOfTheGraceIsTold(t *testing.T) {
	g, err := start(t.TempDir(), "kyuubi.server.stop.grace=PT2S")
	require.NoError(t, err)
	r := rest{t: t, base: "http://" + g.rest}
	ready := func() int {
		answer, err := http.Get("http://" + g.metrics + "/readyz")
		if err != nil { // it has ended already
			return 0
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	require.Equal(t, http.StatusOK, ready())
	session := r.id("POST", "/sessions", object{"configs": object{}})
	op := r.id("POST", "/sessions/"+session+"/operations/statement", object{"statement": endless, "runAsync": true})
	waits := make(chan int, 1)
	go func() {
		status, _ := r.call("POST", "/statements", object{"statement": endless, "wait": 600})
		waits <- status
	}()
	eventually(t, "both run", func() bool {
		running := r.ok("GET", "/statements?state=RUNNING", nil).(object)["total"]
		return running == 1.0 && r.ok("GET", "/operations/"+op+"/event", nil).(object)["state"] == "RUNNING_STATE"
	})
	require.NoError(t, g.cmd.Process.Signal(syscall.SIGHUP))
	eventually(t, "load balancers are told", func() bool { return ready() != http.StatusOK })
	require.Equal(t, http.StatusServiceUnavailable, <-waits, "to be sent again")
	ended(t, g, 0)
}

// ended waits for the end of a gateway that was told to stop.
func ended(t *testing.T, g *gateway, code int) {
	t.Helper()
	select {
	case <-g.exited:
		assert.Equal(t, code, g.cmd.ProcessState.ExitCode(), g.tail())
	case <-time.After(2 * time.Minute):
		_ = g.cmd.Process.Kill()
		t.Fatalf("it goes on:\n%s", g.tail())
	}
}
