// Package frontend holds the sockets that clients connect to: it binds them,
// accepts, limits and drains connections, and closes them in the end.
//
// It must not know any protocol: what is said on a connection is the business of
// the [ConnHandler] or the http.Handler that it was given.
package frontend

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nekomata-sql/nekomata/service"
)

// ConnHandler speaks a protocol on connections.
type ConnHandler interface {
	// ServeConn serves conn until the client is done with it, an error makes going
	// on pointless, or ctx is done, and then calls done, once. That may be on another
	// goroutine, before ServeConn returns or after it. The caller closes conn then,
	// and before that when ctx is done, so that a blocked read or write
	// ends; ServeConn may close it too. Each connection has its own goroutine. A
	// panic of that costs only this connection.
	ServeConn(ctx context.Context, conn net.Conn, done func())
}

// ThriftOptions configures a [ThriftFrontendService].
type ThriftOptions struct {
	// Address is where to listen.
	Address Address
	// Handler serves the connections. It may be a [FullRefuser] too, and with TLS a
	// [PlainRefuser].
	Handler ConnHandler
	// TLS is what clients must speak first; nil means that they don't.
	TLS *tls.Config
	// HandshakeTimeout bounds the time for that; 0 means 20 seconds.
	HandshakeTimeout time.Duration
	// MaxConnections is the limit of open connections; those beyond it are counted,
	// told so where the handler has words for it, and closed. 0 means no limit.
	MaxConnections int
	// Grace is how long connections may go on after the service was told to stop;
	// then they are closed.
	Grace time.Duration
	// Log is where failures go; nil discards them.
	Log *slog.Logger
}

var _ service.Service = (*ThriftFrontendService)(nil)

// ThriftFrontendService accepts TCP connections for a Thrift protocol.
type ThriftFrontendService struct {
	opts   ThriftOptions
	addr   atomic.Pointer[net.Addr]
	counts Connections
	listen func(context.Context) (net.Listener, error) // replaced by tests

	wg      sync.WaitGroup
	telling chan struct{} // full while maxTold clients are told that the limit is reached
}

// NewThriftFrontendService returns a service that listens once it runs.
func NewThriftFrontendService(opts ThriftOptions) *ThriftFrontendService {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.HandshakeTimeout <= 0 {
		opts.HandshakeTimeout = 20 * time.Second
	}
	s := &ThriftFrontendService{opts: opts, telling: make(chan struct{}, maxTold)}
	s.listen = func(ctx context.Context) (net.Listener, error) { return opts.Address.listen(ctx, s.String()) }
	return s
}

// String is the service's name.
func (s *ThriftFrontendService) String() string { return "Thrift frontend" }

// Addr is the address that the service listens on, with the port chosen for 0;
// nil until it is ready.
func (s *ThriftFrontendService) Addr() net.Addr { return load(&s.addr) }

// Connections are the service's counters.
func (s *ThriftFrontendService) Connections() *Connections { return &s.counts }

// Run listens and serves until ctx is done; then it accepts no more, gives the
// open connections the grace period, closes them and waits for their handlers.
func (s *ThriftFrontendService) Run(ctx context.Context, ready func()) error {
	l, err := s.listen(ctx)
	if err != nil {
		return err
	}
	addr := l.Addr()
	s.addr.Store(&addr)
	stopAccepting := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer func() {
		if stopAccepting() {
			_ = l.Close()
		}
	}()
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	ready()
	err = s.accept(ctx, serving, l)
	s.drain(cancel)
	return err
}

// accept serves what connects until ctx is done. serving is what handlers get.
func (s *ThriftFrontendService) accept(ctx, serving context.Context, l net.Listener) error {
	var pause backoff
	full := false
	for {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil:
			// Out of file descriptors, most likely; the clients can wait a little.
			s.opts.Log.Warn("a connection could not be accepted", "service", s.String(), "error", err)
			pause.wait(ctx)
			continue
		}
		pause = backoff{}
		if s.counts.enter(s.opts.MaxConnections) {
			full = false
			s.serve(serving, conn)
			continue
		}
		s.turnAway(serving, conn)
		if !full { // once, not for each of a flood
			full = true
			s.opts.Log.Warn("connections are refused: the limit is reached", "service", s.String(), "limit", s.opts.MaxConnections)
		}
	}
}

// serve runs the handler on a goroutine of its own.
func (s *ThriftFrontendService) serve(ctx context.Context, conn net.Conn) {
	closeOnEnd := context.AfterFunc(ctx, func() { _ = conn.Close() })
	s.wg.Add(1)
	done := sync.OnceFunc(func() {
		defer s.wg.Done()
		closeOnEnd()
		_ = conn.Close()
		s.counts.leave()
	})
	go func() {
		defer func() {
			if p := recover(); p != nil {
				s.opts.Log.Error("a connection's handler panicked", "service", s.String(),
					"client", conn.RemoteAddr(), "panic", p, "stack", string(debug.Stack()))
				done()
			}
		}()
		secured := conn
		if s.opts.TLS != nil {
			if secured = s.secure(ctx, conn); secured == nil {
				done()
				return
			}
		}
		s.opts.Handler.ServeConn(ctx, secured, done)
	}()
}

// drain waits for the connections to end, and ends them after the grace period.
func (s *ThriftFrontendService) drain(end context.CancelFunc) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.wg.Wait()
	}()
	grace := time.NewTimer(s.opts.Grace)
	defer grace.Stop()
	select {
	case <-done:
		return
	case <-grace.C:
	}
	if n := s.counts.Open(); n > 0 {
		s.opts.Log.Info("the grace period is over: connections are closed", "service", s.String(), "open", n)
	}
	end()
	<-done
}
