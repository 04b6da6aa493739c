package rest

import (
	"net/http"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// oneBatch is the batch of a path. An id that is no UUID is one that isn't there,
// as for Kyuubi.
type oneBatch struct{ *server }

func (o oneBatch) info(c *APIRequestContext) error {
	batches, err := o.batches()
	if err != nil {
		return err
	}
	b, err := batches.Get(c.context(), c.variable("batchId"))
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, batchData(&b))
}

func (o oneBatch) end(c *APIRequestContext) error {
	batches, err := o.batches()
	if err != nil {
		return err
	}
	// Old clients say here for whom they act.
	const proxy = "hive.server2.proxy.user"
	if _, err := actingUser(c.caller, map[string]string{proxy: c.request.URL.Query().Get(proxy)}); err != nil {
		return err
	}
	done, err := batches.Cancel(c.context(), c.variable("batchId"))
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, api.CloseBatchResponse{Success: done.Done, Msg: done.Message})
}

func (o oneBatch) log(c *APIRequestContext) error {
	const standard, most = 100, 100_000
	batches, err := o.batches()
	if err != nil {
		return err
	}
	from, err := c.integer("from", -1)
	if err != nil {
		return err
	}
	size, err := c.integer("size", standard)
	if err != nil {
		return err
	}
	if from < -1 {
		return sqlerr.New(sqlerr.Invalid, "from must be the number of a line, from 0, or -1 for the last lines, not %d", from)
	}
	if size < 1 || size > most {
		return sqlerr.New(sqlerr.Invalid, "size must be from 1 to %d, not %d", most, size)
	}
	lines, err := batches.LocalLog(c.context(), c.variable("batchId"), from, int(size))
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, api.OperationLog{LogRowSet: lines, RowCount: len(lines)})
}

// countBatches counts SPARK's, unless the query names another type, as Kyuubi does.
func (a administration) countBatches(c *APIRequestContext) error {
	batches, err := a.batches()
	if err != nil {
		return err
	}
	if err := c.admit(); err != nil {
		return err
	}
	filter, err := c.batchFilter("SPARK")
	if err != nil {
		return err
	}
	n, err := batches.Count(c.context(), filter)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, api.Count{Count: n})
}

func (a administration) adoptBatch(c *APIRequestContext) error {
	batches, err := a.batches()
	if err != nil {
		return err
	}
	if err := c.admit(); err != nil {
		return err
	}
	b, err := batches.Adopt(c.context(), c.variable("batchId"))
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, batchData(&b))
}
