package kubernetes

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/cluster"
	"github.com/nekomata-sql/nekomata/service"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// maxPlaces is how many places are watched at once: clients name them.
const maxPlaces = 256

// Kubernetes is the application whose jobs are pods. It is a service: it watches
// pods while it runs.
type Kubernetes struct {
	cluster.Submission
	opts   Options
	begin  chan *watcher
	pinned map[place]bool

	mu     sync.Mutex
	places map[place]*watcher
}

var _ application.Application = (*Kubernetes)(nil)

// New returns a Kubernetes. It asks nobody. It fails with Invalid or Denied when a
// place to watch from the start is none or not allowed.
func New(o Options) (*Kubernetes, error) {
	o = o.withDefaults()
	k := &Kubernetes{opts: o, begin: make(chan *watcher, maxPlaces), pinned: map[place]bool{}, places: map[place]*watcher{}}
	for _, text := range o.Initialize {
		p, err := o.parsePlace(text)
		if err != nil {
			return nil, err
		}
		k.pinned[p] = true
	}
	k.Submission = cluster.Submission{Submitter: o.Submitter, Applications: pods{k}, Timeout: o.SubmitTimeout}
	return k, nil
}

// String is its name in logs.
func (k *Kubernetes) String() string { return "kubernetes" }

// Run watches pods until ctx is done. It is ready at once: an API server that does
// not answer is asked again.
func (k *Kubernetes) Run(ctx context.Context, ready func()) error {
	var watches sync.WaitGroup
	defer watches.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for p := range k.pinned {
		if _, err := k.watcher(p); err != nil {
			k.opts.Log.Warn("pods can't be watched", "place", p.String(), "error", err)
		}
	}
	watches.Go(func() { service.Every(ctx, k.opts.CheckInterval, func(time.Time) { k.sweep(ctx) }) })
	ready()
	for {
		select {
		case <-ctx.Done():
			return nil
		case w := <-k.begin:
			life, stop := context.WithCancel(ctx)
			w.mu.Lock()
			w.stop = stop
			w.mu.Unlock()
			watches.Go(func() {
				defer stop()
				w.run(life)
			})
		}
	}
}

// watcher is the one of a place, begun when it is new.
func (k *Kubernetes) watcher(p place) (*watcher, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if w := k.places[p]; w != nil {
		return w, nil
	}
	if len(k.places) >= maxPlaces {
		return nil, sqlerr.New(sqlerr.Unavailable, "pods of %d Kubernetes namespaces are watched, and no more can be", maxPlaces)
	}
	w, err := newWatcher(p, k.opts)
	if err != nil {
		return nil, err
	}
	select {
	case k.begin <- w:
	default: // unwatched it is slower, and right
	}
	k.places[p] = w
	return w, nil
}

func (k *Kubernetes) watchers() []*watcher {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Collect(maps.Values(k.places))
}

// Bound is false: any gateway finds the job by its label.
func (k *Kubernetes) Bound() bool { return false }

// Launch starts spark-submit, with the batch's id as a label of the driver's pod. The
// pod's name is made of the id too, unless the job has its own, so that a cluster
// never has two of them. It fails with Denied where jobs may not run.
func (k *Kubernetes) Launch(ctx context.Context, job application.Job) error {
	p, err := k.opts.placeOf(job)
	if err != nil {
		return err
	}
	conf := maps.Clone(job.Conf)
	if conf == nil {
		conf = map[string]string{}
	}
	cluster.Put(conf, "spark.kubernetes.driver.label."+tagLabel, job.ID)
	cluster.Put(conf, namespaceKey, p.namespace)
	if p.context != "" {
		cluster.Put(conf, contextKey, p.context)
	}
	if name := cluster.Setting(conf, podNameKey); name != "" {
		cluster.Put(conf, podNameKey, name)
	} else if k.opts.PlainNames {
		conf[podNameKey] = podName("", job.ID)
	} else {
		conf[podNameKey] = podName(job.Name, job.ID)
	}
	job.Conf = conf
	return k.opts.Submitter.Launch(ctx, job)
}

const (
	podNameKey = "spark.kubernetes.driver.pod.name"
	// maxPodName is Kubernetes' limit.
	maxPodName = 253
)

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// podName is the name of a driver's pod.
func podName(name, id string) string {
	name = strings.Trim(notInNames.ReplaceAllString(strings.ToLower(name), "-"), "-")
	const rest = len("kyuubi-") + len("-") + len("-driver")
	name = strings.TrimRight(name[:min(len(name), maxPodName-rest-len(id))], "-")
	if name != "" {
		name += "-"
	}
	return "kyuubi-" + name + id + "-driver"
}

// Forget removes what is left of a job that has ended. The pod stays, as the
// clean-up has it, unless its driver never began and might yet.
func (k *Kubernetes) Forget(ctx context.Context, job application.Job) error {
	if k.opts.Source == Container {
		if err := k.removeStuck(ctx, job); err != nil {
			return err
		}
	}
	return k.Submission.Forget(ctx, job)
}

func (k *Kubernetes) removeStuck(ctx context.Context, job application.Job) error {
	w, err := k.watcherOf(job)
	if err != nil {
		return err
	}
	found, err := w.tagged(ctx, job.ID)
	if err != nil {
		return err
	}
	for i := range found {
		if !k.opts.stuck(&found[i]) {
			continue
		}
		if err := w.remove(ctx, &found[i]); err != nil {
			return err
		}
	}
	return nil
}

// watcherOf is the watcher of the place where a job runs. Its id becomes part of
// a selector, so it must be canonical.
func (k *Kubernetes) watcherOf(job application.Job) (*watcher, error) {
	if id, err := uuid.Parse(job.ID); err != nil || id.String() != job.ID {
		return nil, sqlerr.New(sqlerr.Invalid, "%q is no batch's id", job.ID)
	}
	p, err := k.opts.placeOf(job)
	if err != nil {
		return nil, err
	}
	return k.watcher(p)
}

// pods are a cluster's.
type pods struct{ *Kubernetes }

// Look finds a job's pod.
func (p pods) Look(ctx context.Context, job application.Job) (application.Info, bool, error) {
	w, err := p.watcherOf(job)
	if err != nil {
		return application.Info{}, false, err
	}
	return w.look(ctx, job.ID)
}

// End deletes a job's pods.
func (p pods) End(ctx context.Context, job application.Job) ([]string, error) {
	w, err := p.watcherOf(job)
	if err != nil {
		return nil, err
	}
	return w.end(ctx, job.ID)
}
