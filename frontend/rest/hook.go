package rest

import (
	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/batch"
)

// BatchData is a batch as clients of GET /batches/{id} see it, for webhooks.
func BatchData(b batch.Info) api.Batch { return batchData(&b) }
