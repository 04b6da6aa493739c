package tlsfile

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"strings"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// pemFiles is a certificate chain and a key as PEM; they may be the same text.
type pemFiles struct {
	text, key         []byte
	textName, keyName string // for errors
}

func (p pemFiles) certificates() ([]tls.Certificate, error) {
	if !bytes.Contains(p.text, []byte("-----BEGIN CERTIFICATE-----")) {
		return nil, sqlerr.New(sqlerr.Invalid, "%s: the file holds no certificate in PEM form (BEGIN CERTIFICATE)", p.textName)
	}
	if err := p.checkKey(); err != nil {
		return nil, err
	}
	cert, err := tls.X509KeyPair(p.text, p.key)
	if err != nil {
		why := strings.TrimPrefix(err.Error(), "tls: ")
		return nil, sqlerr.Wrap(err, sqlerr.Invalid, "%s: the certificate and the key of %s don't make a pair: %s", p.textName, p.keyName, why)
	}
	return []tls.Certificate{cert}, nil
}

// checkKey finds the first key and says why it won't do.
func (p pemFiles) checkKey() error {
	for rest := p.key; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return sqlerr.New(sqlerr.Invalid, "%s: the file holds no private key in PEM form (BEGIN PRIVATE KEY)", p.keyName)
		}
		switch {
		case !strings.HasSuffix(block.Type, "PRIVATE KEY"):
			continue
		case block.Type == "ENCRYPTED PRIVATE KEY", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
			return sqlerr.New(sqlerr.Invalid, "%s: the private key is encrypted; "+
				"use a PKCS12 keystore, or take the encryption off: openssl pkey -in KEY -out NEW", p.keyName)
		default:
			return nil
		}
	}
}
