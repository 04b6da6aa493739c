package rest

import (
	"net/http"
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
	return c.json(http.StatusOK, sessionEvent(&info))
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
