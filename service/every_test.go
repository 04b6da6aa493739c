package service_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/service"
)

func TestEvery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		var at []time.Duration
		service.Every(ctx, time.Minute, func(now time.Time) {
			at = append(at, now.Sub(began))
			if len(at) == 3 {
				cancel()
			}
			time.Sleep(210 * time.Second) // longer than some ticks: they don't pile up
		})
		require.Equal(t, []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute}, at)
	})
}
