package server

import (
	"crypto/tls"

	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/frontend/tlsfile"
)

// tlsFiles are where a frontend's certificate is, and the settings' names for messages:
// its own ones, or else those for all frontends.
func (s *Server) tlsFiles(own config.TLSFiles) (tlsfile.Files, tlsfile.Settings) {
	keys, c := own, s.conf
	files := func() tlsfile.Files {
		return tlsfile.Files{
			Keystore: config.Get(c, keys.Keystore), Password: config.Get(c, keys.Password), Type: config.Get(c, keys.Type),
			Certificate: config.Get(c, keys.Certificate), Key: config.Get(c, keys.Key),
		}
	}
	if files().IsZero() {
		keys = config.CommonFiles
	}
	return files(), tlsfile.Settings{
		Keystore: keys.Keystore.Key(), Password: keys.Password.Key(), Type: keys.Type.Key(),
		Certificate: keys.Certificate.Key(), Key: keys.Key.Key(),
	}
}

// thriftTLS is what the Thrift frontend speaks; nil means no TLS.
func (s *Server) thriftTLS() (*tls.Config, error) {
	if !config.Get(s.conf, config.ThriftTLS) {
		return nil, nil //nolint:nilnil // nil is the frontend's word for it
	}
	return s.tls("thrift", config.CommonFiles, tlsfile.Policy{
		Disallowed: config.Get(s.conf, config.ThriftTLSDisallowed), DisallowedSetting: config.ThriftTLSDisallowed.Key(),
		Ciphers: config.Get(s.conf, config.ThriftTLSCiphers), CiphersSetting: config.ThriftTLSCiphers.Key(),
	})
}

// restTLS is what the REST frontend speaks; nil means no TLS.
func (s *Server) restTLS() (*tls.Config, error) {
	if !config.Get(s.conf, config.RestTLS) {
		return nil, nil //nolint:nilnil // nil is the frontend's word for it
	}
	return s.tls("rest", config.RestFiles, tlsfile.Policy{
		Disallowed: config.Get(s.conf, config.RestTLSDisallowed), DisallowedSetting: config.RestTLSDisallowed.Key(),
	})
}

// tls makes a frontend's configuration. Frontends with the same files share their
// keeper.
func (s *Server) tls(frontend string, own config.TLSFiles, p tlsfile.Policy) (*tls.Config, error) {
	files, settings := s.tlsFiles(own)
	keeper := s.keepers[files]
	if keeper == nil {
		var err error
		keeper, err = tlsfile.New(tlsfile.Options{Files: files, Settings: settings, Log: s.log})
		if err != nil {
			return nil, err
		}
		s.keepers[files] = keeper
	}
	s.metrics.certificate(frontend, keeper.Expiry)
	return keeper.Config(p)
}
