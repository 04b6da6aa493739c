package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// duck is the gateway of these tests; refreshed collects the lists that were read.
func duck(refreshed *[]string) Gateway {
	return Gateway{
		Engine: func() engine.Info { return engine.Info{Type: "DUCKDB", Name: "DuckDB", Version: "1.5.5", ID: "e-1"} },
		User:   "nekomata",
		Thrift: func() string { return "127.0.0.1:11009" },
		Refresh: func(_ context.Context, list string) error {
			if list == "deny_ips" {
				return sqlerr.New(sqlerr.Conflict, "the configuration can't be read again")
			}
			*refreshed = append(*refreshed, list)
			return nil
		},
	}
}

// What Kyuubi 1.10.3 answers.
const (
	goldenEngine = `[{"version": "1.10.3", "user": "bench", "engineType": "SPARK_SQL", "sharelevel": "USER", "subdomain": "default", "instance": "127.0.0.1:36755", "namespace": "/kyuubi_1.10.3_USER_SPARK_SQL/bench/default", "attributes": {}}]`
	goldenServer = `[{"nodeName": "serverUri=127.0.0.1:11009;version=1.10.3;sequence=0000000000", "namespace": "/kyuubi", "instance": "127.0.0.1:11009", "host": "127.0.0.1", "port": 11009, "attributes": {"serverUri": "127.0.0.1:11009", "version": "1.10.3", "sequence": "0000000000"}, "status": "Running"}]`
)

func TestEnginesAndServers(t *testing.T) {
	t.Parallel()
	var read []string
	g, doc := open(t, Options{Gateway: duck(&read), Auth: passwords{}}, nil), readDocument(t)

	w := g.as(t, "root", "GET", "/api/v1/admin/server", "")
	doc.check(t, "server", "GET", "/api/v1/admin/server", "", w)
	want := strings.ReplaceAll(goldenServer, "1.10.3", "1.2.3")
	require.JSONEq(t, want, w.Body.String())
	require.Equal(t, []string{"nodeName", "namespace", "instance", "host", "port", "attributes"}, keysInOrder(t, w.Body.Bytes())[:6])
	require.Equal(t, 403, g.as(t, "ann", "GET", "/api/v1/admin/server", "").Code)

	w = g.as(t, "ann", "GET", "/api/v1/admin/engine", "")
	doc.check(t, "engine", "GET", "/api/v1/admin/engine", "", w)
	ours := slices.DeleteFunc(keysInOrder(t, w.Body.Bytes()), func(k string) bool { return k == "k" })
	require.Equal(t, keysInOrder(t, []byte(goldenEngine)), ours)
	require.Equal(t, []api.Engine{{
		Version: "1.5.5", User: "nekomata", EngineType: "DUCKDB", ShareLevel: "SERVER", Subdomain: "default", Instance: "127.0.0.1:10099",
		Namespace:  "/kyuubi_1.2.3_SERVER_DUCKDB/nekomata/default",
		Attributes: map[string]string{"kyuubi.engine.id": "e-1", "kyuubi.engine.name": "DuckDB"},
	}}, into[[]api.Engine](t, w))
	for query, n := range map[string]int{
		"type=DUCKDB&sharelevel=SERVER&subdomain=default": 1, "type=SPARK_SQL": 0, "sharelevel=USER": 0, "subdomain=other": 0,
		"type=&sharelevel=&hive.server2.proxy.user=ann": 1, "proxyUser=ann": 1,
	} {
		require.Len(t, into[[]api.Engine](t, g.as(t, "ann", "GET", "/api/v1/admin/engine?"+query, "")), n, query)
	}
	require.Len(t, into[[]api.Engine](t, g.as(t, "root", "GET", "/api/v1/admin/engine?proxyUser=ann", "")), 1)

	for _, c := range []struct {
		method, query string
		status        int
		message       string
	}{
		{"GET", "type=duckdb", 400, "type must be one of"},
		{"GET", "sharelevel=ALL", 400, "sharelevel must be one of"},
		{"GET", "proxyUser=bob", 403, "Failed to validate proxy privilege of ann for bob"},
		{"DELETE", "hive.server2.proxy.user=bob", 403, "Failed to validate"},
		{"DELETE", "", 409, "is part of the gateway"},
		{"DELETE", "type=DUCKDB&kill=true", 409, "is part of the gateway"},
		{"DELETE", "type=DUCKDB&kill=yes", 400, "kill must be true or false"},
		{"DELETE", "type=SPARK_SQL", 200, "No such engine is running."},
	} {
		w := g.as(t, "ann", c.method, "/api/v1/admin/engine?"+c.query, "")
		require.Equal(t, c.status, w.Code, "%+v: %s", c, w.Body)
		require.Contains(t, w.Body.String(), c.message)
		doc.check(t, c.query, c.method, "/api/v1/admin/engine?"+c.query, "", w)
	}
}

func TestServerWithoutThrift(t *testing.T) {
	t.Parallel()
	g := open(t, Options{Instance: func() string { return "gw" }}, nil)
	servers := into[[]api.ServerData](t, g.call(t, 200, "GET", "/api/v1/admin/server", ""))
	require.Equal(t, "gw", servers[0].Host)
	require.Zero(t, servers[0].Port)
	for _, c := range [][2]string{{"GET", "engine"}, {"DELETE", "engine"}, {"POST", "refresh/deny_users"}} {
		g.call(t, http.StatusNotImplemented, c[0], "/api/v1/admin/"+c[1], "")
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	var read []string
	g, doc := open(t, Options{Gateway: duck(&read), Auth: passwords{}}, nil), readDocument(t)
	for _, c := range []struct{ what, sentence string }{
		{"unlimited_users", "Refresh the unlimited users for 127.0.0.1:10099 successfully."},
		{"deny_users", "Refresh the deny users for 127.0.0.1:10099 successfully."},
		{"hadoop_conf", "There is no Hadoop configuration to refresh: the gateway uses none."},
		{"kubernetes_conf", "There is no Kubernetes configuration to refresh: the gateway uses none."},
		{"user_defaults_conf", "There are no user defaults to refresh: the gateway uses no ___user___ settings."},
	} {
		path := "/api/v1/admin/refresh/" + c.what
		w := g.as(t, "root", "POST", path, "")
		require.Equal(t, 200, w.Code, w.Body)
		require.Equal(t, c.sentence, w.Body.String())
		doc.check(t, c.what, "POST", path, "", w)
		require.Equal(t, 403, g.as(t, "ann", "POST", path, "").Code)
	}
	require.Equal(t, []string{"unlimited_users", "deny_users"}, read)
	require.Equal(t, 409, g.as(t, "root", "POST", "/api/v1/admin/refresh/deny_ips", "").Code)
}

func TestSessionLog(t *testing.T) {
	t.Parallel()
	g, doc := open(t, Options{}, nil), readDocument(t)
	path := "/api/v1/sessions/" + g.openSession(t, `{}`)
	g.call(t, 400, "POST", path+"/operations/statement", `{"statement":"bad"}`)
	all := into[api.SessionLog](t, g.call(t, 200, "GET", path+"/log", ""))
	require.Contains(t, strings.Join(all.LogRowSet, "\n"), "Error: syntax error")
	require.EqualValues(t, all.RowCount, all.Total)
	w := g.call(t, 200, "GET", path+"/log?offset=2&length=1", "")
	doc.check(t, "log", "GET", path+"/log?offset=2&length=1", "", w)
	require.Equal(t, api.SessionLog{LogRowSet: all.LogRowSet[2:3], RowCount: 1, Offset: 2, Total: all.Total}, into[api.SessionLog](t, w))
	w = g.call(t, 200, "GET", path+"/log?offset=1000", "")
	require.JSONEq(t, `{"logRowSet":[],"rowCount":0,"offset":`+number(all.Total)+`,"total":`+number(all.Total)+`}`, w.Body.String())
	for _, bad := range []string{"offset=-1", "length=0", "length=-1", "offset=x", "length=1.5"} {
		g.call(t, 400, "GET", path+"/log?"+bad, "")
	}
}

func number(n int64) string {
	text, _ := json.Marshal(n)
	return string(text)
}

func TestWebUIConfig(t *testing.T) {
	t.Parallel()
	g := open(t, Options{}, nil)
	require.JSONEq(t, `{"engineUIProxyEnabled":false}`, g.call(t, 200, "GET", "/api/v1/webui/config", "").Body.String())
}
