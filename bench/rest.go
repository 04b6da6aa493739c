package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// The load that wrk makes.
const (
	wrkThreads     = 1
	wrkConnections = 32
	wrkSeconds     = 4
)

// question is what wrk asks again and again.
type question struct {
	name, url string
	body      string // posted when there is one
}

// measureREST measures the REST API with wrk beside a bare net/http server that
// answers "pong", in turn, so that the figures can be compared on any machine.
func measureREST(ctx context.Context, o options, work string) (err error) {
	if _, err := exec.LookPath("wrk"); err != nil {
		return errors.New("no wrk: apt-get install wrk, or say -rest=false")
	}
	bare, err := startBare(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.stop()) }()
	port, err := freePort()
	if err != nil {
		return err
	}
	gateway := nekomata(o.root, filepath.Join(work, "rest"))
	argv := gateway.argv
	gateway.argv = func(dir, thrift string) []string {
		return append(argv(dir, thrift), "--conf", "kyuubi.frontend.rest.bind.port="+port)
	}
	if err := gateway.start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gateway.stop()) }()
	if err := answers("http://127.0.0.1:" + port + "/api/v1/ping"); err != nil {
		return err
	}
	asked, err := questions(ctx, "http://127.0.0.1:"+port+"/api/v1")
	if err != nil {
		return err
	}
	asked = append([]question{{"bare net/http", "http://" + bare.address(), ""}}, asked...)
	figures := map[string][3][]float64{} // requests per second, p50, p99
	for round := range o.rounds {
		for i := range asked {
			q := asked[(i+round)%len(asked)]
			fmt.Fprintf(os.Stderr, "round %d of %d: wrk, %s\n", round+1, o.rounds, q.name)
			values, err := wrk(ctx, work, q)
			if err != nil {
				return err
			}
			f := figures[q.name]
			for k, v := range values {
				f[k] = append(f[k], v)
			}
			figures[q.name] = f
		}
	}
	return reportREST(o, asked, figures)
}

func reportREST(o options, asked []question, figures map[string][3][]float64) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nREST, `wrk -t%d -c%d -d%ds` on the same %d cores; medians of %d rounds (extremes), in turn.\n\n",
		wrkThreads, wrkConnections, wrkSeconds, runtime.NumCPU(), o.rounds)
	b.WriteString("| | requests per second | p50 (ms) | p99 (ms) |\n|---|---:|---:|---:|\n")
	for _, q := range asked {
		r := results{values: map[string]map[*target][]float64{}}
		fmt.Fprintf(&b, "| %s |", q.name)
		for _, values := range figures[q.name] {
			r.values[q.name] = map[*target][]float64{nil: values}
			fmt.Fprintf(&b, " %s |", r.cell(q.name, nil))
		}
		b.WriteString("\n")
	}
	return o.print(b.String())
}

// questions makes a session with an operation and says what to ask.
func questions(ctx context.Context, api string) ([]question, error) {
	session, err := identifier(ctx, api+"/sessions", `{"configs":{}}`)
	if err != nil {
		return nil, err
	}
	op, err := identifier(ctx, api+"/sessions/"+session+"/operations/statement", `{"statement":"select 1"}`)
	if err != nil {
		return nil, err
	}
	return []question{
		{"`GET /ping`", api + "/ping", ""},
		{"`GET /sessions/count`", api + "/sessions/count", ""},
		{"`GET /sessions/{id}`", api + "/sessions/" + session, ""},
		{"`GET /operations/{id}/event`", api + "/operations/" + op + "/event", ""},
		{"`POST /statements` of `select 1`", api + "/statements", `{"statement":"select 1"}`},
	}, nil
}

var anIdentifier = regexp.MustCompile(`"identifier":"([0-9a-f-]{36})"`)

func identifier(ctx context.Context, url, body string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	m := anIdentifier.FindSubmatch(text)
	if err != nil || m == nil {
		return "", fmt.Errorf("POST %s: %s: %s (%w)", url, resp.Status, text, err)
	}
	return string(m[1]), nil
}

var (
	wrkRate    = regexp.MustCompile(`Requests/sec:\s+([\d.]+)`)
	wrkLatency = regexp.MustCompile(`(?m)^\s+(50|99)%\s+([\d.]+)(us|ms|s)$`)
	wrkTrouble = regexp.MustCompile(`(?m)^\s*(Socket errors|Non-2xx).*$`)
)

// wrk asks one question for some seconds and returns the requests per second and
// the median and 99th percentile of the time of one, in milliseconds.
func wrk(ctx context.Context, work string, q question) (values [3]float64, err error) {
	args := []string{"-t" + strconv.Itoa(wrkThreads), "-c" + strconv.Itoa(wrkConnections), "-d" + strconv.Itoa(wrkSeconds) + "s", "--latency"}
	if q.body != "" {
		script := filepath.Join(work, "post.lua")
		lua := fmt.Sprintf("wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.body = %q\n", q.body)
		if err := os.WriteFile(script, []byte(lua), 0o600); err != nil {
			return values, err
		}
		args = append(args, "-s", script)
	}
	out, err := exec.CommandContext(ctx, "wrk", append(args, q.url)...).CombinedOutput()
	if err != nil {
		return values, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	if trouble := wrkTrouble.Find(out); trouble != nil {
		return values, fmt.Errorf("wrk, %s: %s", q.name, strings.TrimSpace(string(trouble)))
	}
	rate := wrkRate.FindSubmatch(out)
	times := wrkLatency.FindAllSubmatch(out, -1)
	if rate == nil || len(times) != 2 {
		return values, fmt.Errorf("wrk said:\n%s", out)
	}
	if values[0], err = strconv.ParseFloat(string(rate[1]), 64); err != nil {
		return values, err
	}
	for i, m := range times {
		v, err := strconv.ParseFloat(string(m[2]), 64)
		if err != nil {
			return values, err
		}
		values[i+1] = v * map[string]float64{"us": 0.001, "ms": 1, "s": 1000}[string(m[3])]
	}
	return values, nil
}

// startBare starts this program again as a server of its own, so that it is
// measured as the gateway is.
func startBare(ctx context.Context) (*target, error) {
	t, err := startSelf(ctx, "bare net/http", func(address string) []string { return []string{"-bare", address} })
	if err != nil {
		return nil, err
	}
	if err := answers("http://" + t.address()); err != nil {
		return nil, errors.Join(err, t.stop())
	}
	return t, nil
}

// answers waits until a server on loopback answers.
func answers(url string) error {
	var err error
	for range 500 {
		var resp *http.Response
		if resp, err = http.Get(url); err == nil {
			return resp.Body.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// serveBare is what net/http can do when there is nothing to do.
func serveBare(ctx context.Context, address string) error {
	s := &http.Server{Addr: address, ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, "pong")
	})}
	defer context.AfterFunc(ctx, func() { _ = s.Close() })()
	if err := s.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
