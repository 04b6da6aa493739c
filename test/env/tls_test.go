package env_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/test/env"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

// certify writes a certificate for 127.0.0.1 and its key, and returns what trusts
// it.
func certify(t *testing.T, certificate, key string, expires time.Time) *tls.Config {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "gateway"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: expires, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, k.Public(), k)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
	require.NoError(t, err)
	for path, block := range map[string]*pem.Block{
		certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8},
	} {
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(block), 0o600))
	}
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
}

// answer is what is looked at of an HTTP response.
type answer struct {
	status int
	proto  string
	header http.Header
	body   string
}

// read reads a response whole.
func read(res *http.Response, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Proto, res.Header, string(body)}, err
}

// browse gets a page on a connection of its own.
func browse(t *testing.T, c *tls.Config, url string) (answer, error) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: c.Clone(), ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	return read((&http.Client{Transport: transport}).Get(url))
}

// expiry is the metric's value for a frontend.
func expiry(t *testing.T, s *env.Server, frontend string) int64 {
	t.Helper()
	page, err := browse(t, &tls.Config{}, "http://"+s.MetricsAddress()+"/metrics")
	require.NoError(t, err)
	name := `nekomata_tls_certificate_expiry_seconds{frontend="` + frontend + `"} `
	require.Contains(t, page.body, name)
	_, value, _ := strings.Cut(page.body, "\n"+name)
	value, _, _ = strings.Cut(value, "\n")
	f, err := strconv.ParseFloat(value, 64)
	require.NoError(t, err)
	return int64(f)
}

func TestBothProtocolsOverTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	end := time.Now().Add(time.Hour).Truncate(time.Second)
	trust := certify(t, cert, key, end)
	s := env.Start(t,
		"kyuubi.frontend.rest.ssl.enabled=true", "kyuubi.frontend.thrift.binary.ssl.enabled=true",
		"kyuubi.frontend.ssl.certificate.path="+cert, "kyuubi.frontend.ssl.key.path="+key)

	require.Equal(t, "https://"+s.RestAddress(), s.RestURL())
	res, err := browse(t, trust, s.RestURL()+"/api/v1/ping")
	require.NoError(t, err)
	require.Equal(t, "pong", res.body)
	require.Equal(t, "HTTP/2.0", res.proto)
	require.NotEmpty(t, res.header.Get("Strict-Transport-Security"))

	conn, err := (&tls.Dialer{Config: trust}).DialContext(t.Context(), "tcp", s.ThriftAddress())
	require.NoError(t, err)
	c, err := hs2test.NewClient(conn, hs2test.Options{User: "ann", Password: "x"})
	require.NoError(t, err)
	defer c.Close()
	_, err = c.OpenSession(t.Context(), &tcli.TOpenSessionReq{ClientProtocol: tcli.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10})
	require.NoError(t, err)
	_, err = hs2test.Dial(t.Context(), hs2test.Options{Address: s.ThriftAddress(), User: "ann", Password: "x"})
	require.ErrorContains(t, err, "this port expects TLS")

	// A new certificate is taken by both without a restart.
	require.Equal(t, end.Unix(), expiry(t, s, "rest"))
	end = end.Add(time.Hour)
	trust = certify(t, cert, key, end)
	require.Eventually(t, func() bool {
		_, err := browse(t, trust, s.RestURL()+"/api/v1/ping")
		return err == nil
	}, 20*time.Second, 10*time.Millisecond)
	renewed, err := (&tls.Dialer{Config: trust}).DialContext(t.Context(), "tcp", s.ThriftAddress())
	require.NoError(t, err)
	require.NoError(t, renewed.Close())
	require.Equal(t, end.Unix(), expiry(t, s, "thrift"))
	_, err = c.GetInfo(t.Context(), &tcli.TGetInfoReq{SessionHandle: &tcli.TSessionHandle{SessionId: &tcli.THandleIdentifier{}}, InfoType: tcli.TGetInfoType_CLI_DBMS_NAME})
	require.NoError(t, err, "the old connection goes on")
}

// TestFrontendsMayHaveCertificatesOfTheirOwn has a keystore for REST, and Thrift
// without TLS.
func TestFrontendsMayHaveCertificatesOfTheirOwn(t *testing.T) {
	t.Parallel()
	testdata, err := filepath.Abs("../../frontend/tlsfile/testdata")
	require.NoError(t, err)
	password := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(password, []byte("changeit\n"), 0o600))
	s := env.Start(t, "kyuubi.frontend.rest.ssl.enabled=true",
		"kyuubi.frontend.ssl.keystore.path=/not/asked/for",
		"kyuubi.frontend.rest.ssl.keystore.path="+filepath.Join(testdata, "chain.p12"),
		"kyuubi.frontend.rest.ssl.keystore.password.file="+password)
	root, err := os.ReadFile(filepath.Join(testdata, "root.crt"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(root))
	res, err := browse(t, &tls.Config{RootCAs: roots}, s.RestURL()+"/api/v1/ping")
	require.NoError(t, err)
	require.Equal(t, "pong", res.body)
	c, err := hs2test.Dial(t.Context(), hs2test.Options{Address: s.ThriftAddress(), User: "ann", Password: "x"})
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

func TestPagesOfStrangersAreRefusedAsErrorsAre(t *testing.T) {
	t.Parallel()
	s := env.Start(t, "kyuubi.frontend.rest.cors.allowed.origins=https://friend.example")
	send := func(method, origin string) answer {
		req, err := http.NewRequestWithContext(t.Context(), method, s.RestURL()+"/api/v1/sessions", strings.NewReader("{}"))
		require.NoError(t, err)
		if origin != "" {
			req.Header.Set("Origin", origin)
			req.Header.Set("Sec-Fetch-Site", "cross-site")
		}
		if method == http.MethodOptions {
			req.Header.Set("Access-Control-Request-Method", "POST")
		}
		res, err := read(http.DefaultTransport.RoundTrip(req))
		require.NoError(t, err)
		return res
	}
	res := send(http.MethodPost, "https://stranger.example")
	require.Equal(t, http.StatusForbidden, res.status)
	require.Contains(t, res.body, `"sqlState":"42501"`)
	require.Contains(t, res.body, "https://stranger.example")
	require.Contains(t, res.body, res.header.Get("X-Request-Id"))
	require.Empty(t, res.header.Get("Access-Control-Allow-Origin"))

	for _, origin := range []string{"https://friend.example", ""} {
		res = send(http.MethodPost, origin)
		require.Equal(t, http.StatusOK, res.status, res.body)
		require.Equal(t, origin, res.header.Get("Access-Control-Allow-Origin"))
	}
	res = send(http.MethodOptions, "https://friend.example")
	require.Equal(t, http.StatusNoContent, res.status)
}
