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
	for ctx.Err() == nil {
		select {
		case now := <-tick.C:
			do(now)
		case <-ctx.Done():
		}
	}
}
