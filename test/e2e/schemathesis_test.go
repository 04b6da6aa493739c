package e2e

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSchemathesis lets schemathesis hold the REST API against its own document: a
// fixed seed, every check, requests that the document allows and requests that it
// doesn't, and sequences along the document's links.
func TestSchemathesis(t *testing.T) {
	g := ownServer(t)
	program := need(t, "clients", ".cache", "venv", "bin", "schemathesis")
	config, err := filepath.Abs("schemathesis.toml")
	require.NoError(t, err)
	cmd := command(t, 4*time.Minute, program, "--config-file", config, "run", "http://"+g.rest+"/api/openapi.json",
		"--checks", "all", "--seed", "1", "--max-examples", "40", "--continue-on-failure", "--request-timeout", "60")
	cmd.Dir = t.TempDir() // for what it leaves behind
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Logf("%s", out[max(0, len(out)-700):])

	// And the gateway is none the worse for it.
	r := rest{t: t, base: "http://" + g.rest, user: "ann"}
	session := r.id("POST", "/sessions", object{"configs": object{}})
	require.Equal(t, [][]any{{float64(1)}}, r.rows(session, "select 1"))
	r.ok("DELETE", "/sessions/"+session, nil)
}
