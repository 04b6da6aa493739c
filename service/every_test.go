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

func TestNowAndEvery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		var at []time.Duration
		do := func(time.Time) {
			at = append(at, time.Since(began))
			if len(at) == 3 {
				cancel()
			}
			time.Sleep(20 * time.Second) // the ticks don't wait for the first call's end
		}
		service.NowAndEvery(ctx, time.Minute, do)
		require.Equal(t, []time.Duration{0, time.Minute, 2 * time.Minute}, at)
		service.NowAndEvery(ctx, time.Minute, do)
		require.Len(t, at, 4, "once, though ctx is done")
	})
}
