package tlsfile

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

func load(f Files) ([]tls.Certificate, error) {
	if err := f.check(settings); err != nil {
		return nil, err
	}
	c, err := f.read(settings)
	if err != nil {
		return nil, err
	}
	return f.parse(c, settings)
}

// greet makes a handshake with each certificate and returns the chain that the
// client has seen.
func greet(t *testing.T, cert tls.Certificate, roots *x509.CertPool) []*x509.Certificate {
	t.Helper()
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	failed := make(chan error, 1)
	go func() {
		failed <- tls.Server(server, &tls.Config{Certificates: []tls.Certificate{cert}}).HandshakeContext(context.Background())
	}()
	conn := tls.Client(client, &tls.Config{RootCAs: roots, ServerName: "localhost"})
	require.NoError(t, conn.HandshakeContext(t.Context()))
	require.NoError(t, <-failed)
	return conn.ConnectionState().PeerCertificates
}

func TestKeystoresOfKeytool(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		kind  string
		certs int
		chain int
	}{
		"rsa.jks":    {"", 1, 1},
		"ec.jks":     {"JKS", 1, 1},
		"two.jks":    {"", 2, 1},
		"chain.jks":  {"jks", 1, 3},
		"rsa.p12":    {"PKCS12", 1, 1},
		"ec.p12":     {"JKS", 1, 1}, // Java takes either for JKS
		"legacy.p12": {"AUTO", 1, 1},
		"chain.p12":  {"", 1, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certs, err := load(Files{Keystore: filepath.Join("testdata", name), Password: "changeit", Type: tc.kind})
			require.NoError(t, err)
			require.Len(t, certs, tc.certs)
			for _, c := range certs {
				require.Len(t, c.Certificate, tc.chain)
				roots := x509.NewCertPool()
				if tc.chain == 1 {
					roots.AddCert(c.Leaf)
				} else {
					root, err := os.ReadFile("testdata/root.crt")
					require.NoError(t, err)
					require.True(t, roots.AppendCertsFromPEM(root))
				}
				require.Equal(t, c.Leaf.Raw, greet(t, c, roots)[0].Raw)
			}
		})
	}
}

func TestAPasswordIsDigestedAsJavaDoes(t *testing.T) {
	t.Parallel()
	certs, err := load(Files{Keystore: "testdata/umlaut.jks", Password: "pässwörd €"})
	require.NoError(t, err)
	require.Len(t, certs, 1)
}

func TestPEM(t *testing.T) {
	t.Parallel()
	m := newCertificate(t, "cat", tomorrow())
	both := temp(t, m.pem+m.cert)
	for name, f := range map[string]Files{
		"two files":     {Certificate: temp(t, m.cert), Key: temp(t, m.pem)},
		"one file":      {Certificate: both},
		"as a keystore": {Keystore: both},
		"named PEM":     {Keystore: both, Type: "PEM"},
	} {
		certs, err := load(f)
		require.NoError(t, err, name)
		require.Len(t, certs, 1)
		require.Equal(t, m.der, certs[0].Certificate[0])
	}
}

func TestBadFilesNameTheSettingAndTheMend(t *testing.T) {
	t.Parallel()
	m, other := newCertificate(t, "cat", tomorrow()), newCertificate(t, "dog", tomorrow())
	cert, key := temp(t, m.cert), temp(t, m.pem)
	jks, err := os.ReadFile("testdata/ec.jks")
	require.NoError(t, err)
	store := func(name, password string) Files { return Files{Keystore: "testdata/" + name, Password: password} }
	absent := filepath.Join(t.TempDir(), "absent")
	for want, f := range map[string]Files{
		"TLS needs a certificate: set x.keystore.path, or x.certificate.path and x.key.path":           {},
		"x.keystore.path and x.certificate.path are both set: keep the one that holds the certificate": {Keystore: "a", Certificate: "b"},
		"x.keystore.path and x.key.path are both set: keep the one that holds the certificate":         {Keystore: "a", Key: "b"},
		"x.key.path is set, but no certificate: set x.certificate.path":                                {Key: key},

		`x.keystore.path = "` + absent + `": there is no such file`:                                                       {Keystore: absent},
		`x.certificate.path = "` + absent + `": there is no such file`:                                                    {Certificate: absent, Key: key},
		`x.key.path = "` + absent + `": there is no such file`:                                                            {Certificate: cert, Key: absent},
		`x.certificate.path = "` + os.TempDir() + `": the file can't be read; check the path and what this user may read`: {Certificate: os.TempDir()},

		`x.keystore.path = "testdata/ec.jks": the keystore has a password: set x.keystore.password`:                                              store("ec.jks", ""),
		`x.keystore.path = "testdata/ec.jks": x.keystore.password does not open the keystore: the password is wrong, or the file is damaged`:     store("ec.jks", "changeIt"),
		`x.keystore.path = "testdata/ec.p12": the keystore has a password: set x.keystore.password`:                                              store("ec.p12", ""),
		`x.keystore.path = "testdata/ec.p12": x.keystore.password does not open the keystore: the password is wrong, or the file is damaged`:     store("ec.p12", "changeIt"),
		`x.keystore.path = "testdata/legacy.p12": x.keystore.password does not open the keystore: the password is wrong, or the file is damaged`: store("legacy.p12", "changeIt"),
		`x.keystore.path = "testdata/keypass.jks": the key "server" has another password than the keystore; make them the same: keytool -keypasswd -alias server`: store(
			"keypass.jks", "changeit"),
		`x.keystore.path = "testdata/trust.jks": the keystore holds no private key; is it a truststore? The server's own keystore is needed`: store("trust.jks", "changeit"),
		`x.keystore.path = "testdata/trust.p12": the keystore holds no private key; is it a truststore? The server's own keystore is needed`: store("trust.p12", "changeit"),
		`x.keystore.path = "testdata/two.p12": the keystore holds several private keys; keep only the server's (keytool -delete -alias NAME)`: store(
			"two.p12", "changeit"),
		`x.keystore.path = "testdata/ec.jceks": the file is a JCEKS keystore, which is not supported; convert it: keytool -importkeystore -srckeystore FILE -srcstoretype JCEKS -destkeystore NEW.p12 -deststoretype PKCS12`: store(
			"ec.jceks", "changeit"),
		`x.keystore.path = "testdata/make.sh": the file is no keystore: neither JKS nor PKCS12 nor PEM`:             store("make.sh", ""),
		`x.keystore.path = "testdata/ec.p12": the file is PKCS12, not PEM; set x.keystore.type to PKCS12 or AUTO`:   {Keystore: "testdata/ec.p12", Type: "PEM"},
		`x.keystore.path = "testdata/root.crt": the file is PEM, not JKS; set x.keystore.type to PEM or AUTO`:       {Keystore: "testdata/root.crt", Type: "JKS"},
		`x.keystore.path = "testdata/root.crt": the file holds no private key in PEM form (BEGIN PRIVATE KEY)`:      {Keystore: "testdata/root.crt"},
		`x.certificate.path = "` + key + `": the file holds no certificate in PEM form (BEGIN CERTIFICATE)`:         {Certificate: key, Key: key},
		`x.key.path = "` + cert + `": the file holds no private key in PEM form (BEGIN PRIVATE KEY)`:                {Certificate: cert, Key: cert},
		`x.certificate.path = "testdata/ec.p12": the file holds no certificate in PEM form (BEGIN CERTIFICATE)`:     {Certificate: "testdata/ec.p12", Key: key},
		`: x.keystore.password does not open the keystore: the password is wrong, or the file is damaged`:           {Keystore: temp(t, string(jks[:len(jks)-1])), Password: "changeit"},
		`: the keystore can't be read: pkcs12: error reading P12 data: asn1: syntax error: truncated tag or length`: {Keystore: temp(t, "0\x82")},
		`: the certificate and the key of x.key.path = "` + key + `" don't make a pair: private key does not match`: {Certificate: temp(t, other.cert), Key: key},
		`": the private key is encrypted; use a PKCS12 keystore, or take the encryption off: openssl pkey -in KEY -out NEW`: {
			Certificate: cert, Key: temp(t, strings.ReplaceAll(m.pem, "PRIVATE KEY", "ENCRYPTED PRIVATE KEY")),
		},
	} {
		_, err := load(f)
		require.ErrorIs(t, err, sqlerr.Invalid, want)
		if strings.HasPrefix(want, ":") || strings.HasPrefix(want, `"`) {
			require.Contains(t, sqlerr.From(err).Message, want)
		} else {
			require.Equal(t, want, sqlerr.From(err).Message)
		}
		require.NotContains(t, sqlerr.From(err).Message, "changeI", "no password in an error")
	}
}

// FuzzJKS reads damaged files. Their digest is made to fit, as a stranger's would.
func FuzzJKS(f *testing.F) {
	for _, name := range []string{"rsa.jks", "ec.jks", "two.jks", "chain.jks", "trust.jks", "keypass.jks"} {
		data, err := os.ReadFile("testdata/" + name)
		require.NoError(f, err)
		f.Add(data[:len(data)-20])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		whole := append(append([]byte{0xFE, 0xED, 0xFE, 0xED}, data[min(len(data), 4):]...), make([]byte, 20)...)
		copy(whole[len(whole)-20:], jksDigest(whole, javaPassword("changeit")))
		certs, err := keystore{data: whole, password: "changeit", name: "x"}.jks()
		if err == nil {
			require.NotEmpty(t, certs)
			return
		}
		var known *sqlerr.Error
		require.ErrorAs(t, err, &known)
	})
}
