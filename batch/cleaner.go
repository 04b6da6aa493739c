package batch

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// CleanerOptions says when batches are forgotten. A zero duration or number means
// the default, which is Kyuubi's.
type CleanerOptions struct {
	// MaxAge is how long a batch is kept after its end; 0 is forever.
	MaxAge time.Duration
	// Interval is the time between two rounds (30 min).
	Interval time.Duration
	// Step is how many batches one statement removes (1000), Pause the time after
	// it (3 s).
	Step  int
	Pause time.Duration
	// Dirs are where batches keep files on this machine: entries whose names begin
	// with a batch's id. Those of forgotten batches are removed.
	Dirs []string
}

func (o *CleanerOptions) defaults() {
	if o.Interval == 0 {
		o.Interval = 30 * time.Minute
	}
	if o.Step == 0 {
		o.Step = 1000
	}
	if o.Pause == 0 {
		o.Pause = 3 * time.Second
	}
}

// cleanDuty is what one gateway at a time does for all.
const cleanDuty = "clean"

// cleanLoop forgets old batches: the rows on one gateway for all of them, the
// files on each machine.
func (r *Runner) cleanLoop(ctx, _ context.Context) {
	o := r.opts.Cleaner
	if o.MaxAge <= 0 {
		return
	}
	defer r.yield(ctx, cleanDuty)
	trouble := outage{log: r.log, what: "old batches can't be removed"}
	for {
		err := r.cleanRows(ctx)
		if err == nil {
			err = r.cleanFiles(ctx)
		}
		if trouble.note(ctx, err); !pause(ctx, o.Interval) {
			return
		}
	}
}

// cleanRows removes old batches from the store, a few at a time, as long as no
// other gateway does.
func (r *Runner) cleanRows(ctx context.Context) error {
	o := r.opts.Cleaner
	before := time.Now().Add(-o.MaxAge)
	var all int64
	for {
		// The term covers one step, so that another gateway can go on after a death.
		mine, err := r.store.Hold(ctx, cleanDuty, r.owner, o.Pause+time.Minute)
		if err != nil || !mine {
			return err
		}
		n, err := r.store.DeleteOlderThan(ctx, before, o.Step)
		if err != nil {
			return err
		}
		r.stats.cleaned.Add(n)
		if all += n; n < int64(o.Step) {
			break
		}
		if !pause(ctx, o.Pause) {
			return nil
		}
	}
	if all > 0 {
		r.log.Info("old batches were removed", "batches", all, "endedBefore", before.Format(time.RFC3339))
	}
	return nil
}

// cleanFiles removes the files of batches that the store does not know any more.
func (r *Runner) cleanFiles(ctx context.Context) error {
	for _, dir := range r.opts.Cleaner.Dirs {
		if err := r.cleanDir(ctx, dir); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runner) cleanDir(ctx context.Context, dir string) error {
	d, err := os.Open(filepath.Clean(dir))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return sqlerr.Wrap(err, sqlerr.Internal, "the directory %s can't be read", dir)
	}
	defer d.Close()
	const some = 256
	for {
		entries, err := d.ReadDir(some)
		if err := r.cleanEntries(ctx, dir, entries); err != nil {
			return err
		}
		if errors.Is(err, io.EOF) || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return sqlerr.Wrap(err, sqlerr.Internal, "the directory %s can't be read", dir)
		}
	}
}

func (r *Runner) cleanEntries(ctx context.Context, dir string, entries []os.DirEntry) error {
	const (
		idLength = 36
		// What is younger may belong to a batch that is about to be stored.
		youth = time.Hour
	)
	for _, e := range entries {
		name := e.Name()
		if len(name) < idLength || uuid.Validate(name[:idLength]) != nil {
			continue
		}
		if info, err := e.Info(); err != nil || time.Since(info.ModTime()) < youth {
			continue
		}
		_, err := r.store.Get(ctx, name[:idLength])
		switch {
		case errors.Is(err, sqlerr.NotFound):
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				r.log.Warn("a file of a forgotten batch can't be removed", "error", err)
			}
		case err != nil:
			return err
		}
		if !pause(ctx, time.Millisecond) { // others use the store too
			return nil
		}
	}
	return nil
}
