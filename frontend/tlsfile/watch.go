package tlsfile

import (
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A folder must be quiet for settle before its files are read, since a certificate
// and its key are written one after the other; in a folder that never is, they are
// read after patience.
const (
	settle   = 200 * time.Millisecond
	patience = 2 * time.Second
)

// watcher tells when something changes in the folders of some files. The folders
// are watched, not the files, because files are replaced by renaming, and
// Kubernetes swaps a link beside them.
type watcher struct {
	changed chan struct{}
	inner   *fsnotify.Watcher // nil when this system has no such service
	wg      sync.WaitGroup
}

// watch never fails: without the system's help the interval has to do.
func watch(paths []string, log *slog.Logger) *watcher {
	w := &watcher{changed: make(chan struct{}, 1)}
	inner, err := fsnotify.NewWatcher()
	if err != nil {
		log.Warn("TLS files are only looked at now and then: the system does not tell of changes", "error", err)
		return w
	}
	w.inner = inner
	for _, path := range paths {
		dir := filepath.Dir(path)
		if err := inner.Add(dir); err != nil {
			log.Warn("TLS files are only looked at now and then: the system does not tell of changes", "folder", dir, "error", err)
		}
	}
	w.wg.Go(w.follow)
	return w
}

// follow waits for the folders to become quiet after a change.
func (w *watcher) follow() {
	quiet := time.NewTimer(settle)
	quiet.Stop()
	defer quiet.Stop()
	var since time.Time // of the first change that was not told yet
	wait := func() {
		now := time.Now()
		if since.IsZero() {
			since = now
		}
		quiet.Reset(min(settle, since.Add(patience).Sub(now)))
	}
	for {
		select {
		case _, ok := <-w.inner.Events:
			if !ok {
				return
			}
			wait()
		case _, ok := <-w.inner.Errors: // events were lost
			if !ok {
				return
			}
			wait()
		case <-quiet.C:
			since = time.Time{}
			select {
			case w.changed <- struct{}{}:
			default: // told already
			}
		}
	}
}

func (w *watcher) close() {
	if w.inner != nil {
		_ = w.inner.Close()
		w.wg.Wait()
	}
}
