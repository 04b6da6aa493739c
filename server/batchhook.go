package server

import (
	"context"

	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/batch/webhook"
	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/frontend/rest"
	"github.com/nekomata-sql/nekomata/metadata"
)

// newTell makes what tells a webhook of the ends of batches; nil when there is none.
func (s *Server) newTell() func(context.Context, metadata.Batch) error {
	url := config.Get(s.conf, config.BatchHookURL)
	if url == "" {
		return nil
	}
	hook := webhook.New(webhook.Options{
		URL:    url,
		Secret: config.Get(s.conf, config.BatchHookSecret),
		Agent:  "nekomata/" + s.opts.Version,
	})
	return func(ctx context.Context, b metadata.Batch) error {
		return hook.Post(ctx, b.ID+"-"+string(b.State), rest.BatchData(batch.Info{Batch: b}))
	}
}
