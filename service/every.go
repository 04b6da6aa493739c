package service

import (
	"context"
	"time"
)

// Every calls do with the time of each tick until ctx is done, from one goroutine:
// a tick that comes while do is still at work is made up for once, when it returns.
// The interval must be positive.
func Every(ctx context.Context, interval time.Duration, do func(now time.Time)) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	follow(ctx, tick, do)
}

// NowAndEvery is [Every] with a first call at once, even if ctx is done. The ticks are
// counted from its beginning.
func NowAndEvery(ctx context.Context, interval time.Duration, do func(now time.Time)) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	do(time.Now())
	follow(ctx, tick, do)
}

func follow(ctx context.Context, tick *time.Ticker, do func(now time.Time)) {
	for ctx.Err() == nil {
		select {
		case now := <-tick.C:
			do(now)
		case <-ctx.Done():
		}
	}
}
