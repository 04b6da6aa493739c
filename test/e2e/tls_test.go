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

// keytool makes the server's keystore of a type, and a truststore and a PEM file
// with its certificate.
func keytool(t *testing.T, kind string) (keystore, truststore, pem string) {
	t.Helper()
	dir := t.TempDir()
	keystore, truststore, pem = filepath.Join(dir, "server."+kind), filepath.Join(dir, "trust."+kind), filepath.Join(dir, "server.crt")
	run := func(args ...string) {
		out, err := command(t, time.Minute, "keytool", args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	run("-genkeypair", "-keystore", keystore, "-storetype", kind, "-storepass", "changeit", "-keypass", "changeit", "-alias", "server",
		"-keyalg", "RSA", "-keysize", "2048", "-dname", "CN=localhost", "-ext", "san=dns:localhost,ip:127.0.0.1", "-validity", "2")
	run("-exportcert", "-rfc", "-keystore", keystore, "-storepass", "changeit", "-alias", "server", "-file", pem)
	run("-importcert", "-noprompt", "-keystore", truststore, "-storetype", kind, "-storepass", "changeit", "-alias", "server", "-file", pem)
	return keystore, truststore, pem
}

// secured starts a gateway whose both protocols have TLS, and tells its truststore
// as the options of a JDBC URL, and its certificate.
func secured(t *testing.T, kind string) (g *gateway, options, pem string) {
	t.Helper()
	skipShort(t)
	keystore, truststore, pem := keytool(t, kind)
	password := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(password, []byte("changeit\n"), 0o600))
	g = ownServer(t, "kyuubi.frontend.thrift.binary.ssl.enabled=true", "kyuubi.frontend.rest.ssl.enabled=true",
		"kyuubi.frontend.ssl.keystore.path="+keystore, "kyuubi.frontend.ssl.keystore.password.file="+password,
		"kyuubi.frontend.ssl.keystore.type="+kind)
	return g, ";ssl=true;sslTrustStore=" + truststore + ";trustStorePassword=changeit", pem
}

func TestTLSWithRealClients(t *testing.T) {
	for _, kind := range []string{"JKS", "PKCS12"} {
		t.Run(kind, func(t *testing.T) {
			g, options, pem := secured(t, kind)
			t.Run("what serve prints", func(t *testing.T) {
				assert.Contains(t, g.log(), "-u 'jdbc:hive2://"+g.thrift+"/default;ssl=true'")
				assert.Contains(t, g.log(), "curl -s https://"+g.rest+"/api/v1/sessions")
			})
			t.Run("curl", func(t *testing.T) {
				out, err := command(t, time.Minute, "curl", "-sS", "--cacert", pem, "-w", "\n%{http_code} %{http_version}",
					"-H", "Content-Type: application/json", "-d", `{"configs":{}}`, "https://"+g.rest+"/api/v1/sessions").CombinedOutput()
				require.NoError(t, err, "%s", out)
				assert.Regexp(t, `(?s)"identifier".*\n200 2$`, string(out))
			})
			for version, jars := range beelines(t) {
				t.Run("beeline "+version, func(t *testing.T) {
					b := beeline{version: version, jars: jars, address: g.thrift, options: options}
					out, messages, ok := b.run(t, "select 40 + 2 as answer;\n")
					require.True(t, ok, "%s\n%s", out, messages)
					assert.Contains(t, out, "answer\n42")
				})
			}
			t.Run("beeline without ssl=true is told", func(t *testing.T) {
				b := beeline{jars: beelines(t)["3.1"], address: g.thrift}
				_, messages, _ := b.run(t, "select 1;\n") // it exits with 0 all the same
				assert.Contains(t, messages, "this port expects TLS: connect with ssl=true")
			})
		})
	}
}

// TestJDBCOverTLS runs the cases of results, whose answers are large, and those of
// what happens meanwhile, which read while they write.
func TestJDBCOverTLS(t *testing.T) {
	g, options, _ := secured(t, "PKCS12")
	for _, version := range []string{"2.3.9", "4.1.0"} {
		t.Run(version, func(t *testing.T) {
			schema := "tls_" + strings.ReplaceAll(version, ".", "_")
			runReport(t, jdbc(t, version, g, "-Dtester.url.options="+options, schema, "^(result|running)"))
		})
	}
}
