package server

import (
	"crypto/tls"
	"net/http"
	"strings"
	"time"

	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/frontend"
	"github.com/nekomata-sql/nekomata/frontend/hs2"
	"github.com/nekomata-sql/nekomata/frontend/tlsfile"
)

// compressFrom is the size from which answers of Thrift over HTTP are compressed.
const compressFrom = 1 << 10

// buildThriftHTTP makes the frontend that serves the calls of handler over HTTP.
func (s *Server) buildThriftHTTP(handler *hs2.Handler) error {
	secured, err := s.thriftHTTPTLS()
	if err != nil {
		return err
	}
	opts := s.thriftHTTPOptions()
	if opts.Admit, err = frontend.CrossOrigin(nil); err != nil {
		return err
	}
	wrap := frontend.WrapOptions{BodyTimeout: config.Get(s.conf, config.ThriftHTTPBodyTimeout), Inflate: true, Log: s.log}
	if config.Get(s.conf, config.ThriftHTTPCompression) {
		wrap.CompressFrom = compressFrom
	}
	wrapped, err := frontend.Wrap(handler.HTTP(opts), wrap)
	if err != nil {
		return err
	}
	s.thriftHTTP = frontend.NewHTTPService(frontend.HTTPOptions{
		Name:              "Thrift HTTP frontend",
		Address:           address(s.conf, config.ThriftHTTPHost, config.ThriftHTTPPort),
		Handler:           wrapped,
		TLS:               secured,
		ReadHeaderTimeout: config.Get(s.conf, config.ThriftLoginTimeout),
		Stranger:          opts.Stranger,
		IdleTimeout:       config.Get(s.conf, config.ThriftHTTPIdleTime),
		MaxHeaderBytes:    int(config.Get(s.conf, config.ThriftHTTPHeaderSize)),
		MaxConnections:    config.Get(s.conf, config.ThriftMaxConnections),
		Full:              http.HandlerFunc(hs2.Full),
		Grace:             socketGrace,
		Log:               s.log,
	})
	return nil
}

func (s *Server) thriftHTTPOptions() hs2.HTTPOptions {
	c := s.conf
	return hs2.HTTPOptions{
		Path: config.Get(c, config.ThriftHTTPPath),
		Cookies: hs2.CookieOptions{
			Disabled: !config.Get(c, config.ThriftHTTPCookies),
			Secret:   config.Get(c, config.ThriftHTTPCookieSecret),
			Realm:    authenticationOf(c),
			MaxAge:   time.Duration(config.Get(c, config.ThriftHTTPCookieMaxAge)) * time.Second,
			Domain:   config.Get(c, config.ThriftHTTPCookieDomain),
			Path:     config.Get(c, config.ThriftHTTPCookiePath),
			Scripts:  !config.Get(c, config.ThriftHTTPCookieHTTPOnly),
		},
		Tokens:         s.tokens,
		WantXSRFHeader: config.Get(c, config.ThriftHTTPXSRF),
		NoSubstitution: !config.Get(c, config.ThriftHTTPSubstitution),
		ClientIPHeader: config.Get(c, config.ClientIPHeader),
		Observe:        s.metrics.observeThriftHTTP,
	}
}

// thriftHTTPTLS is what Thrift over HTTP speaks; nil means no TLS.
func (s *Server) thriftHTTPTLS() (*tls.Config, error) {
	if !config.Get(s.conf, config.ThriftHTTPTLS) {
		return nil, nil //nolint:nilnil // nil is the frontend's word for it
	}
	return s.tls("thrift-http", config.ThriftHTTPFiles, tlsfile.Policy{
		Disallowed: config.Get(s.conf, config.ThriftHTTPTLSDisallowed), DisallowedSetting: config.ThriftHTTPTLSDisallowed.Key(),
		NoCiphers: config.Get(s.conf, config.ThriftHTTPTLSExcluded), NoCiphersSetting: config.ThriftHTTPTLSExcluded.Key(),
	})
}

// thriftHTTPURL is where calls are posted to, as a client should use it.
func (s *Server) thriftHTTPURL(advertised string) string {
	scheme := "http://"
	if config.Get(s.conf, config.ThriftHTTPTLS) {
		scheme = "https://"
	}
	return scheme + reachable(s.thriftHTTP.Addr(), advertised) + "/" + s.thriftHTTPPath()
}

func (s *Server) thriftHTTPPath() string {
	return strings.Trim(config.Get(s.conf, config.ThriftHTTPPath), "/")
}

// ThriftHTTPAddress is the host:port of Thrift over HTTP; "" when there is none or
// it is not ready yet.
func (s *Server) ThriftHTTPAddress() string {
	if s.thriftHTTP == nil {
		return ""
	}
	return reachable(s.thriftHTTP.Addr(), "")
}

// ThriftHTTPURL is where its calls are posted to, such as
// "http://127.0.0.1:10010/cliservice"; "" when there is none or it is not ready yet.
func (s *Server) ThriftHTTPURL() string {
	if s.ThriftHTTPAddress() == "" {
		return ""
	}
	return s.thriftHTTPURL("")
}
