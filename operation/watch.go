package operation

import (
	"sync"
	"time"
)

// watch copies what the engine tells about the running query, now and then, until the
// returned function is called.
func (o *operation) watch() (stop func()) {
	w := &watch{o: o}
	w.mu.Lock()
	w.timer = time.AfterFunc(o.opts.StatusInterval, w.look)
	w.mu.Unlock()
	return w.stop
}

// watch looks at an engine from timer to timer, so that a query that ends before the
// first look costs no goroutine.
type watch struct {
	o *operation

	mu    sync.Mutex // held while it looks
	timer *time.Timer
	over  bool
}

func (w *watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.o.copyStatus()
		w.timer.Reset(w.o.opts.StatusInterval)
	}
}

// stop ends the watch with a last look.
func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.timer.Stop()
	w.o.copyStatus()
}

func (o *operation) copyStatus() {
	s := o.lane.conn.Status()
	for _, text := range s.Log {
		o.say(text)
	}
	if s.Progress != nil && !o.opts.NoProgress {
		o.mu.Lock()
		o.progress = s.Progress
		o.mu.Unlock()
		o.sayProgress(s.Progress.Fraction)
	}
}
