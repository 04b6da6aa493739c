package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestReadmeBatchTour pastes the README's lines into a shell.
func TestReadmeBatchTour(t *testing.T) {
	t.Parallel()
	g := server(t)
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	found := regexp.MustCompile("(?s)## A batch in two minutes\n.*?```sh\n(.*?)```").FindSubmatch(readme)
	require.NotNil(t, found)
	lines := strings.ReplaceAll(string(found[1]), "127.0.0.1:10099", g.rest)
	require.NotEqual(t, string(found[1]), lines)
	shell := command(t, time.Minute, "bash", "-euc", lines)
	shell.Dir = t.TempDir()
	out, err := shell.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, want := range []string{
		`"kyuubi.batch.duplicated":"true"`, `"state":"FINISHED"`, `rest\tn\ttotal","0\t334\t166833","1\t333\t166167","2\t333\t166500","-- 3 rows`,
	} {
		require.Contains(t, string(out), want)
	}
}
