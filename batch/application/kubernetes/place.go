package kubernetes

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/cluster"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// place is where pods live. An empty context is the kubeconfig's current one.
type place struct{ context, namespace string }

func (p place) String() string { return p.context + ":" + p.namespace }

// The settings of a job that say where it runs. Without them there are ours, which
// begin with kyuubi instead of spark.
const (
	contextKey   = "spark.kubernetes.context"
	namespaceKey = "spark.kubernetes.namespace"
)

// placeOf is where a job runs. It fails with Denied when it may not run there.
func (o Options) placeOf(job application.Job) (place, error) {
	p := place{context: setting(job.Conf, contextKey, o.Context), namespace: setting(job.Conf, namespaceKey, o.Namespace)}
	return p, o.allowed(p)
}

// Check fails with Denied when a job with these settings may not run where they say.
func (k *Kubernetes) Check(conf map[string]string) error {
	_, err := k.opts.placeOf(application.Job{Conf: conf})
	return err
}

func (o Options) allowed(p place) error {
	if len(o.Contexts) > 0 && !slices.Contains(o.Contexts, p.context) {
		return sqlerr.New(sqlerr.Denied, "batches can't run in the Kubernetes context %q: only in %s", p.context, strings.Join(o.Contexts, ", "))
	}
	if len(o.Namespaces) > 0 && !slices.Contains(o.Namespaces, p.namespace) {
		return sqlerr.New(sqlerr.Denied, "batches can't run in the Kubernetes namespace %q: only in %s", p.namespace, strings.Join(o.Namespaces, ", "))
	}
	return nil
}

func setting(conf map[string]string, key, def string) string {
	ours := strings.TrimSpace(conf[strings.Replace(key, "spark", "kyuubi", 1)])
	return cmp.Or(cluster.Setting(conf, key), ours, def)
}

// parsePlace reads context:namespace; what is missing is the default.
func (o Options) parsePlace(text string) (place, error) {
	p := place{context: o.Context, namespace: o.Namespace}
	ctx, namespace, _ := strings.Cut(text, ":")
	if strings.Contains(namespace, ":") {
		return p, sqlerr.New(sqlerr.Invalid, "%q is no place of a Kubernetes cluster: write it as context:namespace", text)
	}
	if ctx != "" {
		p.context = ctx
	}
	if namespace != "" {
		p.namespace = namespace
	}
	return p, o.allowed(p)
}
