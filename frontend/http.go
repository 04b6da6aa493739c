package frontend

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nekomata-sql/nekomata/service"
)

// HTTPOptions configures an [HTTPService].
type HTTPOptions struct {
	// Name is the service's name in logs and errors.
	Name string
	// Address is where to listen.
	Address Address
	// Handler answers the requests. A request's context ends when its client goes
	// away and when the grace period is over.
	Handler http.Handler
	// TLS makes it HTTPS, with HTTP/2 for the clients that can; nil is plain HTTP.
	TLS *tls.Config
	// ReadHeaderTimeout is how long a client may take to send a request's header, and
	// for the TLS handshake before it; IdleTimeout how long a connection may be kept
	// between requests. A request's body and its answer have no limit here, since there
	// are long polls and streams; see [Wrap]. 0 means 10 seconds and 2 minutes.
	ReadHeaderTimeout, IdleTimeout time.Duration
	// Stranger is what to tell a client that begins with a byte as no HTTP client does,
	// before its connection is closed; nil, and what it has no words for, is a 400 or, to
	// a TLS client, an alert.
	Stranger func(first byte) []byte
	// MaxHeaderBytes bounds a request's header; 0 means 64 KiB.
	MaxHeaderBytes int
	// MaxConnections is the limit of open connections; those beyond it are counted, and
	// closed once Full has answered, or at once where they are many. 0 means no limit.
	MaxConnections int
	// Full answers the requests of connections beyond the limit; nil is a 503 in plain
	// text. It logs nothing: they may be many.
	Full http.Handler
	// Grace is how long requests may go on after the service was told to stop.
	Grace time.Duration
	// Log is where failures go; nil discards them.
	Log *slog.Logger
}

var _ service.Service = (*HTTPService)(nil)

// HTTPService serves an http.Handler on a port of its own.
type HTTPService struct {
	opts   HTTPOptions
	addr   atomic.Pointer[net.Addr]
	counts Connections
	gate   gate
	inside requests
}

// RestFrontendService is the HTTPService that carries the REST API.
type RestFrontendService struct{ *HTTPService }

// NewRestFrontendService returns a service that listens once it runs. An empty
// name becomes "REST frontend".
func NewRestFrontendService(opts HTTPOptions) *RestFrontendService {
	if opts.Name == "" {
		opts.Name = "REST frontend"
	}
	return &RestFrontendService{NewHTTPService(opts)}
}

// NewHTTPService returns a service that listens once it runs.
func NewHTTPService(opts HTTPOptions) *HTTPService {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.ReadHeaderTimeout == 0 {
		opts.ReadHeaderTimeout = 10 * time.Second
	}
	if opts.IdleTimeout == 0 {
		opts.IdleTimeout = 2 * time.Minute
	}
	if opts.Full == nil {
		opts.Full = http.HandlerFunc(tooMany)
	}
	if opts.MaxHeaderBytes == 0 {
		opts.MaxHeaderBytes = 64 << 10
	}
	s := &HTTPService{opts: opts}
	s.gate = gate{counts: &s.counts, limit: opts.MaxConnections, refused: map[net.Conn]*time.Timer{}, onFull: func() {
		opts.Log.Warn("connections are refused: the limit is reached", "service", s.String(), "limit", opts.MaxConnections)
	}}
	return s
}

// String is the service's name.
func (s *HTTPService) String() string { return s.opts.Name }

// Addr is the address that the service listens on, with the port chosen for 0;
// nil until it is ready.
func (s *HTTPService) Addr() net.Addr { return load(&s.addr) }

// URL is the address as a base URL without a slash at the end; empty until the
// service is ready. A service that listens on all addresses is named localhost.
func (s *HTTPService) URL() string {
	addr := s.Addr()
	if addr == nil {
		return ""
	}
	host := addr.String()
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		host = strings.Replace(host, "["+tcp.IP.String()+"]", "localhost", 1)
		host = strings.Replace(host, tcp.IP.String(), "localhost", 1)
	}
	if s.opts.TLS != nil {
		return "https://" + host
	}
	return "http://" + host
}

// Connections are the service's counters.
func (s *HTTPService) Connections() *Connections { return &s.counts }

// Run listens and serves until ctx is done; then it accepts no more, lets the
// requests under way end within the grace period, and closes what is left.
func (s *HTTPService) Run(ctx context.Context, ready func()) error {
	l, err := s.opts.Address.listen(ctx, s.opts.Name)
	if err != nil {
		return err
	}
	addr := l.Addr()
	s.addr.Store(&addr)
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	server := s.server(serving)
	failed := make(chan error, 1)
	go func() {
		if server.TLSConfig != nil {
			failed <- server.ServeTLS(strangers{l, &s.opts}, "", "")
			return
		}
		failed <- server.Serve(strangers{l, &s.opts})
	}()
	ready()
	select {
	case err = <-failed:
		_ = server.Close()
	case <-ctx.Done():
		err = s.drain(serving, server, cancel)
		<-failed //nolint:errcheck // http.ErrServerClosed, no news
	}
	s.gate.wg.Wait()
	s.inside.end()
	return err
}

// drain lets the requests under way end, and ends them after the grace period.
func (s *HTTPService) drain(serving context.Context, server *http.Server, end context.CancelFunc) error {
	limit, stop := context.WithTimeout(serving, s.opts.Grace)
	defer stop()
	err := server.Shutdown(limit)
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	s.opts.Log.Info("the grace period is over: connections are closed", "service", s.String(), "open", s.counts.Open())
	end()
	return server.Close()
}

// Limits of HTTP/2 connections. A client that is gone is found as keepAlive finds
// the others.
const (
	maxStreams  = 250
	pingAfter   = time.Minute
	pingTimeout = time.Minute
)

func (s *HTTPService) server(serving context.Context) *http.Server {
	handler := s.opts.Handler
	if s.opts.TLS != nil { // else there is no HTTP/2, and the gate has counted all
		handler = s.inside.count(handler)
	}
	if s.opts.MaxConnections > 0 {
		handler = door(handler, s.opts.Full)
	}
	return &http.Server{
		Handler:           handler,
		TLSConfig:         s.opts.TLS.Clone(),
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams, SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
		ReadHeaderTimeout: s.opts.ReadHeaderTimeout,
		IdleTimeout:       s.opts.IdleTimeout,
		MaxHeaderBytes:    s.opts.MaxHeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return serving },
		ConnContext:       s.gate.admit,
		ConnState:         s.gate.state,
		ErrorLog:          newErrorLog(s.opts.Log, s.opts.Name),
	}
}
