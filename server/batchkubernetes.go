package server

import (
	"path/filepath"
	"strconv"

	"github.com/nekomata-sql/nekomata/batch/application/kubernetes"
	"github.com/nekomata-sql/nekomata/batch/application/spark"
	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// newKubernetes makes what runs batches on Kubernetes. It watches pods while it
// runs, and asks no cluster before it has to.
func (s *Server) newKubernetes() (*kubernetes.Kubernetes, error) {
	c := s.conf
	submit, err := s.sparkOptions("") // who submits is bound to no machine
	if err != nil {
		return nil, err
	}
	if err := s.checkTrust(); err != nil {
		return nil, err
	}
	return kubernetes.New(kubernetes.Options{
		Submitter:     spark.New(submit),
		Context:       config.Get(c, config.KubernetesContext),
		Namespace:     config.Get(c, config.KubernetesNamespace),
		Contexts:      config.Get(c, config.KubernetesContexts),
		Namespaces:    config.Get(c, config.KubernetesNamespaces),
		Access:        s.kubernetesAccess,
		Initialize:    config.Get(c, config.KubernetesInitialize),
		PlainNames:    config.Get(c, config.KubernetesPlainNames),
		Source:        kubernetes.Source(config.Get(c, config.KubernetesSource)),
		Container:     config.Get(c, config.KubernetesContainer),
		URLPattern:    config.Get(c, config.KubernetesURL),
		CleanUp:       kubernetes.Kind(config.Get(c, config.KubernetesCleanUp)),
		Retain:        config.Get(c, config.KubernetesRetain),
		CheckInterval: config.Get(c, config.KubernetesCleanUpInterval),
		SubmitTimeout: config.Get(c, config.KubernetesSubmitTimeout),
		Log:           s.log.With("application", appKubernetes),
	})
}

// kubernetesAccess is how to reach a namespace of a context: as its own settings
// say, else those of its context, else those of all.
func (s *Server) kubernetesAccess(context, namespace string) kubernetes.Access {
	c := s.conf
	own := func(all *config.Entry[string]) string {
		return c.KubernetesOverride(context, namespace, all.Key(), config.Get(c, all))
	}
	file := func(all *config.Entry[string]) string {
		path := own(all)
		if path == "" || filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(s.data.path, path)
	}
	key := config.KubernetesTrust.Key()
	trust, _ := strconv.ParseBool(c.KubernetesOverride(context, namespace, key, strconv.FormatBool(config.Get(c, config.KubernetesTrust))))
	return kubernetes.Access{
		Master:    own(config.KubernetesMaster),
		Token:     own(config.KubernetesToken),
		TokenFile: file(config.KubernetesTokenFile),
		CAFile:    file(config.KubernetesCA),
		CertFile:  file(config.KubernetesCert),
		KeyFile:   file(config.KubernetesKey),
		TrustAll:  trust,
	}
}

// checkTrust refuses a certificate check that is neither on nor off.
func (s *Server) checkTrust() error {
	for key, value := range s.conf.KubernetesOverrides(config.KubernetesTrust.Key()) {
		if _, err := strconv.ParseBool(value); err != nil {
			return sqlerr.New(sqlerr.Invalid, "%s = %q is neither true nor false", key, value)
		}
	}
	return nil
}
