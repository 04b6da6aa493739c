package server

import (
	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/metadata"
)

// newStore makes the part that keeps what all gateways of one database agree on.
func (s *Server) newStore() (*metadata.Store, error) {
	c := s.conf
	url := config.Get(c, config.MetadataURL)
	return metadata.New(metadata.Options{
		URL:      url,
		ShownURL: c.Redact(config.MetadataURL.Key(), url),
		User:     config.Get(c, config.MetadataUser),
		Password: config.Get(c, config.MetadataPassword),
		Pool:     c.Pool(),
		Notices:  config.Get(c, config.BatchHookURL) != "",
		Log:      s.log,
	})
}
