package frontend

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// read is what a handler saw of a body.
type read struct {
	text string
	err  error
}

// bodies serves with a limit for bodies, over TLS (HTTP/2) or plain (HTTP/1).
func bodies(t *testing.T, pause time.Duration, secured bool, h http.HandlerFunc) (*HTTPService, *http.Client) {
	t.Helper()
	opts := HTTPOptions{Name: "x", Address: loopback, Grace: time.Minute, Handler: wrapped(t, h, WrapOptions{BodyTimeout: pause})}
	var client *tls.Config
	if secured {
		opts.TLS, client = newTLS(t)
	}
	s := NewHTTPService(opts)
	start(t, s)
	return s, browser(t, client)
}

// forBoth runs a test with HTTP/1 and HTTP/2.
func forBoth(t *testing.T, test func(t *testing.T, secured bool)) {
	t.Helper()
	for name, secured := range map[string]bool{"HTTP/1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, secured)
		})
	}
}

func post(t *testing.T, s *HTTPService, c *http.Client, body io.Reader) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL(), body)
	if err != nil {
		return "", err
	}
	res, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return string(text), err
}

func TestABodyThatStopsIsGivenUp(t *testing.T) {
	t.Parallel()
	forBoth(t, func(t *testing.T, secured bool) {
		seen := make(chan read, 1)
		s, c := bodies(t, 50*time.Millisecond, secured, func(w http.ResponseWriter, r *http.Request) {
			text, err := io.ReadAll(r.Body)
			seen <- read{string(text), err}
			w.WriteHeader(http.StatusBadRequest)
		})
		body, more := io.Pipe()
		defer more.Close()
		go func() { _, _ = post(t, s, c, body) }()
		_, _ = io.WriteString(more, "half of it")
		got := <-seen
		require.True(t, strings.HasPrefix("half of it", got.text))
		require.ErrorIs(t, got.err, os.ErrDeadlineExceeded)
		require.NoError(t, body.CloseWithError(errors.New("enough")))
	})
}

// TestABodyThatNobodyReadsIsGivenUp asks for what doesn't want its body. The
// server would read it all the same, to use the connection again.
func TestABodyThatNobodyReadsIsGivenUp(t *testing.T) {
	t.Parallel()
	s, _ := bodies(t, 50*time.Millisecond, false, hello)
	conn := dial(t, s.Addr())
	_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx")
	require.NoError(t, err)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, "meow", string(text))
	require.True(t, res.Close, "the connection is not used again")
	requireClosed(t, conn)
}

// TestLongPollsAndStreamsAreNotCut takes much longer for answers, and between
// reads, than a body may pause.
func TestLongPollsAndStreamsAreNotCut(t *testing.T) {
	t.Parallel()
	const pause = 400 * time.Millisecond
	forBoth(t, func(t *testing.T, secured bool) {
		s, c := bodies(t, pause, secured, func(w http.ResponseWriter, r *http.Request) {
			first := make([]byte, 4)
			_, err := io.ReadFull(r.Body, first)
			time.Sleep(2 * pause) // a handler may think in between
			rest, err2 := io.ReadAll(r.Body)
			if err = errors.Join(err, err2); err != nil {
				t.Error(err)
			}
			for range 3 {
				time.Sleep(pause)
				_, _ = io.WriteString(w, string(first)+string(rest)+"\n")
				_ = http.NewResponseController(w).Flush()
			}
			if r.Context().Err() != nil {
				t.Error("the client is taken for gone:", context.Cause(r.Context()))
			}
		})
		for range 2 { // on one connection
			text, err := post(t, s, c, strings.NewReader("meow"+strings.Repeat("!", 1<<16)))
			require.NoError(t, err)
			require.Len(t, text, 3*(4+1<<16+1))
		}
		require.EqualValues(t, 1, s.Connections().Total())
	})
}

// TestATrickleIsGivenUp sends a byte now and then, which is never a long pause.
func TestATrickleIsGivenUp(t *testing.T) {
	t.Parallel()
	seen := make(chan read, 1)
	s, _ := bodies(t, 100*time.Millisecond, false, func(_ http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		seen <- read{string(text), err}
	})
	conn := dial(t, s.Addr())
	_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
	require.NoError(t, err)
	var got read
	for sent := 0; ; sent++ {
		require.Less(t, sent, 1000)
		_, _ = io.WriteString(conn, "x")
		select {
		case got = <-seen:
		case <-time.After(10 * time.Millisecond):
			continue
		}
		break
	}
	require.ErrorIs(t, got.err, os.ErrDeadlineExceeded)
}
