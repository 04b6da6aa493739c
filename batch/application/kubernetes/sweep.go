package kubernetes

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/nekomata-sql/nekomata/batch/application"
)

// idle is how long a place is watched that nobody asks about.
const idle = time.Hour

// sweep deletes pods whose time is over, forgets what is old, and ends watches that
// nobody needs.
func (k *Kubernetes) sweep(ctx context.Context) {
	for _, w := range k.watchers() {
		w.sweep(ctx)
		k.retire(w)
	}
}

// sweep deletes the pods of jobs that ended a while ago. How long ago is counted
// from when this gateway first saw it, so that a gateway that was away does not
// delete what it has not yet told.
func (w *watcher) sweep(ctx context.Context) {
	for _, pod := range w.due() {
		state := w.opts.state(pod)
		if w.opts.CleanUp != All && (w.opts.CleanUp != Completed || state != application.Finished) {
			continue
		}
		if err := w.remove(ctx, pod); err != nil {
			w.log.Warn("the pod of a job that has ended can't be deleted", "pod", pod.Name, "error", err)
			continue
		}
		w.log.Info("deleted the pod of a job that has ended", "pod", pod.Name, "state", string(state))
	}
}

// due lists the pods of jobs that ended a while ago, and forgets those that went.
func (w *watcher) due() []*corev1.Pod {
	w.mu.Lock()
	defer w.mu.Unlock()
	var due []*corev1.Pod
	for tag, s := range w.jobs {
		switch {
		case !s.missing.IsZero():
			if time.Since(s.missing) >= max(w.opts.Retain, patience) {
				delete(w.jobs, tag)
			}
		case !s.ended.IsZero() && time.Since(s.ended) >= w.opts.Retain && w.opts.state(s.pod).Ended():
			due = append(due, s.pod)
		}
	}
	return due
}

// retire ends a watch that nobody needs.
func (k *Kubernetes) retire(w *watcher) {
	w.mu.Lock()
	old := time.Since(w.used) >= max(idle, 2*w.opts.Retain)
	w.mu.Unlock()
	if !old || k.pinned[w.place] {
		return
	}
	k.mu.Lock()
	delete(k.places, w.place)
	k.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stop != nil {
		w.stop()
	}
}
