package rest

import (
	"net/http"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/session"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// delegationToken is the tokens that the path's session is asked for. They
// outlive it.
type delegationToken struct{ *server }

// session checks that there are tokens, and that the path's session is the caller's.
func (d delegationToken) session(c *APIRequestContext) (session.Info, error) {
	id, err := c.handle("sessionHandle")
	if err != nil {
		return session.Info{}, err
	}
	if d.Tokens == nil {
		return session.Info{}, sqlerr.New(sqlerr.Unsupported, "Delegation tokens are not supported")
	}
	return d.Backend.Session(c.context(), id)
}

// issue makes a token, for the session's user unless the query names another.
func (d delegationToken) issue(c *APIRequestContext) error {
	info, err := d.session(c)
	if err != nil {
		return err
	}
	query := c.request.URL.Query()
	owner := query.Get("owner")
	if owner == "" {
		owner = info.User
	}
	t, err := d.Tokens.Issue(c.context(), owner, query.Get("renewer"))
	if err != nil {
		return err
	}
	return c.token(t)
}

func (d delegationToken) renew(c *APIRequestContext) error {
	text, err := d.named(c)
	if err != nil {
		return err
	}
	t, err := d.Tokens.Renew(c.context(), text)
	if err != nil {
		return err
	}
	return c.token(t)
}

func (d delegationToken) cancel(c *APIRequestContext) error {
	text, err := d.named(c)
	if err != nil {
		return err
	}
	if err := d.Tokens.Cancel(c.context(), text); err != nil {
		return err
	}
	return c.empty()
}

// named is the token that the body names: a path or a query would leave the
// secret in logs.
func (d delegationToken) named(c *APIRequestContext) (string, error) {
	if _, err := d.session(c); err != nil {
		return "", err
	}
	var req api.DelegationTokenRequest
	if err := d.decode(c, &req); err != nil {
		return "", err
	}
	if req.DelegationToken == "" {
		return "", sqlerr.New(sqlerr.Invalid, "delegationToken is missing: send the token's text")
	}
	return req.DelegationToken, nil
}

// token answers with a token, which no cache may keep.
func (c *APIRequestContext) token(t auth.Token) error {
	c.Header().Set("Cache-Control", "no-store")
	return c.json(http.StatusOK, api.DelegationToken{
		Identifier: t.ID, DelegationToken: t.Text, Owner: t.Owner, Renewer: t.Renewer,
		IssueDate: millis(t.Issued), ExpiryDate: millis(t.Expires), MaxDate: millis(t.Latest),
	})
}
