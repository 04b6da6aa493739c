package env_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/test/env"
)

// TestTooManyConnections tells clients beyond the limit so, in their own words.
func TestTooManyConnections(t *testing.T) {
	t.Parallel()
	g := env.Start(t, "kyuubi.frontend.rest.max.connections=1", "kyuubi.frontend.thrift.max.connections=1", "kyuubi.frontend.protocols=THRIFT_HTTP,REST")
	ask := func(conn net.Conn, request string) (code int, header http.Header, body string) {
		t.Helper()
		require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
		_, err := io.WriteString(conn, request+" HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
		require.NoError(t, err)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		defer res.Body.Close()
		all, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, res.Header, string(all)
	}
	dial := func(address string) net.Conn {
		t.Helper()
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	first := dial(g.RestAddress())
	code, _, _ := ask(first, "GET /api/v1/ping")
	require.Equal(t, 200, code)
	code, header, body := ask(dial(g.RestAddress()), "POST /api/v1/sessions")
	require.Equal(t, 503, code, body)
	require.NotEmpty(t, header.Get("Retry-After"))
	var e api.Error
	require.NoError(t, json.Unmarshal([]byte(body), &e), body)
	require.Equal(t, "Unavailable", e.Kind)
	require.Equal(t, "53300", e.SQLState)
	require.Contains(t, e.Message, "kyuubi.frontend.rest.max.connections")
	require.NotEmpty(t, e.RequestID)
	code, _, _ = ask(first, "GET /api/v1/ping")
	require.Equal(t, 200, code, "who is in stays in")

	_, _, _ = ask(dial(g.ThriftHTTPAddress()), "GET /cliservice")
	code, _, body = ask(dial(g.ThriftHTTPAddress()), "POST /cliservice")
	require.Equal(t, 503, code, body)
	require.Contains(t, body, "kyuubi.frontend.thrift.max.connections")
}
