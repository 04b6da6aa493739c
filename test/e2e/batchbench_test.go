package e2e

import (
	"bufio"
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // to measure bare INSERTs

	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
)

// The load of TestBenchBatches.
const (
	benchClients = 16
	benchTime    = 3 * time.Second
	benchRounds  = 3
)

// benchRows is how many rows lists are taken from; NEKOMATA_BENCH_ROWS changes it.
var benchRows = 1_000_000

// TestBenchBatches measures what clients of batches wait for, through real
// gateways: `make bench-batches` runs it. It fails when something fails, and never
// for a figure.
func TestBenchBatches(t *testing.T) {
	if os.Getenv("NEKOMATA_BENCH") == "" {
		t.Skip("NEKOMATA_BENCH is not set: make bench-batches")
	}
	if text := os.Getenv("NEKOMATA_BENCH_ROWS"); text != "" {
		var err error
		benchRows, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	table := &benchTable{}
	m := metadatatest.StartMariaDB(t)
	name := m.Database(t)
	mariadb, err := sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/%s?interpolateParams=true", m.Port(), name))
	require.NoError(t, err)
	defer mariadb.Close()
	mariadb.SetMaxIdleConns(benchClients)
	onMariaDB := []string{
		"kyuubi.metadata.store.jdbc.database.type=MYSQL", "kyuubi.metadata.store.jdbc.url=" + m.URL(name), "kyuubi.metadata.store.jdbc.user=root",
	}
	benchStore(t, table, "MariaDB", mariadb, onMariaDB)
	path := filepath.Join(t.TempDir(), "s.db")
	lite, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(30000)&_pragma=synchronous(FULL)&_txlock=immediate")
	require.NoError(t, err)
	defer lite.Close()
	lite.SetMaxOpenConns(1)
	benchStore(t, table, "SQLite", lite, []string{"kyuubi.metadata.store.jdbc.url=jdbc:sqlite:" + path})
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
	cpu := ""
	if c := pick(func(l load) float64 { return l.cpu }); c > 0 {
		cpu = fmt.Sprintf("%.0f", c)
	}
	b.lines = append(b.lines, fmt.Sprintf("| %s | %.0f | %.2f | %.2f | %.2f | %s |", name, pick(func(l load) float64 { return l.rate }),
		pick(func(l load) float64 { return l.p50 }), pick(func(l load) float64 { return l.p99 }), pick(func(l load) float64 { return l.worst }), cpu))
}

func (b *benchTable) String() string {
	return "| | per second | p50 (ms) | p99 (ms) | longest (ms) | gateway's CPU for each (µs) |\n|---|---:|---:|---:|---:|---:|\n" + strings.Join(b.lines, "\n") + "\n"
}

// load is what one round gave.
type load struct{ rate, p50, p99, worst, cpu float64 }

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

// driveGateway is drive with what it cost the gateway.
func driveGateway(t *testing.T, g *gateway, clients int, request func() []byte) load {
	t.Helper()
	before := cpuTime(t, g.cmd.Process.Pid)
	l := drive(t, clients, func() (func() error, func()) { return wire(t, g.rest, request) })
	l.cpu = float64((cpuTime(t, g.cmd.Process.Pid) - before).Microseconds()) / (l.rate * benchTime.Seconds())
	return l
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

// wire is a client that costs next to nothing: one connection, requests as bytes.
func wire(t *testing.T, address string, request func() []byte) (work func() error, end func()) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		return func() error { return err }, func() {}
	}
	in := bufio.NewReaderSize(conn, 64<<10)
	return func() error {
		if _, err := conn.Write(request()); err != nil {
			return err
		}
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil && resp.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s", resp.Status, text)
		}
		return err
	}, func() { _ = conn.Close() }
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

// benchStore measures one kind of database.
func benchStore(t *testing.T, table *benchTable, name string, db *sql.DB, conf []string) {
	t.Helper()
	g, err := start(t.TempDir(), append(conf, "kyuubi.batch.max.running=0", "kyuubi.frontend.rest.access.log=ERRORS")...)
	require.NoError(t, err)
	defer func() { require.NoError(t, g.stop()) }()
	var bare, accepted, duplicates, list, alone []load
	one := uuid.NewString()
	for range benchRounds {
		bare = append(bare, drive(t, benchClients, func() (func() error, func()) {
			return func() error { return bareInsert(t, db) }, func() {}
		}))
		accepted = append(accepted, driveGateway(t, g, benchClients, func() []byte { return postOf(uuid.NewString()) }))
		duplicates = append(duplicates, driveGateway(t, g, benchClients, func() []byte { return postOf(one) }))
	}
	benchFill(t, db, benchRows)
	t.Logf("%s: %d rows", name, benchRows)
	page := getOf("/batches?size=100")
	for range benchRounds {
		list = append(list, driveGateway(t, g, benchClients, func() []byte { return page }))
		alone = append(alone, driveGateway(t, g, 1, func() []byte { return page }))
	}
	table.add(name+": bare `INSERT`", bare)
	table.add(name+": accepted batches", accepted)
	table.add(name+": duplicates", duplicates)
	table.add(name+": list of 100 out of "+strconv.Itoa(benchRows), list)
	table.add(name+": the same, one client", alone)
}

func bareInsert(t *testing.T, db *sql.DB) error {
	t.Helper()
	_, err := db.ExecContext(t.Context(), `INSERT INTO metadata (identifier, session_type, real_user, user_name, ip_address,
		kyuubi_instance, state, resource, class_name, request_name, request_conf, request_args, create_time, engine_type, lease_expires)
		VALUES (?, 'BATCH', 'root', 'ann', '10.1.2.3', 'gw1:10099', 'PENDING', '/jobs/count.jar', 'jobs.Count', 'count',
		'{"spark.a":"1"}', '["x",""]', ?, 'SPARK', 0)`, uuid.NewString(), time.Now().UnixMilli())
	return err
}

// benchFill makes ended batches until there are so many rows.
func benchFill(t *testing.T, db *sql.DB, rows int) {
	t.Helper()
	var have int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM metadata").Scan(&have))
	const some = 5000
	for ; have < rows; have += some {
		var text strings.Builder
		text.WriteString("INSERT INTO metadata (identifier, session_type, real_user, user_name, state, request_name, request_conf, request_args, create_time, end_time, engine_type, lease_expires) VALUES ")
		for i := range some {
			if i > 0 {
				text.WriteByte(',')
			}
			fmt.Fprintf(&text, `('%s','BATCH','root','u%d','FINISHED','batch %d','{"spark.a":"1"}','[]',%d,%[4]d,'SPARK',0)`,
				uuid.NewString(), i%100, have+i, time.Now().UnixMilli())
		}
		_, err := db.ExecContext(t.Context(), text.String())
		require.NoError(t, err)
	}
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
