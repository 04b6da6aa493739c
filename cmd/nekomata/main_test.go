package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/config"
)

var update = flag.Bool("update", false, "write the golden files anew")

// result is what a run left behind.
type result struct {
	code     int
	out, err string
}

// run executes the program with args in an environment of its own.
func run(t *testing.T, environ []string, args ...string) result {
	t.Helper()
	var out, err bytes.Buffer
	p := &program{out: &out, err: &err, environ: append([]string{"HOME=/home/neko"}, environ...)}
	code := p.run(t.Context(), args)
	return result{code, out.String(), err.String()}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"config", "--help"}, {"version", "--help"}} {
		r := run(t, nil, args...)
		require.Equal(t, exitOK, r.code)
		require.Empty(t, r.err)
		got.WriteString("$ nekomata " + strings.Join(args, " ") + "\n" + r.out + "\n")
	}
	const name = "testdata/help.golden"
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(got.String()), 0o644))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(want), got.String(), "run: go test ./cmd/nekomata -run TestHelp -update")
}

func TestNoCommandIsHelp(t *testing.T) {
	t.Parallel()
	require.Equal(t, run(t, nil, "--help"), run(t, nil))
}

func TestVersion(t *testing.T) {
	t.Parallel()
	require.Regexp(t, `^nekomata dev \(go[\d.]+.*, \w+/\w+\)\n$`, run(t, nil, "version").out)
	require.Equal(t, "nekomata dev\n", run(t, nil, "--version").out)
}

func TestUsageErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ args, want string }{
		{"srve", `unknown command "srve"; did you mean serve?`},
		{"dance", `unknown command "dance"; see nekomata --help`},
		{"serve --port 1", "unknown flag: --port; see nekomata serve --help"},
		{"serve now", `nekomata serve takes no argument such as "now"; see nekomata serve --help`},
		{"config --conf", "flag needs an argument: --conf; see nekomata config --help"},
		{"serve --conf novalue", "--conf novalue: write it as key=value; see nekomata serve --help"},
		{"config --conf =x --data-dir /d", "--conf =x: write it as key=value; see nekomata config --help"},
		{"serve --data-dir=", "--data-dir is empty: name a directory, or leave the flag out for the default; see nekomata serve --help"},
		{"--nonsense", "unknown flag: --nonsense; see nekomata --help"},
	} {
		r := run(t, nil, strings.Fields(tc.args)...)
		require.Equal(t, result{exitUsage, "", "nekomata: " + tc.want + "\n"}, r, tc.args)
	}
}

// TestUsageErrorsAreOneToALine, and come before the errors of what is configured.
func TestUsageErrorsAreOneToALine(t *testing.T) {
	t.Parallel()
	r := run(t, nil, "config", "--data-dir", " ", "--conf", "a", "--conf", "kyuubi.engine.type=TRINO", "--conf", "b")
	require.Equal(t, exitUsage, r.code)
	require.Empty(t, r.out)
	require.Equal(t, []string{"--data-dir is empty", "--conf a", "--conf b"}, []string{
		strings.Split(strings.Split(r.err, "\n")[0], ": ")[1], strings.Split(strings.Split(r.err, "\n")[1], ": ")[1], strings.Split(strings.Split(r.err, "\n")[2], ": ")[1],
	})
}

func TestConfigurationErrorsAreOneToALine(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "kyuubi-defaults.conf")
	require.NoError(t, os.WriteFile(file, []byte("a=\\u1\n"), 0o600))
	for _, command := range []string{"serve", "config"} {
		r := run(t, nil, command, "--config", file, "--conf", "kyuubi.frontend.rest.bind.prt=1", "--conf", "kyuubi.engine.type=TRINO")
		require.Equal(t, exitFailure, r.code)
		require.Empty(t, r.out)
		require.Equal(t, "nekomata: "+file+":1: the line can't be read; write key=value, and \\\\ for a backslash\n"+
			"nekomata: kyuubi.frontend.rest.bind.prt (--conf) is no setting; did you mean kyuubi.frontend.rest.bind.port?\n"+
			`nekomata: kyuubi.engine.type = "TRINO" (--conf): TRINO is not supported yet; choose from DUCKDB (the default is DUCKDB)`+"\n", r.err)
	}
}

func TestConfigTable(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "x.conf")
	require.NoError(t, os.WriteFile(file, []byte("# ours\nkyuubi.metadata.store.jdbc.password=geheim\nkyuubi.ha.addresses=zk\nspark.a.token=t"), 0o600))
	args := []string{"config", "--config", file, "--data-dir", "/data", "--conf", "kyuubi.frontend.bind.port=1"}
	r := run(t, []string{"NEKOMATA_KYUUBI_SERVER_NAME=neko"}, args...)
	require.Equal(t, exitOK, r.code)
	require.Equal(t, "warning: not used: kyuubi.ha.addresses ("+file+":3): gateways do not register anywhere yet\n", r.err)
	var rows []string
	for line := range strings.Lines(r.out) {
		rows = append(rows, strings.Join(strings.Fields(line), " "))
	}
	require.Equal(t, []string{
		"KEY VALUE SOURCE",
		"kyuubi.server.data.dir /data --data-dir",
		"kyuubi.server.name neko NEKOMATA_KYUUBI_SERVER_NAME",
		"kyuubi.frontend.bind.port 1 --conf",
		"kyuubi.frontend.thrift.binary.bind.port 1 as kyuubi.frontend.bind.port (--conf)",
		"kyuubi.metadata.store.jdbc.password *********(redacted) " + file + ":2",
		"spark.a.token *********(redacted) " + file + ":4",
	}, rows)

	all := run(t, nil, append(args, "--all")...)
	require.Contains(t, all.out, "kyuubi.frontend.rest.bind.port")
	require.NotContains(t, all.out+r.out, "geheim")
}

func TestConfigJSON(t *testing.T) {
	t.Parallel()
	r := run(t, nil, "config", "--json", "--conf", "kyuubi.session.timeout=1000")
	require.Equal(t, exitOK, r.code)
	require.Empty(t, r.err)
	var got struct {
		Settings []config.Value
		Warnings []string
	}
	require.NoError(t, json.Unmarshal([]byte(r.out), &got))
	require.Equal(t, []config.Value{{Key: "kyuubi.session.idle.timeout", Value: "PT1S", Source: "--conf"}}, got.Settings)
	require.Equal(t, []string{"kyuubi.session.timeout (--conf) is an old name: use kyuubi.session.idle.timeout"}, got.Warnings)

	r = run(t, nil, "config", "--json")
	require.JSONEq(t, `{"settings": [], "warnings": []}`, r.out)
	r = run(t, nil, "config", "--json", "--all")
	require.Contains(t, r.out, `"/home/neko/.local/state/nekomata"`)
}

func TestSignals(t *testing.T) {
	t.Parallel()
	signals, exits := make(chan os.Signal), make(chan int, 1)
	p := &program{signals: signals, exit: func(code int) { exits <- code }}
	log := slog.New(slog.DiscardHandler)

	ctx, stop := p.untilSignal(t.Context(), log, func() {})
	require.NoError(t, ctx.Err())
	stop()
	require.Error(t, ctx.Err())

	for _, tc := range []struct {
		second os.Signal
		code   int
	}{{syscall.SIGTERM, 143}, {os.Interrupt, 130}, {syscall.SIGHUP, 129}} {
		asked, stop := p.untilSignal(t.Context(), log, func() {})
		signals <- syscall.SIGTERM
		<-asked.Done()
		require.Empty(t, exits, "the first signal only asks")
		signals <- tc.second
		require.Equal(t, tc.code, <-exits)
		stop()
	}
}

// lockedBuffer may be read while another goroutine writes.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestServeUntilSignal(t *testing.T) {
	t.Parallel()
	var out, errs lockedBuffer
	signals := make(chan os.Signal, 2)
	p := &program{out: &out, err: &errs, signals: signals, exit: func(code int) { t.Error("exit", code) }}
	code := make(chan int, 1)
	go func() {
		code <- p.run(context.Background(), []string{
			"serve", "--data-dir", t.TempDir(),
			"--conf", "kyuubi.frontend.thrift.binary.bind.port=0", "--conf", "kyuubi.frontend.rest.bind.port=0",
			"--conf", "kyuubi.metrics.prometheus.port=0", "--conf", "kyuubi.server.log.format=json",
		})
	}()
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "is ready") }, 30*time.Second, 5*time.Millisecond, &errs)
	signals <- syscall.SIGTERM
	require.Equal(t, exitOK, <-code, &errs)
	require.Contains(t, errs.String(), `"signal":"terminated"`)
}
