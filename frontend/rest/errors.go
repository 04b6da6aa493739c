package rest

import (
	"errors"
	"net/http"
	"strings"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

var errPanic = errors.New("panic")

// challenge tells clients how to log in, bearerChallenge that there is another way.
const (
	challenge       = `Basic realm="Nekomata", charset="UTF-8"`
	bearerChallenge = `Bearer realm="Nekomata"`
)

// retryAfter is how many seconds a client should wait for a gateway that is not
// there right now.
const retryAfter = "5"

// fail answers with err. What went wrong in the gateway itself, and what it lacks, is
// logged here, and only here.
func (s *server) fail(c *APIRequestContext, err error) {
	e := aboutSQL(sqlerr.From(err))
	if level, ok := e.ForOperators(); ok {
		s.Log.Log(c.context(), level, "a request failed", "err", err, "method", c.request.Method, "route", c.route, "user", c.caller.User, "requestId", c.id)
	}
	if c.status != 0 { // too late to say it; a cut connection is at least no lie
		panic(http.ErrAbortHandler)
	}
	c.render(e)
}

// aboutSQL tells what SQL names and there isn't (class 42, or a schema or catalog)
// from what the path names: only the latter is 404.
func aboutSQL(e *sqlerr.Error) *sqlerr.Error {
	if e.Kind != sqlerr.NotFound {
		return e
	}
	for _, class := range []string{"42", "3F", "3D"} {
		if strings.HasPrefix(e.State, class) {
			c := *e
			c.Kind = sqlerr.Invalid
			return &c
		}
	}
	return e
}

// render answers with e as JSON.
func (c *APIRequestContext) render(e *sqlerr.Error) {
	if e.Kind == sqlerr.Unauthenticated {
		c.Header().Set("WWW-Authenticate", challenge)
		if c.bearer {
			c.Header().Add("WWW-Authenticate", bearerChallenge)
		}
	}
	if e.Kind == sqlerr.Unavailable {
		c.Header().Set("Retry-After", retryAfter)
	}
	_ = c.json(e.Kind.HTTPStatus(), api.Error{
		Message: e.Message, Kind: e.Kind.String(), SQLState: e.SQLState(), RequestID: c.id,
	})
}
