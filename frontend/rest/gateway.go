package rest

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// engineTypes are the values of kyuubi.engine.type, shareLevels those of
// kyuubi.engine.share.level.
var (
	engineTypes = []string{"SPARK_SQL", "FLINK_SQL", "CHAT", "TRINO", "HIVE_SQL", "JDBC", "DATA_AGENT", "DUCKDB"}
	shareLevels = []string{"CONNECTION", "USER", "GROUP", "SERVER", "SERVER_LOCAL"}
)

// Where the gateway and its engine would stand in Kyuubi's discovery service.
const (
	namespace   = "/kyuubi"
	subdomain   = "default"
	sharedByAll = "SERVER"
	sequence    = "0000000000"
)

// wanted is the engine that a query asks for. "" means any.
type wanted struct{ kind, level, subdomain string }

// engine reads the query of the engine routes and checks that the caller may ask
// for the user whom it names.
func (c *APIRequestContext) engine() (wanted, error) {
	query := c.request.URL.Query()
	w := wanted{query.Get("type"), query.Get("sharelevel"), query.Get("subdomain")}
	if w.kind != "" && !slices.Contains(engineTypes, w.kind) {
		return w, sqlerr.New(sqlerr.Invalid, "type must be one of %q, not %q", engineTypes, w.kind)
	}
	if w.level != "" && !slices.Contains(shareLevels, w.level) {
		return w, sqlerr.New(sqlerr.Invalid, "sharelevel must be one of %q, not %q", shareLevels, w.level)
	}
	for _, key := range []string{"proxyUser", "hive.server2.proxy.user"} {
		if proxy := query.Get(key); proxy != "" && proxy != c.caller.User && !c.caller.Admin {
			return w, sqlerr.New(sqlerr.Denied, "Failed to validate proxy privilege of %s for %s: only administrators may set %s", c.caller.User, proxy, key)
		}
	}
	return w, nil
}

// matches says whether the engine that is part of the gateway is meant.
func (w wanted) matches(kind string) bool {
	return (w.kind == "" || w.kind == kind) && (w.level == "" || w.level == sharedByAll) && (w.subdomain == "" || w.subdomain == subdomain)
}

// engines lists the one engine there is: everybody's, and part of the gateway.
func (a administration) engines(c *APIRequestContext) error {
	w, err := c.engine()
	if err != nil {
		return err
	}
	if a.Gateway.Engine == nil {
		return sqlerr.New(sqlerr.Unsupported, "a list of engines is not supported")
	}
	list := []api.Engine{}
	if info := a.Gateway.Engine(); w.matches(info.Type) {
		list = append(list, api.Engine{
			Version: info.Version, User: a.Gateway.User, EngineType: info.Type, ShareLevel: sharedByAll, Subdomain: subdomain,
			Instance:   a.instance(c),
			Namespace:  fmt.Sprintf("%s_%s_%s_%s/%s/%s", namespace, a.Version, sharedByAll, info.Type, a.Gateway.User, subdomain),
			Attributes: map[string]string{"kyuubi.engine.id": info.ID, "kyuubi.engine.name": info.Name},
		})
	}
	return c.json(http.StatusOK, list)
}

// deleteEngine refuses to end the engine that is part of the gateway, and has
// nothing to do for others.
func (a administration) deleteEngine(c *APIRequestContext) error {
	w, err := c.engine()
	if err != nil {
		return err
	}
	if text := c.request.URL.Query().Get("kill"); text != "" && text != "true" && text != "false" {
		return sqlerr.New(sqlerr.Invalid, "kill must be true or false, not %q", text)
	}
	if a.Gateway.Engine == nil {
		return sqlerr.New(sqlerr.Unsupported, "deleting engines is not supported")
	}
	if info := a.Gateway.Engine(); w.matches(info.Type) {
		return sqlerr.New(sqlerr.Conflict, "the %s engine is part of the gateway and ends with it: close its sessions (DELETE /api/v1/admin/sessions/...) or stop the gateway", info.Type)
	}
	return c.text("No such engine is running.")
}

// servers lists this gateway.
func (a administration) servers(c *APIRequestContext) error {
	if err := c.admit(); err != nil {
		return err
	}
	instance := ""
	if a.Gateway.Thrift != nil {
		instance = a.Gateway.Thrift()
	}
	if instance == "" {
		instance = a.instance(c)
	}
	host, port, err := net.SplitHostPort(instance)
	if err != nil {
		host = instance
	}
	number, _ := strconv.Atoi(port) // 0 where a Host header has none
	return c.json(http.StatusOK, []api.ServerData{{
		NodeName:  fmt.Sprintf("serverUri=%s;version=%s;sequence=%s", instance, a.Version, sequence),
		Namespace: namespace, Instance: instance, Host: host, Port: number,
		Attributes: map[string]string{"serverUri": instance, "version": a.Version, "sequence": sequence},
		Status:     "Running",
	}})
}

// refreshed are the lists that can be read again, in words.
var refreshed = map[string]string{
	"unlimited_users": "unlimited users",
	"deny_users":      "deny users",
	"deny_ips":        "deny ips",
}

// refresh reads a list again.
func (a administration) refresh(list string) endpoint {
	return func(c *APIRequestContext) error {
		if err := c.admit(); err != nil {
			return err
		}
		if a.Gateway.Refresh == nil {
			return sqlerr.New(sqlerr.Unsupported, "reading the %s again is not supported", refreshed[list])
		}
		if err := a.Gateway.Refresh(c.context(), list); err != nil {
			return err
		}
		return c.text(fmt.Sprintf("Refresh the %s for %s successfully.", refreshed[list], a.instance(c)))
	}
}

// unread are the files of Kyuubi that this gateway does without, and what to do
// instead.
var unread = map[string]string{
	"hadoop_conf":        "There is no Hadoop configuration to refresh: the gateway uses none.",
	"kubernetes_conf":    "There is no Kubernetes configuration to refresh: the gateway uses none.",
	"user_defaults_conf": "There are no user defaults to refresh: the gateway uses no ___user___ settings.",
}

// refreshNothing answers for what is not there; it is no failure that it is not.
func (a administration) refreshNothing(what string) endpoint {
	return func(c *APIRequestContext) error {
		if err := c.admit(); err != nil {
			return err
		}
		return c.text(unread[what])
	}
}
