package server

import (
	"os"

	"github.com/nekomata-sql/nekomata/batch/application/spark"
	"github.com/nekomata-sql/nekomata/batch/application/yarn"
	"github.com/nekomata-sql/nekomata/config"
)

// newYARN makes what runs batches on YARN; nil when no ResourceManager is known.
func (s *Server) newYARN() (*yarn.YARN, error) {
	c := s.conf
	addresses, err := s.resourceManagers()
	if err != nil || len(addresses) == 0 {
		return nil, err
	}
	submit, err := s.sparkOptions("") // who submits is bound to no machine
	if err != nil {
		return nil, err
	}
	return yarn.New(yarn.Options{
		Submitter:        spark.New(submit),
		ResourceManagers: addresses,
		User:             yarn.Strategy(config.Get(c, config.YARNUserStrategy)),
		Gateway:          submit.ServerUser,
		Admin:            config.Get(c, config.YARNAdmin),
		SubmitTimeout:    config.Get(c, config.YARNSubmitTimeout),
	})
}

// resourceManagers are those of the settings, else those that spark-submit will
// find.
func (s *Server) resourceManagers() ([]string, error) {
	if addresses := config.Get(s.conf, config.YARNResourceManagers); len(addresses) > 0 {
		return addresses, nil
	}
	launched := s.conf.EngineEnviron()
	for _, name := range []string{"YARN_CONF_DIR", "HADOOP_CONF_DIR"} {
		dir := launched[name]
		if dir == "" {
			dir = os.Getenv(name)
		}
		if dir == "" {
			continue
		}
		addresses, err := yarn.Addresses(dir)
		if err != nil || len(addresses) > 0 {
			return addresses, err
		}
	}
	return nil, nil
}
