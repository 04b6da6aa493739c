package batch

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/nekomata-sql/nekomata/metadata"
)

// RunnerStats are a Runner's figures, for metrics.
type RunnerStats struct {
	// Held is how many batches this gateway has, Launching how many of them are
	// being launched.
	Held, Launching int
	// Launches is how many jobs it has started, LaunchesFailed how many launches
	// have not started one.
	Launches, LaunchesFailed int64
	// TakenOver is how many running jobs it has got from other gateways, or its own
	// earlier life; Requeued how many that were not started; Lost how many others
	// have got from it.
	TakenOver, Requeued, Lost int64
	// Finished, Failed and Canceled are how it has ended batches.
	Finished, Failed, Canceled int64
	// Cleaned is how many old batches it has removed from the store.
	Cleaned int64
	// Told is how many ends it has told somebody of, TellsFailed how often that failed.
	Told, TellsFailed int64
	// Pending and Running are how many there are on all gateways, and QueueAge how
	// long the oldest has waited to be taken. All three are some seconds old.
	Pending, Running int64
	QueueAge         time.Duration
}

type counters struct {
	launches, launchesFailed   atomic.Int64
	takenOver, requeued, lost  atomic.Int64
	finished, failed, canceled atomic.Int64
	cleaned, told, tellsFailed atomic.Int64
	pending, running           atomic.Int64
	queueAge                   atomic.Int64
}

func (c *counters) end(to metadata.State) {
	switch to {
	case metadata.Finished:
		c.finished.Add(1)
	case metadata.Canceled:
		c.canceled.Add(1)
	default:
		c.failed.Add(1)
	}
}

// Stats returns the figures of now.
func (r *Runner) Stats() RunnerStats {
	c := &r.stats
	s := RunnerStats{
		Launches: c.launches.Load(), LaunchesFailed: c.launchesFailed.Load(),
		TakenOver: c.takenOver.Load(), Requeued: c.requeued.Load(), Lost: c.lost.Load(),
		Finished: c.finished.Load(), Failed: c.failed.Load(), Canceled: c.canceled.Load(),
		Cleaned: c.cleaned.Load(), Told: c.told.Load(), TellsFailed: c.tellsFailed.Load(), Pending: c.pending.Load(), Running: c.running.Load(),
		QueueAge: time.Duration(c.queueAge.Load()),
	}
	r.mu.Lock()
	s.Held, s.Launching = len(r.held), r.slots
	r.mu.Unlock()
	return s
}

// sampleLoop reads what only the store knows, now and then.
func (r *Runner) sampleLoop(ctx, _ context.Context) {
	const interval = 10 * time.Second
	for {
		if err := r.sample(ctx); err != nil && ctx.Err() == nil {
			r.log.Debug("the batches can't be counted", "error", err)
		}
		if !pause(ctx, interval) {
			return
		}
	}
}

func (r *Runner) sample(ctx context.Context) error {
	for state, into := range map[metadata.State]*atomic.Int64{
		metadata.Pending: &r.stats.pending, metadata.Running: &r.stats.running,
	} {
		n, err := r.store.Count(ctx, metadata.Filter{State: state})
		if err != nil {
			return err
		}
		into.Store(n)
	}
	oldest, err := r.store.OldestWaiting(ctx)
	if err != nil {
		return err
	}
	age := time.Duration(0)
	if !oldest.IsZero() {
		age = max(0, time.Since(oldest))
	}
	r.stats.queueAge.Store(int64(age))
	return nil
}
