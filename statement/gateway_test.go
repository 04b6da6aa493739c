package statement_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/client"
	"github.com/nekomata-sql/nekomata/test/env"
)

// gateway is a whole gateway with a client of its own.
type gateway struct {
	*client.Client
	http *http.Client
}

func startGateway(tb testing.TB, settings ...string) *gateway {
	tb.Helper()
	s := env.Start(tb, append([]string{"kyuubi.engine.duckdb.path=:memory:"}, settings...)...)
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	g := &gateway{http: &http.Client{Transport: transport}}
	var err error
	g.Client, err = client.New(client.Options{URLs: []string{"http://" + s.RestAddress()}, User: "ann", HTTP: g.http})
	require.NoError(tb, err)
	tb.Cleanup(transport.CloseIdleConnections)
	return g
}

func (g *gateway) run(tb testing.TB, sql string) api.StatementAnswer {
	tb.Helper()
	a, err := g.RunStatement(tb.Context(), api.StatementSubmission{Statement: sql})
	require.NoError(tb, err, sql)
	return a
}

func (g *gateway) all(t *testing.T, id, mediaType string) []byte {
	t.Helper()
	r, err := g.StatementResult(t.Context(), id, mediaType, client.Place{})
	require.NoError(t, err)
	defer r.Close()
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	return text
}

func TestGatewayForms(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	done := g.run(t, `
		SELECT 9007199254740993 AS big, CAST('12345678901234567890.12' AS decimal(38,2)) AS d, [1, NULL, 3] AS l, MAP {'k': 1.5} AS m,
		       {'x': true, 'y': 'z'} AS s, 'a,"b"' AS t, date '2020-02-29' AS day, timestamp '2020-02-29 12:34:56.5' AS ts
		UNION ALL SELECT `+strings.Repeat("NULL, ", 7)+`NULL ORDER BY 1 NULLS LAST`)
	var types []string
	for _, c := range done.Columns {
		types = append(types, c.DataType)
	}
	require.Equal(t, "BIGINT_TYPE DECIMAL_TYPE ARRAY_TYPE MAP_TYPE STRUCT_TYPE STRING_TYPE DATE_TYPE TIMESTAMP_TYPE", strings.Join(types, " "))
	var values []any
	for _, f := range done.Result.Rows[0].Fields {
		values = append(values, f.Value)
	}
	require.Equal(t, []any{
		json.Number("9007199254740993"), "12345678901234567890.12", "[1,null,3]", `{"k":1.5}`, `{"x":true,"y":"z"}`, `a,"b"`, "2020-02-29", "2020-02-29 12:34:56.5",
	}, values)
	for _, f := range done.Result.Rows[1].Fields {
		require.Nil(t, f.Value)
	}
	require.Equal(t, //nolint:testifylint // text, line by line
		`{"big":9007199254740993,"d":"12345678901234567890.12","l":[1,null,3],"m":{"k":"1.5"},"s":{"x":true,"y":"z"},"t":"a,\"b\"","day":"2020-02-29","ts":"2020-02-29 12:34:56.5"}
{"big":null,"d":null,"l":null,"m":null,"s":null,"t":null,"day":null,"ts":null}
`, string(g.all(t, done.Identifier, client.NDJSON)))
	rows, err := csv.NewReader(bytes.NewReader(g.all(t, done.Identifier, client.CSV))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, [][]string{
		{"big", "d", "l", "m", "s", "t", "day", "ts"},
		{"9007199254740993", "12345678901234567890.12", "[1,null,3]", `{"k":1.5}`, `{"x":true,"y":"z"}`, `a,"b"`, "2020-02-29", "2020-02-29 12:34:56.5"},
		{"", "", "", "", "", "", "", ""},
	}, rows)
	r, err := ipc.NewReader(bytes.NewReader(g.all(t, done.Identifier, client.ArrowStream)))
	require.NoError(t, err)
	require.True(t, r.Next())
	require.EqualValues(t, 9007199254740993, r.RecordBatch().Column(0).(*array.Int64).Value(0))
	require.EqualValues(t, 2, r.RecordBatch().NumRows())
}

// Statements share nothing but the tables, and pages don't change, whoever reads.
func TestGatewayManyAtOnce(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	g.run(t, "CREATE TABLE shared AS SELECT id AS n FROM range(10000)")
	var users sync.WaitGroup
	for u := range 16 {
		users.Go(func() {
			g.run(t, "CREATE TEMPORARY TABLE mine AS SELECT "+strconv.Itoa(u)) // each has its own
			g.run(t, "CREATE SCHEMA s"+strconv.Itoa(u))
			g.run(t, "USE s"+strconv.Itoa(u))
			require.Equal(t, "default", g.run(t, "SELECT current_schema()").Result.Rows[0].Fields[0].Value)
			done := g.run(t, "SELECT n, n * 2 AS twice FROM shared ORDER BY n")
			require.EqualValues(t, 10000, *done.RowCount)
			for _, offset := range []int64{0, 9990, 5000, 2047, 2048, 5000} {
				page, err := g.StatementRows(t.Context(), done.Identifier, client.Place{Offset: offset, Limit: 10})
				require.NoError(t, err)
				for i, row := range page.Rows {
					require.Equal(t, json.Number(strconv.FormatInt(offset+int64(i), 10)), row.Fields[0].Value)
				}
				require.Len(t, page.Rows, 10)
			}
		})
	}
	users.Wait()
	_, err := g.RunStatement(t.Context(), api.StatementSubmission{Statement: "SELECT * FROM mine"})
	var e *client.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, 400, e.Status)
	require.Equal(t, "42P01", e.SQLState)
	count, err := g.SessionCount(t.Context())
	require.NoError(t, err)
	require.Zero(t, count, "there are no sessions behind them that one could see")
	sessions, err := g.Sessions(t.Context())
	require.NoError(t, err)
	require.Empty(t, sessions)
	where, err := g.RunStatement(t.Context(), api.StatementSubmission{Statement: "SELECT current_schema()", Database: "s3"})
	require.NoError(t, err)
	require.Equal(t, "s3", where.Result.Rows[0].Fields[0].Value)
}

// resident is this process's resident memory in bytes.
func resident(tb testing.TB) int64 {
	tb.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		tb.Skip("no /proc here")
	}
	var size, pages int64
	_, err = fmt.Sscan(string(text), &size, &pages)
	require.NoError(tb, err)
	return pages * int64(os.Getpagesize())
}

// wide is a statement whose result is about 430 bytes a row as NDJSON, and as Arrow.
func wide(rows int) string {
	return "SELECT n, n * 0.5 AS half, repeat('x', 400) AS text, 'row ' || n AS name FROM (SELECT id AS n FROM range(" + strconv.Itoa(rows) + "))"
}

// streamed reads a statement's result while it runs, and tells how far that has
// let the memory grow.
func (g *gateway) streamed(t *testing.T, sql, form string) (id string, bytes, most int64) {
	t.Helper()
	runtime.GC()
	before := resident(t)
	a, err := g.RunStatement(t.Context(), api.StatementSubmission{Statement: sql, Wait: new(0.0)})
	require.NoError(t, err)
	r, err := g.StatementResult(t.Context(), a.Identifier, form, client.Place{})
	require.NoError(t, err)
	defer r.Close()
	buf := make([]byte, 1<<20)
	for err == nil {
		var n int
		n, err = io.ReadFull(r, buf)
		bytes += int64(n)
		most = max(most, resident(t)-before)
	}
	require.Contains(t, []error{io.EOF, io.ErrUnexpectedEOF}, err) // those of ReadFull
	return a.Identifier, bytes, most
}

func TestGatewayLargeStreams(t *testing.T) {
	if testing.Short() {
		t.Skip("a few seconds")
	}
	g := startGateway(t)
	const rows = 250_000
	for _, form := range []string{client.NDJSON, client.ArrowStream} {
		g.streamed(t, wide(rows/5), form) // what is needed for any
		began := time.Now()
		id, bytes, most := g.streamed(t, wide(rows), form)
		t.Logf("%s: %d MB in %v, memory grew by %d MB at most", form, bytes/1e6, time.Since(began).Round(time.Millisecond), most/1e6)
		require.Greater(t, bytes, int64(100_000_000))
		require.Less(t, most, int64(60_000_000), "the result is in memory")
		info, err := g.Statement(t.Context(), id, 0)
		require.NoError(t, err)
		require.EqualValues(t, rows, *info.RowCount)
	}
}

func TestGatewayClientHangsUp(t *testing.T) {
	g := startGateway(t, "kyuubi.server.statement.max.running.per.user=1")
	connections := g.run(t, "SELECT * FROM duckdb_connection_count()").Result.Rows
	base := settled(g)
	endless := "SELECT id, repeat('x', 100) FROM range(1000000000)"

	for _, form := range []string{client.NDJSON, client.CSV, client.ArrowStream} {
		a, err := g.RunStatement(t.Context(), api.StatementSubmission{Statement: endless, Wait: new(0.0)})
		require.NoError(t, err)
		r, err := g.StatementResult(t.Context(), a.Identifier, form, client.Place{})
		require.NoError(t, err)
		_, err = io.CopyN(io.Discard, r, 1<<20)
		require.NoError(t, err)
		require.NoError(t, r.Close()) // in the middle
		info, err := g.EndStatement(t.Context(), a.Identifier)
		require.NoError(t, err)
		require.Equal(t, "CANCELED", info.State)
	}

	// Nobody knows the id of a statement whose answer was not waited for.
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := g.RunStatement(ctx, api.StatementSubmission{Statement: "SELECT count(*) FROM range(100000) a, range(100000000) b", Wait: new(60.0)})
	require.ErrorIs(t, err, context.DeadlineExceeded)

	// Events of a statement that goes on.
	a, err := g.RunStatement(t.Context(), api.StatementSubmission{Statement: endless, Wait: new(0.0)})
	for ; err != nil; a, err = g.RunStatement(t.Context(), api.StatementSubmission{Statement: endless, Wait: new(0.0)}) {
		require.ErrorContains(t, err, "max.running.per.user", "the one before is being ended")
	}
	for e, err := range g.StatementEvents(t.Context(), a.Identifier) {
		require.NoError(t, err)
		if e.State != nil {
			break
		}
	}
	_, err = g.EndStatement(t.Context(), a.Identifier)
	require.NoError(t, err)

	for end := time.Now().Add(20 * time.Second); ; {
		list, err := g.Statements(t.Context(), client.StatementFilter{States: []string{"RUNNING", "PENDING"}})
		require.NoError(t, err)
		if now := settled(g); list.Total == 0 && now <= base {
			break
		}
		if time.Now().After(end) {
			_ = pprof.Lookup("goroutine").WriteTo(t.Output(), 1)
			t.Fatalf("%d statements run, %d goroutines were there before", list.Total, base)
		}
	}
	require.Equal(t, connections, g.run(t, "SELECT * FROM duckdb_connection_count()").Result.Rows)
}

// settled is the least number of goroutines for a while.
func settled(g *gateway) int {
	n := runtime.NumGoroutine()
	for range 10 {
		g.http.CloseIdleConnections()
		time.Sleep(20 * time.Millisecond)
		n = min(n, runtime.NumGoroutine())
	}
	return n
}

func TestGatewayEvents(t *testing.T) {
	t.Parallel()
	g := startGateway(t)
	a, err := g.RunStatement(t.Context(), api.StatementSubmission{Statement: "SELECT count(*) FROM range(20000) a, range(20000) b", Wait: new(0.0)})
	require.NoError(t, err)
	var states []string
	for e, err := range g.StatementEvents(t.Context(), a.Identifier) {
		require.NoError(t, err)
		if e.State != nil {
			states = append(states, e.State.State)
		}
	}
	require.Equal(t, "FINISHED", states[len(states)-1])
	require.Equal(t, json.Number("400000000"), must(g.StatementRows(t.Context(), a.Identifier, client.Place{})).Rows[0].Fields[0].Value)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The client's whole way: connections are kept, all cores ask.
func BenchmarkPostSelect1(b *testing.B) {
	g := startGateway(b)
	body := `{"statement":"select 1"}`
	url := "http://" + strings.TrimPrefix(must(g.RunStatement(b.Context(), api.StatementSubmission{Statement: "select 1"})).KyuubiInstance, "http://") + "/api/v1/statements"
	b.ReportAllocs()
	b.SetParallelism(8)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			req, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, url, strings.NewReader(body))
			req.Header.Set("Content-Type", "application/json")
			resp, err := g.http.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = bufio.NewReader(resp.Body).WriteTo(io.Discard)
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				b.Error(resp.Status)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}
