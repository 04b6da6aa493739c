package rest

import (
	"net/http"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// oneSession is the session of a path.
type oneSession struct{ *server }

func (o oneSession) event(c *APIRequestContext) error {
	id, err := c.handle("sessionHandle")
	if err != nil {
		return err
	}
	info, err := o.Backend.Session(c.context(), id)
	if err != nil {
		return err
	}
	e := sessionEvent(&info)
	return event(c, &e, appendSessionEvent)
}

func (o oneSession) close(c *APIRequestContext) error {
	id, err := c.handle("sessionHandle")
	if err != nil {
		return err
	}
	if err := o.Backend.CloseSession(c.context(), id); err != nil {
		return err
	}
	return c.empty()
}

// log reads what all operations of the session have logged.
func (o oneSession) log(c *APIRequestContext) error {
	const page = 100
	id, err := c.handle("sessionHandle")
	if err != nil {
		return err
	}
	offset, err := c.integer("offset", 0)
	if err != nil {
		return err
	}
	length, err := c.integer("length", page)
	if err != nil {
		return err
	}
	if offset < 0 || length <= 0 {
		return sqlerr.New(sqlerr.Invalid, "offset must be at least 0 and length at least 1, not %d and %d", offset, length)
	}
	p, err := o.Backend.SessionLog(c.context(), id, offset, length)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, api.SessionLog{LogRowSet: p.Lines, RowCount: len(p.Lines), Offset: p.Start, Total: p.Total})
}
