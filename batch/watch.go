package batch

import (
	"context"
	"time"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/metadata"
)

// watch asks for the job until it has ended.
func (r *Runner) watch(ctx context.Context, h *held) {
	p := pace{most: r.opts.CheckInterval}
	trouble := outage{log: h.log, what: "the application can't be asked for"}
	starving := time.Now().Add(r.opts.Starvation)
	for {
		info, err := h.app.Find(ctx, r.job(h))
		if ctx.Err() != nil {
			return
		}
		trouble.note(ctx, err)
		if err == nil {
			before := h.batch.State
			if !r.follow(ctx, h, info) {
				return
			}
			if before != h.batch.State {
				p.restart()
			}
		}
		if h.batch.State == metadata.Pending && time.Now().After(starving) {
			h.log.Warn("a batch has not begun to run for long: its cluster may be short of resources",
				"since", time.Since(h.batch.Started).Round(time.Second), "application", h.batch.App.ID, "applicationState", h.batch.App.State)
			starving = time.Now().Add(r.opts.Starvation)
		}
		if h.canceled.Load() && time.Since(h.killed) > killAgain && r.kill(ctx, h) {
			p.restart()
		}
		if !r.rest(ctx, h, p.next()) {
			return
		}
	}
}

// rest waits until the next look. It reports false when there is none.
func (r *Runner) rest(ctx context.Context, h *held, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-r.draining:
		r.release(ctx, h, 0)
		return false
	case <-h.poke:
	case <-t.C:
	}
	return true
}

// pace is how often to look: at first soon, later as often as the most allows, so
// that a short job's end is not noticed late.
type pace struct {
	most, last time.Duration
}

const (
	firstLook = 50 * time.Millisecond
	// killAgain is after how long a job that was killed and still lives is killed again.
	killAgain = 30 * time.Second
)

func (p *pace) restart() { p.last = 0 }

func (p *pace) next() time.Duration {
	p.last = min(p.most, max(firstLook, p.last*3/2))
	return p.last
}

// follow brings the batch to where its application is, and reports whether there
// is more to come.
func (r *Runner) follow(ctx context.Context, h *held, info application.Info) bool {
	if info.ID != "" || info.State.Ended() || info.State == application.Running {
		r.freeSlot(h)
	}
	for {
		to, app := h.next(info), h.seen(info)
		switch {
		case to == metadata.Running:
			switch r.write(ctx, h, func(ctx context.Context) error { return r.store.MarkRunning(ctx, h.lease, app) }) {
			case over:
				return false
			case done:
				h.batch.State, h.batch.App = metadata.Running, app
				h.log.Info("a batch runs", "application", app.ID, "url", app.URL)
			case changed: // another look at what the store says
			}
			continue
		case to.Terminal():
			r.end(ctx, h, to, app)
			return false
		case app != h.batch.App:
			switch r.write(ctx, h, func(ctx context.Context) error { return r.store.UpdateApplication(ctx, h.lease, app) }) {
			case over:
				return false
			case done:
				h.batch.App = app
			case changed:
			}
		}
		return true
	}
}

// kill ends the job, and reports that it was told to.
func (r *Runner) kill(ctx context.Context, h *held) bool {
	note, err := h.app.Kill(ctx, r.job(h))
	if err != nil {
		if ctx.Err() == nil {
			h.log.Warn("a job can't be killed now; it will be tried again", "error", err)
		}
		return false
	}
	h.killed, h.killNote = time.Now(), note
	h.log.Info("a job was killed, as somebody asked", "result", note)
	return true
}
