package kubernetes

import (
	"log/slog"
	"time"

	"github.com/nekomata-sql/nekomata/batch/application/cluster"
)

// Source says what tells a job's state.
type Source string

// The sources, in Kyuubi's words.
const (
	// Pod is the phase of the driver's pod.
	Pod Source = "POD"
	// Container is the driver's container, for pods with others beside it.
	Container Source = "CONTAINER"
)

// Kind says which pods of jobs that have ended are deleted.
type Kind string

// The kinds, in Kyuubi's words.
const (
	// None are deleted.
	None Kind = "NONE"
	// All are deleted.
	All Kind = "ALL"
	// Completed are those of jobs that ended well.
	Completed Kind = "COMPLETED"
)

// Access is how an API server is reached. What is empty is as the kubeconfig has
// it ($KUBECONFIG, else ~/.kube/config), or as a pod finds it.
type Access struct {
	// Master is the API server's address.
	Master string
	// Token and TokenFile are a bearer token; files are read again when it expires.
	Token, TokenFile string
	// CAFile, CertFile and KeyFile are certificates in PEM.
	CAFile, CertFile, KeyFile string
	// TrustAll accepts any certificate of the API server.
	TrustAll bool
	// Kubeconfig is a kubeconfig's path, instead of the usual ones.
	Kubeconfig string
}

// Options is what a Kubernetes is made of.
type Options struct {
	// Submitter runs spark-submit on this machine.
	Submitter cluster.Submitter
	// Context and Namespace are where jobs run that don't say. An empty context is
	// the kubeconfig's current one.
	Context, Namespace string
	// Contexts and Namespaces are all that a job may name; empty is any.
	Contexts, Namespaces []string
	// Access is how to reach a namespace of a context; nil is as the kubeconfig has it.
	Access func(context, namespace string) Access
	// Initialize lists places, as context:namespace, that are watched from the start.
	Initialize []string

	// PlainNames leaves the application's name out of the pod's.
	PlainNames bool
	// Source tells a job's state; Container is the name of the driver's container.
	Source    Source
	Container string
	// URLPattern makes an application's address; see its placeholders in
	// docs/batches-kubernetes.md. Empty is none.
	URLPattern string

	// CleanUp says which pods of jobs that have ended are deleted, Retain how long
	// after the end, CheckInterval how often one looks for them.
	CleanUp               Kind
	Retain, CheckInterval time.Duration

	// SubmitTimeout is how long after its start a job may take to turn up; 0 means
	// 30 s.
	SubmitTimeout time.Duration
	// RequestTimeout is how long the API server may take to answer; 0 means 10 s.
	RequestTimeout time.Duration
	// Log is where it says what it does; nil discards it.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Access == nil {
		o.Access = func(string, string) Access { return Access{} }
	}
	if o.Namespace == "" {
		o.Namespace = "default"
	}
	if o.Container == "" {
		o.Container = "spark-kubernetes-driver"
	}
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&o.Retain, 5 * time.Minute},
		{&o.CheckInterval, time.Minute},
		{&o.SubmitTimeout, 30 * time.Second},
		{&o.RequestTimeout, 10 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	return o
}
