package main

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/config"
)

func TestLinesWaitUnlessTheyTellOfTrouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := config.Load(config.Sources{DataDir: t.TempDir()})
		require.NoError(t, err)
		var out lockedBuffer
		log, flush := newLog(&out, c)
		lines := func() int { synctest.Wait(); return strings.Count(out.String(), "\n") }
		log.With(slog.String("a", "b")).Info("one")
		require.Zero(t, lines())
		time.Sleep(logDelay)
		require.Equal(t, 1, lines())
		log.Info("two")
		log.WithGroup("g").Warn("three")
		require.Equal(t, 3, lines(), "in order, and at once")
		log.Info("four")
		flush()
		require.Equal(t, 4, lines())
		time.Sleep(time.Second)
		require.Equal(t, 4, lines())
	})
}
