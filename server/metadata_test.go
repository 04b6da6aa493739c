package server_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/api"
	"github.com/nekomata-sql/nekomata/client"
	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/metadata/metadatatest"
	"github.com/nekomata-sql/nekomata/server"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// TestGatewaysOfOneDatabaseKnowTheSameTokens issues on one and cancels on the other.
func TestGatewaysOfOneDatabaseKnowTheSameTokens(t *testing.T) {
	t.Parallel()
	m := metadatatest.StartMariaDB(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "kyuubi-defaults.conf")
	require.NoError(t, os.WriteFile(file, []byte("kyuubi.metadata.store.jdbc.database.type MYSQL\n"+
		"kyuubi.metadata.store.jdbc.url "+m.URL(m.Database(t))+"\nkyuubi.metadata.store.jdbc.user root\n"+
		"kyuubi.metadata.store.jdbc.datasource.maximumPoolSize 3\n"), 0o600))
	one, stop := run(t, filepath.Join(dir, "one"), file)
	keys, err := os.ReadFile(filepath.Join(dir, "one", "tokens", "keys.json"))
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "two", "tokens"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "two", "tokens", "keys.json"), keys, 0o600))
	two, _ := run(t, filepath.Join(dir, "two"), file)

	ctx, ann := t.Context(), client.Options{User: "ann"}
	h, err := talk(t, one, ann).OpenSession(ctx, api.SessionOpenRequest{})
	require.NoError(t, err)
	tok, err := talk(t, one, ann).DelegationToken(ctx, h.Identifier, "", "")
	require.NoError(t, err)
	for _, s := range []*server.Server{one, two} {
		_, err = talk(t, s, client.Options{Token: tok.DelegationToken}).OpenSession(ctx, api.SessionOpenRequest{})
		require.NoError(t, err)
	}
	h, err = talk(t, two, ann).OpenSession(ctx, api.SessionOpenRequest{})
	require.NoError(t, err)
	require.NoError(t, talk(t, two, ann).CancelDelegationToken(ctx, h.Identifier, tok.DelegationToken))
	for _, s := range []*server.Server{one, two} {
		_, err = talk(t, s, client.Options{Token: tok.DelegationToken}).OpenSession(ctx, api.SessionOpenRequest{})
		var e *client.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, http.StatusUnauthorized, e.Status)
	}
	stop()
}

// TestStoreThatCanNotBeUsed keeps the gateway from starting, and tells why.
func TestStoreThatCanNotBeUsed(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Sources{DataDir: t.TempDir(), Flags: []string{
		"kyuubi.metadata.store.jdbc.database.type=MYSQL",
		"kyuubi.metadata.store.jdbc.url=jdbc:mysql://127.0.0.1:1/kyuubi?user=k&password=geheim&connectTimeout=1000",
		"kyuubi.frontend.thrift.binary.bind.port=0", "kyuubi.frontend.rest.bind.port=0",
	}})
	require.NoError(t, err)
	s, err := server.New(server.Options{Config: c})
	require.NoError(t, err)
	err = s.Run(t.Context(), func() { t.Error("it got ready") })
	require.ErrorIs(t, err, sqlerr.Unavailable)
	message := sqlerr.From(err).Message
	require.Contains(t, message, `kyuubi.metadata.store.jdbc.url = "jdbc:mysql://127.0.0.1:1/kyuubi?user=k&password=*********(redacted)&connectTimeout=1000"`)
	require.NotContains(t, err.Error(), "geheim")
	require.Contains(t, message, "start it")
}
