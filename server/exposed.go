package server

import (
	"net"
	"strings"

	"github.com/nekomata-sql/nekomata/config"
)

// exposed names the settings by which others than this machine's users reach a port,
// though nobody has to log in there.
func exposed(c *config.Config) []string {
	var keys []string
	protocols := protocolSet(c)
	for _, f := range []struct {
		on   bool
		host *config.Entry[string]
	}{
		{protocols["THRIFT_BINARY"], config.ThriftHost},
		{protocols["THRIFT_HTTP"], config.ThriftHTTPHost},
		{protocols["REST"], config.RestHost},
	} {
		if host := config.Get(c, f.host); f.on && !local(host) {
			keys = append(keys, f.host.Key()+"="+host)
		}
	}
	return keys
}

// local says whether a host is this machine to itself alone.
func local(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// warnOfExposure writes a line that an operator should not overlook.
func (s *Server) warnOfExposure() {
	if keys := exposed(s.conf); len(keys) > 0 {
		s.log.Warn("other machines can reach the gateway, and nobody has to log in: whoever connects is administrator", "because", strings.Join(keys, ", "))
	}
}
