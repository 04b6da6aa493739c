package frontend

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// newTLS makes a certificate for 127.0.0.1 and what server and client need of it.
func newTLS(tb testing.TB) (server, client *tls.Config) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "cat"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(tb, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(tb, err)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	cert := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
	get := func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &cert, nil }
	return &tls.Config{GetCertificate: get}, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
}

func TestThriftOverTLS(t *testing.T) {
	t.Parallel()
	server, client := newTLS(t)
	s := NewThriftFrontendService(ThriftOptions{Address: loopback, Handler: handler(echo), TLS: server, Grace: time.Minute})
	stop := start(t, s)
	// One that says nothing keeps nobody waiting.
	silent := dial(t, s.Addr())
	conn := tls.Client(dial(t, s.Addr()), client)
	say(t, conn)
	require.EqualValues(t, 2, s.Connections().Open())
	require.NoError(t, silent.Close())
	require.NoError(t, conn.Close())
	require.NoError(t, stop())
	require.EqualValues(t, 2, s.Connections().Total())
}

func TestDrainEndsHandshakesAndConnectionsWithTLS(t *testing.T) {
	t.Parallel()
	server, client := newTLS(t)
	s := NewThriftFrontendService(ThriftOptions{Address: loopback, Handler: handler(echo), TLS: server, Grace: 20 * time.Millisecond})
	stop := start(t, s)
	silent, conn := dial(t, s.Addr()), tls.Client(dial(t, s.Addr()), client)
	say(t, conn)
	require.NoError(t, stop())
	requireClosed(t, silent)
	requireClosed(t, conn)
}

// refuser is a handler with words for clients without TLS.
type refuser struct{ handler }

func (refuser) RefusePlain(_ context.Context, conn net.Conn) {
	buf := make([]byte, 4)
	_, _ = io.ReadFull(conn, buf)
	_, _ = io.WriteString(conn, "no TLS in "+string(buf))
	_ = conn.(interface{ CloseWrite() error }).CloseWrite()
}

func TestClientsWithoutTLSAreTold(t *testing.T) {
	t.Parallel()
	server, _ := newTLS(t)
	for want, h := range map[string]ConnHandler{"no TLS in meow": refuser{echo}, "": handler(echo)} {
		s := NewThriftFrontendService(ThriftOptions{Address: loopback, Handler: h, TLS: server})
		start(t, s)
		conn := dial(t, s.Addr())
		_, err := io.WriteString(conn, "meow")
		require.NoError(t, err)
		got, _ := io.ReadAll(conn) // reset, where the words were not read
		require.Equal(t, want, string(got))
	}
}

func TestBadHandshakesCostOneConnection(t *testing.T) {
	t.Parallel()
	server, client := newTLS(t)
	server.MinVersion = tls.VersionTLS12
	log := &lines{}
	s := NewThriftFrontendService(ThriftOptions{
		Address: loopback, Handler: handler(echo), TLS: server, HandshakeTimeout: 300 * time.Millisecond,
		Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	start(t, s)
	requireClosed(t, dial(t, s.Addr())) // says nothing
	half := dial(t, s.Addr())
	_, err := io.WriteString(half, "\x16\x03\x01\x40\x00")
	require.NoError(t, err)
	requireClosed(t, half)
	old := client.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	require.ErrorContains(t, tls.Client(dial(t, s.Addr()), old).HandshakeContext(t.Context()), "protocol version")
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "unsupported versions") }, 10*time.Second, time.Millisecond)
	require.Contains(t, log.String(), "i/o timeout")

	// The time for the handshake doesn't bound what comes after it. Loaded machines
	// may need several attempts.
	require.Eventually(t, func() bool {
		conn := tls.Client(dial(t, s.Addr()), client)
		if conn.HandshakeContext(t.Context()) != nil {
			return false
		}
		time.Sleep(400 * time.Millisecond)
		say(t, conn)
		return true
	}, 20*time.Second, time.Millisecond)
}

// browser is a client that trusts what newTLS has made.
func browser(tb testing.TB, c *tls.Config) *http.Client {
	tb.Helper()
	transport := &http.Transport{TLSClientConfig: c.Clone(), ForceAttemptHTTP2: true, DisableCompression: true}
	tb.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestHTTPS(t *testing.T) {
	t.Parallel()
	server, client := newTLS(t)
	s := NewRestFrontendService(HTTPOptions{
		Address: loopback, TLS: server, Grace: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }),
	})
	require.Empty(t, s.URL())
	stop := start(t, s)
	require.Equal(t, "https://"+s.Addr().String(), s.URL())
	get := func(c *http.Client, url string) string {
		res, err := c.Get(url)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return string(body)
	}
	require.Equal(t, "HTTP/2.0", get(browser(t, client), s.URL()))
	old := browser(t, client)
	old.Transport.(*http.Transport).ForceAttemptHTTP2 = false
	old.Transport.(*http.Transport).Protocols = new(http.Protocols)
	old.Transport.(*http.Transport).Protocols.SetHTTP1(true)
	require.Equal(t, "HTTP/1.1", get(old, s.URL()))
	require.Contains(t, get(browser(t, client), "http://"+s.Addr().String()), "HTTP request to an HTTPS server")
	require.NoError(t, stop())
	require.EqualValues(t, 3, s.Connections().Total())
	require.Zero(t, s.Connections().Open())
}

func TestHTTP2DrainEndsWithTheHandlers(t *testing.T) {
	t.Parallel()
	server, client := newTLS(t)
	entered := make(chan struct{})
	var ended error
	s := NewHTTPService(HTTPOptions{
		Name: "x", Address: loopback, TLS: server, Grace: 20 * time.Millisecond,
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(entered)
			<-r.Context().Done()
			time.Sleep(50 * time.Millisecond) // longer than its connection
			ended = r.Context().Err()
		}),
	})
	stop := start(t, s)
	over := make(chan struct{})
	go func() {
		defer close(over)
		if res, err := browser(t, client).Get(s.URL()); err == nil {
			_ = res.Body.Close()
		}
	}()
	<-entered
	require.NoError(t, stop())
	require.ErrorIs(t, ended, context.Canceled, "Run returned after its handlers")
	<-over
}

func TestHTTP2DrainLetsRequestsEnd(t *testing.T) {
	t.Parallel()
	server, client := newTLS(t)
	entered, release := make(chan struct{}), make(chan struct{})
	s := NewHTTPService(HTTPOptions{
		Name: "x", Address: loopback, TLS: server, Grace: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(entered)
			<-release
			hello(w, r)
		}),
	})
	stop := start(t, s)
	answer := make(chan string, 1)
	go func() {
		res, err := browser(t, client).Get(s.URL())
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		answer <- string(body)
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

func TestFailedHandshakesAreNoWarning(t *testing.T) {
	t.Parallel()
	server, _ := newTLS(t)
	log := &lines{}
	s := NewHTTPService(HTTPOptions{
		Name: "x", Address: loopback, TLS: server, Handler: http.HandlerFunc(hello),
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	start(t, s)
	require.NoError(t, dial(t, s.Addr()).Close())
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "TLS handshake error") }, 10*time.Second, time.Millisecond)
	require.NotContains(t, log.String(), "WARN")
}
