package batch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// noticeDuty is what one gateway at a time does for all.
const noticeDuty = "notices"

const (
	// noticeTerm is how long a gateway that tells may be silent before another does.
	noticeTerm = time.Minute
	// noticeLife is after how long nobody is told any more.
	noticeLife = 24 * time.Hour
)

// noticeLoop tells somebody of the ends of batches, at least once each: the store
// has a notice until it was told. One gateway at a time does it; a batch is told
// of twice when that one dies between telling and noting it.
func (r *Runner) noticeLoop(ctx, _ context.Context) {
	if r.opts.Tell == nil {
		return
	}
	defer r.yield(ctx, noticeDuty)
	trouble := outage{log: r.log, what: "notices of ended batches can't be looked for"}
	for {
		more, err := r.tellSome(ctx)
		trouble.note(ctx, err)
		if more && err == nil {
			continue
		}
		if !pause(ctx, r.opts.QueueInterval) {
			return
		}
	}
}

// yield lets another gateway have a duty at once, if it was ours.
func (r *Runner) yield(ctx context.Context, duty string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if _, err := r.store.Hold(ctx, duty, r.owner, -time.Second); err != nil {
		r.log.Debug("a duty can't be given back", "duty", duty, "error", err)
	}
}

// tellSome reports that there may be more.
func (r *Runner) tellSome(ctx context.Context) (bool, error) {
	mine, err := r.store.Hold(ctx, noticeDuty, r.owner, noticeTerm)
	if err != nil || !mine {
		return false, err
	}
	const some = 8 // at the same time
	due, err := r.store.Notices(ctx, some)
	if err != nil {
		return false, err
	}
	var group sync.WaitGroup
	for _, n := range due {
		group.Go(func() { r.tell(ctx, n) })
	}
	group.Wait()
	return len(due) == some && ctx.Err() == nil, nil
}

// tell gives one notice to whoever wants it, or puts it off.
func (r *Runner) tell(ctx context.Context, n metadata.Notice) {
	b, err := r.store.Get(ctx, n.ID)
	switch {
	case errors.Is(err, sqlerr.NotFound), err == nil && b.State != n.State:
		r.told(ctx, n) // it was forgotten
		return
	case err != nil:
		return // it stays due
	}
	ctx, cancel := context.WithTimeout(ctx, noticeTerm/2)
	defer cancel()
	if err = r.opts.Tell(ctx, b); err == nil {
		r.stats.told.Add(1)
		r.told(ctx, n)
		return
	}
	if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		return // we stop, and another gateway goes on
	}
	r.stats.tellsFailed.Add(1)
	if time.Since(b.Ended) > noticeLife {
		r.log.Warn("nobody could be told of a batch's end, and will not be", "batch", n.ID, "state", string(n.State), "attempts", n.Attempt+1, "error", err)
		r.told(ctx, n)
		return
	}
	again := noticeBackOff(n.Attempt)
	level := slog.LevelWarn
	if n.Attempt > 0 { // a receiver may be away for a day, and many batches end
		level = slog.LevelDebug
	}
	r.log.Log(ctx, level, "nobody could be told of a batch's end", "batch", n.ID, "state", string(n.State), "again", again, "error", err)
	if err := r.store.PutOff(context.WithoutCancel(ctx), n, again); err != nil {
		r.log.Debug("a notice can't be put off", "batch", n.ID, "error", err)
	}
}

func (r *Runner) told(ctx context.Context, n metadata.Notice) {
	if err := r.store.Told(context.WithoutCancel(ctx), n); err != nil {
		r.log.Warn("a notice of a batch's end can't be removed: it will be told again", "batch", n.ID, "error", err)
	}
}

// noticeBackOff is two seconds, then twice as long each time, up to ten minutes.
func noticeBackOff(attempt int) time.Duration {
	const first, most, doublings = 2 * time.Second, 10 * time.Minute, 9
	return min(most, first<<min(attempt, doublings))
}
