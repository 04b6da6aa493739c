package rest

import (
	"context"
	"net/http"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/hive"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// oneOperation is the operation of a path.
type oneOperation struct{ *server }

func (o oneOperation) event(c *APIRequestContext) error {
	id, err := c.handle("operationHandle")
	if err != nil {
		return err
	}
	info, err := o.Backend.Operation(c.context(), id)
	if err != nil {
		return err
	}
	e := operationEvent(&info, o.instance(c))
	return event(c, &e, appendOperationEvent)
}

func (o oneOperation) act(c *APIRequestContext) error {
	id, err := c.handle("operationHandle")
	if err != nil {
		return err
	}
	var req api.OpActionRequest
	if err := o.decode(c, &req); err != nil {
		return err
	}
	switch strings.ToLower(req.Action) {
	case "cancel":
		err = o.Backend.Cancel(c.context(), id)
	case "close":
		err = o.Backend.CloseOperation(c.context(), id)
	default:
		err = sqlerr.New(sqlerr.Invalid, "action must be cancel or close, not %q", req.Action)
	}
	if err != nil {
		return err
	}
	return c.empty()
}

func (o oneOperation) metadata(c *APIRequestContext) error {
	id, err := c.handle("operationHandle")
	if err != nil {
		return err
	}
	schema, err := o.Backend.Schema(c.context(), id)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, api.ResultSetMetaData{Columns: columnDescs(schema)})
}

func (o oneOperation) log(c *APIRequestContext) error {
	id, err := c.handle("operationHandle")
	if err != nil {
		return err
	}
	f, err := c.fetch(true)
	if err != nil {
		return err
	}
	lines, err := o.Backend.FetchLog(c.context(), id, f)
	if err != nil {
		return err
	}
	if lines == nil {
		lines = []string{}
	}
	return c.json(http.StatusOK, api.OperationLog{LogRowSet: lines, RowCount: len(lines)})
}

func (o oneOperation) rowset(c *APIRequestContext) error {
	id, err := c.handle("operationHandle")
	if err != nil {
		return err
	}
	f, err := c.fetch(false)
	if err != nil {
		return err
	}
	if limit := o.MaxFetchRows; limit > 0 && f.MaxRows > limit {
		return sqlerr.New(sqlerr.Invalid, "maxrows must be at most %d (kyuubi.server.limit.client.fetch.max.rows), not %d", limit, f.MaxRows)
	}
	f.MaxBytes = o.MaxFetchBytes
	page, err := o.Backend.Fetch(c.context(), id, f)
	if err != nil {
		return err
	}
	defer page.Release()
	rows := rowWriter{}
	if hasBinary(page.Schema) {
		version, err := o.version(c.context(), id)
		if err != nil {
			return err
		}
		rows.base64 = version >= binaryVersion
	}
	c.Header().Set("Content-Type", "application/json")
	rows.write(c, page)
	return nil
}

// version is the protocol version of the session that an operation belongs to.
func (o oneOperation) version(ctx context.Context, operationID uuid.UUID) (int, error) {
	op, err := o.Backend.Operation(ctx, operationID)
	if err != nil {
		return 0, err
	}
	s, err := o.Backend.Session(ctx, op.SessionID)
	if err != nil {
		return 0, err
	}
	return s.ProtocolVersion, nil
}

func hasBinary(schema *arrow.Schema) bool {
	for _, col := range hive.Columns(schema) {
		if col.Type == hive.Binary {
			return true
		}
	}
	return false
}
