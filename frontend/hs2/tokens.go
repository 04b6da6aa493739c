package hs2

import (
	"context"

	"github.com/nekomata-sql/nekomata/session"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// tokens are whose calls need a session, as all calls do, although a token
// outlives it.
func (c *conn) tokens(ctx context.Context, h *tcli.TSessionHandle) (Tokens, session.Info, error) {
	if c.h.opts.Tokens == nil {
		return nil, session.Info{}, unsupported("Delegation tokens are")
	}
	id, err := sessionID(h)
	if err != nil {
		return nil, session.Info{}, err
	}
	info, err := c.h.opts.Backend.Session(ctx, id)
	return c.h.opts.Tokens, info, err
}

// getDelegationToken makes a token. Without an owner it is the session's user's.
func (c *conn) getDelegationToken(ctx context.Context, q *tcli.TGetDelegationTokenReq) (response, error) {
	tokens, info, err := c.tokens(ctx, q.SessionHandle)
	if err != nil {
		return nil, err
	}
	owner := q.Owner
	if owner == "" {
		owner = info.User
	}
	t, err := tokens.Issue(ctx, owner, q.Renewer)
	if err != nil {
		return nil, err
	}
	return &tcli.TGetDelegationTokenResp{Status: success, DelegationToken: &t.Text}, nil
}

func (c *conn) cancelDelegationToken(ctx context.Context, q *tcli.TCancelDelegationTokenReq) (response, error) {
	tokens, _, err := c.tokens(ctx, q.SessionHandle)
	if err != nil {
		return nil, err
	}
	if err := tokens.Cancel(ctx, q.DelegationToken); err != nil {
		return nil, err
	}
	return &tcli.TCancelDelegationTokenResp{Status: success}, nil
}

func (c *conn) renewDelegationToken(ctx context.Context, q *tcli.TRenewDelegationTokenReq) (response, error) {
	tokens, _, err := c.tokens(ctx, q.SessionHandle)
	if err != nil {
		return nil, err
	}
	if _, err := tokens.Renew(ctx, q.DelegationToken); err != nil {
		return nil, err
	}
	return &tcli.TRenewDelegationTokenResp{Status: success}, nil
}
