package tlsfile

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// made is a certificate that has signed itself, and its key.
type made struct {
	key       crypto.Signer
	der       []byte
	cert, pem string // the certificate, the key
}

func newCertificate(t *testing.T, name string, end time.Time) made {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: end.Add(-24 * time.Hour), NotAfter: end,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	block := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return made{key: key, der: der, cert: block("CERTIFICATE", der), pem: block("PRIVATE KEY", pkcs8)}
}

func tomorrow() time.Time { return time.Now().Add(24 * time.Hour).Truncate(time.Second) }

func write(t *testing.T, path, text string) string {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// temp writes text to a file of its own.
func temp(t *testing.T, text string) string {
	t.Helper()
	return write(t, filepath.Join(t.TempDir(), "file"), text)
}

var settings = Settings{
	Keystore: "x.keystore.path", Password: "x.keystore.password", Type: "x.keystore.type",
	Certificate: "x.certificate.path", Key: "x.key.path",
}
