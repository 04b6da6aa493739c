package server

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/metadata"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// newRunner makes the part that takes batches from the queue and sees to them.
func (s *Server) newRunner() *batch.Runner {
	c := s.conf
	dir := config.Get(c, config.BatchDir)
	opts := batch.RunnerOptions{
		Store:         s.store,
		Application:   s.applicationOf,
		Instance:      s.instance,
		Host:          hostID(config.Get(c, config.BatchHost)),
		LogFile:       func(id string) string { return filepath.Join(dir, "log", id+".log") },
		Uploads:       filepath.Join(dir, "upload"),
		Jobs:          filepath.Join(dir, "run"),
		MaxRunning:    config.Get(c, config.BatchMaxRunning),
		MaxLaunching:  config.Get(c, config.BatchSubmitters),
		Lease:         config.Get(c, config.BatchLease),
		QueueInterval: config.Get(c, config.BatchQueueInterval),
		CheckInterval: config.Get(c, config.BatchCheckInterval),
		Starvation:    config.Get(c, config.BatchStarvation),
		HostSilence:   config.Get(c, config.BatchHostSilence),
		Tell:          s.newTell(),
		Log:           s.log,
	}
	if config.Get(c, config.CleanerEnabled) {
		opts.Cleaner = batch.CleanerOptions{
			MaxAge:   config.Get(c, config.MetadataMaxAge),
			Interval: config.Get(c, config.CleanerInterval),
			Step:     config.Get(c, config.CleanerStep),
			Pause:    config.Get(c, config.CleanerPause),
			Dirs:     []string{filepath.Join(dir, "log"), filepath.Join(dir, "upload"), filepath.Join(dir, "run")},
		}
	}
	r := batch.NewRunner(opts)
	s.runnerMetrics(r)
	return r
}

// What runs batches, by where.
const (
	appLocal      = "local"
	appSQL        = "SQL"
	appYARN       = "YARN"
	appKubernetes = "Kubernetes"
)

// applicationOf picks what runs a batch. It fails with Unsupported when this
// gateway has no such thing.
func (s *Server) applicationOf(b metadata.Batch) (application.Application, error) {
	where := appLocal
	switch cluster := strings.ToLower(b.ClusterManager); {
	case b.Type == "SQL":
		where = appSQL
	case strings.HasPrefix(cluster, "yarn"):
		where = appYARN
	case strings.HasPrefix(cluster, "k8s"), strings.HasPrefix(cluster, "kubernetes"):
		// In client mode the driver is the process that submits, and no pod.
		if batch.InCluster(b.Conf) {
			where = appKubernetes
		}
	}
	if app := s.applications[where]; app != nil {
		return app, nil
	}
	if where == appYARN {
		return nil, sqlerr.New(sqlerr.Unsupported, "this gateway knows no YARN cluster: set %s, or HADOOP_CONF_DIR to a directory with yarn-site.xml", config.YARNResourceManagers.Key())
	}
	return nil, sqlerr.New(sqlerr.Unsupported, "this gateway can't run batches of type %s on %s", b.Type, where)
}

// hostID names this machine: as configured, else by the operating system's id,
// else by the host's name.
func hostID(configured string) string {
	if configured != "" {
		return configured
	}
	if id, err := os.ReadFile("/etc/machine-id"); err == nil {
		if text := strings.TrimSpace(string(id)); text != "" && text != "uninitialized" {
			return text
		}
	}
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

// runnerMetrics adds the figures of batches.
func (s *Server) runnerMetrics(r *batch.Runner) {
	gauge := func(name, help string, read func(batch.RunnerStats) float64) {
		s.metrics.gauge(name, help, func() float64 { return read(r.Stats()) })
	}
	counter := func(name, help string, read func(batch.RunnerStats) int64) {
		s.metrics.counter(name, help, func() float64 { return float64(read(r.Stats())) })
	}
	gauge("nekomata_batches_held", "Batches that this gateway has the lease of.", func(s batch.RunnerStats) float64 { return float64(s.Held) })
	gauge("nekomata_batches_launching", "Batches that this gateway is launching.", func(s batch.RunnerStats) float64 { return float64(s.Launching) })
	gauge("nekomata_batches_pending", "Batches of all gateways that are PENDING, some seconds ago.", func(s batch.RunnerStats) float64 { return float64(s.Pending) })
	gauge("nekomata_batches_running", "Batches of all gateways that are RUNNING, some seconds ago.", func(s batch.RunnerStats) float64 { return float64(s.Running) })
	gauge("nekomata_batch_queue_age_seconds", "How long the oldest batch has waited for a gateway.", func(s batch.RunnerStats) float64 { return s.QueueAge.Seconds() })
	counter("nekomata_batch_launches_total", "Jobs that this gateway has started.", func(s batch.RunnerStats) int64 { return s.Launches })
	counter("nekomata_batch_launches_failed_total", "Launches that have not started a job.", func(s batch.RunnerStats) int64 { return s.LaunchesFailed })
	counter("nekomata_batch_takeovers_total", "Running batches that were taken over from other gateways.", func(s batch.RunnerStats) int64 { return s.TakenOver })
	counter("nekomata_batch_requeued_total", "Batches of other gateways that had not been started and wait again.", func(s batch.RunnerStats) int64 { return s.Requeued })
	counter("nekomata_batch_leases_lost_total", "Batches that other gateways have taken over from this one.", func(s batch.RunnerStats) int64 { return s.Lost })
	counter("nekomata_batches_finished_total", "Batches that this gateway has seen end as FINISHED.", func(s batch.RunnerStats) int64 { return s.Finished })
	counter("nekomata_batches_failed_total", "Batches that this gateway has seen end as ERROR.", func(s batch.RunnerStats) int64 { return s.Failed })
	counter("nekomata_batches_canceled_total", "Batches that this gateway has seen end as CANCELED.", func(s batch.RunnerStats) int64 { return s.Canceled })
	counter("nekomata_batch_notices_total", "Ends of batches that this gateway has told the webhook of.", func(s batch.RunnerStats) int64 { return s.Told })
	counter("nekomata_batch_notices_failed_total", "Calls of the webhook that failed.", func(s batch.RunnerStats) int64 { return s.TellsFailed })
	counter("nekomata_batches_cleaned_total", "Old batches that this gateway has removed.", func(s batch.RunnerStats) int64 { return s.Cleaned })
}
