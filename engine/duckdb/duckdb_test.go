package duckdb

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/engine/enginetest"
)

// start runs an engine until the test is over.
func start(tb testing.TB, o Options) *Engine {
	tb.Helper()
	e := New(o)
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- e.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-done:
		cancel()
		require.NoError(tb, err)
	}
	tb.Cleanup(func() {
		cancel()
		require.NoError(tb, <-done)
		require.Zero(tb, e.Connections())
	})
	return e
}

func connect(tb testing.TB, e *Engine) *conn {
	tb.Helper()
	c, err := e.Open(tb.Context(), engine.OpenRequest{})
	require.NoError(tb, err)
	tb.Cleanup(func() { c.Close() })
	return c.(*conn)
}

func TestConformance(t *testing.T) {
	t.Parallel()
	began := time.Now()
	enginetest.Run(t, func(t *testing.T) engine.Engine {
		t.Helper()
		return start(t, Options{})
	})
	t.Logf("started within %v", time.Since(began))
}
