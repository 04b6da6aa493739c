package client

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/nekomata-sql/nekomata/api"
)

const adminPath = "/api/v1/admin"

// Filter narrows an administrator's list down. Empty fields mean everything.
type Filter struct {
	// Users are the owners to list.
	Users []string
	// SessionType is INTERACTIVE or BATCH.
	SessionType string
	// Session is the handle of the session whose operations to list.
	Session string
}

func (f Filter) query() url.Values {
	q := url.Values{}
	if len(f.Users) > 0 {
		q.Set("users", strings.Join(f.Users, ","))
	}
	if f.SessionType != "" {
		q.Set("sessionType", f.SessionType)
	}
	if f.Session != "" {
		q.Set("sessionHandle", f.Session)
	}
	return q
}

// AdminSessions lists everybody's sessions.
func (c *Client) AdminSessions(ctx context.Context, f Filter) ([]api.SessionData, error) {
	return fetch[[]api.SessionData](ctx, c, get(adminPath+"/sessions", f.query()))
}

// AdminOperations lists everybody's operations.
func (c *Client) AdminOperations(ctx context.Context, f Filter) ([]api.OperationData, error) {
	return fetch[[]api.OperationData](ctx, c, get(adminPath+"/operations", f.query()))
}

// AdminCloseSession closes anybody's session and returns what the gateway says.
func (c *Client) AdminCloseSession(ctx context.Context, session string) (string, error) {
	return c.remove(ctx, adminPath+"/sessions"+segment(session))
}

// AdminCloseOperation closes anybody's operation and returns what the gateway says.
func (c *Client) AdminCloseOperation(ctx context.Context, operation string) (string, error) {
	return c.remove(ctx, adminPath+"/operations"+segment(operation))
}

func (c *Client) remove(ctx context.Context, path string) (string, error) {
	var text string
	err := c.do(ctx, call{method: http.MethodDelete, path: path}, &text)
	return text, err
}
