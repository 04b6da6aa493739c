package server

import (
	"os"
	"os/user"

	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/process"
	"github.com/nekomata-sql/nekomata/batch/application/spark"
	"github.com/nekomata-sql/nekomata/batch/application/sql"
	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// newApplications makes what runs batches.
func (s *Server) newApplications() (map[string]application.Application, error) {
	local, err := s.sparkOptions(hostID(config.Get(s.conf, config.BatchHost)))
	if err != nil {
		return nil, err
	}
	scripts, err := s.sqlOptions(local.Process.Host)
	if err != nil {
		return nil, err
	}
	apps := map[string]application.Application{appLocal: spark.New(local), appSQL: sql.New(scripts)}
	if s.kubernetes, err = s.newKubernetes(); err != nil {
		return nil, err
	}
	apps[appKubernetes] = s.kubernetes
	onYARN, err := s.newYARN()
	if err != nil {
		return nil, err
	}
	if onYARN != nil {
		apps[appYARN] = onYARN
	}
	return apps, nil
}

// processOptions are those of processes that supervisors hold. Jobs are bound to
// the host; "" is for processes that submit something to a cluster.
func (s *Server) processOptions(host string) (process.Options, error) {
	secret, err := s.database()
	if err != nil {
		return process.Options{}, sqlerr.Wrap(err, sqlerr.Internal, "the settings of the metadata store can't be handed on")
	}
	o := process.Options{
		Dir:    config.Get(s.conf, config.BatchDir),
		Secret: secret,
		Host:   host,
		Window: config.Get(s.conf, config.BatchClaimTimeout),
		Grace:  config.Get(s.conf, config.BatchKillGrace),
		Log:    s.log,
	}
	if s.opts.Program != "" {
		o.Self = []string{s.opts.Program, SuperviseArgument}
	}
	return o, nil
}

// sparkOptions are those of spark-submit; see processOptions for the host.
func (s *Server) sparkOptions(host string) (spark.Options, error) {
	p, err := s.processOptions(host)
	if err != nil {
		return spark.Options{}, err
	}
	o := spark.Options{
		Process:    p,
		Environ:    os.Environ(),
		EngineEnv:  s.conf.EngineEnviron(),
		ProxyUsers: config.Get(s.conf, config.EngineDoAs),
		Redact:     s.conf.Redact,
	}
	if u, err := user.Current(); err == nil {
		o.ServerUser = u.Username
	}
	return o, nil
}
