package server

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/config"
)

// TestMetricsAreDocumented compares the gateway's figures with the page that lists them.
func TestMetricsAreDocumented(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.Sources{DataDir: t.TempDir(), Flags: []string{"kyuubi.frontend.protocols=THRIFT_BINARY,THRIFT_HTTP,REST"}})
	require.NoError(t, err)
	s, err := New(Options{Config: c})
	require.NoError(t, err)
	s.metrics.certificate("rest", time.Now)
	found := make(chan *prometheus.Desc, 1000)
	s.metrics.registry.Describe(found)
	close(found)
	described := map[string]bool{}
	for desc := range found {
		// Desc has no other way to tell its name.
		if m := regexp.MustCompile(`fqName: "(nekomata_\w+)", help: "(.+?)"`).FindStringSubmatch(desc.String()); m != nil {
			described[m[1]] = true
		}
	}
	require.Greater(t, len(described), 30)
	page, err := os.ReadFile("../docs/operations.md")
	require.NoError(t, err)
	listed := map[string]bool{}
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| `nekomata_") {
			for _, name := range regexp.MustCompile("`(nekomata_\\w+)`").FindAllStringSubmatch(line, -1) {
				listed[name[1]] = true
			}
		}
	}
	require.Equal(t, described, listed)
}
