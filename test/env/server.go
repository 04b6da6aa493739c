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
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	flags := append([]string{
		"kyuubi.frontend.thrift.binary.bind.port=0",
		"kyuubi.frontend.rest.bind.port=0",
		"kyuubi.metrics.prometheus.port=0",
	}, settings...)
	sources := config.Sources{Flags: flags, DataDir: t.TempDir()}
	c, err := config.Load(sources)
	require.NoError(t, err)
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := server.New(server.Options{Config: c, Reload: func() (*config.Config, error) { return config.Load(sources) }, Version: "test", Log: log, Out: io.Discard})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	e := &Server{Server: s, stop: cancel, over: make(chan error, 1)}
	ready := make(chan struct{})
	go func() { e.over <- s.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-e.over:
		cancel()
		require.NoError(t, err)
	case <-time.After(time.Minute):
		cancel()
		t.Fatal("the gateway did not get ready in a minute")
	}
	t.Cleanup(func() { e.Stop(t) })
	return e
}

// Stop stops the gateway and waits for it; a second call does nothing.
func (e *Server) Stop(t testing.TB) {
	t.Helper()
	if e.stop == nil {
		return
	}
	e.stop()
	e.stop = nil
	select {
	case err := <-e.over:
		require.NoError(t, err)
	case <-time.After(time.Minute):
		t.Fatal("the gateway did not stop in a minute")
	}
}
