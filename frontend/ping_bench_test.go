package frontend_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/frontend"
	"github.com/nekomata-sql/nekomata/frontend/rest"
)

// pinger asks for the ping on one connection.
type pinger struct {
	conn    net.Conn
	r       *bufio.Reader
	request string
	answer  []byte
}

// newPinger serves h and connects. The answer's length is learnt from the first.
func newPinger(b *testing.B, h http.Handler, header string) *pinger {
	b.Helper()
	s := frontend.NewHTTPService(frontend.HTTPOptions{Name: "x", Address: frontend.Address{Host: "127.0.0.1"}, Handler: h})
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- s.Run(ctx, func() { close(ready) }) }()
	<-ready
	conn, err := new(net.Dialer).DialContext(b.Context(), "tcp", s.Addr().String())
	require.NoError(b, err)
	b.Cleanup(func() {
		_ = conn.Close()
		cancel()
		require.NoError(b, <-done)
	})
	p := &pinger{
		conn: conn, r: bufio.NewReader(conn),
		request: "GET /api/v1/ping HTTP/1.1\r\nHost: gateway\r\nX-Request-Id: bench\r\n" + header + "\r\n",
	}
	_, err = io.WriteString(conn, p.request)
	require.NoError(b, err)
	time.Sleep(100 * time.Millisecond)
	_, err = p.r.Peek(1)
	require.NoError(b, err)
	p.answer = make([]byte, p.r.Buffered())
	_, err = io.ReadFull(p.r, p.answer)
	require.NoError(b, err)
	require.Contains(b, string(p.answer), "pong")
	return p
}

// ask pings n times and returns how long that took.
func (p *pinger) ask(b *testing.B, n int) time.Duration {
	b.Helper()
	began := time.Now()
	for range n {
		if _, err := io.WriteString(p.conn, p.request); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(p.r, p.answer); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began)
}

// BenchmarkPing tells what the chain costs a ping over loopback, in turns with the
// handler alone. "cost-%" is the difference; "bare-ns" and "chain-ns" are a ping.
func BenchmarkPing(b *testing.B) {
	bare := rest.New(rest.Options{Backend: struct{ rest.Backend }{}})
	admit, err := frontend.CrossOrigin(nil)
	require.NoError(b, err)
	chain, err := frontend.Wrap(rest.New(rest.Options{Backend: struct{ rest.Backend }{}, Admit: admit}),
		frontend.WrapOptions{BodyTimeout: time.Minute, CompressFrom: 1 << 10, HSTS: time.Hour})
	require.NoError(b, err)
	for name, header := range map[string]string{"plain": "", "takes-gzip": "Accept-Encoding: gzip\r\n"} {
		b.Run(name, func(b *testing.B) {
			one, other := newPinger(b, bare, header), newPinger(b, chain, header)
			const turn = 100
			var without, with []time.Duration
			for b.Loop() {
				without = append(without, one.ask(b, turn))
				with = append(with, other.ask(b, turn))
			}
			// Medians, since a machine has other things to do.
			slices.Sort(without)
			slices.Sort(with)
			before, after := float64(without[len(without)/2]), float64(with[len(with)/2])
			b.ReportMetric(before/turn, "bare-ns")
			b.ReportMetric(after/turn, "chain-ns")
			b.ReportMetric(100*(after/before-1), "cost-%")
		})
	}
}

// BenchmarkPingHandler is the same without sockets.
func BenchmarkPingHandler(b *testing.B) {
	bare := rest.New(rest.Options{Backend: struct{ rest.Backend }{}})
	chain, err := frontend.Wrap(bare, frontend.WrapOptions{BodyTimeout: time.Minute, CompressFrom: 1 << 10, HSTS: time.Hour})
	require.NoError(b, err)
	for _, tc := range []struct {
		name string
		h    http.Handler
		gzip bool
	}{{"bare", bare, false}, {"chain", chain, false}, {"chain-takes-gzip", chain, true}} {
		b.Run(tc.name, func(b *testing.B) {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "/api/v1/ping", http.NoBody)
			require.NoError(b, err)
			if tc.gzip {
				r.Header.Set("Accept-Encoding", "gzip")
			}
			w := &nowhere{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				tc.h.ServeHTTP(w, r)
			}
		})
	}
}

// nowhere is an answer that nobody reads.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n *nowhere) WriteHeader(int)             {}
