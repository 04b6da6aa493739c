package frontend

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fetch asks for the root on a connection of its own.
func fetch(ctx context.Context, s *HTTPService) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"/", nil)
	if err != nil {
		return 0, "", err
	}
	req.Close = true
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res.StatusCode, string(body), err
}

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "meow") }

func TestHTTPServes(t *testing.T) {
	t.Parallel()
	s := NewRestFrontendService(HTTPOptions{Address: loopback, Handler: http.HandlerFunc(hello), Grace: time.Minute})
	require.Empty(t, s.URL())
	require.Nil(t, s.Addr())
	stop := start(t, s)
	require.Equal(t, "http://"+s.Addr().String(), s.URL())
	code, body, err := fetch(t.Context(), s.HTTPService)
	require.NoError(t, err)
	require.Equal(t, 200, code)
	require.Equal(t, "meow", body)
	require.NoError(t, stop())
	require.EqualValues(t, 1, s.Connections().Total())
	require.EqualValues(t, 0, s.Connections().Open())
}

func TestURLOfAllAddresses(t *testing.T) {
	t.Parallel()
	s := NewHTTPService(HTTPOptions{Name: "metrics", Address: Address{Host: "0.0.0.0"}, Handler: http.HandlerFunc(hello)})
	require.Equal(t, "metrics", s.String())
	for _, tc := range []struct{ ip, want string }{
		{"0.0.0.0", "http://localhost:80"},
		{"::", "http://localhost:80"},
		{"127.0.0.1", "http://127.0.0.1:80"},
		{"::1", "http://[::1]:80"},
	} {
		var addr net.Addr = &net.TCPAddr{IP: net.ParseIP(tc.ip), Port: 80}
		s.addr.Store(&addr)
		require.Equal(t, tc.want, s.URL())
	}
}

func TestHTTPDrainLetsRequestsEnd(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	s := NewHTTPService(HTTPOptions{
		Name: "x", Address: loopback, Grace: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(entered)
			<-release
			hello(w, r)
		}),
	})
	stop := start(t, s)
	answer := make(chan string, 1)
	go func() {
		_, body, _ := fetch(t.Context(), s)
		answer <- body
	}()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", s.Addr().String())
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	}, 10*time.Second, time.Millisecond, "no new connections")
	close(release)
	require.Equal(t, "meow", <-answer)
	require.NoError(t, <-stopped)
}

func TestHTTPDrainEndsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	var ended error
	s := NewHTTPService(HTTPOptions{
		Name: "x", Address: loopback, Grace: 20 * time.Millisecond,
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(entered)
			<-r.Context().Done()
			ended = r.Context().Err()
		}),
	})
	stop := start(t, s)
	go func() { _, _, _ = fetch(t.Context(), s) }()
	<-entered
	require.NoError(t, stop())
	require.ErrorIs(t, ended, context.Canceled, "Run returned after its handlers")
}

func TestHTTPLimits(t *testing.T) {
	t.Parallel()
	s := NewHTTPService(HTTPOptions{
		Name: "x", Address: loopback, Handler: http.HandlerFunc(hello),
		MaxConnections: 1, MaxHeaderBytes: 1 << 10, ReadHeaderTimeout: 20 * time.Millisecond,
	})
	start(t, s)

	kept := dial(t, s.Addr())
	ask := func(header string) int {
		_, err := io.WriteString(kept, "GET / HTTP/1.1\r\nHost: x\r\n"+header+"\r\n")
		require.NoError(t, err)
		res, err := http.ReadResponse(bufio.NewReader(kept), nil)
		require.NoError(t, err)
		defer res.Body.Close()
		_, err = io.Copy(io.Discard, res.Body)
		require.NoError(t, err)
		return res.StatusCode
	}
	require.Equal(t, 200, ask(""))
	beyond := dial(t, s.Addr())
	_, err := io.WriteString(beyond, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	res, err := http.ReadResponse(bufio.NewReader(beyond), nil)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, 503, res.StatusCode)
	require.True(t, res.Close)
	_, err = io.Copy(io.Discard, res.Body)
	require.NoError(t, err)
	requireClosed(t, beyond)
	require.EqualValues(t, 1, s.Connections().Refused())
	require.EqualValues(t, 1, s.Connections().Open())
	require.Equal(t, 431, ask("X: "+strings.Repeat("x", 64<<10)+"\r\n"))
	requireClosed(t, kept)

	require.Eventually(t, func() bool { return s.Connections().Open() == 0 }, 10*time.Second, time.Millisecond)
	slow := dial(t, s.Addr())
	_, err = io.WriteString(slow, "GET / HT")
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, slow) // until the server closes; an answer may come before
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
}

// TestHTTPFlood: of many beyond the limit some are told, and the silent ones are cut off.
func TestHTTPFlood(t *testing.T) {
	t.Parallel()
	s := NewHTTPService(HTTPOptions{
		Name: "x", Address: loopback, Handler: http.HandlerFunc(hello), MaxConnections: 1, ReadHeaderTimeout: time.Minute,
		Full: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }),
	})
	start(t, s)
	kept := dial(t, s.Addr())
	_, err := io.WriteString(kept, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	read := bufio.NewReader(kept)
	res, err := http.ReadResponse(read, nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())

	told := make([]net.Conn, maxTold)
	for i := range told {
		told[i] = dial(t, s.Addr())
	}
	require.Eventually(t, func() bool { return s.Connections().Refused() == maxTold }, 10*time.Second, time.Millisecond)
	requireClosed(t, dial(t, s.Addr()))
	_, err = io.WriteString(told[0], "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
	require.NoError(t, err)
	res, err = http.ReadResponse(bufio.NewReader(told[0]), nil)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusTeapot, res.StatusCode)
	for _, conn := range told[1:] {
		requireClosed(t, conn)
	}
	require.EqualValues(t, 1, s.Connections().Open())
	require.NoError(t, kept.Close())
	require.Eventually(t, func() bool {
		code, _, err := fetch(t.Context(), s)
		return err == nil && code == 200
	}, 10*time.Second, 10*time.Millisecond, "there is room again")
}
