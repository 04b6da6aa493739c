package tlsfile

import (
	"context"
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// keep runs a keeper until the test ends.
func keep(t *testing.T, opts Options) *Keeper {
	t.Helper()
	opts.Settings = settings
	k, err := New(opts)
	require.NoError(t, err)
	require.Zero(t, k.Expiry())
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- k.Run(ctx, func() { close(ready) }) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	select {
	case <-ready:
	case err := <-done:
		done <- nil
		t.Fatal("not ready:", err)
	}
	return k
}

func served(t *testing.T, k *Keeper) string {
	t.Helper()
	c, err := k.Config(Policy{})
	require.NoError(t, err)
	cert, err := c.GetCertificate(&tls.ClientHelloInfo{})
	require.NoError(t, err)
	return cert.Leaf.Subject.CommonName
}

func TestNewFilesAreTaken(t *testing.T) {
	t.Parallel()
	log := &lines{}
	dir, end := t.TempDir(), tomorrow()
	first, second := newCertificate(t, "first", end), newCertificate(t, "second", end.Add(time.Hour))
	f := Files{
		Certificate: write(t, filepath.Join(dir, "tls.crt"), first.cert),
		Key:         write(t, filepath.Join(dir, "tls.key"), first.pem),
	}
	k := keep(t, Options{Files: f, Interval: time.Hour, Log: slog.New(slog.NewTextHandler(log, nil))})
	require.Equal(t, "first", served(t, k))
	require.True(t, end.Equal(k.Expiry()))

	// A broken one is refused, told once, and the one before stays.
	write(t, f.Certificate, second.cert)
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "don't make a pair") }, 20*time.Second, time.Millisecond)
	require.Equal(t, "first", served(t, k))

	write(t, f.Key, second.pem)
	require.Eventually(t, func() bool { return served(t, k) == "second" }, 20*time.Second, time.Millisecond)
	require.True(t, end.Add(time.Hour).Equal(k.Expiry()))
	require.Equal(t, 1, strings.Count(log.String(), "is not usable"))
	require.NotContains(t, log.String(), "PRIVATE KEY")

	require.NoError(t, os.Remove(f.Key))
	require.Eventually(t, func() bool { return strings.Contains(log.String(), "there is no such file") }, 20*time.Second, time.Millisecond)
	require.Equal(t, "second", served(t, k))
}

// TestSwappedLinksAreTaken renews a certificate as Kubernetes does: the files are
// links into a folder behind a link, which is swapped.
func TestSwappedLinksAreTaken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := func(name string) {
		m := newCertificate(t, name, tomorrow())
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o700))
		write(t, filepath.Join(dir, name, "tls.crt"), m.cert)
		write(t, filepath.Join(dir, name, "tls.key"), m.pem)
		require.NoError(t, os.Symlink(name, filepath.Join(dir, "..data_tmp")))
		require.NoError(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
	}
	secret("first")
	f := Files{Certificate: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key")}
	require.NoError(t, os.Symlink("..data/tls.crt", f.Certificate))
	require.NoError(t, os.Symlink("..data/tls.key", f.Key))
	k := keep(t, Options{Files: f, Interval: time.Hour})
	require.Equal(t, "first", served(t, k))
	secret("second")
	require.Eventually(t, func() bool { return served(t, k) == "second" }, 20*time.Second, time.Millisecond)
}

// TestFilesBehindLinksAreLookedAt changes a file where nobody watches.
func TestFilesBehindLinksAreLookedAt(t *testing.T) {
	t.Parallel()
	first, second := newCertificate(t, "first", tomorrow()), newCertificate(t, "second", tomorrow())
	target := temp(t, first.cert+first.pem)
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(target, link))
	k := keep(t, Options{Files: Files{Certificate: link}, Interval: time.Millisecond})
	write(t, target, second.cert+second.pem)
	require.Eventually(t, func() bool { return served(t, k) == "second" }, 20*time.Second, time.Millisecond)
}

func TestExpiredCertificatesAreToldOf(t *testing.T) {
	t.Parallel()
	for text, end := range map[string]time.Time{
		"has expired":      time.Now().Add(-time.Hour),
		"is not valid yet": time.Now().Add(48 * time.Hour),
	} {
		log := &lines{}
		m := newCertificate(t, "old", end)
		keep(t, Options{Files: Files{Certificate: temp(t, m.cert+m.pem)}, Log: slog.New(slog.NewTextHandler(log, nil))})
		require.Contains(t, log.String(), text)
	}
}

func TestAStartWithoutCertificateFails(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Settings: settings})
	require.ErrorIs(t, err, sqlerr.Invalid)
	k, err := New(Options{Settings: settings, Files: Files{Keystore: "testdata/ec.jks", Password: "wrong"}})
	require.NoError(t, err)
	c, err := k.Config(Policy{})
	require.NoError(t, err)
	_, err = c.GetCertificate(&tls.ClientHelloInfo{})
	require.ErrorIs(t, err, sqlerr.Unavailable)
	err = k.Run(t.Context(), func() { t.Error("ready") })
	require.ErrorContains(t, err, "x.keystore.password does not open the keystore")
}

func TestAClientGetsTheCertificateItCanUse(t *testing.T) {
	t.Parallel()
	k := keep(t, Options{Files: Files{Keystore: "testdata/two.jks", Password: "changeit"}})
	c, err := k.Config(Policy{})
	require.NoError(t, err)
	for suite, want := range map[uint16]string{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: "one",
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:   "two",
	} {
		cert, err := c.GetCertificate(&tls.ClientHelloInfo{
			SupportedVersions: []uint16{tls.VersionTLS12}, CipherSuites: []uint16{suite},
			SupportedCurves: []tls.CurveID{tls.CurveP256}, SupportedPoints: []uint8{0},
			SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256, tls.PSSWithSHA256, tls.PKCS1WithSHA256},
		})
		require.NoError(t, err)
		require.Equal(t, want, cert.Leaf.Subject.CommonName)
	}
}

func TestPolicyExcludesCiphers(t *testing.T) {
	t.Parallel()
	var all []string
	for _, s := range tls.CipherSuites() {
		all = append(all, s.Name)
	}
	for name, tc := range map[string]struct {
		off, no []string
		min     uint16
		err     string
	}{
		"nothing":         {min: tls.VersionTLS12},
		"one":             {no: []string{"tls_ecdhe_rsa_with_aes_256_gcm_sha384", "SSL_RSA_WITH_DES_CBC_SHA"}, min: tls.VersionTLS12},
		"all":             {no: all, min: tls.VersionTLS13},
		"1.3 anyhow":      {no: all, off: []string{"TLSv1.2"}, min: tls.VersionTLS13},
		"all, and no 1.3": {no: all, off: []string{"TLSv1.3"}, err: "no leaves no cipher suite for TLSv1.2, and off refuses TLSv1.3"},
	} {
		c := &tls.Config{}
		err := Policy{Disallowed: tc.off, NoCiphers: tc.no, DisallowedSetting: "off", NoCiphersSetting: "no"}.apply(c)
		if tc.err != "" {
			require.EqualError(t, err, tc.err, name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, tc.min, c.MinVersion, name)
		if len(tc.no) == 2 {
			require.NotEmpty(t, c.CipherSuites)
			require.NotContains(t, c.CipherSuites, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)
		}
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	const gcm = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
	for name, tc := range map[string]struct {
		off, ciphers []string
		min, max     uint16
		suites       []uint16
		err          string
	}{
		"nothing said":      {min: tls.VersionTLS12},
		"Kyuubi's default":  {off: []string{"SSLv2", "SSLv3"}, min: tls.VersionTLS12},
		"1.3 only":          {off: []string{"tlsv1", "TLSv1.1", "TLSv1.2"}, min: tls.VersionTLS13},
		"1.2 only":          {off: []string{"TLSv1.3"}, min: tls.VersionTLS12, max: tls.VersionTLS12},
		"none left":         {off: []string{"TLSv1.2", "TLSv1.3"}, err: "off = TLSv1.2,TLSv1.3 leaves no protocol: allow TLSv1.2 or TLSv1.3"},
		"a protocol unsaid": {off: []string{"TLSv2"}, err: `off: "TLSv2" is no protocol; there are SSLv2Hello, SSLv2, SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3`},
		"a cipher":          {ciphers: []string{gcm}, min: tls.VersionTLS12, suites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384}},
		"a cipher of both":  {ciphers: []string{gcm, "TLS_AES_128_GCM_SHA256"}, min: tls.VersionTLS12, suites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384}},
		"a cipher of 1.3":   {ciphers: []string{"TLS_AES_128_GCM_SHA256"}, min: tls.VersionTLS13},
		"no cipher left":    {ciphers: []string{"TLS_AES_128_GCM_SHA256"}, off: []string{"TLSv1.3"}, err: "ciphers names none for TLSv1.2, and off refuses TLSv1.3"},
		"a weak cipher":     {ciphers: []string{"TLS_RSA_WITH_RC4_128_SHA"}, err: `ciphers: "TLS_RSA_WITH_RC4_128_SHA" is no cipher suite that is supported and safe; there are TLS_`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &tls.Config{}
			err := Policy{Disallowed: tc.off, Ciphers: tc.ciphers, DisallowedSetting: "off", CiphersSetting: "ciphers"}.apply(c)
			if tc.err != "" {
				require.ErrorIs(t, err, sqlerr.Invalid)
				require.ErrorContains(t, err, tc.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.min, c.MinVersion)
			require.Equal(t, tc.max, c.MaxVersion)
			require.Equal(t, tc.suites, c.CipherSuites)
		})
	}
}
