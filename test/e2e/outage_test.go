package e2e

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// outage is how long the database is away: several leases.
const outage = time.Minute

// TestMinuteWithoutDatabase has two gateways lose their database for a minute, and one
// of them its life meanwhile: who submits is told to come again, jobs go on and each
// runs once, and when the database is back so are the batches, as they have ended.
func TestMinuteWithoutDatabase(t *testing.T) {
	t.Parallel()
	c := newChaos(t, 0)
	c.gateways = c.gateways[:2]
	for _, g := range c.gateways {
		g.start(c)
		t.Cleanup(g.end)
	}
	submit := func(seconds string) string {
		id := uuid.NewString()
		status, _ := post(t, c.gateways[0].base(), id, seconds)
		require.Equal(t, http.StatusOK, status)
		return id
	}
	short, long := submit("15:3"), submit("75:0") // one ends in the dark, with a failure
	require.Eventually(t, func() bool { return len(c.started(t)) == 2 }, 20*time.Second, 50*time.Millisecond)

	began := time.Now()
	c.maria.Stop(t)
	late := uuid.NewString()
	refused := 0
	for killed := false; time.Since(began) < outage; time.Sleep(2 * time.Second) {
		if !killed && time.Since(began) > outage/2 {
			killed = true
			c.gateways[0].signal(syscall.SIGKILL) // it can't start before the database does
		}
		status, again := post(t, c.gateways[1].base(), late, "0:0")
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.NotEmpty(t, again, "503 without Retry-After")
		refused++
		resp, err := http.Get(strings.TrimSuffix(c.gateways[1].base(), "/batches") + "/ping")
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, http.StatusOK, resp.StatusCode)
	}
	c.maria.Start(t)
	t.Logf("the database was away for %s, %d posts were told to come again", time.Since(began).Round(time.Second), refused)

	require.Eventually(t, func() bool {
		status, _ := post(t, c.gateways[1].base(), late, "0:0")
		return status == http.StatusOK
	}, 20*time.Second, 100*time.Millisecond)
	back := time.Now()
	for id, want := range map[string]string{short: "ERROR", long: "FINISHED", late: "FINISHED"} {
		require.Eventually(t, func() bool { return c.rows()[id].state == want }, 40*time.Second, 100*time.Millisecond, "%s: %+v", want, c.rows()[id])
	}
	t.Logf("all states were right %s later", time.Since(back).Round(time.Millisecond))
	ran := c.started(t)
	require.ElementsMatch(t, []string{short, long, late}, ran)
}

// started are the ids of the jobs that have begun, as often as they have.
func (c *chaos) started(tb testing.TB) []string {
	tb.Helper()
	text, err := os.ReadFile(c.ran)
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(tb, err)
	return strings.Fields(string(text))
}

// post submits a job that sleeps and exits as its argument says.
func post(tb testing.TB, base, id, job string) (status int, retryAfter string) {
	tb.Helper()
	body := `{"batchType":"SPARK","resource":"/jobs/outage.jar","className":"Outage","conf":{"kyuubi.batch.id":"` + id + `"},"args":["` + job + `"]}`
	resp, err := http.Post(base, "application/json", bytes.NewReader([]byte(body)))
	require.NoError(tb, err)
	resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("Retry-After")
}
