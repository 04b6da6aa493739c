package kubernetes

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"github.com/nekomata-sql/nekomata/batch/application"
)

// watcher watches the pods of one place.
type watcher struct {
	*api

	opts     Options
	informer cache.SharedIndexInformer
	log      *slog.Logger

	mu   sync.Mutex
	used time.Time         // when somebody last asked
	jobs map[string]*sight // by tag
	stop context.CancelFunc
}

// sight is what was seen of a job's pod.
type sight struct {
	pod   *corev1.Pod
	url   string
	ended time.Time // when the job was first seen to have ended
	// missing is since when the pod is not there any more, and gone that the watch
	// has said so: what came before is known then.
	missing time.Time
	gone    bool
	// watched says that the watch has told of the pod, not only a list.
	watched bool
}

// A watch may take patience to say that a pod went which is not there. It may never
// say so of one that it has not told of, so that counts for less.
const (
	patience       = time.Minute
	patienceUntold = 5 * time.Second
)

func newWatcher(p place, o Options) (*watcher, error) {
	a, err := newAPI(p, o.Access(p.context, p.namespace), o.RequestTimeout)
	if err != nil {
		return nil, err
	}
	w := &watcher{
		api: a, opts: o, log: o.Log.With("place", p.String()), used: time.Now(), jobs: map[string]*sight{},
	}
	if w.informer, err = a.informer(); err != nil {
		return nil, err
	}
	_, err = w.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    w.seen,
		UpdateFunc: func(_, now any) { w.seen(now) },
		DeleteFunc: w.deleted,
	})
	return w, err
}

// run watches until ctx is done.
func (w *watcher) run(ctx context.Context) {
	w.log.Info("watching pods")
	w.informer.RunWithContext(klog.NewContext(ctx, logr.FromSlogHandler(w.log.Handler())))
}

// note keeps what a pod says. The lock is held.
func (w *watcher) note(pod *corev1.Pod) *sight {
	tag := pod.Labels[tagLabel]
	s := w.jobs[tag]
	if s == nil {
		s = &sight{}
		w.jobs[tag] = s
	}
	if s.gone && s.pod.UID == pod.UID {
		return s // whoever saw it there had looked before it went
	}
	s.pod, s.gone, s.missing = pod, false, time.Time{}
	if s.ended.IsZero() && w.opts.state(pod).Ended() {
		s.ended = time.Now()
	}
	return s
}

// seen takes note of a pod that came or changed.
func (w *watcher) seen(obj any) {
	if pod, ok := obj.(*corev1.Pod); ok {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.note(pod).watched = true
	}
}

// deleted takes note of a pod that went.
func (w *watcher) deleted(obj any) {
	if last, missed := obj.(cache.DeletedFinalStateUnknown); missed {
		obj = last.Obj
	}
	if pod, ok := obj.(*corev1.Pod); ok {
		w.mu.Lock()
		defer w.mu.Unlock()
		s := w.note(pod)
		s.gone, s.missing = true, time.Now()
	}
}

// look finds a job's pod: among those that are watched, then among those that are
// there now, then among those that went. The watch may be late, but not wrong.
func (w *watcher) look(ctx context.Context, tag string) (application.Info, bool, error) {
	w.mu.Lock()
	w.used = time.Now()
	w.mu.Unlock()
	watched, err := w.informer.GetIndexer().ByIndex(tagLabel, tag)
	if err == nil && len(watched) > 0 {
		pods := make([]*corev1.Pod, 0, len(watched))
		for _, obj := range watched {
			if pod, ok := obj.(*corev1.Pod); ok {
				pods = append(pods, pod)
			}
		}
		return w.told(ctx, oldest(pods)), true, nil
	}
	now, err := w.tagged(ctx, tag)
	if err != nil {
		return application.Info{}, false, err
	}
	if len(now) > 0 {
		pods := make([]*corev1.Pod, len(now))
		for i := range now {
			pods[i] = &now[i]
		}
		return w.told(ctx, oldest(pods)), true, nil
	}
	info, there := w.went(tag)
	return info, there, nil
}

// went is what is known of a job whose pod is not there. A watch that is late has
// the last word of the pod still to bring: as long as that may be, the job is as
// it was.
func (w *watcher) went(tag string) (application.Info, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.jobs[tag]
	if s == nil {
		return application.Info{}, false
	}
	if s.missing.IsZero() {
		s.missing = time.Now()
	}
	info := w.opts.info(s.pod)
	info.URL = s.url
	wait := patienceUntold
	if s.watched {
		wait = patience
	}
	if info.State.Ended() || !s.gone && time.Since(s.missing) < wait {
		return info, true
	}
	info.State = application.Failed
	if s.pod.Annotations[killedMark] != "" {
		info.State = application.Killed
	}
	info.Diagnostic = "Pod " + s.pod.Name + " is deleted"
	return info, true
}

// oldest is the first of a job's pods. There is one, unless a stranger used the tag.
func oldest(pods []*corev1.Pod) *corev1.Pod {
	first := pods[0]
	for _, pod := range pods[1:] {
		if pod.CreationTimestamp.Before(&first.CreationTimestamp) {
			first = pod
		}
	}
	return first
}

// told is what a pod says of its job, with its address.
func (w *watcher) told(ctx context.Context, pod *corev1.Pod) application.Info {
	info := w.opts.info(pod)
	w.mu.Lock()
	info.URL = w.note(pod).url
	w.mu.Unlock()
	if info.URL != "" || info.State != application.Running || w.opts.URLPattern == "" {
		return info
	}
	service := ""
	if strings.Contains(w.opts.URLPattern, serviceMark) {
		var err error
		if service, err = w.service(ctx, pod.Labels[appLabel]); err != nil || service == "" {
			w.log.Debug("a driver's service is not found", "pod", pod.Name, "error", err)
			return info // it may come yet
		}
	}
	info.URL = w.opts.url(pod, w.place, service)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note(pod).url = info.URL
	return info
}

// end deletes a job's pods, and names them.
func (w *watcher) end(ctx context.Context, tag string) ([]string, error) {
	pods, err := w.tagged(ctx, tag)
	if err != nil {
		return nil, err
	}
	var told []string
	for i := range pods {
		pod := &pods[i]
		if w.opts.state(pod).Ended() {
			continue
		}
		if err := w.mark(ctx, pod); err != nil {
			w.log.Warn("a pod can't be marked as killed; its batch will be shown as failed", "pod", pod.Name, "error", err)
		}
		if err := w.remove(ctx, pod); err != nil {
			return told, err
		}
		told = append(told, "pod "+pod.Name)
	}
	return told, nil
}
