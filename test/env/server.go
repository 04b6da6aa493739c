// Package env starts the real things that tests need: a gateway inside the test's
// own process, on free ports, with a data directory of its own.
//
// It must not be imported by anything but tests.
package env

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/server"
)

// Server is a running gateway.
type Server struct {
	*server.Server
	stop context.CancelFunc
	over chan error
}

// Start runs a gateway with the given settings ("key=value") until the test ends
// or Stop is called.
func Start(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	flags := append([]string{
		"kyuubi.frontend.thrift.binary.bind.port=0",
		"kyuubi.frontend.thrift.http.bind.port=0",
		"kyuubi.frontend.rest.bind.port=0",
		"kyuubi.metrics.prometheus.port=0",
	}, settings...)
	sources := config.Sources{Flags: flags, DataDir: tb.TempDir()}
	c, err := config.Load(sources)
	require.NoError(tb, err)
	log := slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := server.New(server.Options{Config: c, Reload: func() (*config.Config, error) { return config.Load(sources) }, Version: "test", Log: log, Out: io.Discard})
	require.NoError(tb, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	e := &Server{Server: s, stop: cancel, over: make(chan error, 1)}
	ready := make(chan struct{})
	go func() { e.over <- s.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-e.over:
		cancel()
		require.NoError(tb, err)
	case <-time.After(time.Minute):
		cancel()
		tb.Fatal("the gateway did not get ready in a minute")
	}
	tb.Cleanup(func() { e.Stop(tb) })
	return e
}

// Stop stops the gateway and waits for it; a second call does nothing.
func (e *Server) Stop(tb testing.TB) {
	tb.Helper()
	if e.stop == nil {
		return
	}
	e.stop()
	e.stop = nil
	select {
	case err := <-e.over:
		require.NoError(tb, err)
	case <-time.After(time.Minute):
		tb.Fatal("the gateway did not stop in a minute")
	}
}
