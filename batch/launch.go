package batch

import (
	"context"
	"errors"
	"time"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// tend sees a batch to its end: launches its job unless that was done before, and
// then watches it.
func (r *Runner) tend(ctx context.Context, h *held) {
	var err error
	if h.app, err = r.opts.Application(h.batch); err != nil {
		if h.batch.Started.IsZero() {
			r.refuse(ctx, h, err)
			return
		}
		// It was started by a gateway that can do more than this one.
		h.log.Warn("a batch was taken over that this gateway can't watch", "error", err)
		r.release(ctx, h, r.opts.Lease)
		return
	}
	if h.batch.Started.IsZero() && !r.launch(ctx, h) {
		return
	}
	r.watch(ctx, h)
}

// launch starts the job, and reports that there is something to watch now.
func (r *Runner) launch(ctx context.Context, h *held) bool {
	if h.canceled.Load() {
		r.end(ctx, h, metadata.Canceled, metadata.Application{Diagnostic: "canceled before it was started"})
		return false
	}
	if r.stopping() {
		r.release(ctx, h, 0)
		return false
	}
	began := time.Now()
	err := h.app.Launch(ctx, r.job(h))
	switch {
	case err == nil:
		r.stats.launches.Add(1)
		h.batch.Started, h.batch.LogLocation = time.Now(), r.opts.LogFile(h.batch.ID)
		h.log.Info("a batch was started", "type", h.batch.Type, "user", h.batch.User,
			"waited", began.Sub(h.batch.Created).Round(time.Millisecond), "took", time.Since(began).Round(time.Millisecond))
		return true
	case ctx.Err() != nil: // lost, or stopped: nothing may be written
		return false
	case !errors.Is(err, application.ErrUnsure) && refusal(err):
		r.refuse(ctx, h, err)
		return false
	}
	r.stats.launchesFailed.Add(1)
	h.log.Warn("the launch of a batch failed", "attempt", h.batch.Attempt, "error", err)
	return r.afterFailure(ctx, h, err)
}

// refusal says that the same launch will fail again.
func refusal(err error) bool {
	for _, k := range []sqlerr.Kind{sqlerr.Invalid, sqlerr.Denied, sqlerr.NotFound, sqlerr.Unsupported, sqlerr.TooLarge, sqlerr.MediaType} {
		if errors.Is(err, k) {
			return true
		}
	}
	return false
}

// refuse ends a batch that can't be launched.
func (r *Runner) refuse(ctx context.Context, h *held, err error) {
	h.log.Warn("a batch can't be launched", "error", err)
	r.end(ctx, h, metadata.Error, metadata.Application{Diagnostic: sqlerr.From(err).Message})
}

// afterFailure asks the store whether a failed launch has claimed the start: then
// there is something to watch. Else the batch goes back to the queue, which ends
// the lease that a late claim would need, so that nothing can be started twice.
func (r *Runner) afterFailure(ctx context.Context, h *held, cause error) bool {
	if r.reread(ctx, h) == over {
		return false
	}
	if !h.batch.Started.IsZero() {
		return true
	}
	const most = 5 // of failures that are nobody's absence
	if transient := errors.Is(cause, sqlerr.Unavailable) || errors.Is(cause, sqlerr.Exhausted) || errors.Is(cause, sqlerr.Timeout); !transient && h.batch.Attempt >= most {
		r.refuse(ctx, h, cause)
		return false
	}
	r.release(ctx, h, backOff(h.batch.Attempt))
	return false
}

// backOff is a second, then twice as long each time, up to half a minute.
func backOff(attempt int) time.Duration {
	const most = 30 * time.Second
	return min(most, time.Second<<min(max(attempt-1, 0), 10))
}

// release gives a batch back after a while, at once when the Runner stops or
// somebody wants it to end.
func (r *Runner) release(ctx context.Context, h *held, after time.Duration) {
	if after > 0 {
		t := time.NewTimer(after)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return
		case <-r.draining:
		case <-h.poke:
		case <-t.C:
		}
	}
	h.ending.Store(true)
	h.returned = true
	r.write(ctx, h, func(ctx context.Context) error { return r.store.Release(ctx, h.lease) })
}

func (r *Runner) stopping() bool {
	select {
	case <-r.draining:
		return true
	default:
		return false
	}
}
