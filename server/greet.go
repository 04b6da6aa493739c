package server

import (
	"fmt"
	"io"
	"time"

	"github.com/nekomata-sql/nekomata/auth"
	"github.com/nekomata-sql/nekomata/config"
)

// greet tells people, and tests, what is listening and what to try.
func (s *Server) greet(took time.Duration) {
	var lines string
	add := func(format string, args ...any) { lines += fmt.Sprintf(format+"\n", args...) }
	host := config.Get(s.conf, config.AdvertisedHost)
	name := "Nekomata " + s.opts.Version
	if n := config.Get(s.conf, config.ServerName); n != "" {
		name += " (" + n + ")"
	}
	var thrift, ssl string
	if s.thrift != nil {
		thrift = reachable(s.thrift.Addr(), host)
		if config.Get(s.conf, config.ThriftTLS) {
			ssl = ";ssl=true"
		}
	}
	add("%s is ready (%d ms)", name, took.Milliseconds())
	switch {
	case thrift == "":
	case ssl != "":
		add("  thrift   %s, TLS", thrift)
	default:
		add("  thrift   %s", thrift)
	}
	if s.thriftHTTP != nil {
		add("  http     %s", s.thriftHTTPURL(host))
	}
	if s.rest != nil {
		add("  rest     %s", s.restURL(host))
	}
	if s.scrape != nil {
		add("  metrics  http://%s%s", reachable(s.scrape.Addr(), host), config.Get(s.conf, config.MetricsPath))
	}
	add("  engine   %s", s.describeEngine())
	add("  data     %s", s.data.path)
	add("Try:")
	switch {
	case thrift != "":
		add("  beeline -n %s -u 'jdbc:hive2://%s/default%s' -e 'select 42 as answer'", auth.Anonymous, thrift, ssl)
	case s.thriftHTTP != nil:
		if config.Get(s.conf, config.ThriftHTTPTLS) {
			ssl = ";ssl=true"
		}
		add("  beeline -n %s -u 'jdbc:hive2://%s/default;transportMode=http;httpPath=%s%s' -e 'select 42 as answer'",
			auth.Anonymous, reachable(s.thriftHTTP.Addr(), host), s.thriftHTTPPath(), ssl)
	}
	if s.rest != nil {
		add("  curl -s %s/api/v1/sessions -H 'Content-Type: application/json' -d '{\"configs\":{}}'", s.restURL(host))
	}
	_, _ = io.WriteString(s.opts.Out, lines)
}

// restURL is the REST frontend's base URL as a client should use it.
func (s *Server) restURL(advertised string) string {
	scheme := "http"
	if config.Get(s.conf, config.RestTLS) {
		scheme = "https"
	}
	return scheme + "://" + reachable(s.rest.Addr(), advertised)
}

// RestURL is the base URL of the REST frontend, such as "https://127.0.0.1:10099";
// "" when there is none or it is not ready yet.
func (s *Server) RestURL() string {
	if s.RestAddress() == "" {
		return ""
	}
	return s.restURL("")
}
