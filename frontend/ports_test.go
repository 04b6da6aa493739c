package frontend

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// forBothSchemes runs a test of the REST frontend with and without TLS. It is
// given a maker of services for a port, and a client that trusts them.
func forBothSchemes(t *testing.T, test func(t *testing.T, scheme string, at func(port int) *RestFrontendService, c *http.Client)) {
	t.Helper()
	server, client := newTLS(t)
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			at := func(port int) *RestFrontendService {
				opts := HTTPOptions{Address: loopback, Handler: http.HandlerFunc(hello), Grace: time.Minute}
				opts.Address.Port = port
				if scheme == "https" {
					opts.TLS = server
				}
				return NewRestFrontendService(opts)
			}
			test(t, scheme, at, browser(t, client))
		})
	}
}

func portOf(t *testing.T, s *RestFrontendService) int {
	t.Helper()
	addr, ok := s.Addr().(*net.TCPAddr)
	require.True(t, ok)
	require.NotZero(t, addr.Port)
	return addr.Port
}

func requireVisible(t *testing.T, c *http.Client, s *RestFrontendService) {
	t.Helper()
	res, err := c.Get(s.URL() + "/")
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)
	c.CloseIdleConnections() // HTTP/2 waits a second for clients that are told to leave
}

func TestTheServiceIsVisibleAtTheURLItReports(t *testing.T) {
	t.Parallel()
	forBothSchemes(t, func(t *testing.T, scheme string, at func(int) *RestFrontendService, c *http.Client) {
		s := at(0)
		require.Empty(t, s.URL(), "nobody is told before it listens")
		start(t, s)
		require.Equal(t, scheme+"://"+s.Addr().String(), s.URL())
		require.True(t, strings.HasPrefix(s.Addr().String(), "127.0.0.1:"))
		portOf(t, s)
		requireVisible(t, c, s)
	})
}

// TestServicesThatAskForAnyPortGetDifferentOnes runs several side by side.
func TestServicesThatAskForAnyPortGetDifferentOnes(t *testing.T) {
	t.Parallel()
	forBothSchemes(t, func(t *testing.T, _ string, at func(int) *RestFrontendService, c *http.Client) {
		var all [8]*RestFrontendService
		for i := range all {
			all[i] = at(0)
			start(t, all[i])
		}
		seen := map[int]bool{}
		for _, s := range all {
			require.False(t, seen[portOf(t, s)])
			seen[portOf(t, s)] = true
			requireVisible(t, c, s)
		}
	})
}

func TestATakenPortIsRefusedAndFreedByAStop(t *testing.T) {
	t.Parallel()
	forBothSchemes(t, func(t *testing.T, _ string, at func(int) *RestFrontendService, c *http.Client) {
		first := at(0)
		stop := start(t, first)
		port := portOf(t, first)
		second := at(port)
		err := second.Run(t.Context(), func() { t.Error("ready") })
		require.ErrorIs(t, err, sqlerr.Unavailable)
		require.Contains(t, sqlerr.From(err).Message, first.Addr().String()+": the port is already in use")
		require.Contains(t, sqlerr.From(err).Message, "test.port")
		require.Empty(t, second.URL())
		requireVisible(t, c, first)
		require.NoError(t, stop())
		third := at(port)
		start(t, third)
		require.Equal(t, port, portOf(t, third))
		requireVisible(t, c, third)
	})
}
