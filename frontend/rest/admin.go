package rest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// The types of session.
const (
	interactive = "INTERACTIVE"
	batched     = session.TypeBatch
)

// administration is everybody's sessions and operations, for administrators.
type administration struct{ *server }

// admit refuses everybody but administrators.
func (c *APIRequestContext) admit() error {
	if c.caller.Admin {
		return nil
	}
	return sqlerr.New(sqlerr.Denied, "%s is not an administrator (kyuubi.server.administrators)", c.caller.User)
}

// filter is what the query narrows a list down to. nil and "" mean everything.
type filter struct {
	users       []string
	sessionType string
	session     *uuid.UUID
}

// filter reads the filters of the query; fold takes the session's type in any case.
func (c *APIRequestContext) filter(fold bool) (filter, error) {
	var f filter
	query := c.request.URL.Query()
	for user := range strings.SplitSeq(query.Get("users"), ",") {
		if user = strings.TrimSpace(user); user != "" {
			f.users = append(f.users, user)
		}
	}
	sent := query.Get("sessionType")
	f.sessionType = sent
	if fold && len(sent) == len(strings.ToUpper(sent)) { // ASCII alone: ſ is no S
		f.sessionType = strings.ToUpper(sent)
	}
	if f.sessionType != "" && f.sessionType != interactive && f.sessionType != batched {
		return filter{}, sqlerr.New(sqlerr.Invalid, "sessionType must be %s or %s, not %q", interactive, batched, sent)
	}
	if text := query.Get("sessionHandle"); text != "" {
		id, err := parseUUID("sessionHandle", text)
		if err != nil {
			return filter{}, err
		}
		f.session = &id
	}
	return f, nil
}

// drops says whether the filter leaves out what belongs to a user's session of a type.
func (f filter) drops(user, kind string, id uuid.UUID) bool {
	return len(f.users) > 0 && !slices.Contains(f.users, user) ||
		f.sessionType != "" && f.sessionType != typeOf(kind) || f.session != nil && *f.session != id
}

func (a administration) sessions(c *APIRequestContext) error {
	if err := c.admit(); err != nil {
		return err
	}
	f, err := c.filter(false)
	if err != nil {
		return err
	}
	infos, err := a.Backend.Sessions(c.context())
	if err != nil {
		return err
	}
	infos = slices.DeleteFunc(infos, func(i session.Info) bool { return f.drops(i.User, i.Type, i.ID) })
	data := make([]api.SessionData, len(infos))
	for i := range infos {
		data[i] = sessionData(&infos[i], a.instance(c))
	}
	return c.json(http.StatusOK, data)
}

func (a administration) operations(c *APIRequestContext) error {
	if err := c.admit(); err != nil {
		return err
	}
	f, err := c.filter(true)
	if err != nil {
		return err
	}
	infos, err := a.Backend.AllOperations(c.context())
	if err != nil {
		return err
	}
	infos = slices.DeleteFunc(infos, func(i operation.Info) bool { return f.drops(i.User, i.SessionType, i.SessionID) })
	return c.json(http.StatusOK, operationDatas(infos, a.instance(c)))
}

func (a administration) closeSession(c *APIRequestContext) error {
	if err := c.admit(); err != nil {
		return err
	}
	id, err := c.handle("sessionHandle")
	if err != nil {
		return err
	}
	if err := a.Backend.CloseSession(c.context(), id); err != nil {
		return err
	}
	return c.text(fmt.Sprintf("Session %s is closed.", id))
}

func (a administration) closeOperation(c *APIRequestContext) error {
	if err := c.admit(); err != nil {
		return err
	}
	id, err := c.handle("operationHandle")
	if err != nil {
		return err
	}
	if err := a.Backend.CloseOperation(c.context(), id); err != nil {
		return err
	}
	return c.text(fmt.Sprintf("Operation %s is closed.", id))
}
