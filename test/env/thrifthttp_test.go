package env_test

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/frontend/hs2/hs2test"
	"github.com/nekomata-sql/nekomata/test/env"
	tcli "github.com/nekomata-sql/nekomata/thrift/hive"
)

const v10 = tcli.TProtocolVersion_HIVE_CLI_SERVICE_PROTOCOL_V10

// startHTTP runs a gateway with Thrift in binary and over HTTP.
func startHTTP(t *testing.T, settings ...string) *env.Server {
	t.Helper()
	return env.Start(t, append([]string{"kyuubi.frontend.protocols=THRIFT_BINARY,THRIFT_HTTP,REST"}, settings...)...)
}

// post sends a Thrift call as it is.
func post(t *testing.T, client *http.Client, url string, body []byte, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-thrift")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := read(client.Do(r))
	require.NoError(t, err)
	return res
}

// openCall is an OpenSession in bytes.
func openCall(t *testing.T) []byte {
	t.Helper()
	buf := thrift.NewTMemoryBuffer()
	p := thrift.NewTBinaryProtocolConf(buf, nil)
	require.NoError(t, p.WriteMessageBegin(t.Context(), "OpenSession", thrift.CALL, 1))
	args := &tcli.TCLIServiceOpenSessionArgs{Req: &tcli.TOpenSessionReq{ClientProtocol: v10}}
	require.NoError(t, args.Write(t.Context(), p))
	return buf.Bytes()
}

func query(t *testing.T, c *hs2test.Client, h *tcli.TSessionHandle, sql string) *tcli.TRowSet {
	t.Helper()
	r, err := c.ExecuteStatement(t.Context(), &tcli.TExecuteStatementReq{SessionHandle: h, Statement: sql})
	require.NoError(t, err)
	require.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, r.Status.StatusCode, r.Status.GetErrorMessage())
	rows, err := c.FetchResults(t.Context(), &tcli.TFetchResultsReq{OperationHandle: r.OperationHandle, MaxRows: 1 << 20})
	require.NoError(t, err)
	require.Equal(t, tcli.TStatusCode_SUCCESS_STATUS, rows.Status.StatusCode, rows.Status.GetErrorMessage())
	return rows.Results
}

func TestOneSessionOnBothThriftFrontends(t *testing.T) {
	t.Parallel()
	s := startHTTP(t)
	require.Equal(t, "http://"+s.ThriftHTTPAddress()+"/cliservice", s.ThriftHTTPURL())
	web, err := hs2test.HTTP(s.ThriftHTTPURL(), hs2test.Options{User: "ann", Password: "x"})
	require.NoError(t, err)
	opened, err := web.OpenSession(t.Context(), &tcli.TOpenSessionReq{ClientProtocol: v10})
	require.NoError(t, err)
	require.Equal(t, []int64{42}, query(t, web, opened.SessionHandle, "select 42::bigint").Columns[0].I64Val.Values)

	binary, err := hs2test.Dial(t.Context(), hs2test.Options{Address: s.ThriftAddress(), User: "ann", Password: "x"})
	require.NoError(t, err)
	require.Equal(t, []int64{43}, query(t, binary, opened.SessionHandle, "select 43::bigint").Columns[0].I64Val.Values)
	require.NoError(t, binary.Close())
	require.Equal(t, []int64{44}, query(t, web, opened.SessionHandle, "select 44::bigint").Columns[0].I64Val.Values)

	page, err := browse(t, &tls.Config{}, "http://"+s.MetricsAddress()+"/metrics")
	require.NoError(t, err)
	require.Contains(t, page.body, "nekomata_thrift_http_connections_total ")
	require.Contains(t, page.body, `nekomata_thrift_http_request_duration_seconds_count{status="200"}`)
}

func TestHTTPAlone(t *testing.T) {
	t.Parallel()
	s := env.Start(t, "kyuubi.frontend.protocols=THRIFT_HTTP", "kyuubi.frontend.thrift.http.path=/gateway/cli/")
	require.Empty(t, s.ThriftAddress())
	require.True(t, strings.HasSuffix(s.ThriftHTTPURL(), "/gateway/cli"), s.ThriftHTTPURL())
	c, err := hs2test.HTTP(s.ThriftHTTPURL(), hs2test.Options{User: "ann", Password: "x"})
	require.NoError(t, err)
	opened, err := c.OpenSession(t.Context(), &tcli.TOpenSessionReq{ClientProtocol: v10})
	require.NoError(t, err)
	require.Equal(t, []string{"ann"}, query(t, c, opened.SessionHandle, "select 'ann'").Columns[0].StringVal.Values)
}

func TestGzipBothWays(t *testing.T) {
	t.Parallel()
	for enabled, encoding := range map[string]string{"true": "gzip", "false": ""} {
		s := startHTTP(t, "kyuubi.frontend.thrift.http.compression.enabled="+enabled)
		c, err := hs2test.HTTP(s.ThriftHTTPURL(), hs2test.Options{User: "ann", Password: "x"})
		require.NoError(t, err)
		opened, err := c.OpenSession(t.Context(), &tcli.TOpenSessionReq{ClientProtocol: v10})
		require.NoError(t, err)
		run, err := c.ExecuteStatement(t.Context(), &tcli.TExecuteStatementReq{SessionHandle: opened.SessionHandle, Statement: "select repeat('meow', 10000)"})
		require.NoError(t, err)

		buf := thrift.NewTMemoryBuffer()
		p := thrift.NewTBinaryProtocolConf(buf, nil)
		require.NoError(t, p.WriteMessageBegin(t.Context(), "FetchResults", thrift.CALL, 1))
		args := &tcli.TCLIServiceFetchResultsArgs{Req: &tcli.TFetchResultsReq{OperationHandle: run.OperationHandle, MaxRows: 10}}
		require.NoError(t, args.Write(t.Context(), p))
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(buf.Bytes())
		require.NoError(t, z.Close())
		client := &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
		res := post(t, client, s.ThriftHTTPURL(), packed.Bytes(),
			"Authorization", "Basic YW5uOng=", "Content-Encoding", "gzip", "Accept-Encoding", "gzip")
		require.Equal(t, 200, res.status, res.body)
		require.Equal(t, encoding, res.header.Get("Content-Encoding"))
		text := []byte(res.body)
		if encoding != "" {
			require.Less(t, len(res.body), 4000)
			z, err := gzip.NewReader(strings.NewReader(res.body))
			require.NoError(t, err)
			text, err = io.ReadAll(z)
			require.NoError(t, err)
		}
		require.Contains(t, string(text), strings.Repeat("meow", 10000))
	}
}

// TestGatewaysTakeEachOthersCookies logs in on one gateway and calls another, as a
// load balancer has it.
func TestGatewaysTakeEachOthersCookies(t *testing.T) {
	t.Parallel()
	secret := "kyuubi.frontend.thrift.http.cookie.secret=of the whole cluster"
	first, second, stranger := startHTTP(t, secret), startHTTP(t, secret), startHTTP(t)
	jar, err := cookiejar.New(nil) // the port of a host is nothing to a cookie
	require.NoError(t, err)
	client := &http.Client{Jar: jar, Transport: &http.Transport{DisableKeepAlives: true}}
	require.Equal(t, 401, post(t, client, first.ThriftHTTPURL(), openCall(t)).status)
	require.Equal(t, 200, post(t, client, first.ThriftHTTPURL(), openCall(t), "Authorization", "Basic YW5uOng=").status)
	for range 3 {
		require.Equal(t, 200, post(t, client, first.ThriftHTTPURL(), openCall(t)).status)
		require.Equal(t, 200, post(t, client, second.ThriftHTTPURL(), openCall(t)).status)
	}
	require.Equal(t, 401, post(t, client, stranger.ThriftHTTPURL(), openCall(t)).status)
}

func TestLimitsOfHTTP(t *testing.T) {
	t.Parallel()
	s := startHTTP(t, "kyuubi.frontend.thrift.max.message.size=2000", "kyuubi.frontend.thrift.http.body.timeout=100",
		"kyuubi.frontend.thrift.http.request.header.size=1024", "kyuubi.frontend.thrift.http.xsrf.filter.enabled=true")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	head := []string{"Authorization", "Basic YW5uOng=", "X-XSRF-HEADER", "true"}
	require.Equal(t, 200, post(t, client, s.ThriftHTTPURL(), openCall(t), head...).status)
	require.Equal(t, 400, post(t, client, s.ThriftHTTPURL(), openCall(t), head[:2]...).status, "no header against forgery")
	require.Equal(t, 413, post(t, client, s.ThriftHTTPURL(), bytes.Repeat([]byte{0x80}, 2001), head...).status)
	require.Equal(t, 431, post(t, client, s.ThriftHTTPURL(), openCall(t), append(head, "X-Long", strings.Repeat("x", 6000))...).status)

	// What is packed counts as what comes out.
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(bytes.Repeat([]byte{0x80}, 1<<20))
	require.NoError(t, z.Close())
	require.Less(t, bomb.Len(), 2000)
	require.Equal(t, 413, post(t, client, s.ThriftHTTPURL(), bomb.Bytes(), append(head, "Content-Encoding", "gzip")...).status)
	res := post(t, client, s.ThriftHTTPURL(), []byte("no gzip at all"), append(head, "Content-Encoding", "gzip")...)
	require.Equal(t, 400, res.status)
	var e struct{ Message string }
	require.NoError(t, json.Unmarshal([]byte(res.body), &e))
	require.Contains(t, e.Message, "the body can't be read")

	// A body that does not come is not waited for.
	slow, stop := io.Pipe()
	defer stop.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.ThriftHTTPURL(), slow)
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-thrift")
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	res, err = read(client.Do(r))
	require.NoError(t, err)
	require.Equal(t, 400, res.status)
	require.Contains(t, res.body, "did not come in time")

	// A page of another origin gets nowhere, with cookies or without.
	res = post(t, client, s.ThriftHTTPURL(), openCall(t), append(head, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")...)
	require.Equal(t, 403, res.status)
}

func TestHTTPOverTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	trust := certify(t, cert, key, time.Now().Add(time.Hour))
	testdata, err := filepath.Abs("../../frontend/tlsfile/testdata")
	require.NoError(t, err)
	root, err := os.ReadFile(filepath.Join(testdata, "root.crt"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(root))
	for name, tc := range map[string]struct {
		settings []string
		trust    *tls.Config
	}{
		"PEM of all frontends": {[]string{"kyuubi.frontend.ssl.certificate.path=" + cert, "kyuubi.frontend.ssl.key.path=" + key}, trust},
		"PEM of its own":       {[]string{"kyuubi.frontend.thrift.http.ssl.certificate.path=" + cert, "kyuubi.frontend.thrift.http.ssl.key.path=" + key}, trust},
		"a keystore of its own": {[]string{
			"kyuubi.frontend.thrift.http.ssl.keystore.path=" + filepath.Join(testdata, "chain.p12"), "kyuubi.frontend.thrift.http.ssl.keystore.password=changeit",
			"kyuubi.frontend.ssl.keystore.path=/not/asked/for", "kyuubi.frontend.thrift.http.ssl.exclude.ciphersuites=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
		}, &tls.Config{RootCAs: roots}},
	} {
		s := startHTTP(t, append(tc.settings, "kyuubi.frontend.thrift.http.use.SSL=true")...)
		require.True(t, strings.HasPrefix(s.ThriftHTTPURL(), "https://"))
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: tc.trust.Clone(), DisableKeepAlives: true, ForceAttemptHTTP2: true}}
		res := post(t, client, s.ThriftHTTPURL(), openCall(t), "Authorization", "Basic YW5uOng=")
		require.Equal(t, 200, res.status, name)
		require.Equal(t, "HTTP/2.0", res.proto, name)
		require.Contains(t, res.header.Get("Set-Cookie"), "; Secure", name)
		require.NotZero(t, expiry(t, s, "thrift-http"))
		plain, err := read(http.Post("http://"+s.ThriftHTTPAddress()+"/cliservice", "application/x-thrift", nil))
		require.NoError(t, err)
		require.Equal(t, 400, plain.status, name)
	}
}
