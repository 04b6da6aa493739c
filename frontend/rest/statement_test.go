package rest

import (
	"context"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/session"
	stmt "github.com/nekomata-sql/nekomata/statement"
)

// anySettings takes settings as they are.
type anySettings struct{}

func (anySettings) Settle(req session.Request) (session.Settings, error) {
	return session.Settings{Conf: req.Conf}, nil
}

// runStatements runs statements on an engine that has these answers.
func runStatements(tb testing.TB, answers map[string]arrow.RecordBatch) *stmt.Manager {
	tb.Helper()
	m := stmt.NewManager(stmt.Options{Engine: &scripted{answers}, Settings: anySettings{}})
	ctx, stop := context.WithCancel(tb.Context())
	over := make(chan error, 1)
	go func() { over <- m.Run(ctx, func() {}) }()
	tb.Cleanup(func() {
		stop()
		require.NoError(tb, <-over)
	})
	return m
}
