package server

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/batch"
	"github.com/nekomata-sql/nekomata/config"
)

func TestProbes(t *testing.T) {
	t.Parallel()
	s := &Server{metrics: newMetrics("test"), runner: batch.NewRunner(batch.RunnerOptions{})}
	ask := func(metricsPath, path string) (int, string) {
		w := httptest.NewRecorder()
		s.probes(metricsPath, s.metrics.handler()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
	for _, step := range []struct {
		change func()
		ready  int
	}{
		{func() {}, http.StatusServiceUnavailable},
		{func() { s.ready.Store(true) }, http.StatusOK},
		{s.beginStop, http.StatusServiceUnavailable},
	} {
		step.change()
		status, _ := ask("/metrics", "/readyz")
		require.Equal(t, step.ready, status)
		status, text := ask("/metrics", "/healthz")
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, "alive\n", text)
	}
	for _, path := range []string{"/metrics", "/healthz", "/{x", "/a{$}"} { // the last two are no patterns
		status, text := ask(path, path)
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, text, "nekomata_build_info")
	}
	status, _ := ask("/metrics", "/else")
	require.Equal(t, http.StatusNotFound, status)
	w := httptest.NewRecorder()
	s.probes("/metrics", s.metrics.handler()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/readyz", nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
}

func TestExposed(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		flags, want []string
	}{
		{nil, nil},
		{[]string{"kyuubi.frontend.bind.host=LocalHost"}, nil},
		{[]string{"kyuubi.frontend.bind.host=::1"}, nil},
		{
			[]string{"kyuubi.frontend.bind.host=0.0.0.0", "kyuubi.frontend.rest.bind.host=127.0.0.2"},
			[]string{"kyuubi.frontend.thrift.binary.bind.host=0.0.0.0"},
		},
		{
			[]string{"kyuubi.frontend.bind.host=10.1.2.3", "kyuubi.frontend.protocols=THRIFT_HTTP,REST"},
			[]string{"kyuubi.frontend.thrift.http.bind.host=10.1.2.3", "kyuubi.frontend.rest.bind.host=10.1.2.3"},
		},
	} {
		c, err := config.Load(config.Sources{DataDir: t.TempDir(), Flags: tc.flags})
		require.NoError(t, err)
		require.Equal(t, tc.want, exposed(c))
	}
}
