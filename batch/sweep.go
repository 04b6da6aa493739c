package batch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// How old uploaded files are before they count as left behind: while they come, and
// between their move and their batch's row.
const (
	stagedAge = 24 * time.Hour
	settleAge = time.Hour
)

// sweep removes uploaded files whose submission never ended, or whose batch has.
func (m *Manager) sweep(ctx context.Context) {
	root := filepath.Join(m.opts.Dir, "upload")
	for _, e := range m.entries(filepath.Join(root, staging)) {
		if path := filepath.Join(root, staging, e.Name()); time.Since(youngest(path)) > stagedAge {
			m.remove(path)
		}
	}
	for _, e := range m.entries(root) {
		if ctx.Err() != nil {
			return
		}
		if canonical(e.Name()) {
			m.sweepBatch(ctx, filepath.Join(root, e.Name()), e.Name())
		}
	}
}

// sweepBatch removes the uploads of one id that nothing needs.
func (m *Manager) sweepBatch(ctx context.Context, dir, id string) {
	b, err := m.opts.Store.Get(ctx, id)
	if err != nil && !errors.Is(err, sqlerr.NotFound) {
		return // the next time
	}
	if err == nil && b.State.Terminal() {
		m.remove(dir)
		return
	}
	for _, e := range m.entries(dir) {
		path := filepath.Join(dir, e.Name())
		needed := err == nil && e.Name() == onceOf(b.Digest)
		if !needed && time.Since(youngest(path)) > settleAge {
			m.remove(path)
		}
	}
	if err != nil {
		_ = os.Remove(dir) // only when it is empty
	}
}

func (m *Manager) entries(dir string) []os.DirEntry {
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.opts.Log.Warn("uploads can't be listed", "dir", dir, "err", err)
	}
	return list
}

func (m *Manager) remove(path string) {
	if err := os.RemoveAll(path); err != nil {
		m.opts.Log.Warn("uploaded files can't be removed", "dir", path, "err", err)
	}
}

// youngest is when a directory, or a file in it, was changed last.
func youngest(dir string) time.Time {
	var last time.Time
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error { // what can't be read is old
		if err != nil {
			return nil //nolint:nilerr // it went meanwhile
		}
		if info, err := d.Info(); err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
		return nil
	})
	return last
}

// removeUploads removes what came with a batch, as far as it is on this machine.
func (m *Manager) removeUploads(id string) {
	m.remove(filepath.Join(m.opts.Dir, "upload", id))
}
