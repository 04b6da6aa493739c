package rest

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// oneStatement is the statement of a path.
type oneStatement struct{ *server }

// named is the path's statement and what serves it.
func (o oneStatement) named(c *APIRequestContext) (Statements, uuid.UUID, error) {
	statements, err := o.statements()
	if err != nil {
		return nil, uuid.UUID{}, err
	}
	id, err := c.handle("statementId")
	return statements, id, err
}

func (o oneStatement) info(c *APIRequestContext) error {
	statements, id, err := o.named(c)
	if err != nil {
		return err
	}
	wait, err := c.waitFor(0)
	if err != nil {
		return err
	}
	info, err := statements.Wait(c.context(), id, wait)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, o.describe(c, &info))
}

// end cancels a statement that is at work and frees one that has ended.
func (o oneStatement) end(c *APIRequestContext) error {
	statements, id, err := o.named(c)
	if err != nil {
		return err
	}
	info, err := statements.Wait(c.context(), id, 0)
	if err != nil {
		return err
	}
	if info.State.Terminal() {
		err = statements.Delete(c.context(), id)
		info.State = operation.Closed
	} else {
		info, err = statements.Cancel(c.context(), id)
	}
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, o.describe(c, &info))
}

func (o oneStatement) log(c *APIRequestContext) error {
	const standard, most = 1000, 100_000
	statements, id, err := o.named(c)
	if err != nil {
		return err
	}
	offset, err := c.integer("offset", 0)
	if err != nil {
		return err
	}
	length, err := c.integer("length", standard)
	if err != nil {
		return err
	}
	if offset < 0 || length < 1 || length > most {
		return sqlerr.New(sqlerr.Invalid, "offset must not be negative and length must be from 1 to %d", most)
	}
	page, err := statements.Log(c.context(), id, offset, length)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, logLines(page))
}
