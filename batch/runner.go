package batch

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/metadata"
)

// RunnerStore is what a [Runner] needs of the metadata store.
type RunnerStore interface {
	queue
	changes
	keeping
}

// queue is where batches come from, and by which right they are held.
type queue interface {
	Take(ctx context.Context, by metadata.Taker, n int) ([]metadata.Batch, error)
	TakeOver(ctx context.Context, by metadata.Taker, n int) ([]metadata.Batch, error)
	TakeLost(ctx context.Context, by metadata.Taker, silence time.Duration, n int) ([]metadata.Batch, error)
	Renew(ctx context.Context, owner string, lease time.Duration, ids []string) ([]metadata.Held, error)
	Release(ctx context.Context, l metadata.Lease) error
}

// changes are a held batch's.
type changes interface {
	Get(ctx context.Context, id string) (metadata.Batch, error)
	MarkRunning(ctx context.Context, l metadata.Lease, a metadata.Application) error
	UpdateApplication(ctx context.Context, l metadata.Lease, a metadata.Application) error
	Finish(ctx context.Context, l metadata.Lease, a metadata.Application) error
	Fail(ctx context.Context, l metadata.Lease, a metadata.Application) error
	Cancel(ctx context.Context, l metadata.Lease, a metadata.Application) error
}

// keeping is the care for batches that nobody holds.
type keeping interface {
	Hold(ctx context.Context, duty, owner string, term time.Duration) (bool, error)
	DeleteOlderThan(ctx context.Context, ended time.Time, limit int) (int64, error)
	Count(ctx context.Context, f metadata.Filter) (int64, error)
	OldestWaiting(ctx context.Context) (time.Time, error)

	Notices(ctx context.Context, n int) ([]metadata.Notice, error)
	PutOff(ctx context.Context, n metadata.Notice, after time.Duration) error
	Told(ctx context.Context, n metadata.Notice) error
}

// RunnerOptions is what a Runner is made of. A zero duration means the default.
type RunnerOptions struct {
	// Store is the metadata store.
	Store RunnerStore
	// Application picks what runs a batch. Its error, Invalid or Unsupported, is the
	// batch's end.
	Application func(b metadata.Batch) (application.Application, error)
	// Instance is the host:port that clients see, once the Runner runs.
	Instance func() string
	// Host is the machine, which batches may be bound to.
	Host string
	// LogFile is the absolute path of a batch's log on this machine.
	LogFile func(id string) string
	// Uploads is the directory where batches have the files that came with them, each
	// below its id; they go when the batch has ended. "" removes none.
	Uploads string

	// Jobs is the directory in which jobs of this machine have their places, each by its
	// batch's id. Those whose batches have ended without them are ended. "" looks for none.
	Jobs string

	// MaxRunning is how many batches this gateway holds before it takes no more
	// from the queue; 0 takes none. What it takes over from others comes on top.
	MaxRunning int
	// MaxLaunching is how many of them may be between being taken and being known
	// to their machine or cluster.
	MaxLaunching int
	// Lease is how long a gateway may be silent before others take its batches
	// over (20 s). It is renewed four times as often.
	Lease time.Duration
	// QueueInterval is how often the queue is looked at when nobody calls Wake (1 s).
	QueueInterval time.Duration
	// CheckInterval is at most how long it takes until an application is asked for
	// again (5 s); young ones are asked for more often.
	CheckInterval time.Duration
	// Starvation is after how long in the cluster's queue a batch gets a warning,
	// and then another one each time (3 min).
	Starvation time.Duration
	// HostSilence is after how long without a gateway on their machine the batches
	// bound to it end as lost (1 h).
	HostSilence time.Duration
	// Grace is how long a stop waits for launches under way and for leases to be
	// given back (10 s).
	Grace time.Duration

	// Tell tells somebody that a batch has ended; what fails is tried again. It needs
	// a store that leaves notices. nil tells nobody.
	Tell func(ctx context.Context, b metadata.Batch) error
	// Cleaner says what is forgotten; a zero MaxAge is nothing.
	Cleaner CleanerOptions
	// Log is where it says what it does; nil discards it.
	Log *slog.Logger
}

func (o *RunnerOptions) defaults() {
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&o.Lease, 20 * time.Second},
		{&o.QueueInterval, time.Second},
		{&o.CheckInterval, 5 * time.Second},
		{&o.Starvation, 3 * time.Minute},
		{&o.HostSilence, time.Hour},
		{&o.Grace, 10 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Cleaner.defaults()
}

// Runner takes waiting batches, launches their jobs, and sees them to their end.
// It is a service. Any number of Runners may share one store.
type Runner struct {
	opts  RunnerOptions
	store RunnerStore
	log   *slog.Logger
	// owner is who holds the leases: no other process has the name, or ever had.
	owner string
	// wake says that the queue may have something.
	wake chan struct{}
	// paused is set before a stop: nothing more is taken.
	paused atomic.Bool
	// draining is closed when the Runner stops.
	draining chan struct{}

	mu    sync.Mutex
	held  map[string]*held
	slots int // of held ones that are being launched
	group sync.WaitGroup
	stats counters
}

// NewRunner returns a Runner that takes nothing until it runs, which it does once.
func NewRunner(o RunnerOptions) *Runner {
	o.defaults()
	return &Runner{
		opts: o, store: o.Store, log: o.Log, owner: uuid.NewString(),
		wake: make(chan struct{}, 1), draining: make(chan struct{}), held: map[string]*held{},
	}
}

// String is the service's name.
func (r *Runner) String() string { return "batch runner" }

// Wake tells that a batch was put into the queue.
func (r *Runner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Nudge tells that somebody asked, through the store, for the end of a batch. It
// does nothing when the batch is not this gateway's: whoever holds it finds out
// when it renews its lease.
func (r *Runner) Nudge(id string) {
	r.mu.Lock()
	h := r.held[id]
	r.mu.Unlock()
	if h != nil {
		h.cancelRequested()
	}
}

// Pause makes the Runner take no more batches, so that a gateway which is about to stop
// starts no jobs that might end with its machine. It sees those it holds on.
func (r *Runner) Pause() { r.paused.Store(true) }

// Run takes batches until ctx is done. Then it gives its leases back and returns;
// the jobs go on, for another gateway or this one's next life to watch.
func (r *Runner) Run(ctx context.Context, ready func()) error {
	// Jobs are held while the rest has stopped already.
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var loops sync.WaitGroup
	for _, loop := range []func(ctx, work context.Context){r.takeLoop, r.leaseLoop, r.lostLoop, r.orphanLoop, r.cleanLoop, r.noticeLoop, r.sampleLoop} {
		loops.Go(func() { loop(ctx, work) })
	}
	r.log.Info("batch runner: ready", "owner", r.owner, "host", r.opts.Host, "maxRunning", r.opts.MaxRunning)
	ready()
	<-ctx.Done()
	loops.Wait()
	r.drain(stop)
	return nil
}

// drain waits until all leases are given back, or until the grace is over.
func (r *Runner) drain(stop func()) {
	close(r.draining)
	done := make(chan struct{})
	go func() {
		r.group.Wait()
		close(done)
	}()
	grace := time.NewTimer(r.opts.Grace)
	defer grace.Stop()
	select {
	case <-done:
	case <-grace.C:
		r.log.Warn("batch runner: stopped before all leases were given back; they will run out", "batches", r.heldCount())
		stop()
		<-done
	}
}

// taker is this gateway in the store's words.
func (r *Runner) taker() metadata.Taker {
	return metadata.Taker{Owner: r.owner, Instance: r.opts.Instance(), Host: r.opts.Host, Lease: r.opts.Lease}
}

func (r *Runner) heldCount() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.held)
}

// pause waits, and reports false when ctx is done first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
