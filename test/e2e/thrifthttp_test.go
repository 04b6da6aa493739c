package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const overHTTP = ";transportMode=http;httpPath=cliservice"

// webbed starts a gateway with Thrift over HTTP beside binary, and returns one whose
// Thrift address is that of HTTP.
func webbed(t *testing.T, conf ...string) *gateway {
	t.Helper()
	g := ownServer(t, append([]string{"kyuubi.frontend.protocols=THRIFT_BINARY,THRIFT_HTTP,REST"}, conf...)...)
	require.NotEmpty(t, g.http, g.tail())
	return &gateway{dir: g.dir, thrift: g.http, rest: g.rest, metrics: g.metrics}
}

// TestJDBCOverHTTP runs all cases of java/ with each version of Hive's driver.
func TestJDBCOverHTTP(t *testing.T) {
	g := webbed(t)
	for _, version := range jdbcVersions {
		cases := ""
		if version == "2.3.9" { // its HTTP is that of 3.1.3
			cases = "^(url|result|running)"
		}
		t.Run(version, func(t *testing.T) {
			runReport(t, jdbc(t, version, g, "-Dtester.url.options="+overHTTP, "http_"+strings.ReplaceAll(version, ".", "_"), cases))
		})
	}
	t.Run("logins are remembered", func(t *testing.T) {
		out, err := command(t, time.Minute, "curl", "-sS", "http://"+g.metrics+"/metrics").CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.Contains(t, string(out), `nekomata_thrift_http_request_duration_seconds_count{status="200"}`)
		assert.NotContains(t, string(out), `nekomata_thrift_http_request_duration_seconds_count{status="4`, "no driver was sent away to log in")
	})
}

// TestJDBCOverHTTPS runs a few cases with TLS, a header against forgery and doAs.
func TestJDBCOverHTTPS(t *testing.T) {
	skipShort(t)
	keystore, truststore, _ := keytool(t, "PKCS12")
	password := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(password, []byte("changeit\n"), 0o600))
	g := webbed(t, "kyuubi.frontend.thrift.http.use.SSL=true", "kyuubi.frontend.thrift.http.xsrf.filter.enabled=true",
		"kyuubi.frontend.thrift.http.ssl.keystore.path="+keystore, "kyuubi.frontend.thrift.http.ssl.keystore.password.file="+password)
	options := overHTTP + ";ssl=true;sslTrustStore=" + truststore + ";trustStorePassword=changeit"
	for _, version := range []string{"3.1.3", "4.1.0"} {
		t.Run(version, func(t *testing.T) {
			runReport(t, jdbc(t, version, g, "-Dtester.url.options="+options, "https_"+strings.ReplaceAll(version, ".", "_"), "^(result|running)"))
		})
	}
}

func TestBeelineOverHTTP(t *testing.T) {
	skipShort(t)
	g := webbed(t)
	for version, jars := range beelines(t) {
		t.Run(version, func(t *testing.T) {
			b := beeline{version: version, jars: jars, address: g.thrift, options: overHTTP}
			out, messages, ok := b.run(t, "select 40 + 2 as answer;\n"+
				"select count(*) from range(30000) a(i), range(20000) b(j) where i * j % 7 = 3;\nselect no_such;\n")
			assert.False(t, ok, "the last statement fails")
			assert.Contains(t, out, "answer\n42", messages)
			assert.Contains(t, messages, "no_such")
			assert.Regexp(t, `(?m)^(INFO|\d\d\S* .*INFO) .+$`, messages, "logs while it runs")

			b.options = ";transportMode=http;httpPath=elsewhere"
			_, messages, _ = b.run(t, "select 1;\n")
			assert.Contains(t, messages, "404")
		})
	}
}

// TestPyHiveOverHTTP runs python/pyhive_cases.py through Thrift's HTTP client.
func TestPyHiveOverHTTP(t *testing.T) {
	skipShort(t)
	g := webbed(t)
	host, port := g.address()
	python := need(t, "clients", ".cache", "venv", "bin", "python")
	runReport(t, command(t, 3*time.Minute, python, "python/pyhive_cases.py", host, port, "pyhive_http", "", "HTTP"))
}
