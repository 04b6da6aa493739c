package server_test

import (
	"io"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/server"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// TestTLSThatCannotBeStartsNothing names the setting and the mend before any port
// is open.
func TestTLSThatCannotBeStartsNothing(t *testing.T) {
	t.Parallel()
	testdata, err := filepath.Abs("../frontend/tlsfile/testdata")
	require.NoError(t, err)
	const thrift, rest = "kyuubi.frontend.thrift.binary.ssl.enabled=true", "kyuubi.frontend.rest.ssl.enabled=true"
	for want, settings := range map[string][]string{
		"TLS needs a certificate: set kyuubi.frontend.ssl.keystore.path, or kyuubi.frontend.ssl.certificate.path and kyuubi.frontend.ssl.key.path": {rest},
		"kyuubi.frontend.ssl.key.path is set, but no certificate: set kyuubi.frontend.ssl.certificate.path":                                        {thrift, "kyuubi.frontend.ssl.key.path=/k"},
		`kyuubi.frontend.ssl.keystore.path = "/no/such.jks": there is no such file`:                                                                {thrift, "kyuubi.frontend.ssl.keystore.path=/no/such.jks"},
		`kyuubi.frontend.rest.ssl.keystore.path = "/no/such.jks": there is no such file`:                                                           {rest, "kyuubi.frontend.rest.ssl.keystore.path=/no/such.jks"},
		"kyuubi.frontend.ssl.keystore.password does not open the keystore: the password is wrong, or the file is damaged": {
			thrift, "kyuubi.frontend.ssl.keystore.path=" + filepath.Join(testdata, "rsa.jks"), "kyuubi.frontend.ssl.keystore.password=no",
		},
		"kyuubi.frontend.rest.ssl.disallowed.protocols = TLSv1.2,TLSv1.3 leaves no protocol": {
			rest, "kyuubi.frontend.ssl.keystore.path=x", "kyuubi.frontend.thrift.binary.ssl.disallowed.protocols=TLSv1.2,TLSv1.3",
		},
		`kyuubi.frontend.thrift.binary.ssl.include.ciphersuites: "RC4" is no cipher suite`: {
			thrift, "kyuubi.frontend.ssl.keystore.path=x", "kyuubi.frontend.thrift.binary.ssl.include.ciphersuites=RC4",
		},
	} {
		c, err := config.Load(config.Sources{DataDir: t.TempDir(), Flags: append([]string{
			"kyuubi.frontend.thrift.binary.bind.port=0", "kyuubi.frontend.rest.bind.port=0", "kyuubi.metrics.prometheus.port=0",
		}, settings...)})
		require.NoError(t, err)
		s, err := server.New(server.Options{Config: c, Version: "test", Out: io.Discard})
		if err == nil {
			err = s.Run(t.Context(), func() { t.Error("ready") })
			require.Empty(t, s.RestURL())
		}
		require.ErrorIs(t, err, sqlerr.Invalid)
		require.Contains(t, sqlerr.From(err).Message, want)
	}
}
