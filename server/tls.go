package server

import (
	"crypto/tls"

	"github.com/nekomata-sql/nekomata/config"
	"github.com/nekomata-sql/nekomata/frontend/tlsfile"
)

// fileKeys are the settings that say where a certificate is.
type fileKeys struct {
	keystore, password, kind, certificate, key *config.Entry[string]
}

// The settings for all frontends, and for REST alone.
var (
	commonFiles = fileKeys{
		keystore: config.KeystorePath, password: config.KeystorePassword, kind: config.KeystoreType,
		certificate: config.CertificatePath, key: config.KeyPath,
	}
	restFiles = fileKeys{
		keystore: config.RestKeystorePath, password: config.RestKeystorePassword, kind: config.RestKeystoreType,
		certificate: config.RestCertificatePath, key: config.RestKeyPath,
	}
)

func (k fileKeys) files(c *config.Config) tlsfile.Files {
	return tlsfile.Files{
		Keystore: config.Get(c, k.keystore), Password: config.Get(c, k.password), Type: config.Get(c, k.kind),
		Certificate: config.Get(c, k.certificate), Key: config.Get(c, k.key),
	}
}

func (k fileKeys) settings() tlsfile.Settings {
	return tlsfile.Settings{
		Keystore: k.keystore.Key(), Password: k.password.Key(), Type: k.kind.Key(),
		Certificate: k.certificate.Key(), Key: k.key.Key(),
	}
}

// thriftTLS is what the Thrift frontend speaks; nil means no TLS.
func (s *Server) thriftTLS() (*tls.Config, error) {
	if !config.Get(s.conf, config.ThriftTLS) {
		return nil, nil //nolint:nilnil // nil is the frontend's word for it
	}
	return s.tls("thrift", commonFiles, tlsfile.Policy{
		Disallowed: config.Get(s.conf, config.ThriftTLSDisallowed), DisallowedSetting: config.ThriftTLSDisallowed.Key(),
		Ciphers: config.Get(s.conf, config.ThriftTLSCiphers), CiphersSetting: config.ThriftTLSCiphers.Key(),
	})
}

// restTLS is what the REST frontend speaks; nil means no TLS.
func (s *Server) restTLS() (*tls.Config, error) {
	if !config.Get(s.conf, config.RestTLS) {
		return nil, nil //nolint:nilnil // nil is the frontend's word for it
	}
	keys := restFiles
	if keys.files(s.conf).IsZero() {
		keys = commonFiles
	}
	return s.tls("rest", keys, tlsfile.Policy{
		Disallowed: config.Get(s.conf, config.RestTLSDisallowed), DisallowedSetting: config.RestTLSDisallowed.Key(),
	})
}

// tls makes a frontend's configuration. Frontends with the same files share their
// keeper.
func (s *Server) tls(frontend string, keys fileKeys, p tlsfile.Policy) (*tls.Config, error) {
	files := keys.files(s.conf)
	keeper := s.keepers[files]
	if keeper == nil {
		var err error
		keeper, err = tlsfile.New(tlsfile.Options{Files: files, Settings: keys.settings(), Log: s.log})
		if err != nil {
			return nil, err
		}
		s.keepers[files] = keeper
	}
	s.metrics.certificate(frontend, keeper.Expiry)
	return keeper.Config(p)
}
