package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
)

// TestChaos is the promise of batches: three gateways on one database are killed
// and stopped in turns while many clients post every batch several times at once,
// and still each job runs exactly once and everybody is told the same.
// NEKOMATA_CHAOS is how many batches there are (60); `make chaos` takes 2,000. With
// NEKOMATA_CHAOS_HOSTS each gateway is on a machine of its own, so that only itself
// can go on with its jobs.
func TestChaos(t *testing.T) {
	t.Parallel()
	n := 60
	if text := os.Getenv("NEKOMATA_CHAOS"); text != "" {
		var err error
		n, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	c := newChaos(t, n)
	for _, g := range c.gateways {
		g.start(c)
		t.Cleanup(g.end)
	}
	over := make(chan struct{})
	var trouble sync.WaitGroup
	trouble.Go(func() { c.trouble(over) })
	began := time.Now()
	c.post()
	posted := time.Since(began)
	// The trouble goes on until half of what is left has ended without it.
	c.await(len(c.ids)*3/4, time.Minute+time.Duration(n)*time.Second)
	close(over)
	trouble.Wait()
	c.measuring.Wait()
	c.await(len(c.ids), 2*time.Minute)
	t.Logf("%d batches were posted %d times by %d clients in %s, and had ended after %s",
		n, c.posts.Load(), chaosClients, posted.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	t.Logf("meanwhile: %d times kill -9, %d times stopped for longer than the lease, %d times no database; %d posts without an answer, %d answered with 503 and repeated",
		c.kills, c.stops, c.outages, c.lost.Load(), c.errors.Load())
	c.verify()
}

const (
	chaosClients = 20
	chaosLease   = 3 * time.Second
)

// chaos is the house that burns.
type chaos struct {
	t        *testing.T
	maria    *metadatatest.MariaDB
	db       *sql.DB
	conf     []string
	ran      string // the file to which each job appends its batch's id
	gateways []*victim
	ids      []string

	posts, lost, errors atomic.Int64
	kills, stops        int
	outages             int
	measuring           sync.WaitGroup
	takeOvers           []time.Duration
	mu                  sync.Mutex
	answers             map[string][]answer
	unanswered          map[string]int
}

// answer is what a client was told about a batch.
type answer struct {
	created    int64
	duplicated bool
}

// victim is a gateway that is killed, stopped and started again.
type victim struct {
	dir  string
	conf []string
	mu   sync.Mutex
	*gateway
}

func newChaos(t *testing.T, n int) *chaos {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes a while")
	}
	m := metadatatest.StartMariaDB(t)
	name := m.Database(t)
	dir := t.TempDir()
	home := filepath.Join(dir, "spark")
	c := &chaos{
		t: t, maria: m, db: m.Open(t, name), ran: filepath.Join(dir, "ran"),
		answers: map[string][]answer{}, unanswered: map[string]int{},
	}
	require.NoError(t, os.MkdirAll(filepath.Join(home, "bin"), 0o700))
	script := "#!/bin/sh\necho \"$KYUUBI_BATCH_ID\" >>'" + c.ran + "'\nfor last; do :; done\nsleep \"${last%%:*}\"\nexit \"${last##*:}\"\n"
	require.NoError(t, os.WriteFile(filepath.Join(home, "bin", "spark-submit"), []byte(script), 0o700))
	c.conf = []string{
		"kyuubi.metadata.store.jdbc.database.type=MYSQL", "kyuubi.metadata.store.jdbc.url=" + m.URL(name),
		"kyuubi.metadata.store.jdbc.user=root", "kyuubi.metadata.store.jdbc.password=",
		"kyuubi.engineEnv.SPARK_HOME=" + home, "kyuubi.batch.dir=" + filepath.Join(dir, "batch"),
		"kyuubi.batch.lease.duration=" + strconv.FormatInt(chaosLease.Milliseconds(), 10),
		"kyuubi.batch.application.check.interval=1000", "kyuubi.server.stop.grace=1000",
	}
	for i := range 3 {
		v := &victim{dir: filepath.Join(dir, "gateway"+strconv.Itoa(i))}
		if os.Getenv("NEKOMATA_CHAOS_HOSTS") != "" {
			v.conf = []string{"kyuubi.batch.host.id=host" + strconv.Itoa(i), "kyuubi.batch.dir=" + filepath.Join(v.dir, "batch")}
		}
		c.gateways = append(c.gateways, v)
	}
	for range n {
		c.ids = append(c.ids, uuid.NewString())
	}
	return c
}

func (v *victim) start(c *chaos) {
	g, err := start(v.dir, append(slices.Clone(c.conf), v.conf...)...)
	if err != nil {
		c.t.Errorf("a gateway does not start: %v", err)
		return
	}
	v.mu.Lock()
	v.gateway = g
	v.mu.Unlock()
}

// base is where its API is, "" while it is not known to run.
func (v *victim) base() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.gateway == nil {
		return ""
	}
	return "http://" + v.rest + "/api/v1/batches"
}

func (v *victim) signal(s syscall.Signal) {
	v.mu.Lock()
	defer v.mu.Unlock()
	_ = v.cmd.Process.Signal(s)
}

func (v *victim) end() {
	if v.gateway != nil {
		_ = v.cmd.Process.Kill()
		<-v.exited
	}
}

// trouble does something to a random gateway every second or two.
func (c *chaos) trouble(over <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-over:
			return
		case <-time.After(200*time.Millisecond + rand.N(time.Second)):
		}
		v := c.gateways[rand.IntN(len(c.gateways))]
		if v.base() == "" { // it did not start, which the test has noted
			v.start(c)
			continue
		}
		switch {
		case i%8 == 2:
			c.outages++
			c.maria.Stop(c.t)
			time.Sleep(rand.N(2 * chaosLease))
			c.maria.Start(c.t)
		case i%2 == 0:
			c.kill(v)
		default:
			c.stops++
			v.signal(syscall.SIGSTOP)
			time.Sleep(chaosLease*5/4 + rand.N(2*time.Second))
			v.signal(syscall.SIGCONT)
		}
	}
}

// kill kills a gateway and starts it again, and measures how long it takes until
// others have what it held.
func (c *chaos) kill(v *victim) {
	c.kills++
	instance := v.rest
	v.signal(syscall.SIGKILL)
	<-v.exited
	began := time.Now()
	v.mu.Lock()
	v.gateway = nil
	v.mu.Unlock()
	held := func() (n int) {
		err := c.db.QueryRowContext(c.t.Context(),
			"SELECT COUNT(*) FROM metadata WHERE kyuubi_instance = ? AND lease_expires > 0 AND state IN ('PENDING', 'RUNNING')", instance).Scan(&n)
		if err != nil { // the database is away just now
			return 1
		}
		return n
	}
	c.measuring.Go(func() {
		if held() == 0 {
			return
		}
		for held() > 0 && time.Since(began) < time.Minute {
			time.Sleep(10 * time.Millisecond)
		}
		c.mu.Lock()
		c.takeOvers = append(c.takeOvers, time.Since(began))
		c.mu.Unlock()
	})
	time.Sleep(rand.N(2 * chaosLease)) // sometimes back before others notice
	v.start(c)
}

// post has every id posted by 2 to 5 clients at once.
func (c *chaos) post() {
	work := make(chan string)
	var clients sync.WaitGroup
	for range chaosClients {
		clients.Go(func() {
			// Some clients give up while a gateway is stopped, others wait for it.
			patience := time.Second + rand.N(2*chaosLease)
			web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
			for id := range work {
				c.submit(web, id)
			}
		})
	}
	// Slowly enough for the trouble to hit every stage.
	pace := 80*time.Millisecond + 20*time.Second/time.Duration(len(c.ids))
	for _, id := range c.ids {
		for range 2 + rand.IntN(4) {
			work <- id
		}
		time.Sleep(rand.N(2 * pace))
	}
	close(work)
	clients.Wait()
}

// submit posts one batch until some gateway has answered.
func (c *chaos) submit(web *http.Client, id string) {
	c.posts.Add(1)
	for {
		base := c.gateways[rand.IntN(len(c.gateways))].base()
		if base == "" {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		got, status, err := send(c.t.Context(), web, base, id)
		switch {
		case err != nil: // it may have been accepted
			c.lost.Add(1)
			c.mu.Lock()
			c.unanswered[id]++
			c.mu.Unlock()
		case status == http.StatusOK:
			c.mu.Lock()
			c.answers[id] = append(c.answers[id], got)
			c.mu.Unlock()
			if unwanted(id) {
				c.cancel(web, id)
			}
			return
		case status == http.StatusServiceUnavailable:
			c.errors.Add(1)
			c.mu.Lock()
			c.unanswered[id]++ // the database may have taken it with its last breath
			c.mu.Unlock()
			time.Sleep(50 * time.Millisecond)
		default:
			c.t.Errorf("batch %s: status %d", id, status)
			return
		}
		if c.t.Context().Err() != nil {
			return
		}
	}
}

func send(ctx context.Context, web *http.Client, base, id string) (answer, int, error) {
	body, err := json.Marshal(object{
		"batchType": "SPARK", "resource": "/jobs/chaos.jar", "className": "Chaos", "name": "chaos " + id,
		"conf": object{"kyuubi.batch.id": id}, "args": []string{jobOf(id)},
	})
	if err != nil {
		return answer{}, 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base, bytes.NewReader(body))
	if err != nil {
		return answer{}, 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := web.Do(req)
	if err != nil {
		return answer{}, 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return answer{}, resp.StatusCode, err
	}
	var b struct {
		ID         string            `json:"id"`
		CreateTime int64             `json:"createTime"`
		BatchInfo  map[string]string `json:"batchInfo"`
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return answer{}, resp.StatusCode, err
	}
	if b.ID != id {
		return answer{}, resp.StatusCode, fmt.Errorf("the answer for %s is about %s", id, b.ID)
	}
	return answer{b.CreateTime, b.BatchInfo["kyuubi.batch.duplicated"] == "true"}, resp.StatusCode, nil
}

// unwanted says that whoever has posted a batch ends it at once: one in sixteen.
func unwanted(id string) bool { return id[3] == '7' }

// cancel asks for the end of a batch until some gateway has answered.
func (c *chaos) cancel(web *http.Client, id string) {
	for c.t.Context().Err() == nil {
		if base := c.gateways[rand.IntN(len(c.gateways))].base(); base != "" {
			req, err := http.NewRequestWithContext(c.t.Context(), http.MethodDelete, base+"/"+id, nil)
			if err != nil {
				c.t.Errorf("%v", err)
				return
			}
			if resp, err := web.Do(req); err == nil {
				resp.Body.Close()
				if resp.StatusCode == http.StatusOK {
					return
				}
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// jobOf says how long a batch sleeps and with which code it exits: one in ten fails.
func jobOf(id string) string {
	if id[0] == '0' || id[0] == '8' && id[1] < '8' {
		return "0." + strconv.Itoa(int(id[2])%10) + ":3"
	}
	return strconv.Itoa(int(id[1])%3) + "." + strconv.Itoa(int(id[2])%10) + ":0"
}

// await waits until so many rows are terminal.
func (c *chaos) await(want int, longest time.Duration) {
	ended := 0
	for began := time.Now(); time.Since(began) < longest; time.Sleep(50 * time.Millisecond) {
		err := c.db.QueryRowContext(c.t.Context(), "SELECT COUNT(*) FROM metadata WHERE end_time > 0").Scan(&ended)
		if err == nil && ended >= want {
			return
		}
	}
	c.t.Errorf("only %d of %d batches have ended after %s", ended, want, longest)
}

// verify compares what ran, what the database says, and what clients were told.
func (c *chaos) verify() {
	t := c.t
	text, err := os.ReadFile(c.ran)
	require.NoError(t, err)
	runs := map[string]int{}
	for id := range strings.FieldsSeq(string(text)) {
		runs[id]++
	}
	rows := c.rows()
	require.Len(t, rows, len(c.ids))
	wrong := map[string]int{}
	states := map[string]int{}
	attempts := 0
	for _, id := range c.ids {
		row, ok := rows[id]
		fault := func(what string, when bool) {
			if when {
				wrong[what]++
				t.Errorf("%s: %s; it ran %d times, %+v, told %+v, %d posts without an answer or with 503", id, what, runs[id], row, c.answers[id], c.unanswered[id])
			}
		}
		fault("no row", !ok)
		want := "FINISHED"
		if strings.HasSuffix(jobOf(id), ":3") {
			want = "ERROR"
		}
		canceled := unwanted(id) && row.state == "CANCELED"
		fault("not run once", runs[id] > 1 || runs[id] == 0 && !canceled)
		fault("state is not "+want, row.state != want && !canceled)
		fault("no end", row.ended == 0)
		fault("no start", !canceled && (row.started == 0 || row.opened == 0))
		firsts := 0
		for _, a := range c.answers[id] {
			fault("another createTime", a.created != row.created)
			if !a.duplicated {
				firsts++
			}
		}
		fault("unflagged answers are not one", firsts > 1 || firsts == 0 && c.unanswered[id] == 0)
		if firsts == 0 {
			states["first answer lost"]++
		}
		states[row.state]++
		attempts += row.attempt
	}
	for id, n := range runs {
		if !slices.Contains(c.ids, id) {
			t.Errorf("%s ran %d times and was never posted", id, n)
		}
	}
	t.Logf("each of %d ids ran once, and none of those canceled twice: %v; ended: %v; leases taken: %d", len(c.ids), len(wrong) == 0, states, attempts)
	if len(wrong) > 0 {
		t.Logf("what was wrong: %v", wrong)
	}
	if len(c.takeOvers) > 0 {
		slices.Sort(c.takeOvers)
		t.Logf("take-over after kill -9, with leases of %s: median %s, longest %s of %d", chaosLease,
			c.takeOvers[len(c.takeOvers)/2].Round(time.Millisecond), c.takeOvers[len(c.takeOvers)-1].Round(time.Millisecond), len(c.takeOvers))
	}
	if t.Failed() {
		for i, g := range c.gateways {
			if g.base() != "" {
				t.Logf("gateway %d, since its last start:\n%s", i, g.tail())
			}
		}
	}
}

// row is a batch in the database.
type row struct {
	state                           string
	created, started, opened, ended int64
	attempt                         int
	appState, diagnostic            string
}

func (c *chaos) rows() map[string]row {
	out := map[string]row{}
	result, err := c.db.QueryContext(c.t.Context(), `SELECT identifier, state, create_time, start_time, COALESCE(engine_open_time, 0),
		COALESCE(end_time, 0), attempt, COALESCE(engine_state, ''), COALESCE(engine_error, '') FROM metadata`)
	require.NoError(c.t, err)
	defer result.Close()
	for result.Next() {
		var (
			id string
			r  row
		)
		require.NoError(c.t, result.Scan(&id, &r.state, &r.created, &r.started, &r.opened, &r.ended, &r.attempt, &r.appState, &r.diagnostic))
		out[id] = r
	}
	require.NoError(c.t, result.Err())
	return out
}
