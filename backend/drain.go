package backend

import (
	"context"
	"time"
)

// Work is something else that runs for clients and has to end before a stop.
type Work interface {
	// Drain makes it refuse new work.
	Drain()
	// Busy counts what is at work.
	Busy() int
	// Abort ends what is at work, so that those who wait for it are answered.
	Abort()
}

// Drainer is a service that does nothing until it is stopped; then it refuses
// new sessions and statements, waits up to grace for what runs to end, and cancels
// the rest. Put it last in a composite, so that it goes first and the frontends still
// answer.
type Drainer struct {
	b     *BackendService
	grace time.Duration
	begin func()
	more  []Work
}

// NewDrainer returns a Drainer of b, and of what else runs for clients. begin is called
// when the stop begins; nil is nothing.
func NewDrainer(b *BackendService, grace time.Duration, begin func(), more ...Work) *Drainer {
	return &Drainer{b: b, grace: grace, begin: begin, more: more}
}

// String is the service's name.
func (d *Drainer) String() string { return "Drainer" }

// Run waits for ctx and drains.
func (d *Drainer) Run(ctx context.Context, ready func()) error {
	ready()
	<-ctx.Done()
	if d.begin != nil {
		d.begin()
	}
	d.b.draining.Store(true)
	for _, w := range d.more {
		w.Drain()
	}
	d.wait(context.WithoutCancel(ctx))
	return nil
}

// answerTime is how long what was canceled may take to end, so that its clients are told.
const answerTime = 2 * time.Second

func (d *Drainer) wait(ctx context.Context) {
	busy := d.busy()
	if busy == 0 {
		return
	}
	d.b.log.Info("draining: waiting for running operations", "operations", busy, "grace", d.grace)
	if busy = d.idle(ctx, d.grace); busy > 0 {
		d.b.log.Warn("the grace period is over: running operations are canceled", "operations", busy)
		d.abort()
		d.idle(ctx, answerTime)
	}
}

// idle waits up to t until nothing is at work, and says how much still is.
func (d *Drainer) idle(ctx context.Context, t time.Duration) (busy int) {
	ctx, cancel := context.WithTimeout(ctx, t)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if busy = d.busy(); busy == 0 {
			return 0
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return busy
		}
	}
}

func (d *Drainer) busy() int {
	busy := d.b.operations.Busy()
	for _, w := range d.more {
		busy += w.Busy()
	}
	return busy
}

// abort ends what still runs while the frontends can tell those who wait for it.
func (d *Drainer) abort() {
	for _, op := range d.b.operations.All() {
		_ = d.b.operations.Cancel(op.ID) // one that has ended stays as it is, one that is gone needs nothing
	}
	for _, w := range d.more {
		w.Abort()
	}
}
