package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/nekomata-sql/nekomata/api"
)

const sessionsPath = "/api/v1/sessions"

// segment is a part of a path, whatever is in it.
func segment(s string) string { return "/" + url.PathEscape(s) }

// Ping asks whether the gateway is there.
func (c *Client) Ping(ctx context.Context) error {
	var text string
	if err := c.do(ctx, get("/api/v1/ping", nil), &text); err != nil {
		return err
	}
	if text != "pong" {
		return fmt.Errorf("this is no gateway: it answers %.40q to a ping", text)
	}
	return nil
}

// Version is the gateway's version.
func (c *Client) Version(ctx context.Context) (string, error) {
	v, err := fetch[api.VersionInfo](ctx, c, get("/api/v1/version", nil))
	return v.Version, err
}

// WebUIConfig is what Kyuubi's web UI asks for first.
func (c *Client) WebUIConfig(ctx context.Context) (api.WebUIConfig, error) {
	return fetch[api.WebUIConfig](ctx, c, get("/api/v1/webui/config", nil))
}

// OpenSession opens a session.
func (c *Client) OpenSession(ctx context.Context, req api.SessionOpenRequest) (api.SessionHandle, error) {
	return fetch[api.SessionHandle](ctx, c, call{method: http.MethodPost, path: sessionsPath, body: req})
}

// Sessions lists the open sessions that the user may see.
func (c *Client) Sessions(ctx context.Context) ([]api.SessionData, error) {
	return fetch[[]api.SessionData](ctx, c, get(sessionsPath, nil))
}

// SessionCount is the number of open sessions of everybody.
func (c *Client) SessionCount(ctx context.Context) (int, error) {
	v, err := fetch[api.SessionOpenCount](ctx, c, get(sessionsPath+"/count", nil))
	return v.OpenSessionCount, err
}

// ExecPool says how busy the gateway is with operations.
func (c *Client) ExecPool(ctx context.Context) (api.ExecPoolStatistic, error) {
	return fetch[api.ExecPoolStatistic](ctx, c, get(sessionsPath+"/execPool/statistic", nil))
}

// InfoTypes lists what SessionInfo can be asked.
func (c *Client) InfoTypes(ctx context.Context) ([]api.InfoType, error) {
	return fetch[[]api.InfoType](ctx, c, get(sessionsPath+"/infotype", nil))
}

// Session describes one session.
func (c *Client) Session(ctx context.Context, session string) (api.SessionEvent, error) {
	return fetch[api.SessionEvent](ctx, c, get(sessionsPath+segment(session), nil))
}

// SessionInfo asks for a fact about the server behind a session, by the number of
// the TGetInfoType.
func (c *Client) SessionInfo(ctx context.Context, session string, infoType int) (api.InfoDetail, error) {
	return fetch[api.InfoDetail](ctx, c, get(sessionsPath+segment(session)+"/info/"+strconv.Itoa(infoType), nil))
}

// SessionLog reads up to length lines of what all operations of a session have
// logged, from the line numbered offset on; a length of 0 means 100.
func (c *Client) SessionLog(ctx context.Context, session string, offset, length int64) (api.SessionLog, error) {
	q := url.Values{"offset": {strconv.FormatInt(offset, 10)}}
	if length != 0 {
		q.Set("length", strconv.FormatInt(length, 10))
	}
	return fetch[api.SessionLog](ctx, c, get(sessionsPath+segment(session)+"/log", q))
}

// DelegationToken makes a token that stands for owner, or the session's user when
// that is empty. renewer, or else the owner, may renew it.
func (c *Client) DelegationToken(ctx context.Context, session, owner, renewer string) (api.DelegationToken, error) {
	q := url.Values{}
	if owner != "" {
		q.Set("owner", owner)
	}
	if renewer != "" {
		q.Set("renewer", renewer)
	}
	return fetch[api.DelegationToken](ctx, c, get(sessionsPath+segment(session)+"/delegationtoken", q))
}

// RenewDelegationToken makes a token good for longer.
func (c *Client) RenewDelegationToken(ctx context.Context, session, token string) (api.DelegationToken, error) {
	return fetch[api.DelegationToken](ctx, c, tokenCall(session, "renew", token))
}

// CancelDelegationToken ends a token.
func (c *Client) CancelDelegationToken(ctx context.Context, session, token string) error {
	return c.do(ctx, tokenCall(session, "cancel", token), nil)
}

func tokenCall(session, action, token string) call {
	return call{
		method: http.MethodPost, path: sessionsPath + segment(session) + "/delegationtoken/" + action,
		body: api.DelegationTokenRequest{DelegationToken: token},
	}
}

// CloseSession cancels and closes the session's operations, then the session.
func (c *Client) CloseSession(ctx context.Context, session string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: sessionsPath + segment(session)}, nil)
}
