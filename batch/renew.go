package batch

import (
	"context"
	"time"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/service"
)

// leaseLoop renews the leases, and takes over those that others let run out.
func (r *Runner) leaseLoop(ctx, work context.Context) {
	// Four tries before anybody takes our batches, and a death is noticed after
	// five quarters of a lease at most.
	const tries = 4
	trouble := outage{log: r.log, what: "the leases of batches can't be renewed"}
	service.NowAndEvery(ctx, r.opts.Lease/tries, func(time.Time) {
		err := r.renew(ctx)
		if err == nil { // or we would take our own
			err = r.takeOver(ctx, work)
		}
		trouble.note(ctx, err)
	})
}

// renew prolongs all leases, and stops with the batches that others have now.
func (r *Runner) renew(ctx context.Context) error {
	r.mu.Lock()
	before := make([]*held, 0, len(r.held))
	ids := make([]string, 0, len(r.held))
	for id, h := range r.held {
		before, ids = append(before, h), append(ids, id)
	}
	r.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.opts.Lease)
	defer cancel()
	leases, err := r.store.Renew(ctx, r.owner, r.opts.Lease, ids)
	if err != nil {
		return err
	}
	still := make(map[metadata.Lease]bool, len(leases))
	for _, l := range leases {
		still[l.Lease] = l.CancelRequested
	}
	for _, h := range before {
		cancel, ours := still[h.lease]
		switch {
		case !ours && !h.isOver():
			r.lose(h)
		case cancel:
			h.cancelRequested()
		}
	}
	return nil
}

func (h *held) isOver() bool {
	select {
	case <-h.over:
		return true
	default:
		return false
	}
}

// takeOver takes what others let run out. A job that was started is watched from
// now on; the rest goes back to the queue, where gateways take what they have
// room for.
func (r *Runner) takeOver(ctx, work context.Context) error {
	const some = 100
	for {
		taken, err := r.store.TakeOver(ctx, r.taker(), some)
		if err != nil {
			return err
		}
		for _, b := range taken {
			if !b.Started.IsZero() {
				r.stats.takenOver.Add(1)
				r.log.Info("a batch was taken over", "batch", b.ID, "state", string(b.State), "attempt", b.Attempt)
				r.start(work, b, false, r.tend)
				continue
			}
			if err := r.store.Release(ctx, b.Lease); err != nil {
				return err
			}
			r.stats.requeued.Add(1)
			r.log.Info("a batch that its gateway had not started waits again", "batch", b.ID, "attempt", b.Attempt)
		}
		if len(taken) > 0 {
			r.Wake()
		}
		if len(taken) < some {
			return nil
		}
	}
}

// hostDuty names what says that a machine has a gateway.
func hostDuty(host string) string { return metadata.HostDuty + host }

// lifeSigns is how often this machine says that it has a gateway.
func (r *Runner) lifeSigns() time.Duration {
	const part, longest = 4, time.Minute
	return min(r.opts.HostSilence/part, longest)
}

// lostLoop says that this machine has a gateway, and ends the batches of machines
// that have had none for too long.
func (r *Runner) lostLoop(ctx, work context.Context) {
	const some = 100
	service.NowAndEvery(ctx, r.lifeSigns(), func(time.Time) {
		if _, err := r.store.Hold(ctx, hostDuty(r.opts.Host), r.opts.Host, r.opts.HostSilence); err != nil {
			return
		}
		taken, err := r.store.TakeLost(ctx, r.taker(), r.opts.HostSilence, some)
		if err != nil && ctx.Err() == nil {
			r.log.Debug("batches of lost machines can't be taken", "error", err)
		}
		for _, b := range taken {
			r.start(work, b, false, r.bury)
		}
	})
}

// bury ends a batch whose machine is gone.
func (r *Runner) bury(ctx context.Context, h *held) {
	app := h.batch.App
	to := metadata.Error
	app.Diagnostic = "the batch was lost with its host " + h.batch.Host + ", which has had no gateway for " + r.opts.HostSilence.String()
	if h.batch.CancelRequested {
		to = metadata.Canceled
	}
	r.end(ctx, h, to, app)
}
