package batch

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/metadata"
)

// held is a batch whose lease this gateway has. One goroutine sees it to its end;
// others only touch what is atomic, channels, and what the Runner's lock covers.
type held struct {
	batch metadata.Batch // as last known
	lease metadata.Lease // never changes
	app   application.Application
	log   *slog.Logger

	// stop ends the goroutine's context: the batch must not be touched any more.
	stop context.CancelCauseFunc
	// over is closed when the goroutine has returned.
	over chan struct{}
	// poke makes the goroutine look at once.
	poke chan struct{}
	// canceled says that somebody wants the batch to end.
	canceled atomic.Bool
	// ending says that a terminal state is being written: a lease that is gone is
	// then no loss.
	ending atomic.Bool
	// slot says that the batch counts as being launched; the Runner's lock covers it.
	slot bool

	// returned says that the lease is being given back: one that is gone is then no
	// loss either.
	returned bool
	// When Kill was called last, and what it said. Zero is never.
	killed   time.Time
	killNote string
}

var errLost = errors.New("the lease is lost")

// cancelRequested makes the goroutine end the job.
func (h *held) cancelRequested() {
	if h.canceled.Swap(true) {
		return
	}
	select {
	case h.poke <- struct{}{}:
	default:
	}
}

// start holds a batch and lets tend see to it.
func (r *Runner) start(work context.Context, b metadata.Batch, slot bool, tend func(context.Context, *held)) {
	ctx, stop := context.WithCancelCause(work)
	h := &held{
		batch: b, lease: b.Lease, log: r.log.With("batch", b.ID), stop: stop,
		over: make(chan struct{}), poke: make(chan struct{}, 1), slot: slot,
	}
	h.canceled.Store(b.CancelRequested)
	r.mu.Lock()
	before := r.held[b.ID]
	r.held[b.ID] = h
	if slot {
		r.slots++
	}
	r.mu.Unlock()
	if before != nil { // taken from ourselves, under a new lease
		r.lose(before)
	}
	r.group.Go(func() {
		defer close(h.over)
		defer stop(nil)
		defer r.drop(h)
		if before != nil {
			<-before.over
		}
		tend(ctx, h)
	})
}

// drop forgets a batch that this gateway does not hold any more.
func (r *Runner) drop(h *held) {
	r.mu.Lock()
	if r.held[h.lease.ID] == h {
		delete(r.held, h.lease.ID)
	}
	r.mu.Unlock()
	r.freeSlot(h)
	r.Wake() // there is room for another one
}

// freeSlot says that the batch is launched, so that another one can be.
func (r *Runner) freeSlot(h *held) {
	r.mu.Lock()
	had := h.slot
	if had {
		h.slot = false
		r.slots--
	}
	r.mu.Unlock()
	if had {
		r.Wake()
	}
}

// lose makes the goroutine of a batch stop at once.
func (r *Runner) lose(h *held) {
	if h.ending.Load() {
		return // it finds out by itself
	}
	r.stats.lost.Add(1)
	h.log.Warn("the lease of a batch is lost: another gateway has it")
	h.stop(errLost)
}

// job is the batch as its application sees it.
func (r *Runner) job(h *held) application.Job {
	b := &h.batch
	log := b.LogLocation
	if b.Started.IsZero() || log == "" {
		log = r.opts.LogFile(b.ID)
	}
	return application.Job{
		ID: b.ID, Type: b.Type, User: b.User, Name: b.Name,
		Resource: b.Resource, ClassName: b.ClassName, Conf: b.Conf, Args: b.Args,
		Log: log, Started: b.Started,
		Claim: application.Claim{Owner: h.lease.Owner, Version: h.lease.Version},
	}
}
