package e2e

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// saslFrame is a message of the SASL negotiation.
func saslFrame(status byte, payload string) []byte {
	frame := binary.BigEndian.AppendUint32([]byte{status}, uint32(len(payload)))
	return append(frame, payload...)
}

// TestStrangersOnTheThriftPort sends what no client means. Each connection must end
// or be answered, and the next client must be served; nothing may be left behind.
func TestStrangersOnTheThriftPort(t *testing.T) {
	g := ownServer(t, "kyuubi.frontend.thrift.login.timeout=PT2S")
	probe(t, g)
	base := figures(t, g)

	loggedIn := slices.Concat(saslFrame(1, "PLAIN"), saslFrame(2, "\x00me\x00secret"))
	open := []byte("\x80\x01\x00\x01\x00\x00\x00\x0bOpenSession\x00\x00\x00\x01")
	huge := binary.BigEndian.AppendUint32(nil, 0x7fffffff)
	for name, sent := range map[string][]byte{
		"nothing and goodbye":          {},
		"silence":                      {},
		"half a frame, then silence":   saslFrame(1, "PLAIN")[:6],
		"a mechanism, then silence":    saslFrame(1, "PLAIN"),
		"an empty SASL frame":          saslFrame(1, ""),
		"an unknown SASL mechanism":    saslFrame(1, "MAGIC"),
		"an unknown SASL status":       saslFrame(9, "PLAIN"),
		"a huge SASL length":           {1, 0x7f, 0xff, 0xff, 0xff},
		"a negative SASL length":       {1, 0xff, 0xff, 0xff, 0xff},
		"a truncated SASL frame":       saslFrame(1, "PLAIN")[:6],
		"a PLAIN answer without NUL":   slices.Concat(saslFrame(1, "PLAIN"), saslFrame(5, "me and secret")),
		"an empty frame after login":   slices.Concat(loggedIn, []byte{0, 0, 0, 0}),
		"a huge frame after login":     slices.Concat(loggedIn, huge),
		"a cut frame after login":      slices.Concat(loggedIn, []byte{0, 0, 1, 0, 0x80, 1, 0, 1}),
		"garbage after login":          slices.Concat(loggedIn, []byte("\x00\x00\x00\x08garbage!")),
		"a huge name without SASL":     slices.Concat([]byte{0x80, 1, 0, 1}, huge),
		"a cut message without SASL":   {0x80, 1, 0, 1, 0, 0},
		"an HTTP request":              []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"a TLS hello":                  {0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3},
		"text":                         []byte("hello?\n"),
		"a megabyte of zeros":          make([]byte, 1<<20),
		"a megabyte of 0xff":           bytesOf(0xff, 1<<20),
		"nested structs without end":   slices.Concat(open, deep(100_000)),
		"a list that claims 2 G items": slices.Concat(open, []byte("\x0f\x00\x01\x0c\x7f\xff\xff\xff")),
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", g.thrift)
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
			_, _ = conn.Write(sent)                 // it may hang up in the middle
			if !strings.Contains(name, "silence") { // until the login timeout
				_ = conn.(*net.TCPConn).CloseWrite()
			}
			answer, err := io.ReadAll(conn)
			var timeout net.Error
			require.False(t, errors.As(err, &timeout) && timeout.Timeout(), "the connection hangs; so far it answered %q", answer)
			assert.Less(t, len(answer), 4096)
			assert.NotContains(t, string(answer), ".go:")
			probe(t, g)
		})
	}

	t.Run("calls that no client makes", func(t *testing.T) {
		host, port := g.address()
		python := need(t, "clients", ".cache", "venv", "bin", "python")
		runReport(t, command(t, 2*time.Minute, python, "python/raw_cases.py", host, port))
	})
	backToBase(t, g, base)
}

func bytesOf(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }

// deep is n nested Thrift structs, each the first field of the one around it.
func deep(n int) []byte { return bytes.Repeat([]byte{0x0c, 0, 1}, n) }

func TestStrangersOnTheRESTPort(t *testing.T) {
	g := ownServer(t, "kyuubi.frontend.rest.header.timeout=PT2S")
	probe(t, g)
	base := figures(t, g)
	for name, text := range map[string]string{
		"nothing at all":      "",
		"text":                "hello?\n\n",
		"a cut header":        "GET /api/v1/sessions HTTP/1.1\r\nHost: x\r\nX: ",
		"a huge header":       "GET /api/v1/sessions HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n",
		"a cut body":          "POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"configs\":",
		"a huge body":         "POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{",
		"no JSON":             "POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhello",
		"deep JSON":           "POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("[", 100_000),
		"bytes outside UTF-8": "GET /api/v1/sessions/\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", g.rest)
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
			_, _ = io.WriteString(conn, text)
			_ = conn.(*net.TCPConn).CloseWrite()
			answer, err := io.ReadAll(conn)
			var timeout net.Error
			require.False(t, errors.As(err, &timeout) && timeout.Timeout(), "the connection hangs; so far it answered %q", answer)
			assert.NotRegexp(t, `^HTTP/1\.[01] 5`, string(answer))
			probe(t, g)
		})
	}
	backToBase(t, g, base)
}

// probe is the next client: both protocols must serve it.
func probe(t *testing.T, g *gateway) {
	t.Helper()
	r := rest{t: t, base: "http://" + g.rest, user: "probe"}
	session := r.id("POST", "/sessions", object{"configs": object{}})
	assert.Equal(t, [][]any{{float64(1)}}, r.rows(session, "select 1"))
	r.ok("DELETE", "/sessions/"+session, nil)

	conn, err := net.Dial("tcp", g.thrift)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = conn.Write(slices.Concat(saslFrame(1, "PLAIN"), saslFrame(2, "\x00probe\x00x")))
	require.NoError(t, err)
	answer := make([]byte, 5)
	_, err = io.ReadFull(conn, answer)
	require.NoError(t, err, "SASL login")
	require.Equal(t, byte(5), answer[0], "SASL COMPLETE")
}

// watched are the figures that must come back to where they were.
var watched = regexp.MustCompile(`(?m)^(go_goroutines|nekomata_sessions_open|nekomata_\w+_connections_open|nekomata_operations_active\S*|nekomata_duckdb_connections_open|process_open_fds) (\S+)$`)

func figures(t *testing.T, g *gateway) map[string]float64 {
	t.Helper()
	http.DefaultClient.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+g.metrics+"/metrics", nil)
	require.NoError(t, err)
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	all := map[string]float64{}
	for _, m := range watched.FindAllStringSubmatch(string(text), -1) {
		all[m[1]], err = strconv.ParseFloat(m[2], 64)
		require.NoError(t, err)
	}
	require.Contains(t, all, "go_goroutines")
	require.Contains(t, all, "nekomata_sessions_open")
	return all
}

// backToBase waits until nothing is left of what a test did.
func backToBase(t *testing.T, g *gateway, base map[string]float64) {
	t.Helper()
	var now map[string]float64
	left := func() string {
		now = figures(t, g)
		for name, was := range base {
			slack := 0.0
			if name == "go_goroutines" || name == "process_open_fds" {
				slack = 2 // the scrape's own connection
			}
			if now[name] > was+slack {
				return name
			}
		}
		return ""
	}
	for end := time.Now().Add(30 * time.Second); left() != ""; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s is not back to base: it was\n%v\nand is\n%v", left(), base, now)
		}
	}
}

func TestPortInUse(t *testing.T) {
	skipShort(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	require.NoError(t, err)
	for _, key := range []string{
		"kyuubi.frontend.thrift.binary.bind.port", "kyuubi.frontend.rest.bind.port", "kyuubi.metrics.prometheus.port",
	} {
		t.Run(key, func(t *testing.T) {
			g, err := launch(t.TempDir(), key+"="+port)
			require.NoError(t, err)
			select {
			case <-g.exited:
			case <-time.After(30 * time.Second):
				_ = g.cmd.Process.Kill()
				t.Fatalf("it goes on without its port:\n%s", g.tail())
			}
			assert.Equal(t, 1, g.cmd.ProcessState.ExitCode(), g.tail())
			assert.Contains(t, g.log(), "127.0.0.1:"+port, "the message names the address")
			assert.Contains(t, g.log(), key, "and the setting")
			assert.NotContains(t, g.log(), "goroutine ")
		})
	}
}

// TestTwoSideBySide: several gateways run on one machine, each with its own data; a
// second one on the same data directory is refused.
func TestTwoSideBySide(t *testing.T) {
	one, two := ownServer(t), ownServer(t)
	probe(t, one)
	probe(t, two)
	g, err := launch(one.dir)
	require.NoError(t, err)
	select {
	case <-g.exited:
	case <-time.After(30 * time.Second):
		_ = g.cmd.Process.Kill()
		t.Fatalf("two gateways on one data directory:\n%s", g.tail())
	}
	assert.Equal(t, 1, g.cmd.ProcessState.ExitCode(), g.tail())
	assert.Contains(t, g.log(), one.dir)
	probe(t, one)
}

// TestStateSurvivesARestart: what one run wrote, the next one reads.
func TestStateSurvivesARestart(t *testing.T) {
	skipShort(t)
	dir := t.TempDir()
	for run, want := range []any{nil, float64(7)} {
		g, err := start(dir)
		require.NoError(t, err)
		r := rest{t: t, base: "http://" + g.rest}
		session := r.id("POST", "/sessions", object{"configs": object{}})
		if run == 0 {
			r.rows(session, "create table kept as select 7 as n")
		} else {
			assert.Equal(t, [][]any{{want}}, r.rows(session, "select n from kept"))
		}
		require.NoError(t, g.stop(), g.tail()) // with the session open
	}
	_, err := os.Stat(dir)
	require.NoError(t, err)
}
