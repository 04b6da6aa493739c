package e2e

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
)

// The load of TestBenchBatches.
const (
	benchClients = metadatatest.Clients
	benchTime    = 3 * time.Second
	benchRounds  = 3
	benchPage    = 100
)

// TestBenchBatches measures what clients of batches wait for, through real
// gateways: `make bench-batches` runs it. It fails when something fails, and never
// for a figure.
func TestBenchBatches(t *testing.T) {
	if os.Getenv("NEKOMATA_BENCH") == "" {
		t.Skip("NEKOMATA_BENCH is not set: make bench-batches")
	}
	table := &benchTable{}
	m := metadatatest.StartMariaDB(t)
	name := m.Database(t)
	onMariaDB := []string{
		"kyuubi.metadata.store.jdbc.database.type=MYSQL", "kyuubi.metadata.store.jdbc.url=" + m.URL(name), "kyuubi.metadata.store.jdbc.user=root",
	}
	(&benched{name: "MariaDB", db: m.Open(t, name), pid: m.PID(t), conf: onMariaDB}).run(t, table)
	path := filepath.Join(t.TempDir(), "s.db")
	(&benched{name: "SQLite", db: metadatatest.OpenSQLite(t, path), conf: []string{"kyuubi.metadata.store.jdbc.url=jdbc:sqlite:" + path}}).run(t, table)
	own := m.Database(t)
	benchTakeOver(t, table, append(onMariaDB, "kyuubi.metadata.store.jdbc.url="+m.URL(own)))
	text := fmt.Sprintf("\nBatches, %d clients on the same %d cores as gateway and database; medians of %d rounds of %s, in turn.\n\n", benchClients,
		runtime.NumCPU(), benchRounds, benchTime) + table.String()
	t.Log(text)
	if out := os.Getenv("NEKOMATA_BENCH_OUT"); out != "" {
		require.NoError(t, os.WriteFile(out, []byte(text), 0o600))
	}
}

// benchTable is what was measured, as Markdown.
type benchTable struct{ lines []string }

func (b *benchTable) add(name string, rounds []load) {
	if len(rounds) == 0 {
		return
	}
	pick := func(f func(load) float64) float64 {
		values := make([]float64, len(rounds))
		for i, r := range rounds {
			values[i] = f(r)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	cpu := func(f func(load) float64) string {
		if c := pick(f); c > 0 {
			return fmt.Sprintf("%.0f", c)
		}
		return ""
	}
	b.lines = append(b.lines, fmt.Sprintf("| %s | %.0f | %.2f | %.2f | %.2f | %s | %s |", name, pick(func(l load) float64 { return l.rate }),
		pick(func(l load) float64 { return l.p50 }), pick(func(l load) float64 { return l.p99 }), pick(func(l load) float64 { return l.worst }),
		cpu(func(l load) float64 { return l.gateway }), cpu(func(l load) float64 { return l.database })))
}

func (b *benchTable) String() string {
	return "| | per second | p50 (ms) | p99 (ms) | longest (ms) | gateway's CPU for each (µs) | MariaDB's (µs) |\n|---|---:|---:|---:|---:|---:|---:|\n" + strings.Join(b.lines, "\n") + "\n"
}

// load is what one round gave: how many a second, milliseconds, and microseconds of CPU
// for each.
type load struct{ rate, p50, p99, worst, gateway, database float64 }

// cpuTime is what a process has used so far.
func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(t, err)
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	const user, system, tick = 11, 12, 10 * time.Millisecond // after the name
	var sum time.Duration
	for _, f := range []string{fields[user], fields[system]} {
		n, err := strconv.Atoi(f)
		require.NoError(t, err)
		sum += time.Duration(n) * tick
	}
	return sum
}

// drive has clients work for a while; each gets a function of its own.
func drive(t *testing.T, clients int, client func() (work func() error, end func())) load {
	t.Helper()
	var (
		mu    sync.Mutex
		times []time.Duration
		group sync.WaitGroup
	)
	over := time.Now().Add(benchTime)
	began := time.Now()
	for range clients {
		group.Go(func() {
			work, end := client()
			defer end()
			var mine []time.Duration
			for now := time.Now(); now.Before(over); {
				if err := work(); err != nil {
					t.Errorf("%v", err)
					break
				}
				then := time.Now()
				mine = append(mine, then.Sub(now))
				now = then
			}
			mu.Lock()
			times = append(times, mine...)
			mu.Unlock()
		})
	}
	group.Wait()
	took := time.Since(began)
	require.NotEmpty(t, times)
	slices.Sort(times)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return load{
		rate: float64(len(times)) / took.Seconds(), p50: ms(times[len(times)/2]), p99: ms(times[len(times)*99/100]), worst: ms(times[len(times)-1]),
	}
}

// postOf is a submission of a batch.
func postOf(id string) []byte {
	body := `{"batchType":"SPARK","resource":"/jobs/count.jar","className":"jobs.Count","name":"count","conf":{"kyuubi.batch.id":"` + id +
		`","spark.a":"1"},"args":["x",""]}`
	return fmt.Appendf(nil, "POST /api/v1/batches HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func getOf(path string) []byte {
	return []byte("GET /api/v1" + path + " HTTP/1.1\r\nHost: x\r\n\r\n")
}

// benched is a kind of database with a gateway on it.
type benched struct {
	name string
	db   *sql.DB // past the gateway
	pid  int     // the database's process; 0 is none of its own
	conf []string
	g    *gateway
}

// run measures it.
func (b *benched) run(t *testing.T, table *benchTable) {
	t.Helper()
	g, err := start(t.TempDir(), append(b.conf, "kyuubi.batch.max.running=0", "kyuubi.frontend.rest.access.log=ERRORS")...)
	require.NoError(t, err)
	b.g = g
	defer func() { require.NoError(t, g.stop()) }()
	var bare, accepted, duplicates, list, alone, mine, running []load
	one := uuid.NewString()
	for range benchRounds {
		bare = append(bare, drive(t, benchClients, func() (func() error, func()) {
			return func() error { return metadatatest.InsertBare(t, b.db) }, func() {}
		}))
		accepted = append(accepted, b.drive(t, benchClients, func() []byte { return postOf(uuid.NewString()) }, aBatch))
		duplicates = append(duplicates, b.drive(t, benchClients, func() []byte { return postOf(one) }, aBatch))
	}
	rows := metadatatest.Rows(t, 1_000_000)
	metadatatest.Fill(t, b.db, rows, metadata.Finished)
	t.Logf("%s: %d rows", b.name, rows)
	var users atomic.Int64
	user := func(more string) func() []byte {
		return func() []byte {
			return getOf(fmt.Sprintf("/batches?size=%d&batchUser=u%d%s", benchPage, users.Add(1)%100, more))
		}
	}
	first := func() []byte { return getOf(fmt.Sprintf("/batches?size=%d", benchPage)) }
	for range benchRounds {
		list = append(list, b.drive(t, benchClients, first, aPage))
		alone = append(alone, b.drive(t, 1, first, aPage))
		mine = append(mine, b.drive(t, benchClients, user(""), aPage))
		running = append(running, b.drive(t, benchClients, user("&batchState=finished"), aPage))
	}
	table.add(b.name+": bare `INSERT`", bare)
	table.add(b.name+": accepted batches", accepted)
	table.add(b.name+": duplicates", duplicates)
	table.add(fmt.Sprintf("%s: list of %d out of %d", b.name, benchPage, rows), list)
	table.add(b.name+": the same, one client", alone)
	var his int
	require.NoError(t, b.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM metadata WHERE user_name = 'u7'").Scan(&his))
	table.add(fmt.Sprintf("%s: list of %d out of %d of one of 100 users", b.name, benchPage, his), mine)
	table.add(b.name+": the same, of those that have ended", running)
}

// drive is drive with what it cost the gateway and its database.
func (b *benched) drive(t *testing.T, clients int, request func() []byte, check func(body []byte, first bool) error) load {
	t.Helper()
	cpu := func() (gateway, database time.Duration) {
		if b.pid != 0 {
			database = cpuTime(t, b.pid)
		}
		return cpuTime(t, b.g.cmd.Process.Pid), database
	}
	gateway, database := cpu()
	l := drive(t, clients, func() (func() error, func()) {
		c, err := dialWire(t, b.g.rest)
		if err != nil {
			return func() error { return err }, func() {}
		}
		first := true
		return func() error {
			body, err := c.ask(request())
			if err == nil {
				err = check(body, first)
			}
			first = false
			return err
		}, func() { _ = c.conn.Close() }
	})
	gateway2, database2 := cpu()
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / (l.rate * benchTime.Seconds()) }
	l.gateway, l.database = each(gateway2-gateway), each(database2-database)
	return l
}

// aBatch checks an accepted batch.
func aBatch(body []byte, _ bool) error {
	if !bytes.HasPrefix(body, []byte(`{"id":"`)) || !bytes.HasSuffix(body, []byte(`}`)) {
		return fmt.Errorf("this is no batch: %s", body)
	}
	return nil
}

// aPage checks a page of a list: each that it has all batches, and a client's first one by
// reading it.
func aPage(body []byte, first bool) error {
	if !bytes.HasPrefix(body, []byte(`{"from":0,"total":`)) || !bytes.HasSuffix(body, []byte(`}]}`)) ||
		bytes.Count(body, []byte(`{"id":"`)) != benchPage {
		return fmt.Errorf("this is no page: %s", body)
	}
	if !first {
		return nil
	}
	var page struct {
		Total   int
		Batches []map[string]any
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return err
	}
	if page.Total <= benchPage || len(page.Batches) != benchPage || len(page.Batches[0]) != 14 {
		return fmt.Errorf("%d batches out of %d: %v", len(page.Batches), page.Total, page.Batches[0])
	}
	return nil
}

// benchTakeOver kills one gateway of two with -9 while its jobs run, and waits until
// the other one has them all; leases last as long as they do by default.
func benchTakeOver(t *testing.T, table *benchTable, conf []string) {
	t.Helper()
	const jobs = 10
	dir := t.TempDir()
	home := filepath.Join(dir, "bin")
	require.NoError(t, os.MkdirAll(home, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(home, "spark-submit"), []byte("#!/bin/sh\nexec sleep 90\n"), 0o700))
	conf = append(conf, "kyuubi.engineEnv.SPARK_HOME="+dir, "kyuubi.batch.dir="+filepath.Join(dir, "batch"))
	dying, err := start(t.TempDir(), conf...)
	require.NoError(t, err)
	defer func() { _ = dying.cmd.Process.Kill() }()
	api := rest{t: t, base: "http://" + dying.rest}
	var ids []string
	for range jobs {
		id := uuid.NewString()
		api.ok(http.MethodPost, "/batches", object{"batchType": "SPARK", "resource": "/x.jar", "className": "X", "conf": object{"kyuubi.batch.id": id}})
		ids = append(ids, id)
	}
	state := func(g *gateway, id string) (string, string) {
		b, _ := rest{t: t, base: "http://" + g.rest}.ok(http.MethodGet, "/batches/"+id, nil).(object)
		return fmt.Sprint(b["state"]), fmt.Sprint(b["kyuubiInstance"])
	}
	for _, id := range ids {
		require.Eventually(t, func() bool {
			s, _ := state(dying, id)
			return s == "RUNNING"
		}, time.Minute, 50*time.Millisecond)
	}
	heir, err := start(t.TempDir(), conf...)
	require.NoError(t, err)
	defer func() { require.NoError(t, heir.stop()) }()
	require.NoError(t, dying.cmd.Process.Kill())
	<-dying.exited
	began := time.Now()
	for _, id := range ids {
		require.Eventually(t, func() bool {
			s, where := state(heir, id)
			if s != "RUNNING" {
				t.Errorf("batch %s is %s", id, s)
			}
			return where == heir.rest
		}, time.Minute, 10*time.Millisecond)
	}
	table.lines = append(table.lines, fmt.Sprintf("\nTake-over of %d running jobs after `kill -9`, with the default lease of 20 s: %.1f s.", jobs, time.Since(began).Seconds()))
	for _, id := range ids {
		rest{t: t, base: "http://" + heir.rest}.ok(http.MethodDelete, "/batches/"+id, nil)
	}
}
