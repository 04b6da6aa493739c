package batch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// verdict is what became of a change of a held batch.
type verdict uint8

const (
	// done is made.
	done verdict = iota
	// changed is refused: the batch was not as h.batch said, and is now.
	changed
	// over is that the batch has ended, or is not ours any more.
	over
)

// end brings a batch to a terminal state and removes what is left of its job.
func (r *Runner) end(ctx context.Context, h *held, to metadata.State, app metadata.Application) {
	h.ending.Store(true)
	change := map[metadata.State]func(context.Context, metadata.Lease, metadata.Application) error{
		metadata.Finished: r.store.Finish, metadata.Error: r.store.Fail, metadata.Canceled: r.store.Cancel,
	}[to]
	for {
		v := r.write(ctx, h, func(ctx context.Context) error { return change(ctx, h.lease, app) })
		if v == over && h.batch.State != to {
			return
		}
		if v != changed {
			break
		}
		if !pause(ctx, firstLook) {
			return
		}
	}
	r.stats.end(to)
	h.log.Info("a batch ended", "state", string(to), "application", app.ID, "applicationState", app.State,
		"after", time.Since(h.batch.Created).Round(time.Millisecond), "diagnostic", shorten(app.Diagnostic))
	r.removeUploads(h)
	if h.app == nil || h.batch.Started.IsZero() {
		return
	}
	if err := h.app.Forget(ctx, r.job(h)); err != nil && ctx.Err() == nil {
		h.log.Warn("something is left of a job that has ended", "error", err)
	}
}

// removeUploads removes what came with a batch, as far as it is on this machine. What
// isn't, or can't be removed now, a Manager finds later.
func (r *Runner) removeUploads(h *held) {
	id := h.batch.ID
	if r.opts.Uploads == "" || h.batch.Conf[KeyUploaded] != "true" || !canonical(id) {
		return
	}
	if err := os.RemoveAll(filepath.Join(r.opts.Uploads, id)); err != nil {
		h.log.Warn("uploaded files can't be removed now", "err", err)
	}
}

// shorten keeps a log line readable.
func shorten(text string) string {
	const most = 500
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}

// write makes a change of a held batch, again until the store has taken it. What
// has happened meanwhile is in h.batch afterwards. A
// context that is done is the end of it.
func (r *Runner) write(ctx context.Context, h *held, change func(context.Context) error) verdict {
	trouble := outage{log: h.log, what: "a batch can't be changed in the metadata store"}
	for wait := firstLook; ; wait = min(2*wait, r.opts.CheckInterval) {
		err := change(ctx)
		if ctx.Err() != nil && err != nil {
			return over
		}
		switch {
		case err == nil:
			trouble.note(ctx, nil)
			return done
		case errors.Is(err, metadata.ErrLeaseLost) && h.returned: // an answer was lost on the way
			return over
		case errors.Is(err, metadata.ErrLeaseLost):
			h.ending.Store(false)
			r.lose(h)
			return over
		case errors.Is(err, sqlerr.NotFound):
			h.log.Warn("a batch is gone from the metadata store")
			return over
		case errors.Is(err, sqlerr.Conflict):
			return r.reread(ctx, h)
		}
		if trouble.note(ctx, err); !pause(ctx, wait) {
			return over
		}
	}
}

// reread brings h.batch up to date, once the store can be asked.
func (r *Runner) reread(ctx context.Context, h *held) verdict {
	trouble := outage{log: h.log, what: "a batch can't be read from the metadata store"}
	for wait := firstLook; ; wait = min(2*wait, r.opts.CheckInterval) {
		b, err := r.store.Get(ctx, h.batch.ID)
		switch {
		case err == nil && b.State.Terminal():
			if b.Attempt == h.batch.Attempt { // nobody has had it since: the end is ours
				h.batch.State = b.State
			}
			return over
		case err == nil && b.Lease != h.lease:
			r.lose(h)
			return over
		case err == nil:
			trouble.note(ctx, nil)
			h.batch = b
			if b.CancelRequested {
				h.cancelRequested()
			}
			return changed
		case errors.Is(err, sqlerr.NotFound), ctx.Err() != nil:
			return over
		}
		if trouble.note(ctx, err); !pause(ctx, wait) {
			return over
		}
	}
}
