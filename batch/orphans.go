package batch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/service"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// orphanLoop looks for jobs of this machine that outlived their batches, at once and
// then as often as machines give signs of life.
func (r *Runner) orphanLoop(ctx, _ context.Context) {
	if r.opts.Jobs == "" {
		return
	}
	trouble := outage{log: r.log, what: "jobs that have outlived their batches can't be looked for"}
	service.NowAndEvery(ctx, r.lifeSigns(), func(time.Time) { trouble.note(ctx, r.endOrphans(ctx)) })
}

// endOrphans ends the jobs of batches that were given up while the job went on, as
// lost with this machine of which only the gateways were away. Whoever saw that end
// may have submitted the work again.
func (r *Runner) endOrphans(ctx context.Context) error {
	entries, err := os.ReadDir(r.opts.Jobs)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		id := e.Name()
		if !canonical(id) || r.holds(id) {
			continue
		}
		b, err := r.store.Get(ctx, id)
		switch {
		case errors.Is(err, sqlerr.NotFound): // cleaning removes what is left
			continue
		case err != nil:
			return err
		case b.State.Terminal() && b.Host == r.opts.Host:
			r.endOrphan(ctx, b)
		}
		if !pause(ctx, time.Millisecond) { // others use the store too
			return nil
		}
	}
	return nil
}

// endOrphan ends and forgets what is left of a job, which is nothing most of the time.
func (r *Runner) endOrphan(ctx context.Context, b metadata.Batch) {
	log := r.log.With("batch", b.ID)
	app, err := r.opts.Application(b)
	if err != nil {
		log.Debug("what is left of a job can't be ended here", "error", err)
		return
	}
	h := &held{batch: b}
	note, err := app.Kill(ctx, r.job(h))
	if err == nil {
		err = app.Forget(ctx, r.job(h))
	}
	if err != nil && ctx.Err() == nil {
		log.Warn("something is left of a job whose batch has ended; it will be tried again", "error", err)
		return
	}
	log.Info("what was left of a job whose batch has ended is gone", "state", string(b.State), "result", note)
}

// holds says whether this gateway has the lease of a batch.
func (r *Runner) holds(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held[id] != nil
}
