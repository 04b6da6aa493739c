package server_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/client"
	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/server"
)

// run runs a gateway with a data directory and a configuration file until the
// returned function is called, or the test ends.
func run(t *testing.T, dir, file string) (*server.Server, func()) {
	t.Helper()
	sources := config.Sources{DataDir: dir, Files: []string{file}, Flags: []string{
		"kyuubi.frontend.thrift.binary.bind.port=0", "kyuubi.frontend.rest.bind.port=0", "kyuubi.metrics.enabled=false",
	}}
	load := func() (*config.Config, error) { return config.Load(sources) }
	c, err := load()
	require.NoError(t, err)
	s, err := server.New(server.Options{Config: c, Version: "test", Reload: load})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	over, ready := make(chan error, 1), make(chan struct{})
	go func() { over <- s.Run(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-over:
		cancel()
		require.NoError(t, err)
	}
	stopped := false
	stop := func() {
		if !stopped {
			stopped = true
			cancel()
			require.NoError(t, <-over)
		}
	}
	t.Cleanup(stop)
	return s, stop
}

func talk(t *testing.T, s *server.Server, opts client.Options) *client.Client {
	t.Helper()
	opts.URLs = []string{"http://" + s.RestAddress()}
	c, err := client.New(opts)
	require.NoError(t, err)
	return c
}

func TestListsAreReadAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "kyuubi-defaults.conf")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("kyuubi.server.limit.connections.per.user 1\nkyuubi.server.limit.connections.user.deny.list eve\n")
	s, _ := run(t, filepath.Join(dir, "data"), file)
	ctx := t.Context()
	open := func(user string) int {
		_, err := talk(t, s, client.Options{User: user}).OpenSession(ctx, api.SessionOpenRequest{})
		var e *client.Error
		if err != nil {
			require.ErrorAs(t, err, &e)
			return e.Status
		}
		return http.StatusOK
	}
	require.Equal(t, 403, open("eve"))
	require.Equal(t, 200, open("ann"))
	require.Equal(t, 429, open("ann"))
	write("kyuubi.server.limit.connections.user.unlimited.list ann\nkyuubi.server.limit.connections.user.deny.list bob\nkyuubi.server.limit.connections.ip.deny.list 127.0.0.1\n")
	root := talk(t, s, client.Options{User: "root"})
	_, err := root.AdminRefresh(ctx, "deny_users")
	require.NoError(t, err)
	require.Equal(t, []int{200, 403, 429}, []int{open("eve"), open("bob"), open("ann")}, "the others stay as they were")
	_, err = root.AdminRefresh(ctx, "unlimited_users")
	require.NoError(t, err)
	require.Equal(t, 200, open("ann"))
	write("kyuubi.server.limit.connections.per.user many\n")
	_, err = root.AdminRefresh(ctx, "deny_ips")
	require.ErrorContains(t, err, "kyuubi.server.limit.connections.per.user")
	require.Equal(t, 200, open("ann"))
	write("kyuubi.server.limit.connections.ip.deny.list 127.0.0.1\n")
	_, err = root.AdminRefresh(ctx, "deny_ips")
	require.NoError(t, err)
	require.Equal(t, 403, open("ann"))

	engines, err := root.AdminEngines(ctx, client.EngineFilter{})
	require.NoError(t, err)
	require.Equal(t, "DUCKDB", engines[0].EngineType)
	require.NotEmpty(t, engines[0].User)
	servers, err := root.AdminServers(ctx)
	require.NoError(t, err)
	require.Equal(t, s.ThriftAddress(), servers[0].Instance)
}

func TestTokensOutliveTheGateway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "kyuubi-defaults.conf")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	s, stop := run(t, filepath.Join(dir, "data"), file)
	c := talk(t, s, client.Options{User: "ann"})
	h, err := c.OpenSession(t.Context(), api.SessionOpenRequest{})
	require.NoError(t, err)
	tok, err := c.DelegationToken(t.Context(), h.Identifier, "", "")
	require.NoError(t, err)
	stop()
	s, _ = run(t, filepath.Join(dir, "data"), file)
	c = talk(t, s, client.Options{Token: tok.DelegationToken})
	h, err = c.OpenSession(t.Context(), api.SessionOpenRequest{})
	require.NoError(t, err)
	e, err := c.Session(t.Context(), h.Identifier)
	require.NoError(t, err)
	require.Equal(t, "ann", e.User)
	info, err := os.Stat(filepath.Join(dir, "data", "tokens", "keys.json"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
}
