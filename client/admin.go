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

// EngineFilter says which engines are meant. Empty fields mean any.
type EngineFilter struct {
	// Type is the value of kyuubi.engine.type, such as DUCKDB.
	Type string
	// ShareLevel is the value of kyuubi.engine.share.level.
	ShareLevel string
	Subdomain  string
	// ProxyUser is the user for whom one asks.
	ProxyUser string
}

func (f EngineFilter) query() url.Values {
	q := url.Values{}
	for key, value := range map[string]string{
		"type": f.Type, "sharelevel": f.ShareLevel, "subdomain": f.Subdomain, "proxyUser": f.ProxyUser,
	} {
		if value != "" {
			q.Set(key, value)
		}
	}
	return q
}

// AdminEngines lists the running engines.
func (c *Client) AdminEngines(ctx context.Context, f EngineFilter) ([]api.Engine, error) {
	return fetch[[]api.Engine](ctx, c, get(adminPath+"/engine", f.query()))
}

// AdminDeleteEngine ends engines and returns what the gateway says. An engine that
// is part of the gateway is refused.
func (c *Client) AdminDeleteEngine(ctx context.Context, f EngineFilter) (string, error) {
	return c.say(ctx, call{method: http.MethodDelete, path: adminPath + "/engine", query: f.query()})
}

// AdminServers lists the gateways.
func (c *Client) AdminServers(ctx context.Context) ([]api.ServerData, error) {
	return fetch[[]api.ServerData](ctx, c, get(adminPath+"/server", nil))
}

// AdminRefresh makes the gateway read a part of its configuration again and
// returns what it says: "unlimited_users", "deny_users", "deny_ips", and for
// Kyuubi's sake "hadoop_conf", "kubernetes_conf" and "user_defaults_conf".
func (c *Client) AdminRefresh(ctx context.Context, what string) (string, error) {
	return c.say(ctx, call{method: http.MethodPost, path: adminPath + "/refresh" + segment(what)})
}

func (c *Client) remove(ctx context.Context, path string) (string, error) {
	return c.say(ctx, call{method: http.MethodDelete, path: path})
}

// say makes a request whose answer is a sentence.
func (c *Client) say(ctx context.Context, k call) (string, error) {
	var text string
	err := c.do(ctx, k, &text)
	return text, err
}
