package server

import (
	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/batch/application"
	"github.com/nekomata-sql/nekomata/batch/application/spark"
	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/metadata"
)

// newBatches makes the part that accepts batches and tells of them.
func (s *Server) newBatches() *batch.Manager {
	c := s.conf
	m := batch.NewManager(batch.ManagerOptions{
		Store:         s.store,
		Instance:      s.instance,
		Host:          hostID(config.Get(c, config.BatchHost)),
		Dir:           config.Get(c, config.BatchDir),
		SharedUploads: config.Get(c, config.BatchSharedUploads),
		Defaults:      c.BatchDefaults(),
		IgnoreConf:    config.Get(c, config.BatchIgnoreList),
		RestrictConf:  config.Get(c, config.SessionRestrictList),
		Limits: batch.Limits{
			PerUser:        config.Get(c, config.BatchLimitPerUser),
			PerAddress:     config.Get(c, config.BatchLimitPerAddress),
			PerUserAddress: config.Get(c, config.BatchLimitPerUserAddress),
			Unlimited:      config.Get(c, config.UnlimitedUsers),
			DenyUsers:      config.Get(c, config.DenyUsers),
			DenyAddresses:  config.Get(c, config.DenyAddresses),
		},
		Paths: batch.Paths{Allowed: config.Get(c, config.LocalDirAllowList), Keys: config.Get(c, config.SparkFileConfigList)},
		Check: s.checkBatch,
		Uploads: batch.UploadLimits{
			Off:      !config.Get(c, config.BatchUpload),
			Resource: config.Get(c, config.BatchResourceMaxSize),
			Extra:    config.Get(c, config.BatchExtraMaxSize),
		},
		CancelWait: config.Get(c, config.BatchCancelWait),
		Redact:     c.Redact,
		Wake:       s.runner.Wake,
		Nudge:      s.runner.Nudge,
		Log:        s.log,
	})
	pair(s.metrics.counter, m.Submissions,
		figure{"nekomata_batches_accepted_total", "Batches that this gateway has accepted."},
		figure{"nekomata_batches_duplicated_total", "Submissions that this gateway has answered with a batch that was there."})
	return m
}

// checkBatch refuses what its application would refuse when the batch is started.
func (s *Server) checkBatch(r *batch.Request, conf map[string]string) error {
	if r.Type == batch.TypeSQL {
		return s.checkScript(r, conf)
	}
	app, err := s.applicationOf(metadata.Batch{Type: r.Type, ClusterManager: batch.ClusterManager(r.Type, conf), Conf: conf})
	if err != nil { // another gateway may have what this one hasn't
		return nil //nolint:nilerr // as said
	}
	job := application.Job{ClassName: r.ClassName, Resource: r.Resource, User: r.User}
	if r.Uploaded { // its file will be
		job.Resource = "/"
	}
	if err := spark.Check(job); err != nil {
		return err
	}
	if app == s.applications[appKubernetes] {
		return s.kubernetes.Check(conf)
	}
	return nil
}

// checkScript refuses SQL batches on files that they can't have.
func (s *Server) checkScript(r *batch.Request, conf map[string]string) error {
	files := s.batchDatabases()
	if _, err := files.Path(conf); err != nil {
		return err
	}
	if r.Uploaded { // then it is a name, and looked at when the batch starts
		return nil
	}
	return files.CheckScript(r.Resource)
}
