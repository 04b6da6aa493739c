package batch

import (
	"context"
	"math/rand/v2"
	"time"
)

// takeLoop takes from the queue what this gateway has room for.
func (r *Runner) takeLoop(ctx, work context.Context) {
	trouble := outage{log: r.log, what: "batches can't be taken from the queue"}
	for {
		full, err := r.takeSome(ctx, work)
		if trouble.note(ctx, err); full && err == nil {
			continue
		}
		// Gateways that poll must not do so in step.
		wait := r.opts.QueueInterval/2 + rand.N(r.opts.QueueInterval) //nolint:gosec // not a secret
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-r.wakeUnless(err):
			t.Stop()
		case <-t.C:
		}
	}
}

// wakeUnless is the channel that ends a wait early, which nothing does while the
// store can't be used.
func (r *Runner) wakeUnless(err error) <-chan struct{} {
	if err != nil {
		return nil
	}
	return r.wake
}

// takeSome reports that there may be more, now.
func (r *Runner) takeSome(ctx, work context.Context) (bool, error) {
	n := r.room()
	if n == 0 {
		return false, nil
	}
	taken, err := r.store.Take(ctx, r.taker(), n)
	if err != nil {
		return false, err
	}
	for _, b := range taken {
		r.start(work, b, true, r.tend)
	}
	return len(taken) == n, nil
}

// room is how many batches can be taken. What could not be launched soon is left
// to other gateways.
func (r *Runner) room() int {
	if r.paused.Load() {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(0, min(r.opts.MaxRunning-len(r.held), r.opts.MaxLaunching-r.slots))
}
